"""Two customers side by side: what moves where, one act that makes them one, and the way back."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import merges
from server.auth import me, needs
from server.db import merges as rows
from server.db import search
from server.db.consents import Consent
from server.db.customers import Customer, customers_visible_to, get_customer
from server.db.tickets import Ticket
from server.domain import edits as texts
from server.domain import errors
from server.house import house
from server.office import answers, customer_files, forms
from server.office.customer_files import Place
from server.office.wording import language
from server.schemas import Ident, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("merges", __name__)

FOUND_AT_MOST = 10
OURS, THEIRS, BOTH = "kept", "merged", "both"


class Choices(Shape):
    """Which of the two says it, field by field, where they differ."""

    merged_id = Ident(required=True)
    kept_rev = Text(20)
    merged_rev = Text(20)
    name = Text(6, validate=one_of(OURS, THEIRS))
    phone = Text(6, validate=one_of(OURS, THEIRS))
    email = Text(6, validate=one_of(OURS, THEIRS))
    language = Text(6, validate=one_of(OURS, THEIRS))
    is_vip = Text(6, validate=one_of(OURS, THEIRS))
    notes = Text(6, validate=one_of(OURS, THEIRS, BOTH))


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with how much there is of it."""

    customer: Customer
    places: list[Place]
    tickets: int
    consents: int

    def says(self, name: str) -> str:
        return texts.text(getattr(self.customer, name))


@blp.get("/customers/<customer_id>/merge")
@reads
@needs("customer.merge")
def compare(session: Session, customer_id: str) -> AnyResponse | str:
    """Both side by side before anything moves; without `with`, whom to compare with is looked for."""
    kept = get_customer(session, me(), customer_id)
    other_id = forms.words_in(request.args, "with")
    if not other_id:
        return _search(session, kept)
    other = get_customer(session, me(), other_id)
    return _compared(session, kept, other)


def _search(session: Session, kept: Customer) -> str:
    words, found = forms.words_in(request.args), []
    if words:
        others = customers_visible_to(me()).where(
            Customer.id != kept.id,
            Customer.branch_id == kept.branch_id,
            Customer.erased_at.is_(None),
        )
        fits = (
            search.customers_like(session, me(), others, words)
            .order_by(Customer.name)
            .limit(FOUND_AT_MOST)
        )
        found = list(session.scalars(fits))
    return render_template(
        "office/merge_search.html",
        customer=kept,
        words=words,
        found=found,
        places=customer_files.places(session, [each.id for each in found]),
    )


def _compared(
    session: Session,
    kept: Customer,
    other: Customer,
    failure: errors.DoorstepError | None = None,
    *,
    is_stale: bool = False,
) -> str:
    sides = _sides(session, [kept, other])
    return render_template(
        "office/merge.html",
        kept=sides[0],
        merged=sides[-1],
        fields=merges.FIELDS,
        failure=failure,
        is_stale=is_stale,
        sentence=failure.sentence(language()) if failure else "",
    )


def _sides(session: Session, customers: list[Customer]) -> list[Side]:
    ids = [each.id for each in customers]
    places = customer_files.places(session, ids)
    tickets, consents = (_counts(session, kind, ids) for kind in (Ticket, Consent))
    return [
        Side(each, places[each.id], tickets.get(each.id, 0), consents.get(each.id, 0))
        for each in customers
    ]


def _counts(session: Session, kind: Any, ids: list[str]) -> dict[str, int]:
    counted = select(kind.customer_id, func.count()).where(kind.customer_id.in_(ids))
    return {row[0]: row[1] for row in session.execute(counted.group_by(kind.customer_id))}


@blp.post("/customers/<customer_id>/merge")
@writes
@needs("customer.merge")
def merge(session: Session, customer_id: str) -> AnyResponse | tuple[str, int]:
    """Makes them one, as they were seen: whoever changed one of them meanwhile has it looked at again."""
    kept = get_customer(session, me(), customer_id)
    form = forms.read(Choices)
    other = session.get(Customer, form["merged_id"])
    if other is None or other.branch_id != kept.branch_id:
        other = get_customer(session, me(), form["merged_id"])
    try:
        with session.begin_nested():
            merges.lock(session, kept.id, other.id)
            if other.merged_into == kept.id:
                return _done(kept)  # by a second click
            if _is_stale(kept, form, "kept_rev") or _is_stale(other, form, "merged_rev"):
                return _compared(session, kept, other, is_stale=True), 409
            fields = _fields(kept, other, form)
            merges.merge(session, me(), kept, other, fields, house().clock())
    except errors.MergeImpossible as refused:
        return _compared(session, kept, other, refused), 409
    return _done(kept)


def _done(kept: Customer) -> AnyResponse:
    return answers.go_to("office.customers.show", customer_id=kept.id)


def _is_stale(customer: Customer, form: dict[str, Any], field: str) -> bool:
    return bool(form.get(field)) and form[field] != str(customer.rev)


def _fields(kept: Customer, other: Customer, form: dict[str, Any]) -> dict[str, Any]:
    """What the kept one says from now on."""
    said = {}
    for name in merges.FIELDS:
        mine, theirs = getattr(kept, name), getattr(other, name)
        if form.get(name) == THEIRS:
            said[name] = theirs
        elif form.get(name) == BOTH and mine != theirs:
            said[name] = "\n".join(filter(None, (mine, theirs)))
    return said


@blp.post("/merges/<merge_id>/undo")
@writes
@needs("customer.merge")
def undo(session: Session, merge_id: str) -> AnyResponse:
    done = rows.get_for(session, me(), merge_id)
    merges.undo(session, me(), done, house().clock())
    return answers.go_to("office.customers.show", customer_id=done.kept_id)
