"""Receiving field events: kept first, judged after, each in a savepoint of its own.

`receive` is the only door for events, whether a tablet pushes them, a black box is imported or a person
runs a quarantined one again.
"""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from server.actions import exceptions, settling, visits
from server.actions.sign_ins import Caller
from server.db import audit, events, feed, house, jobs
from server.db.events import FieldEvent, Quarantine
from server.db.jobs import Crew, Job, Visit, current_visit
from server.db.people import Device
from server.domain import errors
from server.domain import events as kinds
from server.domain import sync as rules
from server.domain import visits as visit_rules
from server.domain.sync import Status
from server.ids import new_id

log = logging.getLogger("doorstep.sync")

Envelope = dict[str, Any]
Result = dict[str, Any]

MAX_SEQ = 2**53 - 1


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


def deliver(session: Session, who: Caller, batch: Envelope, now: datetime) -> list[Result]:
    """Takes a batch in and answers for each of its events, in the same order."""
    assert who.device is not None, "only a tablet pushes"
    delivery = Delivery(
        person_id=who.person.id,
        device_id=who.device.id,
        device_status=who.device.status,
        batch_id=batch.get("batch_id"),
        sent_at=batch.get("sent_at"),
        now=now,
    )
    return receive(session, delivery, batch["events"])


def receive(session: Session, delivery: Delivery, batch: list[Envelope]) -> list[Result]:
    """Keeps and judges every event, then settles the jobs and stamps the feed.

    Raises nothing for what an event says: even a failure of our own code only sends that one event
    into quarantine.
    """
    jobs.lock(session, {event["job_id"] for event in batch if _is_plain(event.get("job_id"))})
    results = [_receive_safely(session, delivery, event) for event in batch]
    _settle_touched(session, delivery)
    versions = feed.stamp(session, delivery.now)
    scope = feed.person_scope(delivery.person_id)
    for event, result in zip(batch, results, strict=True):
        version = versions.get((scope, "job", str(event.get("job_id"))))
        if version is not None and result["status"] == Status.APPLIED and "replayed" not in result:
            result["effect_version"] = version
            kept = session.get(FieldEvent, result["event_id"])
            if kept is not None:
                kept.effect_version = version
    return results


def _receive_safely(
    session: Session, delivery: Delivery, event: Envelope, *, may_repeat: bool = True
) -> Result:
    try:
        with session.begin_nested():
            return _receive_one(session, delivery, event)
    except Exception as failure:
        _must_be_ours(failure)
        if isinstance(failure, IntegrityError) and may_repeat:
            # Its twin came in by another door at the same moment: now it is seen.
            return _receive_safely(session, delivery, event, may_repeat=False)
        log.exception("an event could not be kept", extra=_about(event["event_id"]))
    with session.begin_nested():
        return _quarantine(session, delivery, event, "internal")


def _must_be_ours(failure: Exception) -> None:
    """Raises it again where it is the database's own: then the whole push is tried again."""
    state = getattr(getattr(failure, "orig", None), "sqlstate", None)
    if isinstance(failure, OperationalError) or state in ("40001", "40P01"):
        raise failure


def _about(event_id: str) -> dict[str, Any]:
    return {"fields": {"event": event_id}}


def _settle_safely(session: Session, job_id: str, now: datetime) -> None:
    try:
        with session.begin_nested():
            settling.settle_job(session, job_id, now)
    except Exception as failure:  # what arrived stays; the worker settles the job later
        _must_be_ours(failure)
        log.exception("a job could not be settled", extra={"fields": {"job": job_id}})
        house.ask_for(session, "job.settle", job_id, now)


def _receive_one(session: Session, delivery: Delivery, event: Envelope) -> Result:
    replay = _replay(session, delivery, event)
    if replay is not None:
        return replay
    if envelope_problems(event):
        return _quarantine(session, delivery, event, "envelope_invalid")
    if _is_forked_device(session, delivery, event):
        return {"event_id": event["event_id"], "status": Status.RETRY, "custody": False,
                "code": "device_forked"}  # fmt: skip
    kept = _keep(session, delivery, event)
    _judge_safely(session, delivery, kept)
    _release_followers(session, delivery, kept.id, kept.status)
    return _result(kept)


