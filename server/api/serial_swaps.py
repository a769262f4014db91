"""Serial swaps: `/api/v1/serial-swaps`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import serial_swaps
from server.api.pages import as_it_is, page
from server.auth import me, needs
from server.db.parts import SerialSwap, get_swap, swaps_visible_to
from server.house import house
from server.schemas import Ident, Moment, PageQuery, Switch, Text, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "serial-swaps",
    __name__,
    description="Serial swaps (core exchange): the faulty part out and the new one in, as a pair. "
    "The old part is awaited until it comes back.",
)


class SerialSwapSchema(ma.Schema):
    id = ma.fields.String(required=True, metadata={"description": "The field event that told it."})
    job_id = ma.fields.String(required=True)
    asset_id = ma.fields.String(required=True, allow_none=True)
    line_id = ma.fields.String(required=True, allow_none=True)
    old_serial = ma.fields.String(required=True)
    new_serial = ma.fields.String(required=True)
    swapped_at = Moment(required=True)
    returned_at = Moment(
        required=True, allow_none=True, metadata={"description": "null while the old one is out."}
    )


class SerialSwapQuery(PageQuery):
    is_returned = Switch(metadata={"description": "Only those whose old part is back, or is not."})
    job_id = Ident(metadata={"description": "Only those of this job."})
    serial = Text(200, least=1, metadata={"description": "Either of the two serial numbers."})


@blp.route("/serial-swaps")
@reads
@needs("request.read")
@blp.arguments(SerialSwapQuery, location="query")
@blp.response(200, page_of(SerialSwapSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List serial swaps, the oldest first: with `is_returned=false` the old parts still out."""
    found = swaps_visible_to(me())
    if "is_returned" in asked:
        is_back = SerialSwap.returned_at.is_not(None)
        found = found.where(is_back if asked["is_returned"] else ~is_back)
    if "job_id" in asked:
        found = found.where(SerialSwap.job_id == asked["job_id"])
    if "serial" in asked:
        either = (SerialSwap.old_serial, SerialSwap.new_serial)
        found = found.where((either[0] == asked["serial"]) | (either[1] == asked["serial"]))
    return page(session, found, (SerialSwap.id,), as_it_is, asked)


@blp.route("/serial-swaps/<swap_id>")
@reads
@needs("request.read")
@blp.response(200, SerialSwapSchema)
def show(session: Session, swap_id: str) -> Any:
    """Show one serial swap."""
    return get_swap(session, me(), swap_id)


@blp.route("/serial-swaps/<swap_id>/return", methods=["POST"])
@writes
@needs("movement.write")
@blp.response(200, SerialSwapSchema)
def take_back(session: Session, swap_id: str) -> Any:
    """The old part has come back. Said again, nothing changes."""
    swap = get_swap(session, me(), swap_id)
    serial_swaps.take_back(session, me(), swap, house().clock())
    return swap
