"""The ledger of stock: lines that somebody enters, and counts. Nothing in it is ever changed."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from server.actions import exceptions, references, rows
from server.clock import wire
from server.db import audit, feed, jobs, stock, tickets
from server.db.customers import Customer, Site
from server.db.parts import Movement, Part, get_part, quantity_at, stock_at
from server.db.people import Person, get_organisation, get_person
from server.domain import errors
from server.domain import parts as rules
from server.domain.people import Role
from server.ids import new_id

WORDS = {
    "missing": "Missing.",
    "not_valid": "Not valid.",
    "same_place": "It is where it was.",
    "not_this_way": "This kind of movement does not go from there to there.",
    "reason_missing": "An adjustment says why.",
}


def enter(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Movement:
    """A line that a person enters. A balance below zero does not keep it out: that is a variance.

    Raises `Invalid` for a kind that does not go this way, and `ReferenceUnknown` for a part, place or
    job that is not there.
    """
    line = {**form, "person_id": by.id, "at": wire(now)}
    problems = rules.problems_of_movement(line)
    if problems:
        found = {problem.field: [WORDS[problem.code]] for problem in problems}
        raise errors.Invalid(errors={"json": found})
    references.named(get_part, session, by, form["sku"], "sku")
    if form.get("job_id"):
        _must_be_there(session, by, f"reserved:{form['job_id']}", now, "job_id")
    for name in ("from_place", "to_place"):
        _must_be_there(session, by, form[name], now, name)
    _must_be_own(session, by, form["from_place"], form["to_place"])
    entered = write(session, by, form, now)
    _doubt_what_is_below_zero(session, by, entered, now)
    return entered


def enter_together(
    session: Session, by: Person, forms: Sequence[Mapping[str, Any]], now: datetime
) -> list[Movement]:
    """Several lines, or none of them."""
    return [enter(session, by, form, now) for form in forms]


def short_of(session: Session, forms: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """(place, sku) -> what the ledger says lies there, where these lines would take more than that.

    Two who take the same last piece wait for each other.
    """
    rows.of_keys(session, Part, Part.sku, [form["sku"] for form in forms], lock=True)
    taken: dict[tuple[str, str], int] = defaultdict(int)
    for form in forms:
        if rules.parse_place(form["from_place"]).is_stock:
            taken[form["from_place"], form["sku"]] += form["quantity"]
    lies = {each: quantity_at(session, *each) for each in taken}
    return {each: lies[each] for each in taken if taken[each] > lies[each]}


def _must_be_own(session: Session, by: Person, start: str, end: str) -> None:
    """Nobody takes from a place of another branch, and what comes from nowhere arrives at an own one."""
    place = start if rules.parse_place(start).is_stock else end
    field = "from_place" if place is start else "to_place"
    if rules.parse_place(place).is_stock:
        references.named(stock.must_be_own, session, by, place, field)


def _doubt_what_is_below_zero(session: Session, by: Person, line: Movement, now: datetime) -> None:
    """Somebody finds out why: the same place and part are put before the stores once."""
    if not rules.parse_place(line.from_place).is_stock:
        return
    left = quantity_at(session, line.from_place, line.sku)
    if left < 0:
        exceptions.open_one(
            session,
            "stock_negative",
            f"{line.from_place}:{line.sku}",
            now,
            branch_id=by.organisation_id,
            person_id=by.id,
            again=True,
            place=line.from_place,
            sku=line.sku,
            balance=left,
        )


def write(session: Session, by: Person, facts: Mapping[str, Any], now: datetime) -> Movement:
    """One line in the ledger, told to the tablets whose van it touches."""
    movement = rows.add(session, Movement(id=new_id(), at=now, person_id=by.id, **facts))
    for place in map(rules.parse_place, (movement.from_place, movement.to_place)):
        if place.kind == "van":
            feed.touch_stock(session, place.subject, movement.sku)
    audit.record(session, by.id, "movement.entered", movement.id, now, kind=movement.kind)
    return movement


def _must_be_there(session: Session, by: Person, name: str, now: datetime, field: str) -> None:
    """Raises `ReferenceUnknown` for a place of somebody or something that `by` cannot see."""
    place = rules.parse_place(name)
    if not place.subject:
        return

    def find(session: Session, by: Person, its_id: str) -> object:
        return _OWNERS[place.kind](session, by, its_id, now)

    references.named(find, session, by, place.subject, field)


def _site(session: Session, by: Person, site_id: str, _now: datetime) -> None:
    """A storekeeper does not read customers, but ships to those of the branch."""
    there = select(Site.id).join(Customer).where(Site.id == site_id)
    if by.role != Role.SUPERVISOR:
        there = there.where(Customer.branch_id == by.organisation_id)
    if session.scalar(there) is None:
        raise errors.NotFound()


_OWNERS: dict[str, Callable[[Session, Person, str, datetime], object]] = {
    "warehouse": lambda session, by, its_id, _: get_organisation(session, by, its_id),
    "van": lambda session, by, its_id, _: get_person(session, by, its_id),
    "reserved": jobs.get_for,
    "transit": lambda session, by, its_id, _: tickets.get_for(session, by, its_id),
    "customer": _site,
}


def count(
    session: Session,
    by: Person,
    place: str,
    counted: Mapping[str, int],
    reason: str,
    now: datetime,
) -> list[Movement]:
    """Brings the ledger to what was found at a place; a sku that was not counted stays.

    Raises `Invalid` for a place where nothing lies, and `ReferenceUnknown` for a sku that neither the
    catalogue nor this place has.
    """
    if not rules.parse_place(place).is_stock:
        raise references.wrong("place", "Nothing lies there that could be counted.")
    _must_be_there(session, by, place, now, "place")
    expected = stock_at(session, place)
    for sku in sorted(set(counted) - set(expected)):
        if not session.scalar(select(exists().where(Part.sku == sku))):
            raise errors.ReferenceUnknown(field="sku", sku=sku)
    moves = rules.adjustments(place, expected, counted, by.id, wire(now) or "", reason)
    lines = [write(session, by, _facts(move), now) for move in moves]
    audit.record(
        session, by.id, "stock.counted", place, now, counted=len(counted), adjusted=len(lines)
    )
    return lines


def _facts(move: rules.Movement) -> dict[str, Any]:
    return {name: value for name, value in move.items() if name not in ("person_id", "at")}
