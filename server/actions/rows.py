"""Writing a row: its revision, and the field that another row has taken already."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.db.tables import Table
from server.domain import errors

Row = TypeVar("Row", bound=Table)
AT_ONCE = 500  # keys in one question

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
    flush(session)
    return row


MOST_TOLD = 200  # characters of a value in the audit


def before_and_after(row: Table, form: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What a form would change of these fields, for the audit: name -> [what was, what comes]. Ask before
    it is written. Of fields that tell of persons the audit keeps only the names: those are not named here.
    """
    return {
        name: [_told(getattr(row, name)), _told(form[name])]
        for name in sorted(names)
        if name in form and getattr(row, name) != form[name]
    }


def _told(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_TOLD:
        return value[: MOST_TOLD - 1] + "…"
    return value.isoformat() if isinstance(value, date) else value


def change(session: Session, row: Table, form: Mapping[str, Any]) -> list[str]:
    """Writes what differs, raises the revision, and returns the names of what has changed."""
    changed = set_fields(row, form)
    flush(session)
    return changed


def set_fields(row: Table, form: Mapping[str, Any]) -> list[str]:
    """The same, to be written by whoever calls."""
    changed = sorted(name for name, value in form.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, form[name])
    if changed:
        row.rev += 1  # type: ignore[attr-defined]
    return changed


def of_keys(
    session: Session, kind: type[Row], column: Any, keys: Iterable[str], *, lock: bool = False
) -> list[Row]:
    """The rows with these keys in their order, so that two who lock them do not wait crosswise."""
    wanted, found = sorted(set(keys)), list[Row]()
    for start in range(0, len(wanted), AT_ONCE):
        some = select(kind).where(column.in_(wanted[start : start + AT_ONCE])).order_by(column)
        if lock:
            some = some.with_for_update().execution_options(populate_existing=True)
        found += session.scalars(some)
    return found


def flush(session: Session) -> None:
    """Raises `AlreadyThere` where another row has a name that is given only once."""
    try:
        session.flush()
    except IntegrityError as clash:
        told = getattr(clash.orig, "diag", None)
        words = told.constraint_name if told else str(clash.orig)
        for name, field in UNIQUE.items():
            if name in (words or ""):
                raise errors.AlreadyThere(field=field) from clash
        raise
