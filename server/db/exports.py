"""Exports of the whole shop as one SQLite file: asked for, made by the worker, fetched for some days."""

from datetime import datetime

from sqlalchemy import BigInteger, Select, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights
from server.db.house import Task
from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, refers
from server.domain.people import may

KIND = "export.make"


class Export(Table):
    """One file, and how far it has come. It holds the rows that whoever asked could see at that moment."""

    __tablename__ = "exports"

    id: Mapped[Key]
    asked_at: Mapped[Time] = mapped_column(index=True)
    asked_by: Mapped[Id] = mapped_column(refers("people.id"))
    branch_id: Mapped[Id | None] = mapped_column(comment="the only branch; null: all of them")
    table_at_hand: Mapped[Code | None] = mapped_column(comment="what is being written")
    tables_done: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(BigInteger, default=0)
    as_of: Mapped[Time | None] = mapped_column(comment="the one moment that it shows")
    done_at: Mapped[Time | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[Time | None] = mapped_column(index=True)
    removed_at: Mapped[Time | None] = mapped_column(comment="its time had run out")


def visible_to(person: Person) -> Select[Export]:
    """Whoever may export sees what was exported of what they see."""
    found = select(Export)
    if not may(person.role, "figure.export"):
        return found.where(false())
    return found


def get_for(session: Session, person: Person, export_id: str) -> Export:
    """Raises `NotFound` for what `person` may not see."""
    return sights.one(session, visible_to(person).where(Export.id == export_id))


def failures(session: Session, export_ids: list[str]) -> set[str]:
    """Those that were put aside after every attempt."""
    put_aside = select(Task.subject).where(
        Task.kind == KIND, Task.subject.in_(export_ids), Task.failed_at.is_not(None)
    )
    return set(session.scalars(put_aside))


def expired(session: Session, now: datetime) -> list[Export]:
    ended = select(Export).where(Export.expires_at <= now, Export.removed_at.is_(None))
    return list(session.scalars(ended))
