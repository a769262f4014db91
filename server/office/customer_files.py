"""What one customer's file shows: read in a few questions, however much there is."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.actions import settings
from server.auth import me
from server.db import consents, customer_photos, doubles, keysets, merges
from server.db.consents import Consent
from server.db.customer_photos import CustomerPhoto
from server.db.customers import Asset, Customer, Site
from server.db.doubles import Double
from server.db.jobs import Job
from server.db.merges import Merge
from server.db.people import names_of
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.tickets import Ticket, open_ones, visible_to
from server.domain import customers as rules
from server.domain import receipts as receipt_rules
from server.house import house

TICKETS, PHOTOS = 25, 24
CAN_BE_SHOWN = "checked"


@dataclass(frozen=True, slots=True)
class Place:
    """One address with the things that stand there."""

    site: Site
    assets: list[Asset]


@dataclass(frozen=True, slots=True)
class Trip:
    """One job of a ticket with what came of it."""

    job: Job
    who: str
    receipt: Receipt | None

    @property
    def pays(self) -> list[str]:
        """What the customer pays by the receipt, one sum for each currency."""
        content = self.receipt.content if self.receipt else {}
        return [receipt_rules.money(each["amount"], each["currency"]) for each in _totals(content)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One ticket with its trips."""

    ticket: Ticket
    trips: list[Trip]


@dataclass(frozen=True, slots=True)
class Retention:
    """Until when the file is kept, and since when nothing was done for the customer."""

    last_used: date
    until: date
    is_over: bool


@dataclass(frozen=True, slots=True)
class File:
    """All of it."""

    places: list[Place]
    still_open: list[Ticket]
    entries: list[Entry]
    next: str | None
    photos: list[Photo]
    given: list[CustomerPhoto]
    money: list[str]
    said: list[Consent]
    standing: dict[tuple[str, str], Consent]
    doubles: list[Double]
    merges: list[Merge]
    names: dict[str | None, str]
    retention: Retention | None

    @property
    def trips(self) -> list[Trip]:
        return [trip for entry in self.entries for trip in entry.trips]


def read(session: Session, customer: Customer, after: str | None) -> File:
    tickets = visible_to(me()).where(Ticket.customer_id == customer.id)
    key = (Ticket.opened_at, Ticket.id)
    page = keysets.page(session, tickets, key, TICKETS, after, newest_first=True)
    still_open = open_ones(tickets).order_by(Ticket.opened_at, Ticket.id).limit(TICKETS)
    jobs = _jobs(session, [ticket.id for ticket in page.rows])
    receipts = _receipts(session, [job.id for job in jobs])
    said = consents.of_customer(session, customer.id)
    merged = merges.of_customer(session, customer.id)
    people = {job.assignee_id for job in jobs} | {each.noted_by for each in said}
    people |= {each.merged_by for each in merged} | {customer.held_by or ""}
    names = names_of(session, people)
    return File(
        places=places(session, [customer.id])[customer.id],
        still_open=list(session.scalars(still_open)),
        entries=_entries(page.rows, jobs, receipts, names),
        next=page.next,
        photos=_photos(session, [job.id for job in jobs]),
        given=_given(session, [ticket.id for ticket in page.rows]),
        money=_money(receipts.values()),
        said=said,
        standing=consents.standing(said),
        doubles=_doubles(session, customer),
        merges=merged,
        names=names,
        retention=retention(session, customer),
    )


def _doubles(session: Session, customer: Customer) -> list[Double]:
    return [] if customer.is_over else doubles.of_customer(session, me(), customer)


def _entries(
    tickets: Iterable[Ticket],
    jobs: Iterable[Job],
    receipts: dict[str, Receipt],
    names: dict[str | None, str],
) -> list[Entry]:
    trips: dict[str, list[Trip]] = defaultdict(list)
    for job in jobs:
        trips[job.ticket_id].append(Trip(job, names.get(job.assignee_id, ""), receipts.get(job.id)))
    return [Entry(ticket, trips[ticket.id]) for ticket in tickets]


