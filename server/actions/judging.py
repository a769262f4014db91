"""Judging field events that are kept: what each does, when it comes, later, or by a person's decision.

`judge` asks the rules and does what they say, on a working set. `judge_safely` does the same in a
savepoint of its own, so that an event on which our own code stumbles never holds up its neighbours.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server.actions import exceptions, settling, visits
from server.db import audit, feed, house, jobs
from server.db.events import FieldEvent
from server.db.jobs import Job
from server.db.lookups import Question
from server.db.people import Device
from server.db.records import Brief
from server.db.working_sets import Built, Said, WorkingSet
from server.domain import envelopes, errors
from server.domain import sync as rules
from server.domain import visits as visit_rules
from server.domain.sync import Status

log = logging.getLogger("doorstep.sync")

Envelope = dict[str, Any]
Result = dict[str, Any]

_IN_FEED = Question(
    select(
        exists().where(
            feed.Change.scope == bindparam("scope"),
            feed.Change.kind == "job",
            feed.Change.entity_id == bindparam("job"),
        )
    )
)


@dataclass
class Delivery:
    """One push: who sends it, from where, and what it has touched so far."""

    person_id: str
    device_id: str
    device_status: str
    batch_id: str | None
    sent_at: str | None
    now: datetime
    touched: set[str] = field(default_factory=set)
    receipts: Mapping[Said, Built] = field(default_factory=dict)  # foreseen

    @cached_property
    def sent(self) -> datetime | None:
        """When it was sent by the tablet's clock, if that can be read."""
        return envelopes.moment(self.sent_at)


Judge = Callable[[WorkingSet, Delivery, FieldEvent], tuple[WorkingSet, FieldEvent]]
"""Judges an event; what comes back is to be gone on with, because a failure spoils a working set."""


class NotAtHand(Exception):
    """Something on another job is concerned, too: what is done together must be done step by step."""


def must_be_ours(failure: Exception) -> None:
    """Raises it again where it is the database's own: then the whole push is tried again."""
    state = getattr(getattr(failure, "orig", None), "sqlstate", None)
    if isinstance(failure, OperationalError) or state in ("40001", "40P01"):
        raise failure


def about(event_id: str) -> dict[str, Any]:
    return {"fields": {"event": event_id}}


def settle_touched(work: WorkingSet, delivery: Delivery) -> None:
    for job_id in sorted(delivery.touched):
        settling.settle(work, work.jobs[job_id])


def settle_safely(session: Session, delivery: Delivery) -> None:
    """Settles each job in a savepoint of its own: what arrived stays, and the worker settles later."""
    for job_id in sorted(delivery.touched):
        try:
            with feed.savepoint(session):
                settling.settle_job(session, job_id, delivery.now)
        except Exception as failure:
            must_be_ours(failure)
            log.exception("a job could not be settled", extra={"fields": {"job": job_id}})
            house.ask_for(session, "job.settle", job_id, delivery.now)


def job_of(work: WorkingSet, job_id: Any, person_id: str) -> Job | None:
    """The job of this id, if it is or was this person's."""
    job = work.jobs.get(job_id) if isinstance(job_id, str) else None
    if job is None or _is_on_job(work, job, person_id):
        return job
    return job if _was_on_job(work, job, person_id) else None


def judge(work: WorkingSet, delivery: Delivery, kept: FieldEvent) -> tuple[WorkingSet, FieldEvent]:
    """Asks the rules for the verdict and does it.

    Raises `NotAtHand` for an event that waited on a job which is not in the working set.
    """
    if kept.waits_for is not None and kept.job_id not in work.jobs:
        raise NotAtHand(kept.id)
    reading, job = work.record.reading(kept), work.jobs.get(kept.job_id)
    decision = rules.decide(reading.unreadable, _circumstances(work, delivery, kept, job))
    _carry_out(work, delivery, kept, reading.envelope, job, decision)
    return work, kept


def judge_safely(
    work: WorkingSet, delivery: Delivery, kept: FieldEvent
) -> tuple[WorkingSet, FieldEvent]:
    """Whatever our own code does wrong, only this event goes into quarantine, to be run again."""
    session = work.session
    work.write()
    for attempt in ("first", "its twin came in at the same moment"):
        work, kept = _afresh(session, kept.id, delivery.now)
        try:
            with feed.savepoint(session):
                judge(work, delivery, kept)
                work.write()
            return work, kept
        except Exception as failure:
            must_be_ours(failure)
            if isinstance(failure, IntegrityError) and attempt == "first":
                continue
            log.exception("an event could not be judged", extra=about(kept.id))
            break
    work, kept = _afresh(session, kept.id, delivery.now)
    job = job_of(work, kept.job_id, kept.actor_id)
    decision = rules.Decision(Status.QUARANTINED, "internal", "event_quarantined")
    _carry_out(work, delivery, kept, {}, job, decision)
    work.write()
    return work, kept


