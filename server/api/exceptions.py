"""Exceptions: `/api/v1/exceptions`."""

import json
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import deciding, exceptions
from server.api.pages import etag, must_match, only, page
from server.api.reference import IF_MATCH
from server.auth import me, needs
from server.db.events import FieldEvent, Quarantine
from server.db.exceptions import FieldException, get_for, visible_to
from server.db.tables import values_of
from server.domain import exceptions as rules
from server.domain.people import Role
from server.errors import language
from server.house import house
from server.schemas import Document, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "exceptions",
    __name__,
    description="Exceptions (conflicts, review queue): what does not add up and needs a person.",
)

STATES = ("open", "decided")
DECISIONS = (rules.KEEP, rules.APPLY, rules.RUN_AGAIN)


class RawEvent(ma.Schema):
    event_id = ma.fields.String(required=True, allow_none=True)
    received_at = Moment(required=True)
    status = ma.fields.String(
        required=True, metadata={"description": "applied, recorded, held or quarantined"}
    )
    code = ma.fields.String(required=True, allow_none=True, metadata={"description": "why"})
    raw = ma.fields.Raw(
        required=True, allow_none=True, metadata={"description": "Exactly as the tablet sent it."}
    )


class ExceptionLine(ma.Schema):
    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=one_of(*rules.KINDS))
    sentence = ma.fields.String(
        required=True, metadata={"description": "For people, in the language of the request."}
    )
    branch_id = ma.fields.String(required=True, allow_none=True)
    ticket_id = ma.fields.String(required=True, allow_none=True)
    job_id = ma.fields.String(required=True, allow_none=True)
    event_id = ma.fields.String(required=True, allow_none=True)
    device_id = ma.fields.String(required=True, allow_none=True)
    person_id = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Whose work it is about."}
    )
    details = Document(required=True, metadata={"description": "What is known, by kind."})
    holds_ticket = ma.fields.Boolean(
        required=True, metadata={"description": "Its ticket does not close before the decision."}
    )
    owner_id = ma.fields.String(required=True, allow_none=True)
    owner_role = ma.fields.String(
        required=True,
        validate=one_of(*Role),
        metadata={"description": "Who looks at it while nobody owns it."},
    )
    state = ma.fields.String(required=True, validate=one_of(*STATES))
    opened_at = Moment(required=True)
    decisions = ma.fields.List(
        ma.fields.String(validate=one_of(*DECISIONS)),
        required=True,
        metadata={
            "description": "What may be decided. `keep`: it stays as it stands. `apply`: the "
            "recorded work counts after all. `run_again`: read a quarantined event once more."
        },
    )
    decision = ma.fields.String(required=True, allow_none=True, validate=one_of(*DECISIONS))
    reason = ma.fields.String(required=True)
    decided_by = ma.fields.String(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)
    rev = ma.fields.Integer(
        required=True, metadata={"description": "Raised by every step; also the `ETag`."}
    )


class ExceptionSchema(ExceptionLine):
    event = ma.fields.Nested(
        RawEvent,
        required=True,
        allow_none=True,
        metadata={"description": "The field event that it is about, where there is one."},
    )


class ExceptionQuery(PageQuery):
    state = Text(64, validate=one_of(*STATES))
    kind = Text(64, validate=one_of(*rules.KINDS))
    owner_id = Ident(metadata={"description": "Only those that this person looks after."})
    ticket_id = Ident(metadata={"description": "Only those of this ticket.", "example": "T-1001"})
    job_id = Ident(metadata={"description": "Only those of this job.", "example": "J-1001"})


class ExceptionDecision(Shape):
    decision = Text(64, required=True, validate=one_of(*DECISIONS), metadata={"example": "apply"})
    reason = Text(
        least=1, required=True, metadata={"example": "The customer confirmed that he was there."}
    )


class ExceptionOwner(Shape):
    owner_id = Ident(required=True, metadata={"description": "Somebody who sees this exception."})


@blp.route("/exceptions")
@reads
@needs("exception.read")
@blp.arguments(ExceptionQuery, location="query")
@blp.response(200, page_of(ExceptionLine))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List exceptions, the oldest first."""
    thing = FieldException
    columns = (thing.state, thing.kind, thing.owner_id, thing.ticket_id, thing.job_id)
    found = only(visible_to(me()), asked, *columns)
    return page(session, found, (thing.opened_at, thing.id), _line, asked)


@blp.route("/exceptions/<exception_id>")
@reads
@needs("exception.read")
@blp.response(200, ExceptionSchema)
def show(session: Session, exception_id: str) -> Any:
    """Show one exception, with the event that it is about as it came in."""
    return _told(session, get_for(session, me(), exception_id))


@blp.route("/exceptions/<exception_id>/decide", methods=["POST"])
@writes
@needs("exception.decide")
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(ExceptionDecision)
@blp.response(200, ExceptionSchema)
def decide(session: Session, form: dict[str, Any], exception_id: str) -> Any:
    """Decide an exception; the reason is kept.

    409 where it was decided before, or where an event that is run again still cannot be read.
    """
    found = get_for(session, me(), exception_id, to_change=True)
    must_match(found.rev)
    deciding.decide(session, me(), found, form["decision"], form["reason"], house().clock())
    return _told(session, found)


@blp.route("/exceptions/<exception_id>/owner", methods=["POST"])
@writes
@needs("exception.decide")
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(ExceptionOwner)
@blp.response(200, ExceptionSchema)
def hand_over(session: Session, form: dict[str, Any], exception_id: str) -> Any:
    """Hand an exception to somebody."""
    found = get_for(session, me(), exception_id, to_change=True)
    must_match(found.rev)
    exceptions.hand_to(session, found, form["owner_id"], me(), house().clock())
    return _told(session, found)


def _told(session: Session, found: FieldException) -> Any:
    shown = {**_line(found), "event": _event(session, found)}
    return shown, etag(found.rev)


def _line(found: FieldException) -> dict[str, Any]:
    kind = rules.KINDS[found.kind]
    return {
        **values_of(found),
        "sentence": kind.zh if language() == "zh" else kind.en,
        "holds_ticket": kind.holds_ticket,
        "decisions": kind.decisions,
    }


def _event(session: Session, found: FieldException) -> dict[str, Any] | None:
    """The raw event: what was put aside, or what stands on record."""
    aside = session.get(Quarantine, found.details.get("quarantine_id") or "")
    if aside is not None:
        raw = {"event_id": aside.event_id, "status": "quarantined", "raw": json.loads(aside.raw)}
        return {**raw, "received_at": aside.received_at, "code": aside.code}
    kept = session.get(FieldEvent, found.event_id or "")
    if kept is None:
        return None
    raw = {"event_id": kept.id, "status": kept.status, "raw": json.loads(kept.raw)}
    return {**raw, "received_at": kept.received_at, "code": kept.code}
