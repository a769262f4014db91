"""What a ticket still waits for, in words that name things as people know them, with the way there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from server.actions import settling
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.parts import PartRequest
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import exceptions as exception_rules
from server.domain import tickets as rules
from server.office.labels import label
from server.office.wording import in_language, language

OVER = (rules.State.CLOSED, rules.State.CANCELLED)
# What the subject of a wait is the id of.
KINDS = {
    "photo_again": Photo,
    "revisit": Revisit,
    "part": PartRequest,
    "exception": FieldException,
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that is missing. `subject` is its id, as the rules know it."""

    code: str
    subject: str
    sentence: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Things:
    """What a ticket's waits are about, fetched together: rows by id, and its jobs, the newest last."""

    rows: dict[str, Any]
    jobs: list[Job]

    def job(self, its_id: str) -> Job:
        return next(each for each in self.jobs if each.id == its_id)

    @property
    def last_job(self) -> Job:
        """The one that the ticket closes on."""
        return next(each for each in reversed(self.jobs) if each.state != "cancelled")


def of_ticket(session: Session, ticket: Ticket) -> list[Waiting]:
    """The most pressing first; nothing for a ticket that is over."""
    if ticket.state in OVER:
        return []
    waits = rules.waits_for(settling.ticket_facts(session, ticket))
    things = _things(session, ticket, waits)
    return [_waiting(things, each) for each in waits]


def _things(session: Session, ticket: Ticket, waits: Iterable[rules.Wait]) -> Things:
    rows: dict[str, Any] = {}
    for code, kind in KINDS.items():
        ids = [wait.subject for wait in waits if wait.code == code]
        if ids:
            rows |= {each.id: each for each in session.scalars(_with_ids(kind, ids))}
    of_ticket = select(Job).where(Job.ticket_id == ticket.id).order_by(Job.issued_at, Job.id)
    return Things(rows, list(session.scalars(of_ticket)))


def _with_ids(kind: Any, ids: list[str]) -> Select[Any]:
    return select(kind).where(kind.id.in_(ids))


def _waiting(things: Things, wait: rules.Wait) -> Waiting:
    known = rules.Wait(wait.code, _name(things, wait))
    return Waiting(wait.code, wait.subject, rules.sentence(known, language()), _href(things, wait))


def _name(things: Things, wait: rules.Wait) -> str:
    """What people call the thing whose id the rules hand out."""
    if wait.code == "slot_missing":
        return _slot_label(things.last_job, wait.subject)
    row = things.rows.get(wait.subject)
    match row:
        case Photo():
            return _slot_label(things.job(row.job_id), row.slot)
        case Revisit():
            return f"{row.job_id} ({label(row.cause, 'cause')})"
        case PartRequest():
            return f"{row.quantity} × {row.sku or row.words}"
        case FieldException():
            kind = exception_rules.KINDS[row.kind]
            return (kind.zh if language() == "zh" else kind.en).rstrip(".。")
    return wait.subject


def _slot_label(job: Job, slot: str) -> str:
    known = next((each for each in job.slots if each["slot"] == slot), None)
    return f"{in_language(known) if known else slot} ({job.id})"


def _href(things: Things, wait: rules.Wait) -> str | None:
    """Where somebody does something about it."""
    if wait.code == "verdict":
        return url_for("office.verification.show", job_id=wait.subject)
    if wait.code == "photo_again" and (photo := things.rows.get(wait.subject)):
        return url_for("office.verification.show", job_id=photo.job_id)
    if wait.code == "revisit":
        return "#revisits"
    if wait.code == "exception" and (row := things.rows.get(wait.subject)):
        return url_for("office.exceptions.find", job=row.job_id or row.ticket_id) + f"#{row.id}"
    if wait.code == "part":
        return url_for("office.part_requests.find") + f"#{wait.subject}"
    return f"#{wait.subject}" if wait.subject.startswith("J-") else None
