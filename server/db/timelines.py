"""The timeline of a ticket: what was done in the office and what happened in the field, in one order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, true, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from server.db.audit import AuditLine
from server.db.customer_photos import CustomerPhoto, PhotoLink
from server.db.events import FieldEvent
from server.db.exceptions import FieldException
from server.db.jobs import Job, Visit
from server.db.parts import PartRequest
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tickets import Ticket

SOURCES: dict[str, type] = {"act": int, "event": str}  # what the ids of each are


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an entry stands: when it happened, acts before events, then its own number or id."""

    at: datetime
    source: str
    id: int | str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `known_at` is when the server heard of it."""

    place: Place
    known_at: datetime
    what: str
    noun: str
    noun_id: str
    person_id: str | None
    captured_at: str | None
    status: str | None
    code: str | None
    details: dict[str, Any]


def of_ticket(
    session: Session, ticket_id: str, after: Place | None, limit: int
) -> tuple[list[Entry], bool]:
    """Up to `limit` entries behind a place, the oldest first, and whether there are more.

    Field events stand where they happened by the tablet's corrected clock, however late they came.
    """
    found = [
        *_acts(session, ticket_id, after, limit + 1),
        *_events(session, ticket_id, after, limit + 1),
    ]
    found.sort(key=lambda entry: entry.place)
    return found[:limit], len(found) > limit


def _acts(session: Session, ticket_id: str, after: Place | None, limit: int) -> Iterator[Entry]:
    lines = select(AuditLine).where(AuditLine.id.in_(_lines_about(ticket_id)))
    lines = _behind(lines, AuditLine.at, AuditLine.id, after, "act").limit(limit)
    for line in session.scalars(lines):
        yield Entry(
            place=Place(line.at, "act", line.id),
            known_at=line.at,
            what=line.act,
            noun=line.noun,
            noun_id=line.noun_id,
            person_id=line.person_id,
            captured_at=None,
            status=None,
            code=None,
            details=line.details,
        )


def _events(session: Session, ticket_id: str, after: Place | None, limit: int) -> Iterator[Entry]:
    rows = select(FieldEvent).where(FieldEvent.job_id.in_(_jobs(ticket_id)))
    rows = _behind(rows, FieldEvent.captured_est, FieldEvent.id, after, "event").limit(limit)
    for event in session.scalars(rows):
        data = json.loads(event.raw).get("data")
        yield Entry(
            place=Place(event.captured_est, "event", event.id),
            known_at=event.received_at,
            what=event.kind,
            noun="job",
            noun_id=event.job_id,
            person_id=event.person_id,
            captured_at=event.captured_at,
            status=event.status,
            code=event.code,
            details=data if isinstance(data, dict) else {"data": data},
        )


def _behind(
    rows: Select[Any],
    at: InstrumentedAttribute[datetime],
    its_id: InstrumentedAttribute[Any],
    after: Place | None,
    source: str,
) -> Select[Any]:
    return rows.where(_is_behind(at, its_id, after, source)).order_by(at, its_id)


def _is_behind(
    at: InstrumentedAttribute[datetime],
    its_id: InstrumentedAttribute[Any],
    after: Place | None,
    source: str,
) -> ColumnElement[bool]:
    if after is None:
        return true()
    if source == after.source:
        return tuple_(at, its_id) > tuple_(after.at, after.id)
    return at >= after.at if source > after.source else at > after.at


def _jobs(ticket_id: str) -> Select[str]:
    return select(Job.id).where(Job.ticket_id == ticket_id)


def _lines_about(ticket_id: str) -> CompoundSelect[Any]:
    """Acts on the ticket and on all that belongs to it, each sort found by its own index: a database that
    reads one long "or" goes through the whole audit instead.
    """
    jobs = _jobs(ticket_id)
    visits = select(Visit.id).where(Visit.job_id.in_(jobs))
    events = select(FieldEvent.id).where(FieldEvent.job_id.in_(jobs))
    about = (
        ("ticket", select(Ticket.id).where(Ticket.id == ticket_id)),
        ("job", jobs),
        ("visit", jobs),
        ("visit", visits),
        ("event", jobs),
        ("event", events),
        ("photo", select(Photo.id).where(Photo.job_id.in_(jobs))),
        ("receipt", select(Receipt.id).where(Receipt.job_id.in_(jobs))),
        ("revisit", select(Revisit.id).where(Revisit.ticket_id == ticket_id)),
        ("exception", select(FieldException.id).where(FieldException.ticket_id == ticket_id)),
        ("customer_photo", select(CustomerPhoto.id).where(CustomerPhoto.ticket_id == ticket_id)),
        ("photo_link", select(PhotoLink.id).where(PhotoLink.ticket_id == ticket_id)),
        ("part_request", select(PartRequest.id).where(PartRequest.ticket_id == ticket_id)),
    )
    return union_all(
        *(
            select(AuditLine.id).where(AuditLine.noun == noun, AuditLine.noun_id.in_(ids))
            for noun, ids in about
        )
    )
