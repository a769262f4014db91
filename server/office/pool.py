"""The pool beside the board: what waits for a plan. Tickets without a job, revisits due, jobs without a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.actions import promises
from server.auth import me
from server.db import jobs, keysets, search, tickets
from server.db.customers import Asset, Customer, Product, Site
from server.db.jobs import Job
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import revisits as revisit_rules
from server.domain import tickets as ticket_rules
from server.domain.jobs import State
from server.domain.promises import Clock

A_PAGE = 60  # of each kind
WITHOUT_JOB = (ticket_rules.State.NEW, ticket_rules.State.TRIAGED, ticket_rules.State.REOPENED)
WITH_TICKET: dict[Any, tuple[Any, ...]] = {each: (each, Ticket) for each in (Revisit, Job)}
WITHOUT_TIME = (State.ISSUED, State.ACCEPTED, State.DECLINED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody narrows the pool down to; empty is everything."""

    kind: str = ""
    ticket_class: str = ""
    place: str = ""  # a city, or "city/district"
    skill: str = ""
    words: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to plan. `key` names it on the page; `prefers` is whom to ask first."""

    key: str
    id: str
    ticket: Ticket
    customer: str
    place: str
    skill: str
    certificate: str
    cause: str = ""
    earliest: date | None = None
    prefers: str = ""
    edition: int = 0
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    entries: Sequence[Entry]
    next: str | None


def waiting(session: Session, asked: Filters, now: datetime) -> Pool:
    """Most pressing first among the oldest of each kind."""
    found = _narrowed(session, without_job(), asked)
    key = (Ticket.opened_at, Ticket.id)
    page = keysets.page(session, found, key, A_PAGE, asked.after)
    rows: list[tuple[Ticket, Revisit | Job | None]] = [(ticket, None) for ticket in page.rows]
    if asked.after is None:
        rows += _with_tickets(session, _revisits(session, asked))
        rows += _with_tickets(session, _without_time(session, asked, now))
    entries = _entries(session, rows, now)
    entries.sort(key=_pressing)
    return Pool(entries, page.next)


def _pressing(entry: Entry) -> tuple[bool, float]:
    left = entry.clock.left_minutes if entry.clock else float("inf")
    return entry.ticket.ticket_class != "urgent", left


def without_job() -> Select[Ticket]:
    """Whose revisit waits is listed as that."""
    due = select(Revisit.id).where(
        Revisit.ticket_id == Ticket.id, Revisit.state.in_(revisit_rules.OPEN_STATES)
    )
    return tickets.open_ones(tickets.visible_to(me())).where(
        Ticket.state.in_(WITHOUT_JOB),
        Ticket.kind.not_in(ticket_rules.KINDS_WITHOUT_TRIP),
        ~due.exists(),
    )


def _narrowed(session: Session, found: Select[Any], asked: Filters) -> Select[Any]:
    if asked.kind:
        found = found.where(Ticket.kind == asked.kind)
    if asked.ticket_class:
        found = found.where(Ticket.ticket_class == asked.ticket_class)
    if asked.place:
        found = found.where(_is_at(asked.place))
    if asked.skill:
        of_category = select(Asset.id).join(Product, Product.id == Asset.product_id)
        asking = of_category.where(Product.category == asked.skill, Asset.id == Ticket.asset_id)
        found = found.where(asking.exists())
    return search.tickets_like(session, me(), found, asked.words) if asked.words else found


def _is_at(place: str) -> Any:
    city, _, district = place.partition("/")
    there = select(Site.id).where(Site.id == Ticket.site_id, Site.city == city)
    return (there.where(Site.district == district) if district else there).exists()


def _due() -> Select[Ticket]:
    """The tickets of revisits that are due; whose ticket may be seen, that revisit may."""
    seen = tickets.visible_to(me()).join(Revisit, Revisit.ticket_id == Ticket.id)
    return seen.where(Revisit.state == revisit_rules.State.DUE)


def _revisits(session: Session, asked: Filters) -> Select[Any]:
    due = _narrowed(session, _due(), asked).with_only_columns(*WITH_TICKET[Revisit])
    return due.order_by(Revisit.opened_at, Revisit.id).limit(A_PAGE)


def _without_time(session: Session, asked: Filters, now: datetime) -> Select[Any]:
    """Issued to somebody, and nobody has said when."""
    timeless = jobs.visible_to(me(), now).where(
        Job.state.in_(WITHOUT_TIME), Job.window_start.is_(None)
    )
    found = timeless.join(Ticket, Ticket.id == Job.ticket_id)
    return (
        _narrowed(session, found, asked)
        .with_only_columns(*WITH_TICKET[Job])
        .order_by(Job.issued_at, Job.id)
        .limit(A_PAGE)
    )


def _with_tickets(session: Session, found: Select[Any]) -> Iterable[tuple[Ticket, Any]]:
    return [(ticket, thing) for thing, ticket in session.execute(found)]


def _entries(
    session: Session, rows: list[tuple[Ticket, Revisit | Job | None]], now: datetime
) -> list[Entry]:
    known = {ticket.id: ticket for ticket, _thing in rows}
    clocks = promises.clocks_of(session, known.values(), now)
    about = {each[0]: each[1:] for each in session.execute(_about(list(known)))}
    whom = {thing.job_id for _, thing in rows if isinstance(thing, Revisit)}
    before = select(Job.id, Job.assignee_id).where(Job.id.in_(whom))
    earlier: dict[str, str] = {row[0]: row[1] for row in session.execute(before)}
    return [
        _entry(ticket, thing, about[ticket.id], _clock(clocks[ticket.id]), earlier)
        for ticket, thing in rows
    ]


def _clock(clocks: Mapping[str, Clock]) -> Clock | None:
    """The promise that a plan is for: to propose one, then to close the loop."""
    return next((clocks[name] for name in ("plan", "close") if not clocks[name].met_at), None)


def _about(ticket_ids: list[str]) -> Select[Any]:
    columns: Any = (Ticket.id, Customer.name, Site.district, Site.city, Site.time_zone)
    found: Select[Any] = select(*columns, Product.category, Product.certificate)
    return (
        found.join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Site, Site.id == Ticket.site_id)
        .outerjoin(Asset, Asset.id == Ticket.asset_id)
        .outerjoin(Product, Product.id == Asset.product_id)
        .where(Ticket.id.in_(ticket_ids))
    )


def _entry(
    ticket: Ticket,
    thing: Revisit | Job | None,
    about: Sequence[Any],
    clock: Clock | None,
    earlier: dict[str, str],
) -> Entry:
    customer, district, city, zone, category, certificate = about
    said = {
        "ticket": ticket,
        "customer": customer,
        "place": district or city or "",
        "skill": category or "",
        "certificate": certificate or "",
        "clock": clock,
    }
    if isinstance(thing, Revisit):
        is_for_the_same = revisit_rules.prefers_same_installer(thing.cause)
        earliest = thing.earliest_at
        return Entry(
            f"revisit-{thing.id}",
            thing.id,
            **said,
            cause=thing.cause,
            prefers=earlier.get(thing.job_id, "") if is_for_the_same else "",
            earliest=earliest.astimezone(ZoneInfo(zone or "UTC")).date() if earliest else None,
        )
    if isinstance(thing, Job):
        return Entry(
            f"job-{thing.id}", thing.id, **said, prefers=thing.assignee_id, edition=thing.edition
        )
    return Entry(f"ticket-{ticket.id}", ticket.id, **said)


def places(session: Session) -> list[str]:
    """Cities and their districts in which something waits."""
    found: set[str] = set()
    for waits in (without_job(), _due()):
        there = waits.join(Site, Site.id == Ticket.site_id)
        columns: Any = (Site.city, Site.district)
        asked = there.with_only_columns(*columns).distinct()
        for city, district in session.execute(asked):
            found |= {city, f"{city}/{district}" if district else city}
    return sorted(found - {""})
