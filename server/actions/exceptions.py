"""Exceptions: opened once for the same doubt, decided by a person with a reason."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from server.db import audit
from server.db.exceptions import FieldException, visible_to
from server.db.jobs import Job
from server.db.lookups import Question, among
from server.db.people import Person
from server.domain import errors
from server.domain import exceptions as rules
from server.domain.people import may
from server.ids import new_id


def open_one(
    session: Session,
    kind: str,
    subject: str,
    now: datetime,
    *,
    job: Job | None = None,
    event_id: str | None = None,
    device_id: str | None = None,
    person_id: str | None = None,
    branch_id: str | None = None,
    again: bool = False,
    **details: Any,
) -> FieldException:
    """Puts a doubt before the office; the same doubt (`kind` and `subject`) is put only once.

    `again` says that there is something new to it: one that was decided makes room for the next.
    `branch_id` says whose it is where there is no job.
    The owner at first is whoever issued the job where the kind is the dispatcher's, else the role.
    """
    key = f"{kind}:{subject}"
    known = session.scalar(select(FieldException).where(FieldException.subject == key))
    if known is not None and not (again and known.state == "decided"):
        return known
    if known is not None:
        known.subject = f"{key}:{known.id}"
        session.flush()
    owner_role = rules.KINDS[kind].owner
    opened = FieldException(
        id=new_id(),
        kind=kind,
        subject=key,
        branch_id=job.branch_id if job else branch_id,
        ticket_id=job.ticket_id if job else None,
        job_id=job.id if job else None,
        event_id=event_id,
        device_id=device_id,
        person_id=person_id,
        details=details,
        owner_id=job.issued_by if job and owner_role == "dispatcher" else None,
        owner_role=owner_role,
        state="open",
        opened_at=now,
        rev=1,
    )
    session.add(opened)
    session.flush()
    audit.record(session, None, "exception.opened", opened.id, now, kind=kind, subject=subject)
    return opened


def close(
    session: Session, opened: FieldException, decision: str, reason: str, by: str, now: datetime
) -> None:
    """Writes the decision down; what it does was done by whoever calls."""
    opened.state, opened.decision, opened.reason = "decided", decision, reason
    opened.decided_by, opened.decided_at = by, now
    opened.rev += 1
    audit.record(session, by, "exception.decided", opened.id, now, decision=decision)


def hand_to(
    session: Session, opened: FieldException, owner_id: str, by: Person, now: datetime
) -> None:
    """Gives an open exception an owner, who must be able to see and decide it."""
    if opened.state != "open":
        raise errors.StepNotPossible(state=opened.state)
    owner = session.get(Person, owner_id)
    if owner is None or not owner.is_active or not _may_own(session, owner, opened):
        raise errors.ReferenceUnknown(field="owner_id")
    opened.owner_id = owner.id
    opened.rev += 1
    audit.record(session, by.id, "exception.handed_over", opened.id, now, owner_id=owner.id)


def _may_own(session: Session, owner: Person, opened: FieldException) -> bool:
    seen = visible_to(owner).where(FieldException.id == opened.id)
    return may(owner.role, "exception.decide") and session.scalar(seen) is not None


_EXCEPTION = FieldException.__table__.c
_HOLDING_KINDS = [kind for kind, rule in rules.KINDS.items() if rule.holds_ticket]
_HOLDING = Question(
    select(_EXCEPTION.id)
    .where(
        _EXCEPTION.ticket_id == bindparam("ticket"),
        _EXCEPTION.state == "open",
        among(_EXCEPTION.kind, "kinds"),
    )
    .order_by(_EXCEPTION.opened_at, _EXCEPTION.id)
)


def open_of_ticket(session: Session, ticket_id: str) -> list[str]:
    """The ids of those that the ticket waits for."""
    found = _HOLDING.within(session, ticket=ticket_id, kinds=_HOLDING_KINDS)
    return [exception_id for (exception_id,) in found]
