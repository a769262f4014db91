"""Organisations: `/api/v1/organisations`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import organisations
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db.people import Organisation, get_organisation, organisations_visible_to
from server.house import house
from server.schemas import (
    Flag,
    Moment,
    PageQuery,
    Shape,
    Switch,
    Text,
    must_be_zone,
    one_of,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "organisations",
    __name__,
    description="Branches of the shop, and contractors (subcontractors, partners) with their own people.",
)

KINDS = ("branch", "contractor")


class OrganisationSchema(ma.Schema):
    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=one_of(*KINDS))
    name = ma.fields.String(required=True)
    phone = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    time_zone = ma.fields.String(required=True)
    granted_from = Moment(required=True, allow_none=True)
    granted_until = Moment(required=True, allow_none=True)
    auto_accept = ma.fields.Boolean(required=True)
    auto_accept_sample = ma.fields.Integer(required=True)
    is_active = ma.fields.Boolean(required=True)
    rev = ma.fields.Integer(required=True)


class OrganisationChanges(Shape):
    name = Text(200, least=1, metadata={"example": "Branch North"})
    phone = Text(64, metadata={"description": "Shown on job sheets.", "example": "028 1000 1000"})
    address = Text(1_000)
    time_zone = Text(64, validate=must_be_zone, metadata={"example": "Asia/Shanghai"})
    granted_from = Moment(
        allow_none=True,
        metadata={
            "description": "From when on a contractor sees its jobs; null: always. Not for a branch.",
            "example": "2026-12-01T16:00:00Z",
        },
    )
    granted_until = Moment(
        allow_none=True,
        metadata={
            "description": "Until when a contractor sees its jobs; null ends it. Not for a branch.",
            "example": "2027-06-30T16:00:00Z",
        },
    )
    auto_accept = Flag(
        metadata={"description": "Visits in full and without a doubt are accepted by themselves."}
    )
    auto_accept_sample = ma.fields.Integer(
        strict=True,
        validate=ma.validate.Range(0, 100),
        metadata={
            "description": "Percent of those visits that a person looks at all the same.",
            "example": 10,
        },
    )
    is_active = Flag()


class NewOrganisation(OrganisationChanges):
    kind = Text(16, required=True, validate=one_of(*KINDS))
    name = Text(200, least=1, required=True, metadata={"example": "Branch North"})


class OrganisationQuery(PageQuery):
    kind = Text(16, validate=one_of(*KINDS), metadata={"description": "Only this kind."})
    is_active = Switch(metadata={"description": "Only those at work, or no longer."})


@blp.route("/organisations")
@reads
@needs("organisation.read")
@blp.arguments(OrganisationQuery, location="query")
@blp.response(200, page_of(OrganisationSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List organisations. A contractor's people see their own only."""
    found = organisations_visible_to(me())
    for name in ("kind", "is_active"):
        if name in asked:
            found = found.where(getattr(Organisation, name) == asked[name])
    return page(session, found, (Organisation.id,), as_it_is, asked)


@blp.route("/organisations", methods=["POST"])
@writes
@needs("organisation.write")
@blp.arguments(NewOrganisation)
@blp.response(201, OrganisationSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a branch or a contractor."""
    organisation = organisations.add(session, me(), form, house().clock())
    return organisation, created(organisation.rev, "organisations", organisation.id)


@blp.route("/organisations/<organisation_id>")
@reads
@needs("organisation.read")
@blp.response(200, OrganisationSchema)
def show(session: Session, organisation_id: str) -> Any:
    """Show one organisation."""
    organisation = get_organisation(session, me(), organisation_id)
    return organisation, etag(organisation.rev)


@blp.route("/organisations/<organisation_id>", methods=["PATCH"])
@writes
@needs("organisation.write")
@blp.arguments(OrganisationChanges)
@blp.response(200, OrganisationSchema)
def change(session: Session, form: dict[str, Any], organisation_id: str) -> Any:
    """Change an organisation, or grant a contractor its time.

    Tablets with an open job of the branch see its new name and phone number at their next pull.
    """
    organisation = open_for_change(session, get_organisation(session, me(), organisation_id))
    organisations.change(session, me(), organisation, form, house().clock())
    return organisation, etag(organisation.rev)
