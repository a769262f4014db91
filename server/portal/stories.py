"""What a customer is told about a ticket: one line of where things stand, and what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.actions import customer_acts, documents, offers, retakes, signing_later
from server.actions.customer_links import Opened
from server.db import customer_acts as act_rows
from server.db import customer_photos
from server.db.customer_acts import CustomerAct, MoveRequest
from server.db.customer_photos import CustomerPhoto
from server.db.customers import Asset, Site
from server.db.events import FieldEvent
from server.db.jobs import Job, Sheet, Visit, crew_of
from server.db.parts import Part
from server.db.people import Device, Person, names_of
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.domain import jobs as job_rules
from server.domain import receipts as receipt_rules
from server.domain import tickets as ticket_rules
from server.domain.revisits import OPEN_STATES
from server.house import house

MOST_PHOTOS = 24
SILENT = timedelta(minutes=20)  # after which we say that we have not heard from the tablet
ON_TOUR = timedelta(hours=12)  # a position of before says nothing about today


@dataclass(frozen=True, slots=True)
class Travel:
    """Somebody is on the way. `expected` where we know from where; `heard` is the tablet's last word."""

    set_out: datetime
    expected: datetime | None
    heard: datetime | None
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt as people read it."""

    receipt: Receipt
    sections: list[receipt_rules.Section]
    code: str
    is_signable: bool
    proof: str
    """The path of the page that says whether anything was changed; empty where there is none yet."""


@dataclass(frozen=True, slots=True)
class Story:
    """All that the page shows."""

    opened: Opened
    now: datetime
    stage: str  # waiting, appointment, travelling, on_site, late, done, again, closed or cancelled
    job: Job | None  # the one that is coming, or was the last
    finished: Job | None  # the last one that somebody finished
    visit: dict[str, Any]
    site: Site | None
    product: Asset | None
    comes: Person | None
    along: list[str]
    is_confirmed: bool
    is_movable: bool
    move: MoveRequest | None
    notes: list[CustomerAct]
    rated: CustomerAct | None
    said_broken: CustomerAct | None
    travel: Travel | None
    photos: list[Photo]
    parts_along: list[tuple[int, Part | None, str]]
    paper: Paper | None
    revisits: list[Revisit]
    retakes: list[Photo]
    sent: list[CustomerPhoto]  # photos that the customer sent by a link

    @property
    def zone(self) -> str:
        if self.job is not None:
            return self.job.time_zone
        return self.site.time_zone if self.site else self.opened.branch.time_zone


def of(session: Session, opened: Opened, language: str) -> Story:
    """With a bounded number of questions, however much has happened."""
    now, ticket = house().clock(), opened.ticket
    jobs = list(
        session.scalars(
            select(Job).where(Job.ticket_id == ticket.id).order_by(Job.issued_at, Job.id)
        )
    )
    live = [each for each in jobs if each.state != job_rules.State.CANCELLED]
    job = live[-1] if live else (jobs[-1] if jobs else None)
    finished = next((each for each in reversed(live) if each.finished_at), None)
    visits = _visits(session, jobs)
    visit = visits.get(job.visit_id or "", {}) if job else {}
    acts = act_rows.of_ticket(session, ticket.id)
    revisits = list(
        session.scalars(
            select(Revisit)
            .where(Revisit.ticket_id == ticket.id, Revisit.state.in_([*OPEN_STATES, "planned"]))
            .order_by(Revisit.opened_at)
        )
    )
    is_coming = job is not None and job.state in job_rules.MOVABLE_STATES
    return Story(
        opened=opened,
        now=now,
        stage=_stage(opened, job, revisits, now),
        job=job,
        finished=finished,
        visit=visit,
        site=session.get(Site, job.site_id if job else ticket.site_id)
        if job or ticket.site_id
        else None,
        product=session.get(Asset, ticket.asset_id) if ticket.asset_id else None,
        comes=session.get(Person, job.assignee_id) if job else None,
        along=_along(session, job) if is_coming and job else [],
        is_confirmed=job is not None and customer_acts.confirmed_in(acts, job),
        is_movable=job is not None and job.window_start is not None and offers.is_movable(job),
        move=_move(session, ticket.id, job),
        notes=[each for each in acts if each.kind == "noted"],
        rated=_last(acts, "rated", finished),
        said_broken=_last(acts, "still_broken", finished),
        travel=_travel(session, job, visit, now) if job else None,
        photos=_photos(session, [each.id for each in live if each.finished_at]),
        parts_along=_parts(session, job) if is_coming and job else [],
        paper=_paper(session, finished, language) if finished else None,
        revisits=[each for each in revisits if each.state != "planned" or is_coming],
        sent=[
            each
            for each in customer_photos.of_tickets(session, [ticket.id])
            if each.given_by is None
        ],
        retakes=[
            p
            for each in live
            if each.awaits_picture
            for p in retakes.open_of(session, each.id, now)
        ],
    )


def _visits(session: Session, jobs: Sequence[Job]) -> dict[str, dict[str, Any]]:
    found = select(Visit.id, Visit.content).where(Visit.id.in_([each.visit_id for each in jobs]))
    return dict(session.execute(found).all())


def _stage(opened: Opened, job: Job | None, revisits: Sequence[Revisit], now: datetime) -> str:
    state = opened.ticket.state
    if state == ticket_rules.State.CANCELLED:
        return "cancelled"
    if state == ticket_rules.State.CLOSED:
        return "closed"
    if job is None or job.state in (job_rules.State.CANCELLED, job_rules.State.DECLINED):
        return "waiting"
    if job.state == job_rules.State.ON_SITE:
        return "on_site"
    if job.state in job_rules.MOVABLE_STATES:
        if job.window_end is not None and job.window_end < now:
            return "late"
        return "travelling" if job.state == job_rules.State.TRAVELLING else "appointment"
    if any(each.state in OPEN_STATES for each in revisits) or job.outcome == "incomplete":
        return "again"
    return "done"


def _along(session: Session, job: Job) -> list[str]:
    ids = crew_of(session, job.id)
    return sorted(names_of(session, ids).values()) if ids else []


def _last(acts: Sequence[CustomerAct], kind: str, job: Job | None) -> CustomerAct | None:
    its_id = job.id if job else None
    found = (each for each in reversed(acts) if each.kind == kind and each.job_id == its_id)
    return next(found, None)


def _move(session: Session, ticket_id: str, job: Job | None) -> MoveRequest | None:
    """The newest one for the appointment that is coming, also when it was answered."""
    found = act_rows.moves_of_ticket(session, ticket_id)
    return next((each for each in found if job and each.job_id == job.id), None)


def _travel(session: Session, job: Job, visit: dict[str, Any], now: datetime) -> Travel | None:
    if job.state != job_rules.State.TRAVELLING:
        return None
    of_job = select(FieldEvent).where(
        FieldEvent.job_id == job.id, FieldEvent.kind == "travel.started"
    )
    event = session.scalar(of_job.order_by(FieldEvent.captured_est.desc()).limit(1))
    if event is None:
        return None
    heard = session.scalar(
        select(func.max(Device.last_seen_at)).where(
            Device.status == "active",
            func.coalesce(Device.keeper_id, Device.enrolled_by) == job.assignee_id,
        )
    )
    return Travel(
        set_out=event.captured_est,
        expected=_expected(session, job, event),
        heard=heard,
        is_silent=heard is None or now - heard > SILENT,
    )


def _expected(session: Session, job: Job, event: FieldEvent) -> datetime | None:
    """From where the tablet was when they set out, at the pace that planning reckons with; no sooner
    than agreed.
    """
    site = session.get(Site, job.site_id)
    if (
        site is None
        or site.lat is None
        or site.lon is None
        or event.lat is None
        or event.lon is None
    ):
        return None
    minutes = job_rules.travel_minutes((event.lat, event.lon), (site.lat, site.lon))
    arrives = event.captured_est + timedelta(minutes=minutes)
    return max(arrives, job.window_start or arrives)


def _photos(session: Session, job_ids: list[str]) -> list[Photo]:
    """What was examined and nobody has put aside, of the newest trips; our own derivatives are shown."""
    if not job_ids:
        return []
    found = select(Photo).where(
        Photo.job_id.in_(job_ids),
        Photo.state == "checked",
        Photo.is_apart.is_(False),
        Photo.replaced_by.is_(None),
        (Photo.verdict == "accept") | Photo.verdict.is_(None),
    )
    return list(
        session.scalars(found.order_by(Photo.taken_at.desc(), Photo.id).limit(MOST_PHOTOS))
    )[::-1]


def shown_photo(session: Session, opened: Opened, photo_id: str) -> Photo | None:
    """One of the pictures that the page shows."""
    ids = list(session.scalars(select(Job.id).where(Job.ticket_id == opened.ticket.id)))
    return next((each for each in _photos(session, ids) if each.id == photo_id), None)


def _parts(session: Session, job: Job) -> list[tuple[int, Part | None, str]]:
    """What the installer will bring."""
    lines = [(line["quantity"], line["sku"]) for line in job.planned_parts]
    found = select(Part).where(Part.sku.in_({sku for _, sku in lines}))
    known = {each.sku: each for each in session.scalars(found)} if lines else {}
    return [(quantity, known.get(sku), sku) for quantity, sku in lines]


def _paper(session: Session, job: Job, language: str) -> Paper | None:
    receipt = signing_later.receipt_of(session, job.id, job.ticket_id)
    return paper_of(session, receipt, language) if receipt and receipt.content else None


def paper_of(
    session: Session, receipt: Receipt, language: str, content: dict[str, Any] | None = None
) -> Paper:
    """With the labels that the office gave to choices and slots when it was built."""
    sheet = session.get(Sheet, (receipt.job_id, receipt.base_rev))
    said = content or receipt.content
    digest = receipt_rules.digest(said) if content else receipt.digest
    return Paper(
        receipt,
        receipt_rules.explain(said, language, sheet.content if sheet else None),
        receipt_rules.short_code(digest),
        signing_later.is_signable(receipt),
        documents.proof_of(session, receipt.id),
    )
