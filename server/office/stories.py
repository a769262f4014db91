"""A ticket's story: its trips as a chain, what they cost, and one stream of office acts and field events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import timelines
from server.db.jobs import Job, Visit
from server.db.parts import Part
from server.db.people import names_of
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import receipts as receipt_rules
from server.domain.events import KINDS
from server.office import misfits, receipts, shots, wording
from server.office.labels import label
from server.office.wording import in_language

TIMELINE, TIMELINE_PAGES = 200, 25
TOLD_TOGETHER = timedelta(minutes=30)
TOLD_ONCE = ("checklist.answered", "photo.taken", "part.used")
LATE = timedelta(minutes=15)  # what came in later than that was not known when it happened

# Parts of the stream, by their names in the address.
MONEY = ("part.", "part_request.", "receipt.")
MESSAGES = (
    ("note.added", "lead.noted", "revisit.called", "ticket.answered", "ticket.opened")
    + ("ticket.reopened", "receipt.unsigned", "ticket.customer_noted", "ticket.customer_rated")
    + ("ticket.customer_confirmed", "ticket.customer_still_broken", "ticket.move_asked")
    + ("ticket.move_granted", "ticket.move_refused", "ticket.move_withdrawn")
)  # fmt: skip
PARTS_OF_STREAM = {
    "": _l("Everything"),
    "acts": _l("Office"),
    "events": _l("Field"),
    "photos": _l("Photos"),
    "money": _l("Money and parts"),
    "messages": _l("Messages"),
}


# The chain.


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part that was used: prices in cents, None where nobody wrote one down."""

    sku: str
    name: str
    quantity: int
    charge: str
    unit_price: int | None
    currency: str

    @property
    def amount(self) -> int | None:
        return None if self.unit_price is None else self.unit_price * self.quantity

    @property
    def price(self) -> str:
        return receipt_rules.money(self.amount, self.currency) if self.amount is not None else "–"


@dataclass(frozen=True, slots=True)
class Trip:
    """One job with all that its visit brought, and the revisits that came of it."""

    job: Job
    assignee: str
    visit: dict[str, Any]
    photos: list[Photo]
    papers: list[receipts.Paper]
    parts: list[PartLine]
    revisits: list[Revisit]

    @property
    def slots(self) -> list[shots.Slot]:
        return [each for each in shots.by_slot(self.job, self.photos) if each.photos]


def trips(
    session: Session, jobs: Sequence[Job], revisits: Iterable[Revisit], parts: Mapping[str, Part]
) -> list[Trip]:
    """With one question for each kind of thing, however many jobs there are."""
    ids = [job.id for job in jobs]
    visits = session.scalars(select(Visit).where(Visit.id.in_({job.visit_id for job in jobs})))
    content = {visit.job_id: visit.content for visit in visits}
    who = names_of(session, {job.assignee_id for job in jobs})
    photos = select(Photo).where(Photo.job_id.in_(ids), Photo.state != "discarded")
    all_photos = list(session.scalars(photos.order_by(Photo.taken_at, Photo.id)))
    papers = receipts.of_jobs(session, ids)
    opened = defaultdict(list)
    for each in revisits:
        opened[each.job_id].append(each)
    return [
        Trip(
            job,
            who.get(job.assignee_id, ""),
            content.get(job.id, {}),
            [each for each in all_photos if each.job_id == job.id],
            papers[job.id],
            _used(content.get(job.id, {}), parts),
            opened[job.id],
        )
        for job in jobs
    ]


def _used(visit: Mapping[str, Any], parts: Mapping[str, Part]) -> list[PartLine]:
    return [
        _part_line(line, parts.get(str(line.get("sku"))))
        for line in (visit.get("parts") or {}).values()
        if not line.get("voided") and line.get("sku")
    ]


def _part_line(line: Mapping[str, Any], known: Part | None) -> PartLine:
    """The price that was told to the customer; else what the catalogue says today."""
    told = line.get("unit_price")
    return PartLine(
        sku=line["sku"],
        name=in_language(known, "name") if known else "",
        quantity=int(line.get("quantity") or 1),
        charge=str(line.get("charge")),
        unit_price=told if told is not None else (known.unit_price if known else None),
        currency=line.get("currency") or (known.currency if known else "CNY"),
    )


def skus_of(session: Session, jobs: Sequence[Job]) -> dict[str, Part]:
    """The catalogue's lines that the jobs plan or their visits used."""
    ids = {job.visit_id for job in jobs}
    visits = session.scalars(select(Visit.content).where(Visit.id.in_(ids)))
    used = {line.get("sku") for each in visits for line in (each.get("parts") or {}).values()}
    planned = {line["sku"] for job in jobs for line in job.planned_parts}
    wanted = {each for each in used | planned if each}
    found = session.scalars(select(Part).where(Part.sku.in_(wanted)))
    return {each.sku: each for each in found}