def _afresh(session: Session, event_id: str, now: datetime) -> tuple[WorkingSet, FieldEvent]:
    """An event and what belongs to it, as the database has them now."""
    kept = session.get_one(FieldEvent, event_id, populate_existing=True)
    return WorkingSet(session, jobs.lock(session, {kept.job_id}), now), kept


def _circumstances(
    work: WorkingSet, delivery: Delivery, kept: FieldEvent, job: Job | None
) -> rules.Circumstances:
    is_assigned = job is not None and _is_on_job(work, job, kept.actor_id)
    return rules.Circumstances(
        is_own=kept.actor_id == delivery.person_id,
        device_status=delivery.device_status,
        job_exists=job is not None and (is_assigned or _was_on_job(work, job, kept.actor_id)),
        job_cancelled=job is not None and job.cancelled_at is not None,
        is_assigned=is_assigned,
        is_late_move=job is not None
        and visit_rules.is_late_move(work.visit(job).content, kept.kind),
        predecessor_known=kept.after_id is None
        or kept.after_id in work.record.here([kept.after_id]),
    )


def _is_on_job(work: WorkingSet, job: Job, person_id: str) -> bool:
    return job.assignee_id == person_id or person_id in work.crew[job.id]


def _was_on_job(work: WorkingSet, job: Job, person_id: str) -> bool:
    """Whether the job was ever given to this person: a visit, or a job once in the own feed."""
    if work.has_visited(job, person_id):
        return True
    scope = feed.person_scope(person_id)
    ((was_shown,),) = _IN_FEED.within(work.session, scope=scope, job=job.id)
    return bool(was_shown)


def _carry_out(
    work: WorkingSet,
    delivery: Delivery,
    kept: FieldEvent,
    envelope: Envelope,
    job: Job | None,
    decision: rules.Decision,
) -> None:
    kept.status, kept.code = decision.status, decision.code
    kept.waits_for = kept.after_id if decision.status == Status.HELD else None
    if job is not None:
        if decision.status == Status.APPLIED:
            visits.apply(work, job, work.visit(job), kept, envelope)
        elif decision.status == Status.RECORDED:
            visits.keep_apart(work, job, work.visit(job), kept, envelope["data"])
        if decision.status != Status.HELD:
            delivery.touched.add(job.id)
    if decision.exception is not None:
        _open_exception(work, kept, job, decision)
    if kept.is_clock_suspect and job is not None:
        _flag_clock(work, kept, job)


def _open_exception(
    work: WorkingSet, kept: FieldEvent, job: Job | None, decision: rules.Decision
) -> None:
    """One exception for all that one person did on one job under the same circumstances."""
    assert decision.exception is not None
    is_single = decision.status == Status.QUARANTINED
    subject = kept.id if is_single else f"{kept.job_id}:{kept.actor_id}"
    exceptions.open_one(
        work.session,
        decision.exception,
        subject,
        work.now,
        job=job if decision.code != "job_unknown" else None,
        event_id=kept.id,
        device_id=kept.device_id,
        person_id=kept.person_id,
        again=not is_single,
        code=decision.code,
        job_named=kept.job_id,
    )


def _flag_clock(work: WorkingSet, kept: FieldEvent, job: Job) -> None:
    exceptions.open_one(
        work.session,
        "clock_wrong",
        f"{kept.device_id}:{job.id}",
        work.now,
        job=job,
        event_id=kept.id,
        device_id=kept.device_id,
        person_id=kept.person_id,
        captured_at=kept.captured_at,
        uncertainty_s=kept.uncertainty_s,
    )


def release_followers(
    work: WorkingSet, delivery: Delivery, event_id: str, status: str, judge: Judge = judge
) -> WorkingSet:
    """What waited for this event is judged now, and what waited for that, and so on."""
    arrived = [] if status == Status.HELD else [event_id]
    while arrived:
        for waiting in work.record.waiting_for(arrived.pop(0)):
            as_sent = _as_sent(work.session, delivery, waiting)
            work, follower = judge(work, as_sent, waiting)
            _tell(work.session, follower, Status.HELD)
            arrived.append(follower.id)
    return work


