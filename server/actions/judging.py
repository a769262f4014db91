"""Judging field events that are kept: what each does, when it comes, later, or by a person's decision.

Every event is judged in a savepoint of its own, so that one of them never holds up its neighbours.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server.actions import exceptions, settling, visits
from server.db import audit, events, feed, house, jobs
from server.db.events import FieldEvent
from server.db.jobs import Crew, Job, Visit, current_visit
from server.db.people import Device
from server.domain import envelopes, errors
from server.domain import sync as rules
from server.domain import visits as visit_rules
from server.domain.sync import Status

log = logging.getLogger("doorstep.sync")

Envelope = dict[str, Any]
Result = dict[str, Any]


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


def must_be_ours(failure: Exception) -> None:
    """Raises it again where it is the database's own: then the whole push is tried again."""
    state = getattr(getattr(failure, "orig", None), "sqlstate", None)
    if isinstance(failure, OperationalError) or state in ("40001", "40P01"):
        raise failure


def about(event_id: str) -> dict[str, Any]:
    return {"fields": {"event": event_id}}


def _settle_safely(session: Session, job_id: str, now: datetime) -> None:
    try:
        with session.begin_nested():
            settling.settle_job(session, job_id, now)
    except Exception as failure:  # what arrived stays; the worker settles the job later
        must_be_ours(failure)
        log.exception("a job could not be settled", extra={"fields": {"job": job_id}})
        house.ask_for(session, "job.settle", job_id, now)


def settle_touched(session: Session, delivery: Delivery) -> None:
    for job_id in sorted(delivery.touched):
        _settle_safely(session, job_id, delivery.now)


def job_of(session: Session, job_id: Any, person_id: str) -> Job | None:
    """The job of this id, if it is or was this person's."""
    job = session.get(Job, job_id) if envelopes.is_plain(job_id) else None
    if job is None or _is_on_job(session, job, person_id):
        return job
    return job if _was_on_job(session, job, person_id) else None


def judge(
    session: Session, delivery: Delivery, kept: FieldEvent, *, may_repeat: bool = True
) -> None:
    """Whatever our own code does wrong, only this event goes into quarantine, to be run again."""
    try:
        with session.begin_nested():
            _ask_rules(session, delivery, kept)
    except Exception as failure:
        must_be_ours(failure)
        if isinstance(failure, IntegrityError) and may_repeat:
            judge(session, delivery, kept, may_repeat=False)
            return
        log.exception("an event could not be judged", extra=about(kept.id))
        _set_aside(session, delivery, kept)


def _set_aside(session: Session, delivery: Delivery, kept: FieldEvent) -> None:
    job = job_of(session, kept.job_id, kept.actor_id)
    visit = current_visit(session, job) if job else None
    decision = rules.Decision(Status.QUARANTINED, "internal", "event_quarantined")
    _carry_out(session, delivery, kept, {}, job, visit, decision)


def _ask_rules(session: Session, delivery: Delivery, kept: FieldEvent) -> None:
    """Asks the rules for the verdict and does it."""
    envelope = rules.clean(json.loads(kept.raw))
    job = session.get(Job, kept.job_id)
    visit = current_visit(session, job) if job else None
    facts = _circumstances(session, delivery, kept, job, visit)
    decision = rules.decide(envelope, facts)
    _carry_out(session, delivery, kept, envelope, job, visit, decision)


def _circumstances(
    session: Session, delivery: Delivery, kept: FieldEvent, job: Job | None, visit: Visit | None
) -> rules.Circumstances:
    is_assigned = job is not None and _is_on_job(session, job, kept.actor_id)
    return rules.Circumstances(
        is_own=kept.actor_id == delivery.person_id,
        device_status=delivery.device_status,
        job_exists=job is not None and (is_assigned or _was_on_job(session, job, kept.actor_id)),
        job_cancelled=job is not None and job.cancelled_at is not None,
        is_assigned=is_assigned,
        is_late_move=visit is not None and visit_rules.is_late_move(visit.content, kept.kind),
        predecessor_known=kept.after_id is None
        or kept.after_id in events.here(session, [kept.after_id]),
    )


def _is_on_job(session: Session, job: Job, person_id: str) -> bool:
    return job.assignee_id == person_id or session.get(Crew, (job.id, person_id)) is not None


def _was_on_job(session: Session, job: Job, person_id: str) -> bool:
    """Whether the job was ever given to this person: a visit, or a job once in the own feed."""
    visited = select(Visit.id).where(Visit.job_id == job.id, Visit.person_id == person_id)
    if session.scalars(visited).first() is not None:
        return True
    return session.get(feed.Change, (feed.person_scope(person_id), "job", job.id)) is not None