def _jobs(session: Session, ticket_ids: list[str]) -> list[Job]:
    found = select(Job).where(Job.ticket_id.in_(ticket_ids)).order_by(Job.issued_at, Job.id)
    return list(session.scalars(found))


def _receipts(session: Session, job_ids: list[str]) -> dict[str, Receipt]:
    """The newest version of each job."""
    found = select(Receipt).where(Receipt.job_id.in_(job_ids)).order_by(Receipt.version)
    return {each.job_id: each for each in session.scalars(found)}


def _photos(session: Session, job_ids: list[str]) -> list[Photo]:
    found = select(Photo).where(Photo.job_id.in_(job_ids), Photo.state == CAN_BE_SHOWN)
    newest = found.order_by(Photo.taken_at.desc(), Photo.id).limit(PHOTOS)
    return list(session.scalars(newest))


def _given(session: Session, ticket_ids: list[str]) -> list[CustomerPhoto]:
    """What the customer sent for these tickets, the newest first."""
    found = customer_photos.of_tickets(session, ticket_ids)
    shown = [each for each in reversed(found) if each.state == CAN_BE_SHOWN]
    return shown[:PHOTOS]


def _money(receipts: Iterable[Receipt]) -> list[str]:
    """What the customer pays by all of these receipts, one sum for each currency."""
    sums: Counter[str] = Counter()
    for receipt in receipts:
        for each in _totals(receipt.content):
            sums[str(each["currency"])] += each["amount"]
    return [receipt_rules.money(amount, currency) for currency, amount in sorted(sums.items())]


def _totals(content: object) -> list[dict[str, int]]:
    totals = content.get("totals") if isinstance(content, dict) else None
    return [each for each in totals or [] if isinstance(each.get("amount"), int)]


def retention(session: Session, customer: Customer) -> Retention | None:
    """From the last ticket that was closed or called off, else from the first day; None while one is open."""
    mine = select(Ticket).where(Ticket.customer_id == customer.id)
    if session.scalar(open_ones(mine).with_only_columns(Ticket.id).limit(1)) is not None:
        return None
    ends = select(
        func.max(Ticket.closed_at),
        func.max(Ticket.cancelled_at),
    ).where(Ticket.customer_id == customer.id)
    closed, cancelled = session.execute(ends).one()
    last = max(each for each in (closed, cancelled, customer.created_at) if each is not None)
    until = rules.keep_until(last, kept_years(session))
    return Retention(last.date(), until, until < house().clock().date())


def kept_years(session: Session) -> int:
    """How many years after the last use the shop keeps a file, by its settings."""
    return settings.retention(session, house().clock())["customers_years"]


# What lists of customers show of each.


def places(session: Session, customer_ids: Collection[str]) -> dict[str, list[Place]]:
    """Their addresses, with the things at each."""
    sites = select(Site).where(Site.customer_id.in_(customer_ids)).order_by(Site.id)
    all_sites = list(session.scalars(sites))
    assets = select(Asset).where(Asset.site_id.in_([site.id for site in all_sites]))
    things: dict[str, list[Asset]] = defaultdict(list)
    for asset in session.scalars(assets.order_by(Asset.id)):
        things[asset.site_id].append(asset)
    found: dict[str, list[Place]] = {each: [] for each in customer_ids}
    for site in all_sites:
        found[site.customer_id].append(Place(site, things[site.id]))
    return found


def ticket_counts(session: Session, customer_ids: Collection[str]) -> dict[str, int]:
    """How many tickets each of them has that is not over."""
    of_them = select(Ticket.customer_id, func.count()).where(Ticket.customer_id.in_(customer_ids))
    not_over = Ticket.state.not_in(("closed", "cancelled"))
    counted = of_them.where(not_over).group_by(Ticket.customer_id)
    return {row[0]: row[1] for row in session.execute(counted)}
