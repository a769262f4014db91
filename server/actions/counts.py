"""Counts: what somebody found, beside what the ledger said; settled once somebody has explained it.

A count is blind: whoever counts is not told what to expect. What differs is a variance until somebody has
approved it with a reason; then adjustments bring the ledger to what was found. They are the differences of
the moment of the count, so what was moved since then stays right.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import movements, references, rows
from server.clock import wire
from server.db import audit, stock
from server.db.parts import Part, stock_at
from server.db.people import Person
from server.db.stock import StockCount
from server.domain import errors
from server.domain import parts as rules
from server.ids import new_id

MOST_LINES = 2_000


def enter(
    session: Session,
    by: Person,
    place: str,
    counted: Mapping[str, int],
    is_full: bool,
    note: str,
    now: datetime,
) -> StockCount:
    """Keeps what was found. Without a difference it is settled at once; a newer count takes the place of
    one that still waits.

    `is_full` says that what is not in `counted` was not there. Raises `ReferenceUnknown` for a place that
    `by` does not look after, or a part that neither the catalogue nor the place has; `Invalid` for nothing.
    """
    references.named(stock.must_be_own, session, by, place, "place")
    expected = stock_at(session, place)
    expected = {sku: quantity for sku, quantity in expected.items() if quantity}
    _must_be_known(session, set(counted) - set(expected))
    if not counted and not (is_full and expected):
        raise references.wrong("sku", "Count at least one part.")
    lines = {**(dict.fromkeys(expected, 0) if is_full else {}), **counted}
    _take_the_place_of_others(session, by, place, now)
    count = StockCount(
        id=new_id(),
        place=place,
        branch_id=by.organisation_id,
        state="open",
        is_full=is_full,
        lines=[
            {"sku": sku, "counted": lines[sku], "expected": expected.get(sku, 0)}
            for sku in sorted(lines)
        ],
        note=note,
        counted_at=now,
        counted_by=by.id,
    )
    session.add(count)
    session.flush()
    audit.record(
        session,
        by.id,
        "count.entered",
        count.id,
        now,
        place=place,
        counted=len(counted),
        different=len(count.differences),
    )
    if not count.differences:
        _close(session, by, count, "settled", "", now)
    return count


def _must_be_known(session: Session, skus: set[str]) -> None:
    known = {each.sku for each in rows.of_keys(session, Part, Part.sku, skus)}
    if skus - known:
        raise errors.ReferenceUnknown(field="sku", sku=min(skus - known))


def _take_the_place_of_others(session: Session, by: Person, place: str, now: datetime) -> None:
    still_open = (
        select(StockCount)
        .where(StockCount.place == place, StockCount.state == "open")
        .order_by(StockCount.id)
        .with_for_update()
    )
    for earlier in session.scalars(still_open):
        _close(session, by, earlier, "dropped", "", now)


def take_on(session: Session, by: Person, count: StockCount, now: datetime) -> None:
    """`by` finds out why. Raises `StepNotPossible` once it is closed."""
    _must_be_open(count)
    if count.owner_id != by.id:
        count.owner_id = by.id
        count.rev += 1
        audit.record(session, by.id, "count.taken_on", count.id, now)


def settle(session: Session, by: Person, count: StockCount, reason: str, now: datetime) -> None:
    """The ledger follows what was found, with the explanation. Settled already: nothing is done again.

    The caller holds the lock. Raises `ReasonMissing`, and `StepNotPossible` for one that was dropped.
    """
    if count.state == "settled":
        return
    _must_be_open(count)
    if not reason.strip():
        raise errors.ReasonMissing()
    found = {line["sku"]: line["counted"] for line in count.differences}
    expected = {line["sku"]: line["expected"] for line in count.differences}
    at = wire(now) or ""
    for move in rules.adjustments(count.place, expected, found, by.id, at, reason):
        facts = {name: value for name, value in move.items() if name not in ("person_id", "at")}
        movements.write(session, by, {**facts, "request_id": None}, now)
    _close(session, by, count, "settled", reason, now)


def drop(session: Session, by: Person, count: StockCount, reason: str, now: datetime) -> None:
    """It was counted wrong: the ledger stays as it is. Raises as `settle`."""
    if count.state == "dropped":
        return
    _must_be_open(count)
    if not reason.strip():
        raise errors.ReasonMissing()
    _close(session, by, count, "dropped", reason, now)


def _must_be_open(count: StockCount) -> None:
    if count.state != "open":
        raise errors.StepNotPossible(state=count.state)


def _close(
    session: Session, by: Person, count: StockCount, state: str, reason: str, now: datetime
) -> None:
    count.state, count.reason = state, reason
    count.closed_at, count.closed_by = now, by.id
    count.rev += 1
    session.flush()
    audit.record(session, by.id, f"count.{state}", count.id, now, place=count.place)
