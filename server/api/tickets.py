"""Tickets: `/api/v1/tickets`."""

from dataclasses import asdict, astuple
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import promises, settling, tickets
from server.api.pages import DEFAULT_LIMIT, created, etag, must_match, only, page
from server.auth import me, needs
from server.db import keysets, search, timelines
from server.db.jobs import Job
from server.db.tables import values_of
from server.db.tickets import Ticket, get_for, visible_to
from server.domain import errors
from server.domain import tickets as rules
from server.domain.promises import CLOCKS
from server.domain.promises import State as ClockState
from server.errors import language
from server.house import house
from server.schemas import (
    Code,
    Document,
    Ident,
    Moment,
    PageQuery,
    Shape,
    Switch,
    Text,
    one_of,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "tickets",
    __name__,
    description="Tickets (cases, service requests): what customers ask for or complain of.",
)

OVER = (rules.State.CLOSED, rules.State.CANCELLED)


class Wait(ma.Schema):
    code = ma.fields.String(
        required=True, validate=one_of(*rules.WAITS), metadata={"example": "receipt_missing"}
    )
    subject = ma.fields.String(
        required=True,
        metadata={"description": "The job, photo, slot … it is about.", "example": "J-1001"},
    )
    sentence = ma.fields.String(
        required=True,
        metadata={"description": "For people, in the language of `Accept-Language` (en, zh)."},
    )


class Promise(ma.Schema):
    due_at = Moment(required=True)
    met_at = Moment(required=True, allow_none=True)
    state = ma.fields.String(required=True, validate=one_of(*ClockState))
    left_minutes = ma.fields.Integer(
        required=True,
        metadata={"description": "What is left, or was when it was met; below zero when late."},
    )


class Promises(ma.Schema):
    respond = ma.fields.Nested(Promise, required=True)
    plan = ma.fields.Nested(Promise, required=True)
    close = ma.fields.Nested(Promise, required=True)


class TicketSchema(ma.Schema):
    id = ma.fields.String(required=True, metadata={"example": "T-1001"})
    branch_id = ma.fields.String(required=True)
    customer_id = ma.fields.String(required=True)
    site_id = ma.fields.String(required=True, allow_none=True)
    asset_id = ma.fields.String(required=True, allow_none=True)
    kind = ma.fields.String(required=True, validate=one_of(*rules.KINDS))
    channel = ma.fields.String(required=True, validate=one_of(*rules.CHANNELS))
    category = ma.fields.String(required=True, allow_none=True, validate=one_of(*rules.CATEGORIES))
    ticket_class = ma.fields.String(
        required=True, data_key="class", validate=one_of(*rules.CLASSES)
    )
    fault = ma.fields.String(required=True, allow_none=True)
    summary = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True,
        validate=one_of(*rules.State),
        metadata={"description": "Follows from what has happened; nobody sets it."},
    )
    opened_at = Moment(required=True)
    opened_by = ma.fields.String(required=True)
    triaged_at = Moment(required=True, allow_none=True)
    responded_at = Moment(required=True, allow_none=True)
    planned_at = Moment(required=True, allow_none=True)
    answered_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When a consultation was answered without a trip."},
    )
    answer = ma.fields.String(required=True)
    closed_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "The last time that it closed; it may be open again."},
    )
    closed_by_hand = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The reason, where a person closed it before all was there."},
    )
    cancelled_at = Moment(required=True, allow_none=True)
    cancelled_reason = ma.fields.String(required=True)
    reopened_at = Moment(required=True, allow_none=True)
    repeats = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The first ticket with the same fault on the same asset, where it closed "
            "within the 30 days before.",
            "example": "T-0987",
        },
    )
    still_waits_for = ma.fields.List(
        ma.fields.Nested(Wait),
        required=True,
        metadata={"description": "What is missing before it closes, the most pressing first."},
    )
    promises = ma.fields.Nested(
        Promises,
        required=True,
        metadata={"description": "The clocks to respond, to propose a plan, to close the loop."},
    )
    rev = ma.fields.Integer(
        required=True,
        metadata={"description": "Raised by every change, also of the state; the `ETag`."},
    )


class TimelineEntry(ma.Schema):
    at = Moment(
        required=True,
        metadata={"description": "When it happened; in the field by the tablet's corrected clock."},
    )
    known_at = Moment(
        required=True, metadata={"description": "When the server heard of it: late after a sync."}
    )
    source = ma.fields.String(
        required=True,
        validate=one_of("act", "event"),
        metadata={"description": "An act of the office or the house, or a field event."},
    )
    what = ma.fields.String(required=True, metadata={"example": "visit.arrived"})
    noun = ma.fields.String(required=True, metadata={"example": "job"})
    noun_id = ma.fields.String(required=True, metadata={"example": "J-1001"})
    person_id = ma.fields.String(required=True, allow_none=True)
    event_id = ma.fields.String(required=True, allow_none=True)
    captured_at = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "As the tablet wrote it."}
    )
    status = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What became of a field event: applied, recorded …"},
    )
    code = ma.fields.String(required=True, allow_none=True)
    details = Document(required=True)


