"""The catalogue of parts; every tablet carries it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import rows, sheets
from server.db import audit, feed
from server.db.parts import Part
from server.db.people import Person
from server.db.stock import Minimum

ON_SHEETS = {"name", "name_zh", "unit_price", "currency"}


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Part:
    """A new part. Raises `AlreadyThere` for a number that the catalogue has."""
    part = rows.add(session, Part(**form))
    feed.touch_part(session, part.sku)
    sheets.touch(session, sheets.of_part(part.sku))
    audit.record(session, by.id, "part.added", part.sku, now)
    return part


def change(
    session: Session, by: Person, part: Part, form: Mapping[str, Any], now: datetime
) -> None:
    changes = rows.before_and_after(part, form, form)
    changed = rows.change(session, part, form)
    if not changed:
        return
    feed.touch_part(session, part.sku)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_part(part.sku))
    audit.record(session, by.id, "part.changed", part.sku, now, changed=changed, changes=changes)


def take_in(
    session: Session,
    by: Person,
    new: Collection[Mapping[str, Any]],
    changed: Mapping[str, Mapping[str, Any]],
    source: str,
    now: datetime,
) -> None:
    """Many at once, out of a file: `changed` by their numbers. Raises `AlreadyThere`.

    The jobs that plan one of them are looked for once, however many there are.
    """
    for form in new:
        session.add(Part(**form))
    known = {each.sku: each for each in rows.of_keys(session, Part, Part.sku, changed)}
    shown = {form["sku"] for form in new}
    for sku, form in changed.items():
        if ON_SHEETS.intersection(rows.set_fields(known[sku], form)):
            shown.add(sku)
    rows.flush(session)
    for verb, skus in (("added", [form["sku"] for form in new]), ("changed", list(changed))):
        for sku in skus:
            feed.touch_part(session, sku)
            audit.record(session, by.id, f"part.{verb}", sku, now, source=source)
    sheets.touch_parts(session, shown)


def set_minimum(
    session: Session, by: Person, part: Part, place: str, quantity: int, now: datetime
) -> None:
    """How many should lie at a place, 0 for none. The caller has seen to it that `by` looks after it."""
    known = session.get(Minimum, (place, part.sku))
    if (known.quantity if known else 0) == quantity:
        return
    if known is not None:
        session.delete(known)
        session.flush()
    if quantity:
        session.add(Minimum(place=place, sku=part.sku, quantity=quantity))
        session.flush()
    audit.record(session, by.id, "part.minimum_set", part.sku, now, place=place, quantity=quantity)
