"""Variances: where the ledger and reality part. Each has an owner, is explained, and is then closed.

Two kinds stand here together: places that went below zero, and counts that found something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import deciding, exceptions
from server.auth import me, needs
from server.db import stock
from server.db.exceptions import FieldException, get_for, visible_to
from server.db.people import names_of
from server.db.stock import StockCount
from server.domain import errors
from server.domain import exceptions as rules
from server.house import house
from server.office import answers, forms, lists, places
from server.schemas import Shape, Text
from server.transactions import reads, writes

blp = Blueprint("variances", __name__)

A_PAGE, COUNTS_SHOWN = 50, 20
KIND = "stock_negative"


class Reason(Shape):
    reason = Text(1_000, least=1, required=True)


@dataclass(frozen=True, slots=True)
class Variance:
    """A part that went below zero at a place, and how many the ledger says there are by now."""

    row: FieldException
    place: places.Named | None
    sku: str
    was: int
    now: int


@blp.get("/variances")
@reads
@needs("exception.read")
def find(session: Session) -> str:
    """The open ones, whoever has waited longest first; explained ones on request."""
    show = "explained" if request.args.get("show") == "explained" else "open"
    state = "decided" if show == "explained" else "open"
    found = visible_to(me()).where(FieldException.state == state, FieldException.kind == KIND)
    page = lists.page(
        session,
        found,
        (FieldException.opened_at, FieldException.id),
        newest_first=show == "explained",
    )
    counts = _counts(session) if show == "open" and not request.args.get("after") else []
    ids = {its for each in page.rows for its in (each.person_id, each.owner_id, each.decided_by)}
    ids |= {its for each in counts for its in (each.counted_by, each.owner_id)}
    return render_template(
        "office/variances.html",
        variances=_variances(session, page.rows),
        counts=counts,
        places=places.named(session, {each.place for each in counts}),
        people=names_of(session, ids),
        next=page.next,
        show=show,
    )


def _counts(session: Session) -> Sequence[StockCount]:
    waiting = stock.counts_visible_to(me()).where(StockCount.state == "open")
    return session.scalars(waiting.order_by(StockCount.id).limit(COUNTS_SHOWN)).all()


def _variances(session: Session, rows: Sequence[FieldException]) -> list[Variance]:
    at = {each.id: _place_of(each) for each in rows}
    named = places.named(session, {place for place in at.values() if place})
    held = stock.at_places(session, {place for place in at.values() if place})
    return [
        Variance(
            each,
            named.get(at[each.id] or ""),
            each.details.get("sku", ""),
            each.details.get("balance", 0),
            held.get((at[each.id] or "", each.details.get("sku", "")), 0),
        )
        for each in rows
    ]


def _place_of(row: FieldException) -> str | None:
    """What the office moved says its place; a part that was used lay in the van of whoever used it."""
    said = row.details.get("place")
    return said or (f"van:{row.person_id}" if row.person_id else None)


@blp.post("/variances/<exception_id>/own")
@writes
@needs("exception.decide")
def own(session: Session, exception_id: str) -> AnyResponse:
    found = _variance(session, exception_id)
    if found.owner_id != me().id:
        exceptions.hand_to(session, found, me().id, me(), house().clock())
    return answers.go_to("office.variances.find")


@blp.post("/variances/<exception_id>/explain")
@writes
@needs("exception.decide")
def explain(session: Session, exception_id: str) -> AnyResponse:
    """Why it happened. The balance itself is set right by a movement or a count."""
    found = _variance(session, exception_id)
    reason = forms.read(Reason)["reason"]
    deciding.decide(session, me(), found, rules.KEEP, reason, house().clock())
    return answers.go_to("office.variances.find")


def _variance(session: Session, exception_id: str) -> FieldException:
    found = get_for(session, me(), exception_id, to_change=True)
    if found.kind != KIND:
        raise errors.NotFound()
    return found
