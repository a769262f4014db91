"""Revisits that are due or proposed, until they are planned or dismissed."""

from datetime import datetime

from sqlalchemy import Index, Select, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import tickets
from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, Words, refers
from server.domain import errors

OPEN = "state IN ('due', 'proposed', 'call_first')"  # as the index says it


class Revisit(Table):
    """Why somebody has to go again, and what became of it."""

    __tablename__ = "revisits"
    __table_args__ = (
        Index("ix_revisits_opened", "opened_at", "id"),
        Index(
            "ix_revisits_open",
            "opened_at",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"), index=True)
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True, comment="the job it repairs")
    trigger: Mapped[Code]
    cause: Mapped[Code]
    mode: Mapped[Code] = mapped_column(comment="at_once, proposed or call_first")
    words: Mapped[Words] = mapped_column(default="")
    state: Mapped[Code] = mapped_column(
        index=True, comment="due, proposed, call_first, planned, dismissed"
    )
    opened_at: Mapped[Time]
    earliest_at: Mapped[Time | None] = mapped_column(comment="when the parts it carries are there")
    decided_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    decided_at: Mapped[Time | None]
    reason: Mapped[Words] = mapped_column(default="")
    call_after: Mapped[Time | None] = mapped_column(
        comment="nobody answered: not to be called again before"
    )
    planned_job_id: Mapped[Id | None] = mapped_column(refers("jobs.id"))
    rev: Mapped[int] = mapped_column(default=1)


def visible_to(person: Person) -> Select[Revisit]:
    return select(Revisit).where(tickets.is_seen_by(person, Revisit.ticket_id))


def open_ones(found: Select[Revisit]) -> Select[Revisit]:
    """Those that nobody has planned or dismissed."""
    return found.where(text(f"revisits.{OPEN}"))


def to_plan(found: Select[Revisit]) -> Select[Revisit]:
    """Those that somebody decides about or plans."""
    return open_ones(found).where(Revisit.state != "call_first")


def calls_due(found: Select[Revisit], now: datetime) -> Select[Revisit]:
    """Those whose customer is to be called now; nobody who was not reached is called again at once."""
    is_time = or_(Revisit.call_after.is_(None), Revisit.call_after <= now)
    return open_ones(found).where(Revisit.state == "call_first", is_time)


def get_for(
    session: Session, person: Person, revisit_id: str, *, to_change: bool = False
) -> Revisit:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it, and its ticket first."""
    found = session.scalar(visible_to(person).where(Revisit.id == revisit_id))
    if found is None:
        raise errors.NotFound()
    if to_change:
        tickets.lock(session, found.ticket_id)
        session.refresh(found, with_for_update=True)
    return found
