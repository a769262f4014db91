"""The stock ledger: `/api/v1/movements`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import movements
from server.api.pages import as_it_is, page
from server.auth import me, needs
from server.db.parts import Movement, get_movement, movements_visible_to
from server.domain import parts as rules
from server.house import house
from server.schemas import Code, Count, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "movements",
    __name__,
    description="Movements (stock journal): every line takes a quantity from one place to another. "
    "Nothing in it is ever changed; a mistake is set right by another line.",
)

KINDS = tuple(rules.LEGAL)
PLACES = (
    "`warehouse:<organisation id>`, `van:<person id>` (truck stock), `reserved:<job id>`, "
    "`transit:<ticket id>`, `customer:<site id>`, `supplier`, `scrap` or `count`."
)
PLACE_PATTERN = (
    "^((warehouse|van|reserved|transit|customer):[A-Za-z0-9_.-]{1,64}|supplier|scrap|count)$"
)


def must_be_place(value: str) -> None:
    if not rules.is_place(value):
        raise ma.ValidationError("Not the name of a place.")


class PlaceName(Text):
    """A place of stock."""

    def __init__(self, **options: Any) -> None:
        metadata = {"description": PLACES, "pattern": PLACE_PATTERN, **options.pop("metadata", {})}
        super().__init__(100, validate=must_be_place, metadata=metadata, **options)


class MovementSchema(ma.Schema):
    id = ma.fields.String(required=True)
    at = Moment(required=True)
    kind = ma.fields.String(required=True, validate=one_of(*KINDS))
    sku = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    from_place = ma.fields.String(required=True)
    to_place = ma.fields.String(required=True)
    job_id = ma.fields.String(required=True, allow_none=True)
    line_id = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The line of the visit, where a part was used."},
    )
    request_id = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The part request that it served."}
    )
    event_id = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The field event that said so; null where the office entered it."},
    )
    serial = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    person_id = ma.fields.String(required=True, allow_none=True)


class NewMovement(Shape):
    kind = Text(
        16,
        required=True,
        validate=one_of(*KINDS),
        metadata={
            "description": "receive from a supplier, transfer between warehouses and vans, reserve for a "
            "job, use at a customer's, return, ship to a customer, adjust (needs a reason).",
            "example": "transfer",
        },
    )
    sku = Code(required=True, metadata={"example": "HINGE-110"})
    quantity = Count(1, required=True, metadata={"example": 4})
    from_place = PlaceName(required=True, metadata={"example": "supplier"})
    to_place = PlaceName(
        required=True, metadata={"example": "van:0197f3d0-7d3e-7cc1-a7a4-0d8b5a1f2c33"}
    )
    job_id = Ident(metadata={"description": "The job that it is for, if any.", "example": "J-1001"})
    serial = Text(200, least=1, metadata={"description": "Of a part that has one."})
    reason = Text(
        1_000, metadata={"description": "Why; an adjustment must say.", "example": "Broken"}
    )


class MovementQuery(PageQuery):
    place = PlaceName(metadata={"description": "Only what left or reached this place."})
    sku = Text(200, least=1, metadata={"description": "Only this part.", "example": "HINGE-110"})
    kind = Text(16, validate=one_of(*KINDS), metadata={"description": "Only this kind."})
    job_id = Ident(metadata={"description": "Only what was moved for this job."})


@blp.route("/movements")
@reads
@needs("movement.read")
@blp.arguments(MovementQuery, location="query")
@blp.response(200, page_of(MovementSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List movements, the newest first. Somebody in the field sees those of the own van."""
    found = movements_visible_to(me())
    if "place" in asked:
        place = asked["place"]
        found = found.where((Movement.from_place == place) | (Movement.to_place == place))
    for name in ("sku", "kind", "job_id"):
        if name in asked:
            found = found.where(getattr(Movement, name) == asked[name])
    return page(session, found, (Movement.id,), as_it_is, asked, newest_first=True)


@blp.route("/movements", methods=["POST"])
@writes
@needs("movement.write")
@blp.arguments(NewMovement)
@blp.response(201, MovementSchema)
def enter(session: Session, form: dict[str, Any]) -> Any:
    """Enter a movement: receive, transfer, reserve, use, return, ship or adjust.

    A place may go below zero: that is a variance, and it is shown until somebody finds out why.
    A tablet whose van is touched sees its stock at the next pull.
    """
    movement = movements.enter(session, me(), form, house().clock())
    return movement, {"Location": f"/api/v1/movements/{movement.id}"}


@blp.route("/movements/<movement_id>")
@reads
@needs("movement.read")
@blp.response(200, MovementSchema)
def show(session: Session, movement_id: str) -> Any:
    """Show one movement."""
    return get_movement(session, me(), movement_id)