def _replay(session: Session, delivery: Delivery, event: Envelope) -> Result | None:
    """The kept result of an event that was here before; another content under its id is kept too."""
    fingerprint = rules.fingerprint(event)
    kept = session.get(FieldEvent, event["event_id"])
    if kept is not None and kept.fingerprint == fingerprint:
        if kept.code == "actor_mismatch" and kept.actor_id == delivery.person_id:
            return _reclaim(session, delivery, kept)
        return {**_result(kept), "replayed": True}
    of_id = select(Quarantine).where(Quarantine.event_id == event["event_id"])
    aside = list(session.scalars(of_id))
    if any(each.fingerprint == fingerprint for each in aside):
        code = next(each.code for each in aside if each.fingerprint == fingerprint)
        return {**_quarantined(event["event_id"], code), "replayed": True}
    if kept is not None or aside:
        return _quarantine(session, delivery, event, "event_id_reused")
    return None


def _reclaim(session: Session, delivery: Delivery, kept: FieldEvent) -> Result:
    """Somebody else had brought it; now its own actor does, and it is judged as theirs."""
    kept.person_id = delivery.person_id
    _judge_safely(session, delivery, kept)
    _release_followers(session, delivery, kept.id, kept.status)
    audit.record(session, delivery.person_id, "event.reclaimed", kept.id, delivery.now)
    return _result(kept)


def _quarantined(event_id: str, code: str) -> Result:
    return {
        "event_id": event_id,
        "status": Status.QUARANTINED,
        "custody": True,
        "code": code,
    }


def _quarantine(session: Session, delivery: Delivery, event: Envelope, code: str) -> Result:
    """Keeps what cannot be a row of its own, raw, and puts it before the office."""
    job = _job_of(session, event.get("job_id"), delivery.person_id)
    row = put_aside(
        session,
        delivery.person_id,
        delivery.device_id,
        event,
        code,
        delivery.now,
        event_id=event["event_id"],
        fingerprint=rules.fingerprint(event),
        job=job,
    )
    session.flush()
    if job is not None:
        delivery.touched.add(job.id)
    _release_followers(session, delivery, event["event_id"], Status.QUARANTINED)
    return _quarantined(event["event_id"], row.code)


def _job_of(session: Session, job_id: Any, person_id: str) -> Job | None:
    """The job of this id, if it is or was this person's."""
    job = session.get(Job, job_id) if _is_plain(job_id) else None
    if job is None or _is_on_job(session, job, person_id):
        return job
    return job if _was_on_job(session, job, person_id) else None


def put_aside(
    session: Session,
    person_id: str,
    device_id: str | None,
    content: Any,
    code: str,
    now: datetime,
    *,
    event_id: str | None = None,
    fingerprint: str = "",
    job: Job | None = None,
) -> Quarantine:
    """Any JSON at all, kept as it came."""
    row = Quarantine(
        id=new_id(),
        event_id=event_id,
        device_id=device_id,
        person_id=person_id,
        received_at=now,
        code=code,
        raw=json.dumps(content),
        fingerprint=fingerprint,
    )
    session.add(row)
    exceptions.open_one(
        session,
        "event_quarantined",
        row.id,
        now,
        job=job,
        event_id=event_id,
        device_id=device_id,
        person_id=person_id,
        code=code,
        quarantine_id=row.id,
    )
    return row


