"""Tickets: the list with its search, and one page that tells a ticket's story from first call to close."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import promises, readiness, settings, tickets
from server.actions import revisits as revisit_acts
from server.auth import me, needs
from server.db import search
from server.db.customers import Asset, Customer, Site
from server.db.exceptions import FieldException
from server.db.jobs import Job, current_visit
from server.db.parts import PartRequest
from server.db.revisits import Revisit
from server.db.tickets import Ticket, at_risk, get_for, open_ones, over_ones, visible_to
from server.domain import tickets as rules
from server.domain.promises import CLOCKS, Clock
from server.house import house
from server.office import (
    answers,
    customer_pages,
    customer_photos,
    forms,
    labels,
    lists,
    misfits,
    notices,
    stories,
    waits,
)
from server.office.wording import language, zone_of_office
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("tickets", __name__)

STORY = 60  # the newest lines of what happened; the rest behind "more"
FILTERS = ("open", "at_risk", "closed", "all")


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
    page = lists.page(session, found, key, newest_first=not is_urgent)
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


@blp.get("/tickets/<ticket_id>")
@reads
@needs("ticket.read")
def show(session: Session, ticket_id: str) -> str:
    ticket = get_for(session, me(), ticket_id)
    now = house().clock()
    jobs = _jobs(session, ticket)
    revisits = _of_ticket(session, Revisit, ticket, Revisit.opened_at)
    parts = stories.skus_of(session, jobs)
    trips = stories.trips(session, jobs, revisits, parts)
    entries = stories.entries_of(session, ticket)
    part = request.args.get("only", "")
    known_by = _moment_asked_for()
    names = stories.people_in(session, entries)
    told = stories.told(reversed(entries), names, part, known_by)
    shown = len(told) if request.args.get("story") == "whole" else STORY
    return render_template(
        "office/ticket.html",
        ticket=ticket,
        customer=session.get_one(Customer, ticket.customer_id),
        site=session.get(Site, ticket.site_id) if ticket.site_id else None,
        asset=session.get(Asset, ticket.asset_id) if ticket.asset_id else None,
        waits=waits.of_ticket(session, ticket),
        clocks=_clocks(session, ticket, now),
        reasons=_reasons(session, ticket, now),
        clocks_then=_clocks(session, ticket, known_by) if known_by else {},
        trips=trips,
        readiness=_readiness(session, jobs),
        revisits=revisits,
        deciders=revisit_acts.deciders(session, [(each, ticket.branch_id) for each in revisits]),
        requests=_of_ticket(session, PartRequest, ticket, PartRequest.requested_at),
        notices=notices.of_ticket(session, ticket),
        exceptions=_of_ticket(session, FieldException, ticket, FieldException.opened_at),
        about_exception=misfits.sentence,
        parts=parts,
        money=stories.money(trips),
        names=names,
        stories=told[:shown],
        older_stories=max(0, len(told) - shown),
        parts_of_stream=stories.PARTS_OF_STREAM,
        only=part if part in stories.PARTS_OF_STREAM else "",
        known_by=known_by,
        outcomes=labels.choices("call"),
        is_over=ticket.state in waits.OVER,
        **customer_photos.of_ticket(session, ticket),
        reopeners=tickets.REOPENERS,
        **customer_pages.of(session, ticket, jobs),
    )


def _reasons(session: Session, ticket: Ticket, now: datetime) -> dict[str, list[str]]:
    """What the branch offers to whoever has to give a reason; other words are as good."""
    spoken = language()
    return {
        of: [each.words(spoken) for each in settings.reasons(session, ticket.branch_id, of, now)]
        for of in ("call_off", "nobody_goes")
    }


def _clocks(session: Session, ticket: Ticket, at: datetime) -> dict[str, Clock]:
    """The promises as they stood at that moment, by what was known then."""
    found = promises.clocks(session, ticket, at)
    return {name: found[name] for name in CLOCKS}


def _moment_asked_for() -> datetime | None:
    """The moment as of which somebody wants to read the story; None for now, and for what is none."""
    try:
        wall = datetime.fromisoformat(request.args.get("known", ""))
        here = wall if wall.tzinfo else wall.replace(tzinfo=ZoneInfo(zone_of_office()))
        return here.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _jobs(session: Session, ticket: Ticket) -> list[Job]:
    found = select(Job).where(Job.ticket_id == ticket.id).order_by(Job.issued_at, Job.id)
    return list(session.scalars(found))


def _of_ticket(session: Session, kind: Any, ticket: Ticket, order: Any) -> list[Any]:
    found = select(kind).where(kind.ticket_id == ticket.id).order_by(order, kind.id)
    return list(session.scalars(found))


def _readiness(session: Session, jobs: list[Job]) -> dict[str, Any] | None:
    """What the tablet said before the van moved, for the trip that is the latest."""
    if not jobs:
        return None
    return readiness.shown(session, jobs[-1], current_visit(session, jobs[-1]).content)


# Acts.


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
