"""The house's own rows: its epoch, answers kept for repeated requests, and the queue of tasks."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, Select, String, and_, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.lookups import Lookups, Question, insert_once
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words
from server.ids import new_id

LEASE = timedelta(minutes=5)
TRIES = 6


class HouseFact(Table):
    """A fact about this installation, such as its epoch."""

    __tablename__ = "house"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Words]


class KeptAnswer(Table):
    """The answer to a creating call with an Idempotency-Key, given again when the call comes again."""

    __tablename__ = "kept_answers"

    person_id: Mapped[Id] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[Hash]
    status: Mapped[int]
    body: Mapped[Words]
    headers: Mapped[Document] = mapped_column(default=dict)
    at: Mapped[Time] = mapped_column(index=True)


class Task(Table):
    """Work for the worker. The table is the queue: what a transaction decided is done once it commits."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_due", "done_at", "run_at"),)

    id: Mapped[Key]
    kind: Mapped[Code]
    subject: Mapped[str] = mapped_column(String(200), index=True)
    run_at: Mapped[Time]
    tries: Mapped[int] = mapped_column(default=0)
    holder: Mapped[Id | None]
    leased_until: Mapped[Time | None]
    done_at: Mapped[Time | None]
    failed_at: Mapped[Time | None]
    failure: Mapped[Words] = mapped_column(default="")
    details: Mapped[Document] = mapped_column(default=dict)


_FACT = HouseFact.__table__.c
_EPOCH = Question(select(_FACT.value).where(_FACT.name == "epoch"))


def epoch(session: Session) -> str:
    """Which life of this database it is; a restore from a backup begins a new one."""
    ((found,),) = _EPOCH.within(session)  # the first migration writes it
    return str(found)


def epoch_of(asked: Lookups) -> str:
    """The same, past the session."""
    ((found,),) = asked.all(_EPOCH)
    return str(found)


def ask_for(session: Session, kind: str, subject: str, run_at: datetime, **details: Any) -> None:
    """Puts a task into the queue."""
    insert_once(
        session, Task, id=new_id(), kind=kind, subject=subject, run_at=run_at, details=details
    )


def _is_due(now: datetime) -> Any:
    return and_(
        Task.done_at.is_(None),
        Task.failed_at.is_(None),
        Task.run_at <= now,
        or_(Task.leased_until.is_(None), Task.leased_until < now),
    )


def due(now: datetime, leaves: Collection[str] = ()) -> Select[str]:
    """The tasks that are due, but for the kinds that a worker leaves to others."""
    found = select(Task.id).where(_is_due(now)).order_by(Task.run_at, Task.id)
    return found.where(Task.kind.not_in(leaves)) if leaves else found


def claim(
    session: Session, holder: str, now: datetime, leaves: Collection[str] = ()
) -> Task | None:
    """The next due task, leased to one worker; None when nothing is due."""
    next_one = due(now, leaves).limit(1)
    if session.get_bind().dialect.name == "postgresql":
        next_one = next_one.with_for_update(skip_locked=True)
    claimed = (
        update(Task)
        .where(Task.id == next_one.scalar_subquery(), _is_due(now))
        .values(holder=holder, leased_until=now + LEASE, tries=Task.tries + 1)
        .returning(Task)
    )
    return session.scalars(claimed).first()


def back_off(tries: int) -> timedelta:
    """How long a failed task rests: 10 s, then three times as long each time."""
    return timedelta(seconds=10 * 3 ** max(tries - 1, 0))