class TicketChanges(Shape):
    kind = Text(64, validate=one_of(*rules.KINDS), metadata={"example": "repair"})
    channel = Text(
        64,
        validate=one_of(*rules.CHANNELS),
        metadata={"description": "How it reached the shop.", "example": "phone"},
    )
    category = Text(
        64,
        validate=one_of(*rules.CATEGORIES),
        allow_none=True,
        metadata={
            "description": "What it is about. Naming it counts as triage.",
            "example": "installation",
        },
    )
    ticket_class = Text(
        64,
        validate=one_of(*rules.CLASSES),
        data_key="class",
        metadata={
            "description": "How it is handled: `special` is an elderly customer or a bulk order, "
            "`sensitive` an upset customer. Decides the promises, with the kind.",
            "example": "ordinary",
        },
    )
    fault = Code(
        allow_none=True,
        metadata={
            "description": "A fault code, so that repeats of the same one are found.",
            "example": "hinge_or_runner",
        },
    )
    summary = Text(200, least=1, metadata={"example": "The kitchen door does not close"})
    description = Text(metadata={"example": "Since Monday; upper left door."})
    site_id = Ident(
        allow_none=True,
        metadata={"description": "Where it is; that of the asset unless told."},
    )
    asset_id = Ident(
        allow_none=True, metadata={"description": "The thing it is about, if there is one."}
    )


class NewTicket(TicketChanges):
    customer_id = Ident(required=True)
    kind = Text(64, validate=one_of(*rules.KINDS), required=True, metadata={"example": "repair"})
    summary = Text(
        200, least=1, required=True, metadata={"example": "The kitchen door does not close"}
    )


class TicketQuery(PageQuery):
    state = Text(64, validate=one_of(*rules.State))
    is_open = Switch(metadata={"description": "Neither closed nor cancelled."})
    kind = Text(64, validate=one_of(*rules.KINDS))
    branch_id = Ident(metadata={"description": "For a supervisor: others see only their own."})
    customer_id = Ident(metadata={"description": "Only those of this customer."})
    assignee_id = Ident(metadata={"description": "Only those with a job of this person."})
    q = Text(
        200,
        least=1,
        metadata={
            "description": "A ticket's number, or words that it or its customer is found by, all of "
            "them: beginnings of what it is about, and what a search for customers takes. Of very many "
            "the newest are looked through.",
            "example": "hinge",
        },
    )


class TicketAnswer(Shape):
    words = Text(least=1, required=True, metadata={"example": "Descale it with citric acid."})


class Reason(Shape):
    reason = Text(least=1, required=True, metadata={"example": "The customer sold the flat."})


class TicketClose(Shape):
    reason = Text(
        metadata={
            "description": "Why it closes although it still waits for something; kept.",
            "example": "The customer moved abroad and cannot be reached.",
        }
    )


class Reopening(Shape):
    trigger = Text(
        64,
        validate=one_of(*tickets.REOPENERS),
        required=True,
        metadata={
            "description": "Who says that it is not fixed: `follow_up_not_fixed`, the customer on "
            "the follow-up call (a revisit is due at once); `customer_still_broken`, the customer "
            "unasked (a revisit is proposed).",
            "example": "follow_up_not_fixed",
        },
    )
    words = Text(required=True, metadata={"example": "The door hangs again."})


