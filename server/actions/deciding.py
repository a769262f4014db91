"""What a decision on an exception does, beyond being written down."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.actions import exceptions, jobs, judging, settling
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.people import Person
from server.domain import errors
from server.domain import exceptions as rules
from server.domain.sync import Status

# exception kind -> codes of the recorded events that "apply" lets count
_CODES = {
    "work_on_cancelled": ("job_cancelled",),
    "work_on_reassigned": ("not_assignee",),
    "device_revoked": ("device_revoked",),
    "event_forced": ("forced",),
}


def decide(
    session: Session, by: Person, opened: FieldException, decision: str, reason: str, now: datetime
) -> None:
    """Carries a decision out and writes it down; to decide the same again changes nothing.

    Raises `StepNotPossible` where it was decided otherwise already, or where an event that is run
    again still cannot be read. The caller holds the exception's lock.
    """
    if opened.state == "decided":
        if opened.decision == decision:
            return
        raise errors.StepNotPossible(state=opened.state)
    rules.must_fit(opened.kind, decision, reason)
    if decision == rules.APPLY:
        _let_count(session, by, opened, now)
    elif decision == rules.RUN_AGAIN:
        _run_again(session, by, opened, now)
    exceptions.close(session, opened, decision, reason, by.id, now)
    session.flush()
    if opened.job_id is not None:
        settling.settle_job(session, opened.job_id, now)


def _let_count(session: Session, by: Person, opened: FieldException, now: datetime) -> None:
    if opened.job_id is None or opened.person_id is None:
        raise errors.StepNotPossible(state="unreadable")
    job = session.get_one(Job, opened.job_id)
    jobs.bring_back(session, job, by.id, now)
    judging.let_count(session, job, opened.person_id, _CODES[opened.kind], by.id, now)


def _run_again(session: Session, by: Person, opened: FieldException, now: datetime) -> None:
    if opened.event_id is None:
        raise errors.StepNotPossible(state="unreadable")
    result = judging.run_again(session, opened.event_id, by.id, now)
    if result["status"] == Status.QUARANTINED:
        raise errors.StepNotPossible(state=result["code"])