def hand_over(
    session: Session, person_id: str, device_id: str | None, content: Any, now: datetime
) -> Quarantine:
    """Keeps what could not be read as a batch; the same content of the same person is kept once.

    What waited for it need not wait any longer.
    """
    text = json.dumps(content, sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    same = select(Quarantine).where(
        Quarantine.person_id == person_id, Quarantine.fingerprint == fingerprint
    )
    known = session.scalars(same.limit(1)).first()
    if known is not None:
        return known
    event = content if isinstance(content, dict) and kinds.is_id(content.get("event_id")) else {}
    jobs.lock(session, {event["job_id"]} if _is_plain(event.get("job_id")) else set())
    job = _job_of(session, event.get("job_id"), person_id)
    row = put_aside(
        session, person_id, device_id, content, "bad_envelope", now,
        event_id=event.get("event_id"), fingerprint=fingerprint, job=job,
    )  # fmt: skip
    session.flush()
    if event:
        delivery = Delivery(person_id, str(device_id), "active", None, None, now)
        delivery.touched.update({job.id} if job else ())
        _release_followers(session, delivery, event["event_id"], Status.QUARANTINED)
        _settle_touched(session, delivery)
    return row


def _settle_touched(session: Session, delivery: Delivery) -> None:
    for job_id in sorted(delivery.touched):
        _settle_safely(session, job_id, delivery.now)


def envelope_problems(event: Envelope) -> list[str]:
    """The entries of an envelope that are not what the protocol says."""
    checks = {
        "seq": kinds.is_integer(event.get("seq"), 0, MAX_SEQ),
        "kind": kinds.is_text(event.get("kind"), 64),
        "v": kinds.is_integer(event.get("v"), 1, 1_000_000),
        "job_id": kinds.is_text(event.get("job_id"), 64),
        "actor": kinds.is_text(event.get("actor"), 64),
        "captured_at": _moment(event.get("captured_at")) is not None,
        "after": event.get("after") is None or kinds.is_id(event["after"]),
        "base_rev": event.get("base_rev") is None
        or kinds.is_integer(event["base_rev"], 0, 2**31 - 1),
        "clock": event.get("clock") is None or isinstance(event["clock"], dict),
        "position": event.get("position") is None or isinstance(event["position"], dict),
        "depth": rules.depth(event) <= rules.MAX_EVENT_DEPTH,
        "text": all(
            _is_plain(event.get(name)) for name in ("kind", "job_id", "actor", "captured_at")
        ),
    }
    return [name for name, is_fine in checks.items() if not is_fine]


def _is_plain(value: Any) -> bool:
    """A short text that every database takes as it is."""
    return kinds.is_text(value, 64) and rules.clean(value) == value


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _is_forked_device(session: Session, delivery: Delivery, event: Envelope) -> bool:
    """The same device and number under another id: the store was copied to a second tablet."""
    taken = select(FieldEvent.id).where(
        FieldEvent.device_id == delivery.device_id, FieldEvent.seq == event["seq"]
    )
    return session.scalars(taken).first() is not None


def _keep(session: Session, delivery: Delivery, event: Envelope) -> FieldEvent:
    """Puts the raw event on record, before anybody judges it."""
    clock = event.get("clock") or {}
    captured = _moment(event["captured_at"])
    assert captured is not None, "the envelope was checked"
    time = rules.true_time(
        captured,
        _whole(clock.get("offset_ms")),
        _whole(clock.get("offset_age_s")),
        delivery.now,
        _moment(delivery.sent_at),
    )
    position = event.get("position") or {}
    kept = FieldEvent(
        id=event["event_id"],
        device_id=delivery.device_id,
        seq=event["seq"],
        batch_id=_short(delivery.batch_id),
        kind=event["kind"],
        v=event["v"],
        job_id=event["job_id"],
        base_rev=event.get("base_rev"),
        after_id=event.get("after"),
        actor_id=event["actor"],
        person_id=delivery.person_id,
        captured_at=event["captured_at"],
        captured_est=time.estimated_at,
        uncertainty_s=min(time.uncertainty_s, 2**31 - 1),
        is_clock_suspect=time.is_suspect,
        lat=_degrees(position.get("lat"), 90),
        lon=_degrees(position.get("lon"), 180),
        sent_at=_short(delivery.sent_at),
        received_at=delivery.now,
        raw=json.dumps(event),
        fingerprint=rules.fingerprint(event),
        status=Status.QUARANTINED,
        code="unjudged",
        is_forked=_is_fork(session, event),
    )
    session.add(kept)
    session.flush()
    return kept


def _whole(value: Any) -> int | None:
    return value if kinds.is_integer(value, -(10**13), 10**13) else None


def _short(value: Any) -> str | None:
    return rules.clean(value)[:64] if isinstance(value, str) else None


def _degrees(value: Any, most: int) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= most else None


def _is_fork(session: Session, event: Envelope) -> bool:
    """Two events claim the same predecessor: both count, in the order of arrival, and are flagged."""
    if event.get("after") is None:
        return False
    twin = select(FieldEvent.id).where(
        FieldEvent.after_id == event["after"], FieldEvent.job_id == event["job_id"]
    )
    return session.scalars(twin).first() is not None


def _judge_safely(
    session: Session, delivery: Delivery, kept: FieldEvent, *, may_repeat: bool = True
) -> None:
    """Whatever our own code does wrong, only this event goes into quarantine, to be run again."""
    try:
        with session.begin_nested():
            _judge(session, delivery, kept)
    except Exception as failure:
        _must_be_ours(failure)
        if isinstance(failure, IntegrityError) and may_repeat:
            _judge_safely(session, delivery, kept, may_repeat=False)
            return
        log.exception("an event could not be judged", extra=_about(kept.id))
        _set_aside(session, delivery, kept)


def _set_aside(session: Session, delivery: Delivery, kept: FieldEvent) -> None:
    job = _job_of(session, kept.job_id, kept.actor_id)
    visit = current_visit(session, job) if job else None
    decision = rules.Decision(Status.QUARANTINED, "internal", "event_quarantined")
    _carry_out(session, delivery, kept, {}, job, visit, decision)


def _judge(session: Session, delivery: Delivery, kept: FieldEvent) -> None:
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


def _release_followers(session: Session, delivery: Delivery, event_id: str, status: str) -> None:
    """What waited for this event is judged now, and what waited for that, and so on."""
    arrived = [] if status == Status.HELD else [event_id]
    while arrived:
        waiting = select(FieldEvent).where(
            FieldEvent.waits_for == arrived.pop(0), FieldEvent.status == Status.HELD
        )
        in_order = waiting.order_by(FieldEvent.received_at, FieldEvent.seq)
        for follower in list(session.scalars(in_order)):
            _judge_safely(session, _as_sent(session, delivery, follower), follower)
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


def _result(event: FieldEvent) -> Result:
    result: Result = {"event_id": event.id, "status": event.status, "custody": True}
    if event.code:
        result["code"] = event.code
    if event.effect_version is not None:
        result["effect_version"] = event.effect_version
    if event.waits_for is not None:
        result["waits_for"] = event.waits_for
    return result


def status_of(session: Session, person_id: str, event_ids: list[str]) -> list[Result]:
    """What the server has of these events; other people's are as unknown as ones that never came."""
    kept = events.by_id(session, event_ids)
    aside = select(Quarantine).where(
        Quarantine.event_id.in_(event_ids), Quarantine.person_id == person_id
    )
    quarantined = {str(each.event_id): each for each in session.scalars(aside)}
    return [_known(each, person_id, kept, quarantined) for each in event_ids]


def _known(
    event_id: str,
    person_id: str,
    kept: dict[str, FieldEvent],
    aside: dict[str, Quarantine],
) -> Result:
    event = kept.get(event_id)
    if event is not None and event.person_id == person_id:
        return _result(event)
    if event_id in aside:
        return _quarantined(event_id, aside[event_id].code)
    return {"event_id": event_id, "status": "unknown", "custody": False}


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
        _release_followers(session, delivery, event.id, event.status)
        forced.append(event.id)
    _settle_touched(session, delivery)
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
    _judge_safely(session, delivery, event)
    _tell(session, event, Status.QUARANTINED)
    _release_followers(session, delivery, event.id, event.status)
    audit.record(session, by, "event.run_again", event.id, now, status=event.status)
    _settle_touched(session, delivery)
    return _result(event)
