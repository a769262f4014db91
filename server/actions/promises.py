"""The promises of a ticket: its facts, handed to the clocks of `server/domain/promises.py`.

Minutes and hours are those of the branch as they stood when the ticket was opened: what is written later
breaks no promise that was given, and saves none.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import calendars, settings
from server.db import house
from server.db.audit import AuditLine
from server.db.customers import Customer, Site
from server.db.tickets import Ticket, open_ones
from server.domain import promises as rules
from server.domain.tickets import OVER

Clocks = dict[str, rules.Clock]

FALLBACK_ZONE = "Asia/Shanghai"  # of a ticket that has no site yet

_FACTS = {"ticket.closed": "closed", "ticket.cancelled": "closed", "ticket.reopened": "reopened"}
# A verdict was taken back, and the fact that came of it with it.
_UNDOES = {"ticket.close_undone": "closed", "ticket.reopen_undone": "reopened"}
KEEP, ALL = (
    "promise.keep",
    "all",
)  # the task that reckons anew for all open tickets, and its subject
A_BATCH = 200  # tickets whose promises are reckoned in one transaction


def clocks(session: Session, ticket: Ticket, now: datetime) -> Clocks:
    """The three clocks of one ticket, as things stand `now`."""
    return clocks_of(session, [ticket], now)[ticket.id]


def clocks_of(session: Session, tickets: Iterable[Ticket], now: datetime) -> dict[str, Clocks]:
    """The same for many at once, by ticket id."""
    wanted = {ticket.id: ticket for ticket in tickets}
    customers = {ticket.customer_id for ticket in wanted.values()}
    very_important = select(Customer.id).where(Customer.id.in_(customers), Customer.is_vip)
    vips = set(session.scalars(very_important))
    read = settings.promises_of(session, {ticket.branch_id for ticket in wanted.values()})
    given = {each.id: read.at(each.branch_id, each.opened_at) for each in wanted.values()}
    have_hours = any(each.hours is not None for each in given.values())
    zones = _zones(session, wanted.values()) if have_hours else {}
    days = calendars.of_branches(session, {each.branch_id for each in wanted.values()}, now)
    facts = {ticket.id: _facts(ticket) for ticket in wanted.values()}
    for line in _closes(session, list(wanted)):
        facts[line.noun_id].append(rules.Fact(line.at, _FACTS[line.act]))
    found = {}
    for its_id, ticket in wanted.items():
        promise = given[its_id]
        zone = zones.get(ticket.site_id or "", FALLBACK_ZONE)
        found[its_id] = rules.clocks(
            promise.policy(ticket.kind, ticket.ticket_class, ticket.customer_id in vips),
            ticket.opened_at,
            facts[its_id],
            now,
            promise.calendar(zone, *days[ticket.branch_id].sets()),
        )
    return found


def still_to_keep(session: Session, ticket: Ticket, now: datetime) -> datetime | None:
    """Until when the ticket is to be closed; None where the promise is met, broken or paused."""
    clock = clocks(session, ticket, now)["close"]
    return clock.due_at if clock.warns_at and clock.due_at >= now else None


def due_if_opened_now(
    session: Session,
    branch_id: str,
    kind: str,
    ticket_class: str,
    is_vip: bool,
    zone: str,
    now: datetime,
) -> dict[str, datetime]:
    """Until when a customer would be promised what, by clock, if a ticket were opened now."""
    promise = settings.promises_of(session, [branch_id]).at(branch_id, now)
    policy = promise.policy(kind, ticket_class, is_vip)
    days = calendars.of_branches(session, [branch_id], now)[branch_id]
    calendar = promise.calendar(zone, *days.sets())
    return {
        name: rules.later(now, timedelta(minutes=getattr(policy, name)), calendar)
        for name in rules.CLOCKS
    }


def _zones(session: Session, tickets: Collection[Ticket]) -> dict[str, str]:
    """Clocks run in the time zone of the site."""
    sites = {ticket.site_id for ticket in tickets if ticket.site_id}
    found = select(Site.id, Site.time_zone).where(Site.id.in_(sites))
    return dict(session.execute(found).all())


def _facts(ticket: Ticket) -> list[rules.Fact]:
    told = (("responded", ticket.responded_at), ("planned", ticket.planned_at))
    return [rules.Fact(at, what) for what, at in told if at is not None]


def _closes(session: Session, ticket_ids: list[str]) -> Iterable[AuditLine]:
    """Every close and reopening, in order; the ticket's row remembers only the last.

    What was taken back with a verdict never was.
    """
    lines = select(AuditLine).where(
        AuditLine.noun == "ticket",
        AuditLine.noun_id.in_(ticket_ids),
        AuditLine.act.in_([*_FACTS, *_UNDOES]),
    )
    stand: list[AuditLine] = []
    for line in session.scalars(lines.order_by(AuditLine.id)):
        if line.act in _FACTS:
            stand.append(line)
        else:
            _take_back(stand, line)
    return stand


def _take_back(stand: list[AuditLine], undoing: AuditLine) -> None:
    """The last line of this kind about the ticket goes."""
    for line in reversed(stand):
        if line.noun_id == undoing.noun_id and _FACTS[line.act] == _UNDOES[undoing.act]:
            stand.remove(line)
            return


# What is kept with the ticket, so that those at risk are found by an index.


def keep(session: Session, ticket: Ticket, now: datetime) -> None:
    """Reckons anew when the next promise warns and breaks; after every act that moves a clock."""
    _keep_all(session, [ticket], now)


def keep_of_customer(session: Session, customer_id: str, now: datetime) -> None:
    """The same for all that a customer waits for: how important they are has changed."""
    found = open_ones(select(Ticket).where(Ticket.customer_id == customer_id))
    _keep_all(session, list(session.scalars(found)), now)


def ask_to_keep_all(session: Session, now: datetime) -> None:
    """A policy has changed: the worker reckons anew for whatever is open."""
    house.ask_for(session, KEEP, ALL, now)


def keep_some(session: Session, after: str, now: datetime) -> str | None:
    """The same for the open tickets behind this id, a batch of them; the last id, None at the end.

    Safe to repeat: it follows from the facts alone.
    """
    behind = open_ones(select(Ticket)).where(Ticket.id > after).order_by(Ticket.id)
    found = list(session.scalars(behind.limit(A_BATCH).with_for_update()))
    _keep_all(session, found, now)
    return found[-1].id if len(found) == A_BATCH else None


def _keep_all(session: Session, tickets: Iterable[Ticket], now: datetime) -> None:
    known = {ticket.id: ticket for ticket in tickets}
    for its_id, clocks in clocks_of(session, known.values(), now).items():
        ticket = known[its_id]
        ends = None if ticket.state in OVER else rules.next_end(clocks)
        ticket.at_risk_from, ticket.breaks_at = ends or (None, None)