def _as_sent(session: Session, delivery: Delivery, event: FieldEvent) -> Delivery:
    """The delivery under which a kept event is judged: its own sender, the same settling."""
    device = session.get(Device, event.device_id)
    return replace(
        delivery,
        person_id=event.person_id,
        device_id=event.device_id,
        device_status=device.status if device else "active",
        batch_id=event.batch_id,
        sent_at=event.sent_at,
    )


def _tell(session: Session, event: FieldEvent, was: str) -> None:
    """A later verdict reaches the sender by pull."""
    event.was = was
    data = {"status": event.status, "was": was}
    if event.code:
        data["code"] = event.code
    feed.tell_result(session, event.person_id, event.id, data)


def result_of(event: FieldEvent | Brief) -> Result:
    result: Result = {"event_id": event.id, "status": event.status, "custody": True}
    if event.code:
        result["code"] = event.code
    if event.effect_version is not None:
        result["effect_version"] = event.effect_version
    if event.waits_for is not None:
        result["waits_for"] = event.waits_for
    return result


def release_overdue(session: Session, now: datetime) -> list[str]:
    """Events that waited five days for their predecessor go on record without it, flagged.

    Returns their ids. Their followers are judged in the usual way.
    """
    overdue = select(FieldEvent).where(
        FieldEvent.waits_for.is_not(None),
        FieldEvent.status == Status.HELD,
        FieldEvent.received_at < now - rules.HELD_AT_MOST,
    )
    jobs.lock(session, set(session.scalars(overdue.with_only_columns(FieldEvent.job_id))))
    delivery = Delivery("", "", "active", None, None, now)
    forced = []
    for event in list(session.scalars(overdue.order_by(FieldEvent.received_at, FieldEvent.seq))):
        if event.status != Status.HELD:
            continue  # released by one before it
        work = WorkingSet(session, [session.get_one(Job, event.job_id)], now)
        _force(work, _as_sent(session, delivery, event), event)
        release_followers(work, delivery, event.id, event.status, judge_safely)
        forced.append(event.id)
    settle_safely(session, delivery)
    return forced


def _force(work: WorkingSet, delivery: Delivery, event: FieldEvent) -> None:
    envelope = work.record.reading(event).envelope
    decision = rules.Decision(Status.RECORDED, "forced", "event_forced")
    _carry_out(work, delivery, event, envelope, work.jobs[event.job_id], decision)
    _tell(work.session, event, Status.HELD)
    audit.record(work.session, None, "event.forced", event.id, work.now, job=event.job_id)
    work.write()


def let_count(
    session: Session, job: Job, person_id: str, codes: Iterable[str], by: str, now: datetime
) -> int:
    """A person decided that recorded work counts after all: applies it, oldest first.

    Returns how many events count now.
    """
    recorded = select(FieldEvent).where(
        FieldEvent.job_id == job.id,
        FieldEvent.person_id == person_id,
        FieldEvent.status == Status.RECORDED,
        FieldEvent.code.in_(list(codes)),
    )
    work = WorkingSet(session, [job], now)
    counted = 0
    for event in list(session.scalars(recorded.order_by(FieldEvent.received_at, FieldEvent.seq))):
        visits.apply(work, job, work.visit(job), event, work.record.reading(event).envelope)
        event.status, event.code = Status.APPLIED, "by_decision"
        _tell(session, event, Status.RECORDED)
        counted += 1
    work.write()
    audit.record(session, by, "event.let_count", job.id, now, person=person_id, events=counted)
    settling.settle_job(session, job.id, now)
    return counted


def run_again(session: Session, event_id: str, by: str, now: datetime) -> Result:
    """Judges a quarantined event once more, as its sender's; raises `StepNotPossible` for another."""
    event = session.get(FieldEvent, event_id)
    if event is None or event.status != Status.QUARANTINED:
        raise errors.StepNotPossible(state=event.status if event else "unreadable")
    work = WorkingSet(session, jobs.lock(session, {event.job_id}), now)
    delivery = Delivery(event.person_id, event.device_id, "active", None, None, now)
    work, event = judge_safely(work, delivery, event)
    _tell(session, event, Status.QUARANTINED)
    release_followers(work, delivery, event.id, event.status, judge_safely)
    audit.record(session, by, "event.run_again", event.id, now, status=event.status)
    settle_safely(session, delivery)
    return result_of(event)
