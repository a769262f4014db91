"""Tickets, and the numbers that people read out on the phone."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, String, or_, select, text, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs, sights
from server.db.customers import Customer
from server.db.people import Person
from server.db.tables import Code, Id, Key, Table, Time, Words, refers
from server.domain.people import may

OPEN = "state NOT IN ('closed', 'cancelled')"  # as the index says it: a database compares the words
REPEATS = "repeats IS NOT NULL"  # few of many
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Ticket(Table):
    """What a customer asked for or complained of; closes once."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_opened", "opened_at", "id"),
        Index(
            "ix_tickets_open",
            "opened_at",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_tickets_at_risk", "at_risk_from", "branch_id"),
        Index("ix_tickets_breaks", "breaks_at", "id"),
        Index(
            "ix_tickets_repeats",
            "repeats",
            sqlite_where=text(REPEATS),
            postgresql_where=text(REPEATS),
        ),
    )

    id: Mapped[Key]
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"))
    customer_id: Mapped[Id] = mapped_column(refers("customers.id"), index=True)
    site_id: Mapped[Id | None] = mapped_column(refers("sites.id"))
    asset_id: Mapped[Id | None] = mapped_column(refers("assets.id"), index=True)
    kind: Mapped[Code]
    channel: Mapped[Code] = mapped_column(default="phone")
    category: Mapped[Code | None]
    ticket_class: Mapped[Code] = mapped_column(default="ordinary")
    fault: Mapped[Code | None] = mapped_column(comment="fault code, for repeats of the same one")
    summary: Mapped[Words]
    description: Mapped[Words] = mapped_column(default="")
    state: Mapped[Code] = mapped_column(default="new", index=True, comment="derived, never set")
    opened_at: Mapped[Time]
    opened_by: Mapped[Id] = mapped_column(refers("people.id"))
    triaged_at: Mapped[Time | None]
    responded_at: Mapped[Time | None]
    planned_at: Mapped[Time | None]
    answered_at: Mapped[Time | None] = mapped_column(
        comment="a consultation answered without a trip"
    )
    answer: Mapped[Words] = mapped_column(default="")
    closed_at: Mapped[Time | None]
    closed_by_hand: Mapped[Words | None] = mapped_column(
        comment="the reason, where a person closed it"
    )
    cancelled_at: Mapped[Time | None]
    cancelled_reason: Mapped[Words] = mapped_column(default="")
    reopened_at: Mapped[Time | None]
    at_risk_from: Mapped[Time | None] = mapped_column(
        comment="when the first promise that still runs begins to warn; kept by actions/promises.py"
    )
    breaks_at: Mapped[Time | None] = mapped_column(
        comment="when the first of them breaks, or broke"
    )
    repeats: Mapped[Id | None] = mapped_column(comment="the earlier ticket with the same fault")
    rev: Mapped[int] = mapped_column(default=1)


class Counter(Table):
    """The next number of a series, raised under a row lock."""

    __tablename__ = "counters"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int]


def next_number(session: Session, series: str) -> str:
    """The next id of a series, such as `T-1001`."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    start = insert(Counter).values(series=series, value=1000).on_conflict_do_nothing()
    session.execute(start)
    raised = (
        update(Counter)
        .where(Counter.series == series)
        .values(value=Counter.value + 1)
        .returning(Counter.value)
    )
    return f"{series}-{session.execute(raised).scalar_one()}"


def open_ones(found: Select[Ticket]) -> Select[Ticket]:
    """Those of them that are not over: few among many, with an index of their own."""
    return found.where(text(f"tickets.{OPEN}"))


def over_ones(found: Select[Ticket]) -> Select[Ticket]:
    """And the many others, said so that they are read in their order, not gathered by state and sorted."""
    return found.where(text(f"NOT (tickets.{OPEN})"))


def at_risk(found: Select[Ticket], now: datetime) -> Select[Ticket]:
    """Those of them with a promise that is at risk or broken, and that somebody can still do something about."""
    # Those that are over have no end: the walk along the ends is not to begin with them.
    return found.where(Ticket.at_risk_from <= now, Ticket.breaks_at > LONG_AGO)


def out_of_time(found: Select[Customer], ends: datetime) -> Select[Customer]:
    """Those of the customers for whom nothing was done since `ends`, and whom nothing holds.

    Ids rise with time, so those who came since are not even looked at.
    """
    since = or_(
        Ticket.state.not_in(("closed", "cancelled")),
        Ticket.closed_at >= ends,
        Ticket.cancelled_at >= ends,
    )
    used = select(Ticket.id).where(Ticket.customer_id == Customer.id, since)
    is_old = (Customer.id < _first_id(ends)) & (Customer.created_at < ends)
    return found.where(is_old, Customer.hold_reason.is_(None), ~used.exists())


def _first_id(at: datetime) -> str:
    """What every id that was made from then on is greater than (UUIDv7, RFC 9562)."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def visible_to(person: Person) -> Select[Ticket]:
    """The desk sees its branch, a supervisor all, the rest none."""
    found = select(Ticket)
    if person.role == "supervisor":
        return found
    if not may(person.role, "ticket.read"):
        return found.where(Ticket.id.is_(None))
    return found.where(Ticket.branch_id == person.organisation_id)


def is_seen_by(person: Person, ticket_id: Any) -> ColumnElement[bool]:
    """The condition that a row belongs to a ticket that `person` sees: none for whoever sees them all."""
    if person.role == "supervisor":
        return true()
    return visible_to(person).where(Ticket.id == ticket_id).exists()


def get_for(session: Session, person: Person, ticket_id: str, *, to_change: bool = False) -> Ticket:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    if to_change:
        lock(session, ticket_id)
    return sights.one(session, visible_to(person).where(Ticket.id == ticket_id))


def customers_of(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Of each ticket the name of its customer, with one question: for whoever may know them."""
    found = select(Ticket.id, Customer.name).join(Customer, Customer.id == Ticket.customer_id)
    return dict(session.execute(found.where(Ticket.id.in_(set(ids)))).all())


def lock(session: Session, ticket_id: str) -> None:
    """Makes other writers of this ticket and its jobs wait: its jobs first, as everybody does."""
    of_ticket = select(jobs.Job.id).where(jobs.Job.ticket_id == ticket_id)
    jobs.lock(session, set(session.scalars(of_ticket)))
    row = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    session.execute(row.execution_options(populate_existing=True)).all()
