"""The data of outgoing events, as `catalogue` describes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.clock import wire
from server.db.facts import Fact
from server.db.jobs import Job, Visit
from server.db.parts import PartRequest
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.tickets import Ticket
from server.notices import catalogue

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """What an event says, and what it is about; `at` is when it happened."""

    branch_id: str | None
    ticket_id: str | None
    job_id: str | None
    at: datetime
    data: Document


def of(session: Session, kind: str, fact: Fact) -> Payload | None:
    """None where the thing is not there any more."""
    return _OF_NOUNS[catalogue.noun_of(kind)](session, fact)


def _ticket(session: Session, fact: Fact) -> Payload | None:
    ticket = session.get(Ticket, fact.noun_id)
    if ticket is None:
        return None
    names = ("id", "branch_id", "customer_id", "kind", "state", "ticket_class")
    data = _plain(ticket, *names) | _moments(ticket, "opened_at", "closed_at")
    return Payload(ticket.branch_id, ticket.id, None, fact.at, data)


def _job(session: Session, fact: Fact) -> Payload | None:
    job = session.get(Job, fact.noun_id)
    if job is None:
        return None
    names = ("id", "branch_id", "ticket_id", "state", "assignee_id", "time_zone", "revisit_of")
    data = _plain(job, *names) | _moments(job, "window_start", "window_end")
    return Payload(job.branch_id, job.ticket_id, job.id, fact.at, data)


def _visit(session: Session, fact: Fact) -> Payload | None:
    """The office's word is on the job, what the field says on its visit."""
    job = session.get(Job, fact.noun_id)
    visit = session.get(Visit, job.visit_id if job else fact.noun_id)
    job = job or (session.get(Job, visit.job_id) if visit else None)
    if visit is None or job is None:
        return None
    finished = visit.content.get("finished") or {}
    is_end = fact.kind == "visit.finished"
    at = (job.finished_at or fact.at) if is_end else fact.at
    data = {
        "id": visit.id,
        "branch_id": job.branch_id,
        "ticket_id": job.ticket_id,
        "job_id": job.id,
        "state": job.state,
        "at": wire(at),
        "outcome": finished.get("outcome"),
        "cause": finished.get("cause"),
        "verdict": job.verdict,
    }
    return Payload(job.branch_id, job.ticket_id, job.id, at, data)


def _photo(session: Session, fact: Fact) -> Payload | None:
    photo = session.get(Photo, fact.noun_id)
    if photo is None:
        return None
    names = ("id", "job_id", "slot", "state", "verdict", "asked_of", "replaced_by", "sha256")
    return _of_job(session, photo.job_id, fact.at, _plain(photo, *names))


def _receipt(session: Session, fact: Fact) -> Payload | None:
    receipt = session.get(Receipt, fact.noun_id)
    if receipt is None:
        return None
    data = _plain(receipt, "id", "job_id", "version", "state", "digest", "stars")
    at = receipt.signed_at or fact.at
    return _of_job(session, receipt.job_id, at, data | _moments(receipt, "signed_at"))


def _part(session: Session, fact: Fact) -> Payload | None:
    request = session.get(PartRequest, fact.noun_id)
    if request is None:
        return None
    data = _plain(request, "id", "job_id", "sku", "quantity", "state")
    return _of_job(session, request.job_id, fact.at, data | _moments(request, "expected_at"))


def _of_job(session: Session, job_id: str, at: datetime, data: Document) -> Payload | None:
    job = session.get(Job, job_id)
    if job is None:
        return None
    data |= {"branch_id": job.branch_id, "ticket_id": job.ticket_id}
    return Payload(job.branch_id, job.ticket_id, job.id, at, data)


def _plain(row: Any, *names: str) -> Document:
    return {name: getattr(row, name) for name in names}


def _moments(row: Any, *names: str) -> Document:
    return {name: wire(getattr(row, name)) for name in names}


_OF_NOUNS: dict[str, Callable[[Session, Fact], Payload | None]] = {
    catalogue.TICKET: _ticket,
    catalogue.JOB: _job,
    catalogue.VISIT: _visit,
    catalogue.PHOTO: _photo,
    catalogue.RECEIPT: _receipt,
    catalogue.PART: _part,
}
