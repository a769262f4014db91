"""Exports: asked for by a person, made by the worker, gone after some days."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.db import audit, exports, figures, house
from server.db.exports import Export
from server.db.house import LEASE, Task
from server.db.people import Person
from server.domain import errors
from server.ids import new_id

KEPT = timedelta(days=7)


def ask(session: Session, by: Person, now: datetime) -> Export:
    """A file with all that this person sees, as it is when the worker comes to it."""
    asked = Export(
        id=new_id(),
        asked_at=now,
        asked_by=by.id,
        branch_id=figures.branch_seen_by(by),
        tables_done=0,
        rows_done=0,
    )
    session.add(asked)
    session.flush()
    house.ask_for(session, exports.KIND, asked.id, now)
    audit.record(session, by.id, "export.asked", asked.id, now, branch=asked.branch_id)
    return asked


def has_come(
    session: Session, export_id: str, table: str, tables: int, rows: int, now: datetime
) -> None:
    """How far the worker is; whoever makes it keeps it for another while."""
    export = session.get_one(Export, export_id)
    export.table_at_hand, export.tables_done, export.rows_done = table, tables, rows
    mine = update(Task).where(Task.kind == exports.KIND, Task.subject == export_id)
    session.execute(mine.where(Task.done_at.is_(None)).values(leased_until=now + LEASE))


def is_made(
    session: Session, export_id: str, as_of: datetime, rows: int, size: int, now: datetime
) -> None:
    export = session.get_one(Export, export_id)
    export.table_at_hand, export.rows_done, export.size = None, rows, size
    export.as_of, export.done_at, export.expires_at = as_of, now, now + KEPT


def must_be_there(export: Export, now: datetime) -> None:
    """Raises `NotFound` for what is not made yet, or not kept any more."""
    is_kept = export.expires_at is not None and export.expires_at > now
    if export.done_at is None or export.removed_at is not None or not is_kept:
        raise errors.NotFound()


def note_fetched(session: Session, by: Person, export: Export, now: datetime) -> None:
    """That somebody takes the file is on record before its first byte leaves."""
    audit.record(session, by.id, "export.fetched", export.id, now, size=export.size)


def forget_expired(session: Session, now: datetime) -> list[str]:
    """Those whose time has run out; returns their ids, for their files to be removed."""
    gone = exports.expired(session, now)
    for export in gone:
        export.removed_at = now
    return [export.id for export in gone]
