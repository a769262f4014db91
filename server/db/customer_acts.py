"""What customers did by their links: said, confirmed, rated, signed; and the other appointments they asked for."""

from collections.abc import Iterable

from sqlalchemy import Index, Select, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights, tickets
from server.db.people import Person
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers

OPEN = "state = 'open'"  # as the index says it: a database compares the words


class CustomerAct(Table):
    """One thing that a customer did; never changed, but for words that are erased with the person."""

    __tablename__ = "customer_acts"
    __table_args__ = (Index("ix_customer_acts_of_ticket", "ticket_id", "at", "id"),)

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"))
    job_id: Mapped[Id | None] = mapped_column(refers("jobs.id"))
    link_id: Mapped[Id | None] = mapped_column(refers("customer_links.id"))
    kind: Mapped[Code] = mapped_column(comment="confirmed, noted, rated, signed or still_broken")
    at: Mapped[Time]
    words: Mapped[Words] = mapped_column(default="")
    details: Mapped[Document] = mapped_column(default=dict)


class MoveRequest(Table):
    """A customer asks for another appointment; the office grants it, or says why not."""

    __tablename__ = "move_requests"
    __table_args__ = (
        Index("ix_move_requests_of_ticket", "ticket_id", "asked_at"),
        Index("ix_move_requests_asked", "asked_at", "id"),
        Index(
            "ix_move_requests_open",
            "asked_at",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"))
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"))
    link_id: Mapped[Id | None] = mapped_column(refers("customer_links.id"))
    window_start: Mapped[Time]
    window_end: Mapped[Time]
    was_start: Mapped[Time] = mapped_column(comment="the appointment from which it was asked")
    was_end: Mapped[Time]
    assignee_id: Mapped[Id] = mapped_column(
        refers("people.id"), comment="who was free then, first of all who had the job"
    )
    words: Mapped[Words] = mapped_column(default="")
    state: Mapped[Code] = mapped_column(comment="open, granted, refused, withdrawn or overtaken")
    asked_at: Mapped[Time]
    decided_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    decided_at: Mapped[Time | None]
    answer: Mapped[Words] = mapped_column(default="", comment="what the customer is told")
    rev: Mapped[int] = mapped_column(default=1)


def of_ticket(session: Session, ticket_id: str) -> list[CustomerAct]:
    """The oldest first."""
    found = select(CustomerAct).where(CustomerAct.ticket_id == ticket_id)
    return list(session.scalars(found.order_by(CustomerAct.at, CustomerAct.id)))


def notes_of(session: Session, ticket_id: str) -> list[CustomerAct]:
    """What the customer wrote for whoever comes, the oldest first."""
    return [each for each in of_ticket(session, ticket_id) if each.kind == "noted" and each.words]


def moves_of_ticket(session: Session, ticket_id: str) -> list[MoveRequest]:
    """The newest first."""
    found = select(MoveRequest).where(MoveRequest.ticket_id == ticket_id)
    return list(session.scalars(found.order_by(MoveRequest.asked_at.desc(), MoveRequest.id.desc())))


def open_move_of(session: Session, job_ids: Iterable[str]) -> list[MoveRequest]:
    """The one of each job that nobody has answered yet."""
    found = select(MoveRequest).where(MoveRequest.job_id.in_(set(job_ids)), text(OPEN))
    return list(session.scalars(found))


def moves_visible_to(person: Person) -> Select[MoveRequest]:
    return select(MoveRequest).where(tickets.is_seen_by(person, MoveRequest.ticket_id))


def open_moves(found: Select[MoveRequest]) -> Select[MoveRequest]:
    """Those of them that wait for an answer: few among many, with an index of their own."""
    return found.where(text(f"move_requests.{OPEN}"))


def move_for(session: Session, person: Person, request_id: str) -> MoveRequest:
    """Locked until the commit. Raises `NotFound` for what `person` may not see."""
    found = moves_visible_to(person).where(MoveRequest.id == request_id).with_for_update()
    return sights.one(session, found)
