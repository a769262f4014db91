"""The catalogue of parts; every tablet carries it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import rows, sheets
from server.db import audit, feed
from server.db.parts import Part
from server.db.people import Person

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
    changed = rows.change(session, part, form)
    if not changed:
        return
    feed.touch_part(session, part.sku)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_part(part.sku))
    audit.record(session, by.id, "part.changed", part.sku, now, changed=changed)
