"""The promises of a ticket: its facts, handed to the clocks of `server/domain/promises.py`."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions.calendars import calendars_of
from server.db.audit import AuditLine
from server.db.customers import Customer
from server.db.tickets import Ticket
from server.domain import promises as rules

Clocks = dict[str, rules.Clock]

_FACTS = {"ticket.closed": "closed", "ticket.cancelled": "closed", "ticket.reopened": "reopened"}


def clocks(session: Session, ticket: Ticket, now: datetime) -> Clocks:
    """The three clocks of one ticket, as things stand `now`."""
    return clocks_of(session, [ticket], now)[ticket.id]


def clocks_of(session: Session, tickets: Iterable[Ticket], now: datetime) -> dict[str, Clocks]:
    """The same for many at once, by ticket id."""
    wanted = {ticket.id: ticket for ticket in tickets}
    customers = {ticket.customer_id for ticket in wanted.values()}
    very_important = select(Customer.id).where(Customer.id.in_(customers), Customer.is_vip)
    vips = set(session.scalars(very_important))
    calendars = calendars_of(session, {ticket.branch_id for ticket in wanted.values()}, now)
    facts = {ticket.id: _facts(ticket) for ticket in wanted.values()}
    for line in _closes(session, list(wanted)):
        facts[line.noun_id].append(rules.Fact(line.at, _FACTS[line.act]))
    return {
        its_id: rules.clocks(
            rules.policy(ticket.kind, ticket.ticket_class, ticket.customer_id in vips),
            ticket.opened_at,
            facts[its_id],
            now,
            calendars.get(ticket.branch_id),
        )
        for its_id, ticket in wanted.items()
    }


def _facts(ticket: Ticket) -> list[rules.Fact]:
    told = (("responded", ticket.responded_at), ("planned", ticket.planned_at))
    return [rules.Fact(at, what) for what, at in told if at is not None]


def _closes(session: Session, ticket_ids: list[str]) -> Iterable[AuditLine]:
    """Every close and reopening, in order; the ticket's row remembers only the last."""
    lines = select(AuditLine).where(
        AuditLine.noun == "ticket",
        AuditLine.noun_id.in_(ticket_ids),
        AuditLine.act.in_(list(_FACTS)),
    )
    return session.scalars(lines.order_by(AuditLine.id))
