"""What lies where: `/api/v1/stock`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session

from server.actions import movements
from server.api.movements import MovementSchema, PlaceName
from server.api.pages import as_it_is, page
from server.auth import me, needs
from server.db.parts import Balance, balances_visible_to, is_at, is_variance, vans_seen_by
from server.db.people import get_person
from server.domain import errors
from server.domain import parts as rules
from server.house import house
from server.schemas import Count, PageQuery, Shape, Switch, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "stock",
    __name__,
    description="Stock: balances of the ledger by place, van stock (truck stock) and counts.",
)


class BalanceSchema(ma.Schema):
    place = ma.fields.String(required=True)
    sku = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    is_variance = ma.fields.Boolean(
        required=True,
        metadata={"description": "Below zero where things really lie: the ledger is wrong there."},
    )


class BalanceQuery(PageQuery):
    place = PlaceName(metadata={"description": "Only what lies at this place."})
    place_kind = Text(
        16, validate=one_of(*rules.PLACES), metadata={"description": "Only places of this kind."}
    )
    sku = Text(200, least=1, metadata={"description": "Only this part.", "example": "HINGE-110"})
    is_variance = Switch(metadata={"description": "Only what is below zero, or only what is not."})


class CountedLine(Shape):
    sku = Text(200, least=1, required=True, metadata={"example": "HINGE-110"})
    quantity = Count(required=True, metadata={"description": "What was found.", "example": 3})


class NewCount(Shape):
    place = PlaceName(required=True)
    counted = ma.fields.List(
        ma.fields.Nested(CountedLine),
        required=True,
        validate=ma.validate.Length(min=1, max=2_000),
        metadata={"description": "Every part that was counted, those not found with 0."},
    )
    reason = Text(1_000, least=1, load_default="Count", metadata={"example": "Day-end count"})


class StockCount(ma.Schema):
    place = ma.fields.String(required=True)
    adjustments = ma.fields.List(
        ma.fields.Nested(MovementSchema),
        required=True,
        metadata={"description": "What set the ledger right; empty where it was."},
    )


@blp.route("/stock")
@reads
@needs("movement.read")
@blp.arguments(BalanceQuery, location="query")
@blp.response(200, page_of(BalanceSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List balances by place and part. Somebody in the field sees the own van."""
    return _page(session, balances_visible_to(me()).where(*_wanted(asked)), asked)


def _wanted(asked: dict[str, Any]) -> list[ColumnElement[bool]]:
    wanted = [getattr(Balance, name) == asked[name] for name in ("place", "sku") if name in asked]
    if "place_kind" in asked:
        wanted.append(is_at(Balance.__table__.c.place, asked["place_kind"]))
    if "is_variance" in asked:
        wanted.append(is_variance() if asked["is_variance"] else ~is_variance())
    return wanted


@blp.route("/people/<person_id>/stock")
@reads
@needs("movement.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(BalanceSchema))
def van(session: Session, asked: dict[str, Any], person_id: str) -> Any:
    """Show somebody's van stock (truck stock)."""
    owner = get_person(session, me(), person_id)
    place = str(rules.Place("van", owner.id))
    if me().is_in_field and place not in session.scalars(vans_seen_by(me())).all():
        raise errors.NotFound()
    return _page(session, balances_visible_to(me()).where(Balance.place == place), asked)


def _page(session: Session, found: Select[Balance], asked: dict[str, Any]) -> dict[str, Any]:
    return page(session, found, (Balance.place, Balance.sku), as_it_is, asked)


@blp.route("/stock/counts", methods=["POST"])
@writes
@needs("movement.write")
@blp.arguments(NewCount)
@blp.response(200, StockCount)
def count(session: Session, form: dict[str, Any]) -> Any:
    """Enter a count (stocktaking): the ledger is adjusted to what was found.

    A part that is not in the list stays as it is. What was missing or too much is kept, as adjustments.
    """
    counted = _by_sku(form["counted"])
    lines = movements.count(session, me(), form["place"], counted, form["reason"], house().clock())
    return {"place": form["place"], "adjustments": lines}


def _by_sku(lines: list[dict[str, Any]]) -> dict[str, int]:
    counted = {line["sku"]: line["quantity"] for line in lines}
    if len(counted) < len(lines):
        raise errors.Invalid(errors={"json": {"counted": ["A part is in the list twice."]}})
    return counted
