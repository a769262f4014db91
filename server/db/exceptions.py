"""What does not add up and needs a person: each with an owner and a decision."""

from sqlalchemy import Index, Select, String, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs
from server.db.people import Person
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers
from server.domain import errors
from server.domain.people import Role

OPEN = "state = 'open'"  # as the index says it


class FieldException(Table):
    """One doubt put before the office. `subject` makes the same doubt open only once."""

    __tablename__ = "exceptions"
    __table_args__ = (
        Index("ix_exceptions_opened", "opened_at", "id"),
        Index(
            "ix_exceptions_open",
            "opened_at",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
    )

    id: Mapped[Key]
    kind: Mapped[Code] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(String(200), unique=True)
    branch_id: Mapped[Id | None] = mapped_column(refers("organisations.id"), index=True)
    ticket_id: Mapped[Id | None] = mapped_column(refers("tickets.id"), index=True)
    job_id: Mapped[Id | None] = mapped_column(refers("jobs.id"), index=True)
    event_id: Mapped[Id | None] = mapped_column(index=True)
    device_id: Mapped[Id | None] = mapped_column(index=True)
    person_id: Mapped[Id | None] = mapped_column(comment="whose work it is about")
    details: Mapped[Document] = mapped_column(default=dict)
    owner_id: Mapped[Id | None] = mapped_column(refers("people.id"), index=True)
    owner_role: Mapped[Code]
    state: Mapped[Code] = mapped_column(default="open", index=True)
    opened_at: Mapped[Time]
    decision: Mapped[Code | None]
    reason: Mapped[Words] = mapped_column(default="")
    decided_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    decided_at: Mapped[Time | None]
    rev: Mapped[int] = mapped_column(default=1)


def visible_to(person: Person) -> Select[FieldException]:
    """A supervisor sees all, a storekeeper those about stock, the desk those of its branch."""
    found = select(FieldException)
    if person.role == Role.SUPERVISOR:
        return found
    here = or_(
        FieldException.branch_id == person.organisation_id, FieldException.owner_id == person.id
    )
    if person.role == Role.STOREKEEPER:
        return found.where(here, FieldException.owner_role == Role.STOREKEEPER)
    if person.role in (Role.ADVISOR, Role.DISPATCHER):
        return found.where(here)
    return found.where(FieldException.id.is_(None))


def open_ones(found: Select[FieldException]) -> Select[FieldException]:
    """Those that wait for a decision."""
    return found.where(text(f"exceptions.{OPEN}"))


def get_for(
    session: Session, person: Person, exception_id: str, *, to_change: bool = False
) -> FieldException:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it, and its job first."""
    found = session.scalar(visible_to(person).where(FieldException.id == exception_id))
    if found is None:
        raise errors.NotFound()
    if to_change:
        jobs.lock(session, {found.job_id} if found.job_id else set())
        session.refresh(found, with_for_update=True)
    return found