def _carry_out(
    session: Session,
    delivery: Delivery,
    kept: FieldEvent,
    envelope: Envelope,
    job: Job | None,
    visit: Visit | None,
    decision: rules.Decision,
) -> None:
    kept.status, kept.code = decision.status, decision.code
    kept.waits_for = kept.after_id if decision.status == Status.HELD else None
    if job is not None and visit is not None:
        if decision.status == Status.APPLIED:
            visits.apply(session, job, visit, kept, envelope, delivery.now)
        elif decision.status == Status.RECORDED:
            visits.keep_apart(session, job, visit, kept, envelope["data"], delivery.now)
        if decision.status != Status.HELD:
            delivery.touched.add(job.id)
    if decision.exception is not None:
        _open_exception(session, delivery, kept, job, decision)
    if kept.is_clock_suspect and job is not None:
        _flag_clock(session, delivery, kept, job)
    session.flush()


def _open_exception(
    session: Session,
    delivery: Delivery,
    kept: FieldEvent,
    job: Job | None,
    decision: rules.Decision,
) -> None:
    """One exception for all that one person did on one job under the same circumstances."""
    assert decision.exception is not None
    is_single = decision.status == Status.QUARANTINED
    subject = kept.id if is_single else f"{kept.job_id}:{kept.actor_id}"
    exceptions.open_one(
        session,
        decision.exception,
        subject,
        delivery.now,
        job=job if decision.code != "job_unknown" else None,
        event_id=kept.id,
        device_id=kept.device_id,
        person_id=kept.person_id,
        again=not is_single,
        code=decision.code,
        job_named=kept.job_id,
    )


def _flag_clock(session: Session, delivery: Delivery, kept: FieldEvent, job: Job) -> None:
    exceptions.open_one(
        session,
        "clock_wrong",
        f"{kept.device_id}:{job.id}",
        delivery.now,
        job=job,
        event_id=kept.id,
        device_id=kept.device_id,
        person_id=kept.person_id,
        captured_at=kept.captured_at,
        uncertainty_s=kept.uncertainty_s,
    )


def release_followers(session: Session, delivery: Delivery, event_id: str, status: str) -> None:
    """What waited for this event is judged now, and what waited for that, and so on."""
    arrived = [] if status == Status.HELD else [event_id]
    while arrived:
        waiting = select(FieldEvent).where(
            FieldEvent.waits_for == arrived.pop(0), FieldEvent.status == Status.HELD
        )
        in_order = waiting.order_by(FieldEvent.received_at, FieldEvent.seq)
        for follower in list(session.scalars(in_order)):
            judge(session, _as_sent(session, delivery, follower), follower)
            _tell(session, follower, Status.HELD)
            arrived.append(follower.id)


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


def result_of(event: FieldEvent) -> Result:
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
        FieldEvent.status == Status.HELD, FieldEvent.received_at < now - rules.HELD_AT_MOST
    )
    jobs.lock(session, set(session.scalars(overdue.with_only_columns(FieldEvent.job_id))))
    delivery = Delivery("", "", "active", None, None, now)
    forced = []
    for event in list(session.scalars(overdue.order_by(FieldEvent.received_at, FieldEvent.seq))):
        if event.status != Status.HELD:
            continue  # released by one before it
        _force(session, _as_sent(session, delivery, event), event)
        release_followers(session, delivery, event.id, event.status)
        forced.append(event.id)
    settle_touched(session, delivery)
    return forced


def _force(session: Session, delivery: Delivery, event: FieldEvent) -> None:
    envelope = rules.clean(json.loads(event.raw))
    job = session.get_one(Job, event.job_id)
    decision = rules.Decision(Status.RECORDED, "forced", "event_forced")
    visit = current_visit(session, job)
    _carry_out(session, delivery, event, envelope, job, visit, decision)
    _tell(session, event, Status.HELD)
    audit.record(session, None, "event.forced", event.id, delivery.now, job=job.id)


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
    visit = current_visit(session, job)
    counted = 0
    for event in list(session.scalars(recorded.order_by(FieldEvent.received_at, FieldEvent.seq))):
        envelope = rules.clean(json.loads(event.raw))
        visits.apply(session, job, visit, event, envelope, now)
        event.status, event.code = Status.APPLIED, "by_decision"
        _tell(session, event, Status.RECORDED)
        counted += 1
    audit.record(session, by, "event.let_count", job.id, now, person=person_id, events=counted)
    settling.settle_job(session, job.id, now)
    return counted


def run_again(session: Session, event_id: str, by: str, now: datetime) -> Result:
    """Judges a quarantined event once more, as its sender's; raises `StepNotPossible` for another."""
    event = session.get(FieldEvent, event_id)
    if event is None or event.status != Status.QUARANTINED:
        raise errors.StepNotPossible(state=event.status if event else "unreadable")
    jobs.lock(session, {event.job_id})
    delivery = Delivery(event.person_id, event.device_id, "active", None, None, now)
    judge(session, delivery, event)
    _tell(session, event, Status.QUARANTINED)
    release_followers(session, delivery, event.id, event.status)
    audit.record(session, by, "event.run_again", event.id, now, status=event.status)
    settle_touched(session, delivery)
    return result_of(event)
