"""Revisits: opened by what happened, decided by a person, planned as a job."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import settings, settling
from server.db import audit
from server.db.jobs import Job, Visit
from server.db.people import Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.working_sets import WorkingSet
from server.domain import errors
from server.domain import revisits as rules
from server.ids import new_id


def open_for(
    session: Session,
    job: Job,
    trigger: str,
    now: datetime,
    *,
    words: str = "",
    outcome_cause: str | None = None,
    by: str | None = None,
) -> Revisit:
    """Opens what the trigger asks for; the same trigger on the same job opens only one."""
    book = settings.rulebook(session, job.branch_id, now)
    opening = rules.decide(trigger, outcome_cause=outcome_cause, words=words, rules=book.rules)
    opened = _open(WorkingSet(session, [job], now), job, opening, by)
    session.flush()
    return opened


def open_from_visit(work: WorkingSet, job: Job, visit: Visit) -> None:
    """What a finished visit asks for by itself: its outcome, a reservation, few stars."""
    if not visit.content["finished"]:
        return
    book = settings.rulebook(work.session, job.branch_id, work.now)
    for opening in rules.openings(visit.content, book):
        _open(work, job, opening, None)


def _open(work: WorkingSet, job: Job, opening: rules.Opening, by: str | None) -> Revisit:
    for known in work.revisits:
        is_same = known.job_id == job.id and known.trigger == opening.trigger
        if is_same and known.state != rules.State.DISMISSED:
            return known
    revisit = Revisit(
        id=new_id(),
        ticket_id=job.ticket_id,
        job_id=job.id,
        trigger=opening.trigger,
        cause=opening.cause,
        mode=opening.mode,
        words=opening.words,
        state=opening.state or rules.State.PROPOSED,
        opened_at=work.now,
        rev=1,
    )
    work.add_revisit(revisit)
    audit.record(
        work.session, by, "revisit.opened", revisit.id, work.now, job=job.id, cause=opening.cause
    )
    return revisit


def deciders(session: Session, opened: Iterable[tuple[Revisit, str]]) -> dict[str, str]:
    """The role before which the rules put each revisit of a branch, as they stood when it was opened; by
    the revisit's id.
    """
    pairs = list(opened)
    books = settings.rulebooks_of(session, {branch_id for _, branch_id in pairs})
    return {
        revisit.id: books.at(branch_id, revisit.opened_at)
        .rules[rules.Trigger(revisit.trigger)]
        .decides
        for revisit, branch_id in pairs
    }


def must_be_theirs(session: Session, by: Person, revisit: Revisit) -> None:
    """Raises `DecidedByOthers` where the rule leaves this revisit to another role; to plan it is to decide."""
    if revisit.state not in rules.UNDECIDED:
        return
    branch_id = session.get_one(Job, revisit.job_id).branch_id
    decides = deciders(session, [(revisit, branch_id)])[revisit.id]
    rules.must_be_theirs(revisit.state, decides, by.role)


def decide(
    session: Session, revisit: Revisit, to: str, reason: str | None, by: str, now: datetime
) -> None:
    """A person's decision; raises `StepNotPossible` or `ReasonMissing` (domain/revisits.py)."""
    revisit.state = rules.move(revisit.state, to, reason)
    revisit.reason = reason or revisit.reason
    revisit.decided_by, revisit.decided_at = by, now
    revisit.rev += 1
    audit.record(session, by, "revisit.decided", revisit.id, now, state=to, reason=reason)


def judge(
    session: Session, by: Person, revisit: Revisit, to: str, reason: str | None, now: datetime
) -> None:
    """The office's decision on whether somebody goes, with what follows for the ticket.

    Raises `DecidedByOthers` for whoever the branch's rule does not name.
    """
    must_be_theirs(session, by, revisit)
    if revisit.state == rules.State.PLANNED:
        raise errors.StepNotPossible(state=revisit.state)
    decide(session, revisit, to, reason, by.id, now)
    session.flush()
    settling.settle_ticket(session, revisit.ticket_id, now)


def note_call(
    session: Session, by: Person, revisit: Revisit, outcome: str, words: str | None, now: datetime
) -> None:
    """What the customer said on the phone, and what follows; raises as `judge` does."""
    must_be_theirs(session, by, revisit)
    to = rules.after_call(revisit.state, outcome, words)
    audit.record(session, by.id, "revisit.called", revisit.id, now, outcome=outcome, words=words)
    if to == rules.State.CALL_FIRST:
        revisit.call_after = now + rules.CALL_AGAIN_AFTER
        revisit.rev += 1
        return
    judge(session, by, revisit, to, words, now)


def plan(session: Session, revisit: Revisit, job: Job, by: str, now: datetime) -> None:
    """Ties a revisit to the job that was issued for it; raises `StepNotPossible` where it has one."""
    if revisit.state == rules.State.PLANNED:
        raise errors.StepNotPossible(state=revisit.state)
    decide(session, revisit, rules.State.PLANNED, None, by, now)
    revisit.planned_job_id = job.id


def is_called_off(session: Session, job: Job, by: str, now: datetime) -> None:
    """The job of a revisit was cancelled: the revisit is due again."""
    revisit = session.get(Revisit, job.revisit_id) if job.revisit_id else None
    if revisit is not None and revisit.state == rules.State.PLANNED:
        decide(session, revisit, rules.State.DUE, None, by, now)
        revisit.planned_job_id = None


def is_taken_up(session: Session, job: Job, by: str, now: datetime) -> None:
    """The cancelled job of a revisit counts after all, where no other was issued meanwhile."""
    revisit = session.get(Revisit, job.revisit_id) if job.revisit_id else None
    if revisit is not None and revisit.state in rules.OPEN_STATES:
        plan(session, revisit, job, by, now)


def dismiss_open(session: Session, ticket_id: str, reason: str, by: str, now: datetime) -> None:
    """The ticket was cancelled: nobody needs to go again."""
    still_open = select(Revisit).where(
        Revisit.ticket_id == ticket_id, Revisit.state.in_(rules.OPEN_STATES)
    )
    for revisit in session.scalars(still_open):
        decide(session, revisit, rules.State.DISMISSED, reason, by, now)


def propose_unanswered_retakes(session: Session, now: datetime) -> list[str]:
    """Proposes a revisit where a picture was asked for again and did not come in time.

    Returns the ids of the jobs concerned.
    """
    overdue = select(Photo).where(
        Photo.verdict == "retake", Photo.replaced_by.is_(None), Photo.answer_by < now
    )
    jobs = []
    for photo in session.scalars(overdue):
        job = session.get_one(Job, photo.job_id)
        open_for(session, job, "retake_unanswered", now, words=photo.verdict_reason)
        photo.answer_by = None
        jobs.append(job.id)
    return sorted(set(jobs))
