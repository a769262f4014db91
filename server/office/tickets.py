"""Tickets: the list with its search, and one page that tells a ticket's story from first call to close."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import promises, readiness, tickets
from server.auth import me, needs
from server.db import keysets, search, timelines
from server.db.customers import Asset, Customer, Site
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit, current_visit
from server.db.parts import Part, PartRequest
from server.db.people import Person
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tickets import Ticket, at_risk, get_for, open_ones, over_ones, visible_to
from server.domain import errors
from server.domain import tickets as rules
from server.domain.events import KINDS
from server.domain.promises import CLOCKS
from server.house import house
from server.office import answers, forms, labels, waits
from server.office.wording import in_language
from server.schemas import Code, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("tickets", __name__)

A_PAGE = 50
TIMELINE, TIMELINE_PAGES = 200, 25
TOLD_TOGETHER = timedelta(minutes=30)
TOLD_ONCE = ("checklist.answered", "photo.taken", "part.used")
FILTERS = ("open", "at_risk", "closed", "all")


class Changes(Shape):
    kind = Text(64, validate=one_of(*rules.KINDS))
    category = Text(64, validate=one_of(*rules.CATEGORIES), allow_none=True)
    ticket_class = Text(64, validate=one_of(*rules.CLASSES), data_key="class")
    fault = Code(allow_none=True)
    summary = Text(200, least=1)
    description = Text()


class Words(Shape):
    words = Text(least=1, required=True)


class Reason(Shape):
    reason = Text(least=1, required=True)


class PerhapsReason(Shape):
    reason = Text()


class Reopening(Shape):
    trigger = Text(64, required=True, validate=one_of(*tickets.REOPENERS))
    words = Text(least=1, required=True)


# The list.


@blp.get("/tickets")
@reads
@needs("ticket.read")
def find(session: Session) -> str:
    """Open ones, the newest first, until a filter or words say otherwise."""
    asked = request.args
    which = asked.get("show", "open") if asked.get("show") in FILTERS else "open"
    words = forms.words_in(asked)
    found = visible_to(me())
    if words:
        found = search.tickets_like(session, me(), found, words)
    elif which == "closed":
        found = over_ones(found)
    elif which == "at_risk":
        found = at_risk(found, house().clock())
    elif which == "open":
        found = open_ones(found)
    if asked.get("kind") in rules.KINDS:
        found = found.where(Ticket.kind == asked["kind"])
    is_urgent = which == "at_risk" and not words
    key = (Ticket.breaks_at if is_urgent else Ticket.opened_at, Ticket.id)
    page = keysets.page(session, found, key, A_PAGE, asked.get("after"), newest_first=not is_urgent)
    return render_template(
        "office/tickets.html",
        tickets=page.rows,
        next=page.next,
        customers=_customers(session, page.rows),
        clocks=promises.clocks_of(session, page.rows, house().clock()),
        words=words,
        show=which,
        kind=asked.get("kind", ""),
        kinds=labels.choices("kind"),
    )


def _customers(session: Session, found: Iterable[Ticket]) -> dict[str, Customer]:
    ids = {ticket.customer_id for ticket in found}
    rows = session.scalars(select(Customer).where(Customer.id.in_(ids)))
    return {each.id: each for each in rows}


# One ticket.


@dataclass(frozen=True, slots=True)
class Trip:
    """One job with all that its visit brought."""

    job: Job
    assignee: str
    visit: dict[str, Any]
    photos: list[Photo]
    receipts: list[Receipt]

    def slot_label(self, slot: str) -> str:
        """What a photo slot is called; a step of the checklist may ask for photos, too."""
        steps = self.job.checklist.get("steps", [])
        known = {**{each.get("slot") or each["step_id"]: each for each in steps}}
        known.update({each["slot"]: each for each in self.job.slots})
        return in_language(known[slot]) if slot in known else slot


@dataclass(slots=True)
class Story:
    """One line of the timeline: entries of the same kind that follow each other are told once."""

    entry: timelines.Entry
    count: int = 1

    def is_like(self, other: timelines.Entry) -> bool:
        mine = self.entry
        same = (mine.what, mine.noun_id, mine.person_id) == (
            other.what,
            other.noun_id,
            other.person_id,
        )
        is_close = abs(mine.place.at - other.place.at) < TOLD_TOGETHER
        return same and is_close and mine.what in TOLD_ONCE


@blp.get("/tickets/<ticket_id>")
@reads
@needs("ticket.read")
def show(session: Session, ticket_id: str) -> str:
    return _shown(session, get_for(session, me(), ticket_id), forms.Typed())


def _shown(session: Session, ticket: Ticket, typed: forms.Typed, **more: Any) -> str:
    jobs = _jobs(session, ticket)
    entries = _entries(session, ticket)
    clocks = promises.clocks(session, ticket, house().clock())
    return render_template(
        "office/ticket.html",
        ticket=ticket,
        customer=session.get_one(Customer, ticket.customer_id),
        site=session.get(Site, ticket.site_id) if ticket.site_id else None,
        asset=session.get(Asset, ticket.asset_id) if ticket.asset_id else None,
        waits=waits.of_ticket(session, ticket),
        clocks={name: clocks[name] for name in CLOCKS},
        trips=_trips(session, jobs),
        readiness=_readiness(session, jobs),
        revisits=_of_ticket(session, Revisit, ticket, Revisit.opened_at),
        requests=_of_ticket(session, PartRequest, ticket, PartRequest.requested_at),
        exceptions=_of_ticket(session, FieldException, ticket, FieldException.opened_at),
        parts=_parts(session, jobs),
        names=_people(session, entries, jobs),
        stories=_stories(reversed(entries)),
        is_over=ticket.state in waits.OVER,
        choices=labels.choices,
        reopeners=tickets.REOPENERS,
        typed=typed,
        **more,
    )


def _entries(session: Session, ticket: Ticket) -> list[timelines.Entry]:
    """All that happened, the oldest first; of a story without end, its beginning."""
    found: list[timelines.Entry] = []
    for _ in range(TIMELINE_PAGES):
        behind = found[-1].place if found else None
        more, goes_on = timelines.of_ticket(session, ticket.id, behind, TIMELINE)
        found += more
        if not goes_on:
            break
    return found


def _stories(entries: Iterable[timelines.Entry]) -> list[Story]:
    told: list[Story] = []
    for entry in entries:
        if entry.place.source == "act" and (entry.what, 1) in KINDS:
            continue  # the field event that it answers tells it already
        if told and told[-1].is_like(entry):
            told[-1].count += 1
        else:
            told.append(Story(entry))
    return told


def _jobs(session: Session, ticket: Ticket) -> list[Job]:
    found = select(Job).where(Job.ticket_id == ticket.id).order_by(Job.issued_at, Job.id)
    return list(session.scalars(found))


def _of_ticket(session: Session, kind: Any, ticket: Ticket, order: Any) -> list[Any]:
    found = select(kind).where(kind.ticket_id == ticket.id).order_by(order, kind.id)
    return list(session.scalars(found))


def _trips(session: Session, jobs: list[Job]) -> list[Trip]:
    """With one question for each kind of thing, however many jobs there are."""
    ids = [job.id for job in jobs]
    visits = session.scalars(select(Visit).where(Visit.id.in_({job.visit_id for job in jobs})))
    content = {visit.job_id: visit.content for visit in visits}
    who = {
        each.id: each.name
        for each in session.scalars(
            select(Person).where(Person.id.in_({job.assignee_id for job in jobs}))
        )
    }
    photos = select(Photo).where(Photo.job_id.in_(ids), Photo.state != "discarded")
    receipts = select(Receipt).where(Receipt.job_id.in_(ids)).order_by(Receipt.version)
    all_photos = list(session.scalars(photos.order_by(Photo.taken_at, Photo.id)))
    all_receipts = list(session.scalars(receipts))
    return [
        Trip(
            job,
            who.get(job.assignee_id, ""),
            content.get(job.id, {}),
            [each for each in all_photos if each.job_id == job.id],
            [each for each in all_receipts if each.job_id == job.id],
        )
        for job in jobs
    ]


def _readiness(session: Session, jobs: list[Job]) -> dict[str, Any] | None:
    """What the tablet said before the van moved, for the trip that is the latest."""
    if not jobs:
        return None
    return readiness.shown(session, jobs[-1], current_visit(session, jobs[-1]).content)


def _parts(session: Session, jobs: list[Job]) -> dict[str, Part]:
    """The catalogue's lines that the jobs plan."""
    skus = {line["sku"] for job in jobs for line in job.planned_parts}
    return {each.sku: each for each in session.scalars(select(Part).where(Part.sku.in_(skus)))}