@blp.route("/tickets")
@reads
@needs("ticket.read")
@blp.arguments(TicketQuery, location="query")
@blp.response(200, page_of(TicketSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List or search tickets (cases), the newest first."""
    columns = (Ticket.state, Ticket.kind, Ticket.branch_id, Ticket.customer_id)
    found = only(visible_to(me()), asked, *columns)
    if "is_open" in asked:
        is_over = Ticket.state.in_(OVER)
        found = found.where(~is_over if asked["is_open"] else is_over)
    if "assignee_id" in asked:
        theirs = select(Job.ticket_id).where(Job.assignee_id == asked["assignee_id"])
        found = found.where(Ticket.id.in_(theirs))
    if "q" in asked:
        found = search.tickets_like(session, me(), found, asked["q"])
    key = (Ticket.opened_at, Ticket.id)
    return page(session, found, key, lambda each: shown(session, each), asked, newest_first=True)


@blp.route("/tickets", methods=["POST"])
@writes
@needs("ticket.write")
@blp.arguments(NewTicket)
@blp.response(201, TicketSchema)
def open_ticket(session: Session, form: dict[str, Any]) -> Any:
    """Open a ticket (case): somebody asks for something or complains.

    The same fault on the same asset within 30 days of its close is linked to the first ticket
    (`repeats`).
    """
    ticket = tickets.open_ticket(session, me(), form, house().clock())
    return shown(session, ticket), created(ticket.rev, "tickets", ticket.id)


@blp.route("/tickets/<ticket_id>")
@reads
@needs("ticket.read")
@blp.response(200, TicketSchema)
def show(session: Session, ticket_id: str) -> Any:
    """Show one ticket, with what it still waits for and how its promises stand."""
    return _told(session, get_for(session, me(), ticket_id))


@blp.route("/tickets/<ticket_id>", methods=["PATCH"])
@writes
@needs("ticket.write")
@blp.arguments(TicketChanges)
@blp.response(200, TicketSchema)
def change(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Change what was written down. Naming a category or a class counts as triage.

    Tablets with a job that is not over see it at their next pull.
    """
    ticket = get_for(session, me(), ticket_id, to_change=True)
    must_match(ticket.rev)
    tickets.change(session, me(), ticket, form, house().clock())
    return _told(session, ticket)


@blp.route("/tickets/<ticket_id>/answer", methods=["POST"])
@writes
@needs("ticket.write")
@blp.arguments(TicketAnswer)
@blp.response(200, TicketSchema)
def answer(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Answer a consultation, which needs no trip. One without any job closes with it."""
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.answer(session, me(), ticket, form["words"], house().clock())
    return _told(session, ticket)


@blp.route("/tickets/<ticket_id>/cancel", methods=["POST"])
@writes
@needs("ticket.write")
@blp.arguments(Reason)
@blp.response(200, TicketSchema)
def cancel(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Cancel a ticket: the customer needs nothing any more. Its open jobs are called off with it.

    Safe to repeat. What is done on site meanwhile is kept and becomes an exception.
    """
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.cancel(session, me(), ticket, form["reason"], house().clock())
    return _told(session, ticket)


@blp.route("/tickets/<ticket_id>/close", methods=["POST"])
@writes
@needs("ticket.close")
@blp.arguments(TicketClose)
@blp.response(200, TicketSchema)
def close(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Close a ticket by hand.

    A ticket closes by itself once nothing is missing. While it waits for something it needs a reason,
    which is kept with what it waited for; without one the answer is 409 `ticket_still_waits`.
    """
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.close(session, me(), ticket, form.get("reason"), house().clock())
    return _told(session, ticket)


@blp.route("/tickets/<ticket_id>/reopen", methods=["POST"])
@writes
@needs("ticket.write")
@blp.arguments(Reopening)
@blp.response(200, TicketSchema)
def reopen(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Open a closed ticket again: it is not fixed. A revisit of its last finished job comes with it."""
    ticket = get_for(session, me(), ticket_id, to_change=True)
    tickets.reopen(session, me(), ticket, form["trigger"], form["words"], house().clock())
    return _told(session, ticket)


@blp.route("/tickets/<ticket_id>/timeline")
@reads
@needs("ticket.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(TimelineEntry))
def timeline(session: Session, asked: dict[str, Any], ticket_id: str) -> Any:
    """List all that happened (activity, history), the oldest first.

    Acts of the office and field events in one order, by when they really happened: what was captured
    without signal stands at its time, with `known_at` telling when it came in.
    """
    ticket = get_for(session, me(), ticket_id)
    behind = _place(asked["after"]) if asked.get("after") else None
    limit = asked.get("limit") or DEFAULT_LIMIT
    entries, more = timelines.of_ticket(session, ticket.id, behind, limit)
    return {
        "items": [_entry(each) for each in entries],
        "next": keysets.token(astuple(entries[-1].place)) if more else None,
    }


def _place(after: str) -> timelines.Place:
    """Raises `BadRequest` for a token that was not made here."""
    try:
        at, source, its_id = keysets.place(after)
        moment = datetime.fromisoformat(at)
        is_ours = moment.tzinfo and type(its_id) is timelines.SOURCES[source]
        if not is_ours or "\x00" in str(its_id):
            raise ValueError
        return timelines.Place(moment.astimezone(UTC), source, its_id)
    except (ValueError, TypeError, KeyError, OverflowError) as bad:
        raise errors.BadRequest(parameter="after") from bad


def _entry(entry: timelines.Entry) -> dict[str, Any]:
    is_event = entry.place.source == "event"
    return {
        **asdict(entry),
        "at": entry.place.at,
        "source": entry.place.source,
        "event_id": entry.place.id if is_event else None,
    }


def _told(session: Session, ticket: Ticket) -> Any:
    return shown(session, ticket), etag(ticket.rev)


def shown(session: Session, ticket: Ticket) -> dict[str, Any]:
    """A ticket as it is shown, with what follows from its facts."""
    waits = rules.waits_for(settling.ticket_facts(session, ticket))
    if ticket.state in OVER:
        waits = []
    clocks = promises.clocks(session, ticket, house().clock())
    return {
        **values_of(ticket),
        "still_waits_for": [_wait(each) for each in waits],
        "promises": {name: clocks[name] for name in CLOCKS},
    }


def _wait(wait: rules.Wait) -> dict[str, str]:
    said = rules.sentence(wait, language())
    return {"code": wait.code, "subject": wait.subject, "sentence": said}
