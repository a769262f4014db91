"""Writing a row: its revision, and the field that another row has taken already."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.db.tables import Table
from server.domain import errors

Row = TypeVar("Row", bound=Table)

# The field, by the names that PostgreSQL and SQLite give to its constraint.
UNIQUE = {
    "uq_people_username": "username",
    "people.username": "username",
    "uq_products_model": "model",
    "products.model": "model",
    "pk_parts": "sku",
    "parts.sku": "sku",
}


def add(session: Session, row: Row) -> Row:
    """Writes a new row. Raises `AlreadyThere` where another one has its name."""
    session.add(row)
    _flush(session)
    return row


def change(session: Session, row: Table, form: Mapping[str, Any]) -> list[str]:
    """Writes what differs, raises the revision, and returns the names of what has changed."""
    changed = sorted(name for name, value in form.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, form[name])
    if changed:
        row.rev += 1  # type: ignore[attr-defined]
    _flush(session)
    return changed


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as clash:
        told = getattr(clash.orig, "diag", None)
        words = told.constraint_name if told else str(clash.orig)
        for name, field in UNIQUE.items():
            if name in (words or ""):
                raise errors.AlreadyThere(field=field) from clash
        raise