def _people(
    session: Session, entries: Iterable[timelines.Entry], jobs: Iterable[Job]
) -> dict[str | None, str]:
    ids = {each.person_id for each in entries} | {job.assignee_id for job in jobs}
    found = session.scalars(select(Person).where(Person.id.in_(ids - {None})))
    return {each.id: each.name for each in found}


# Acts.


@blp.post("/tickets/<ticket_id>/change")
@writes
@needs("ticket.write")
def change(session: Session, ticket_id: str) -> AnyResponse | str | tuple[str, int]:
    """Two people may edit at once: what only one of them touched is kept from both.

    Where both touched the same field, the page comes back with both texts, and nothing is lost.
    """
    ticket = get_for(session, me(), ticket_id, to_change=True)
    try:
        form = forms.read(Changes, keep_empty=("category", "fault", "description"))
    except errors.Invalid as wrong:
        typed = forms.Typed(request.form, forms.problems_of(wrong))
        return _shown(session, ticket, typed), 422
    mine = {name: value for name, value in form.items() if _text(value) != _was(name)}
    theirs = {name for name in form if _text(getattr(ticket, name)) != _was(name)}
    clashing = sorted(name for name in theirs & set(mine) if mine[name] != getattr(ticket, name))
    if clashing:
        now_there = {name: _text(getattr(ticket, name)) for name in clashing}
        return _shown(session, ticket, forms.typed(), clashes=now_there)
    if mine:
        tickets.change(session, me(), ticket, mine, house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _was(name: str) -> str:
    """What stood in the field when the page was opened."""
    field = "class" if name == "ticket_class" else name
    return request.form.get(f"was_{field}", "").replace("\r\n", "\n").strip()


@blp.post("/tickets/<ticket_id>/answer")
@writes
@needs("ticket.write")
def answer(session: Session, ticket_id: str) -> AnyResponse:
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.answer(session, me(), ticket, forms.read(Words)["words"], house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


@blp.post("/tickets/<ticket_id>/cancel")
@writes
@needs("ticket.write")
def cancel(session: Session, ticket_id: str) -> AnyResponse:
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.cancel(session, me(), ticket, forms.read(Reason)["reason"], house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


@blp.post("/tickets/<ticket_id>/close")
@writes
@needs("ticket.close")
def close(session: Session, ticket_id: str) -> AnyResponse:
    ticket = get_for(session, me(), ticket_id, to_change=True)
    reason = forms.read(PerhapsReason).get("reason")
    tickets.close(session, me(), ticket, reason, house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


@blp.post("/tickets/<ticket_id>/reopen")
@writes
@needs("ticket.write")
def reopen(session: Session, ticket_id: str) -> AnyResponse:
    ticket = get_for(session, me(), ticket_id, to_change=True)
    form = forms.read(Reopening)
    tickets.reopen(session, me(), ticket, form["trigger"], form["words"], house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)
