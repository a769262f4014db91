"""Parts: `/api/v1/parts`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import or_
from sqlalchemy.orm import Session

from server.actions import parts
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db.parts import Part, get_part, parts_visible_to
from server.house import house
from server.schemas import (
    Code,
    Count,
    Flag,
    PageQuery,
    Shape,
    Switch,
    Text,
    must_be_currency,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "parts",
    __name__,
    description="Parts (spare parts, catalogue items): what installers carry and use.",
)


class PartSchema(ma.Schema):
    sku = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_zh = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)
    unit_price = ma.fields.Integer(required=True, metadata={"description": "In cents."})
    currency = ma.fields.String(required=True)
    is_returnable = ma.fields.Boolean(required=True)
    is_active = ma.fields.Boolean(required=True)
    rev = ma.fields.Integer(required=True)


class PartChanges(Shape):
    name = Text(200, least=1, metadata={"example": "Hinge 110°"})
    name_zh = Text(200, metadata={"example": "铰链 110°"})
    unit = Text(64, least=1, metadata={"description": "What one of it is.", "example": "piece"})
    unit_price = Count(metadata={"description": "In cents of `currency`.", "example": 1250})
    currency = Text(
        3,
        least=3,
        validate=must_be_currency,
        metadata={
            "description": "Three letters (ISO 4217).",
            "pattern": "^[A-Z]{3}$",
            "example": "CNY",
        },
    )
    is_returnable = Flag(metadata={"description": "The old part must come back."})
    is_active = Flag(metadata={"description": "Whether it is still ordered."})


class NewPart(PartChanges):
    sku = Code(
        required=True,
        metadata={"description": "Its number in the catalogue, for good.", "example": "HINGE-110"},
    )
    name = Text(200, least=1, required=True, metadata={"example": "Hinge 110°"})


class PartQuery(PageQuery):
    q = Text(
        100, least=1, metadata={"description": "Part of a number or name.", "example": "hinge"}
    )
    is_active = Switch(metadata={"description": "Only those that are ordered, or no longer."})


@blp.route("/parts")
@reads
@needs("part.read")
@blp.arguments(PartQuery, location="query")
@blp.response(200, page_of(PartSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List or search parts."""
    found = parts_visible_to(me())
    if "q" in asked:
        columns = (Part.sku, Part.name, Part.name_zh)
        found = found.where(or_(*(each.icontains(asked["q"], autoescape=True) for each in columns)))
    if "is_active" in asked:
        found = found.where(Part.is_active == asked["is_active"])
    return page(session, found, (Part.sku,), as_it_is, asked)


@blp.route("/parts", methods=["POST"])
@writes
@needs("part.write")
@blp.arguments(NewPart)
@blp.response(201, PartSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Add a part. Every tablet has it after its next pull."""
    part = parts.add(session, me(), form, house().clock())
    return part, created(part.rev, "parts", part.sku)


@blp.route("/parts/<sku>")
@reads
@needs("part.read")
@blp.response(200, PartSchema)
def show(session: Session, sku: str) -> Any:
    """Show one part."""
    part = get_part(session, me(), sku)
    return part, etag(part.rev)


@blp.route("/parts/<sku>", methods=["PATCH"])
@writes
@needs("part.write")
@blp.arguments(PartChanges)
@blp.response(200, PartSchema)
def change(session: Session, form: dict[str, Any], sku: str) -> Any:
    """Change a part. Every tablet has it after its next pull."""
    part = open_for_change(session, get_part(session, me(), sku))
    parts.change(session, me(), part, form, house().clock())
    return part, etag(part.rev)
