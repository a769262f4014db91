"""Facts that somebody outside is to hear of: written with the act that made them, gone once they are spread.

An act pays one row. The worker makes of it what has to leave the house: notices to the customer, messages to
the shop's other systems. Whatever the act committed is spread, once, however often a worker is killed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.lookups import Command
from server.db.tables import Code, Document, Key, Table, Time
from server.ids import new_id


class Fact(Table):
    """Something that happened to one thing."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_known", "known_at", "id"),)

    id: Mapped[Key]
    kind: Mapped[Code] = mapped_column(comment="as the audit names it, or the field event")
    noun_id: Mapped[str] = mapped_column(String(200))
    at: Mapped[Time] = mapped_column(comment="when it happened")
    known_at: Mapped[Time] = mapped_column(comment="when we heard of it")
    details: Mapped[Document] = mapped_column(default=dict)


# Acts of the audit that concern somebody outside; `visit.travelling` and `visit.arrived` come from the field.
ACTS = frozenset(
    {
        "ticket.opened", "ticket.closed", "ticket.reopened", "ticket.cancelled",
        "job.issued", "job.moved", "job.changed", "job.reassigned", "job.cancelled", "job.brought_back",
        "visit.finished", "visit.verified", "visit.accepted",
        "photo.judged", "photo.retaken", "receipt.signed",
        "part_request.added", "part_request.reserved", "part_request.shipped", "part_request.arrived",
        "part_request.cancelled", "revisit.opened",
    }
)  # fmt: skip

_COLUMNS = Fact.__table__.c
_FACT = Command(
    insert(Fact.__table__).values({each.key: bindparam(each.key) for each in _COLUMNS})  # type: ignore[arg-type]
)


def note(
    session: Session,
    kind: str,
    noun_id: str,
    at: datetime,
    known_at: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Puts a fact before the worker, in the transaction that makes it one."""
    _FACT.within(
        session,
        id=new_id(),
        kind=kind,
        noun_id=noun_id,
        at=at,
        known_at=known_at,
        details=details or {},
    )


def oldest(session: Session, now: datetime, most: int) -> list[Fact]:
    """Those that wait, in the order in which they became known; locked, and none that another worker has."""
    found = select(Fact).where(Fact.known_at <= now)
    found = found.order_by(Fact.known_at, Fact.id).limit(most)
    return list(session.scalars(found.with_for_update(skip_locked=True)))


def is_waiting(session: Session, now: datetime) -> bool:
    return session.scalar(select(Fact.id).where(Fact.known_at <= now).limit(1)) is not None


def forget(session: Session, ids: Collection[str]) -> None:
    session.execute(delete(Fact).where(Fact.id.in_(ids)))
