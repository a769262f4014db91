"""What a ticket still waits for, in words that name things as people know them, with the way there."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that is missing. `subject` is its id, as the rules know it."""

    code: str
    subject: str
    sentence: str
    href: str | None


def of_ticket(session: Session, ticket: Ticket) -> list[Waiting]:
    """The most pressing first; nothing for a ticket that is over."""
    if ticket.state in OVER:
        return []
    waits = rules.waits_for(settling.ticket_facts(session, ticket))
    return [_waiting(session, ticket, each) for each in waits]


def _waiting(session: Session, ticket: Ticket, wait: rules.Wait) -> Waiting:
    known = rules.Wait(wait.code, _name(session, ticket, wait))
    return Waiting(wait.code, wait.subject, rules.sentence(known, language()), _href(session, wait))


def _name(session: Session, ticket: Ticket, wait: rules.Wait) -> str:
    """What people call the thing whose id the rules hand out."""
    subject = wait.subject
    if wait.code == "photo_again" and (photo := session.get(Photo, subject)):
        return _slot_label(session.get_one(Job, photo.job_id), photo.slot)
    if wait.code == "slot_missing":
        return _slot_label(_last_job(session, ticket), subject)
    if wait.code == "revisit" and (revisit := session.get(Revisit, subject)):
        return f"{revisit.job_id} ({label(revisit.cause, 'cause')})"
    if wait.code == "part" and (part := session.get(PartRequest, subject)):
        return f"{part.quantity} × {part.sku or part.words}"
    if wait.code == "exception" and (doubt := session.get(FieldException, subject)):
        kind = exception_rules.KINDS[doubt.kind]
        return (kind.zh if language() == "zh" else kind.en).rstrip(".。")
    return subject


def _last_job(session: Session, ticket: Ticket) -> Job:
    """The one that the ticket closes on."""
    live = select(Job).where(Job.ticket_id == ticket.id, Job.state != "cancelled")
    return session.scalars(live.order_by(Job.issued_at.desc(), Job.id.desc()).limit(1)).one()


def _slot_label(job: Job, slot: str) -> str:
    known = next((each for each in job.slots if each["slot"] == slot), None)
    return f"{in_language(known) if known else slot} ({job.id})"


def _href(session: Session, wait: rules.Wait) -> str | None:
    """Where somebody does something about it."""
    if wait.code == "verdict":
        return url_for("office.verification.show", job_id=wait.subject)
    if wait.code == "photo_again" and (photo := session.get(Photo, wait.subject)):
        return url_for("office.verification.show", job_id=photo.job_id)
    if wait.code == "revisit":
        return "#revisits"
    return f"#{wait.subject}" if wait.subject.startswith("J-") else None