def money(told: Iterable[Trip]) -> list[tuple[str, str]]:
    """Who pays what for the parts of all trips: the charge, and its sum."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for trip in told:
        for line in trip.parts:
            sums[line.charge, line.currency] += line.amount or 0
    order = ("customer", "warranty", "goodwill")
    known = sorted(sums, key=lambda each: (each[0] not in order, each))
    return [(charge, receipt_rules.money(sums[charge, cur], cur)) for charge, cur in known]


# The stream.


@dataclass(slots=True)
class Story:
    """One line of the stream: entries of the same kind that follow each other are told once."""

    entry: timelines.Entry
    words: str = ""
    href: str = ""
    count: int = 1
    doubts: list[str] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        """Known to the office only some time after it happened."""
        return self.entry.known_at - self.entry.place.at > LATE

    def is_like(self, other: timelines.Entry) -> bool:
        mine = self.entry
        same = (mine.what, mine.noun_id, mine.person_id) == (
            other.what,
            other.noun_id,
            other.person_id,
        )
        is_close = abs(mine.place.at - other.place.at) < TOLD_TOGETHER
        return same and is_close and mine.what in TOLD_ONCE


def entries_of(session: Session, ticket: Ticket) -> list[timelines.Entry]:
    """All that happened, the oldest first; of a story without end, its beginning."""
    found: list[timelines.Entry] = []
    for _page in range(TIMELINE_PAGES):
        behind = found[-1].place if found else None
        more, goes_on = timelines.of_ticket(session, ticket.id, behind, TIMELINE)
        found += more
        if not goes_on:
            break
    return found


def told(
    entries: Iterable[timelines.Entry],
    names: Mapping[str | None, str],
    part: str = "",
    known_by: datetime | None = None,
) -> list[Story]:
    """The stream, in the order of the entries: one part of it, and only what was known at a moment."""
    stories: list[Story] = []
    for entry in entries:
        if entry.place.source == "act" and (entry.what, 1) in KINDS:
            continue  # the field event that it answers tells it already
        if not _is_of(entry, part) or (known_by is not None and entry.known_at > known_by):
            continue
        if stories and stories[-1].is_like(entry):
            stories[-1].count += 1
        else:
            stories.append(Story(entry, _words(entry, names), _href(entry)))
    return stories


def _is_of(entry: timelines.Entry, part: str) -> bool:
    match part:
        case "acts":
            return entry.place.source == "act"
        case "events":
            return entry.place.source == "event"
        case "photos":
            return entry.what.startswith(("photo.", "customer_photo.", "photo_link."))
        case "money":
            return entry.what.startswith(MONEY)
        case "messages":
            return entry.what in MESSAGES
    return True


def people_in(session: Session, entries: Sequence[timelines.Entry]) -> dict[str | None, str]:
    """The names of all whom the stream speaks of."""
    ids = {each.person_id for each in entries}
    acts = [each for each in entries if each.place.source == "act"]
    ids |= {each.details.get(name) for each in acts for name in ("assignee", "to", "owner_id")}
    return names_of(session, {each for each in ids if _is_id(each)})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 40 and "\x00" not in value


def _window(told: Mapping[str, str | None]) -> str:
    start, end = told.get("window_start"), told.get("window_end")
    begins, ends = (datetime.fromisoformat(each) if each else None for each in (start, end))
    return wording.window(begins, ends)


def _words(entry: timelines.Entry, names: Mapping[str | None, str]) -> str:
    """What the line says besides its name; nothing for what speaks for itself, or is none of our events."""
    said = entry.details
    if entry.place.source == "event" and (entry.what, 1) not in KINDS:
        return ""
    match entry.what:
        case "job.issued":
            return names.get(said.get("assignee"), "")
        case "job.reassigned":
            return names.get(said.get("to"), "")
        case "job.moved":
            return _window(said.get("after") or {})
        case "ticket.customer_confirmed" | "ticket.move_asked" | "ticket.move_granted":
            return _window(said)
        case "ticket.move_refused":
            return _window(said)
        case "ticket.customer_rated":
            return _("%(stars)s of 5 stars", stars=said.get("stars"))
        case "ticket.link_made" | "ticket.link_revoked" | "ticket.link_renewed":
            return label(said.get("purpose"), "link_purpose")
        case "exception.handed_over":
            return names.get(said.get("owner_id"), "")
        case "visit.verified" | "photo.judged":
            return label(said.get("verdict"), "verdict")
        case "job.verdict_undone":
            withdrawn = _("its revisit is withdrawn") if said.get("revisit") else ""
            return wording.listed([label(said.get("verdict"), "verdict"), withdrawn])
        case "revisit.opened":
            return label(said.get("cause"), "cause")
        case "revisit.decided":
            return label(said.get("state"), "revisit_state")
        case "revisit.called":
            return label(said.get("outcome"), "call")
        case "exception.opened" if said.get("kind") in misfits.KINDS:
            return misfits.sentence(said["kind"])
        case "exception.decided" if said.get("decision") in misfits.DOES:
            return str(misfits.DOES[said["decision"]][0])
        case "part.used" | "part.requested":
            quantity, what = said.get("quantity"), said.get("sku") or said.get("words")
            return f"{quantity} × {what}" if what else ""
        case "visit.finished":
            cause = said.get("cause")
            outcome = label(said.get("outcome"), "outcome")
            return wording.listed([outcome, label(cause, "cause") if cause else ""])
        case "receipt.signed":
            stars = said.get("stars")
            rated = _("%(stars)s of 5 stars", stars=stars) if stars else ""
            return wording.listed([said.get("signer_name"), rated])
        case "receipt.unsigned":
            return label(said.get("reason"), "unsigned_reason")
    return ""


def _href(entry: timelines.Entry) -> str:
    """The way to the thing that the line is about."""
    match entry.noun:
        case "photo" if entry.details.get("job"):
            return url_for(
                "office.verification.show", job_id=entry.details["job"], photo=entry.noun_id
            )
        case "job" if entry.what.startswith("photo.") and entry.details.get("photo_id"):
            photo = str(entry.details["photo_id"])
            return url_for("office.verification.show", job_id=entry.noun_id, photo=photo)
        case "job" | "visit" if entry.noun_id.startswith("J-"):
            return f"#{entry.noun_id}"
        case "visit" | "receipt" if entry.details.get("job"):
            return f"#{entry.details['job']}"
        case "customer_photo" | "photo_link":
            return "#from-customer"
        case "revisit":
            return "#revisits"
        case "part_request":
            return "#requests"
        case "exception":
            return "#exceptions"
    return ""
