"""Sites: `/api/v1/sites`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import sites
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db.customers import Site, get_site, sites_visible_to
from server.house import house
from server.schemas import Ident, Number, PageQuery, Shape, Text, must_be_zone, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "sites",
    __name__,
    description="Sites (service addresses, functional locations): where the work is done.",
)

IN_ORDER = "Each part of the address is shown in the order that its country uses."


class SiteSchema(ma.Schema):
    id = ma.fields.String(required=True)
    customer_id = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    district = ma.fields.String(required=True)
    city = ma.fields.String(required=True)
    province = ma.fields.String(required=True)
    postcode = ma.fields.String(required=True)
    country = ma.fields.String(required=True)
    lat = ma.fields.Float(required=True, allow_none=True)
    lon = ma.fields.Float(required=True, allow_none=True)
    time_zone = ma.fields.String(required=True)
    access_notes = ma.fields.String(required=True)
    rev = ma.fields.Integer(required=True)


class SiteChanges(Shape):
    address = Text(
        1_000,
        least=1,
        metadata={"example": "12 Jade Lane, building 4, flat 301", "description": IN_ORDER},
    )
    district = Text(100, metadata={"example": "Wuhou"})
    city = Text(100, metadata={"example": "Chengdu"})
    province = Text(100, metadata={"example": "Sichuan"})
    postcode = Text(20, metadata={"example": "610041"})
    country = Text(
        2,
        least=2,
        validate=ma.validate.Regexp(r"[A-Z]{2}\Z"),
        metadata={"description": "Two capital letters (ISO 3166).", "example": "CN"},
    )
    lat = Number(
        -90,
        90,
        allow_none=True,
        metadata={"description": "Degrees north (WGS 84).", "example": 30.66},
    )
    lon = Number(
        -180, 180, allow_none=True, metadata={"description": "Degrees east.", "example": 104.06}
    )
    time_zone = Text(
        64,
        validate=must_be_zone,
        metadata={
            "description": "Its clock rules the appointments here.",
            "example": "Asia/Shanghai",
        },
    )
    access_notes = Text(
        metadata={
            "description": "How to get in: gate code, lift, parking.",
            "example": "Ring twice",
        }
    )


class NewSite(SiteChanges):
    customer_id = Ident(required=True)
    address = Text(
        1_000,
        least=1,
        required=True,
        metadata={"example": "12 Jade Lane, building 4, flat 301", "description": IN_ORDER},
    )


class SiteQuery(PageQuery):
    customer_id = Ident(metadata={"description": "Only the sites of this customer."})


@blp.route("/sites")
@reads
@needs("customer.read")
@blp.arguments(SiteQuery, location="query")
@blp.response(200, page_of(SiteSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List sites."""
    found = sites_visible_to(me())
    if "customer_id" in asked:
        found = found.where(Site.customer_id == asked["customer_id"])
    return page(session, found, (Site.id,), as_it_is, asked)


@blp.route("/sites", methods=["POST"])
@writes
@needs("customer.write")
@blp.arguments(NewSite)
@blp.response(201, SiteSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a site of a customer."""
    site = sites.add(session, me(), form, house().clock())
    return site, created(site.rev, "sites", site.id)


@blp.route("/sites/<site_id>")
@reads
@needs("customer.read")
@blp.response(200, SiteSchema)
def show(session: Session, site_id: str) -> Any:
    """Show one site."""
    site = get_site(session, me(), site_id)
    return site, etag(site.rev)


@blp.route("/sites/<site_id>", methods=["PATCH"])
@writes
@needs("customer.write")
@blp.arguments(SiteChanges)
@blp.response(200, SiteSchema)
def change(session: Session, form: dict[str, Any], site_id: str) -> Any:
    """Change a site.

    Tablets with an open job there see it at their next pull.
    """
    site = open_for_change(session, get_site(session, me(), site_id))
    sites.change(session, me(), site, form, house().clock())
    return site, etag(site.rev)
