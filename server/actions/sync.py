"""Receiving field events: the one door for them, whether a tablet pushes or a black box is imported.

Kept first, judged after (`judging`), each in a savepoint of its own.
"""

import hashlib
import json
import logging
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.actions import exceptions, judging
from server.actions.judging import Delivery, Envelope, Result
from server.actions.sign_ins import Caller
from server.db import audit, events, feed, jobs
from server.db.events import FieldEvent, Quarantine
from server.db.jobs import Job
from server.domain import envelopes
from server.domain import events as kinds
from server.domain import sync as rules
from server.domain.sync import Status
from server.ids import new_id

log = logging.getLogger("doorstep.sync")


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
    jobs.lock(
        session, {event["job_id"] for event in batch if envelopes.is_plain(event.get("job_id"))}
    )
    results = [_receive_safely(session, delivery, event) for event in batch]
    judging.settle_touched(session, delivery)
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
        judging.must_be_ours(failure)
        if isinstance(failure, IntegrityError) and may_repeat:
            # Its twin came in by another door at the same moment: now it is seen.
            return _receive_safely(session, delivery, event, may_repeat=False)
        log.exception("an event could not be kept", extra=judging.about(event["event_id"]))
    with session.begin_nested():
        return _quarantine(session, delivery, event, "internal")


def _receive_one(session: Session, delivery: Delivery, event: Envelope) -> Result:
    replay = _replay(session, delivery, event)
    if replay is not None:
        return replay
    if envelopes.problems(event):
        return _quarantine(session, delivery, event, "envelope_invalid")
    if _is_forked_device(session, delivery, event):
        return {"event_id": event["event_id"], "status": Status.RETRY, "custody": False,
                "code": "device_forked"}  # fmt: skip
    kept = _keep(session, delivery, event)
    judging.judge(session, delivery, kept)
    judging.release_followers(session, delivery, kept.id, kept.status)
    return judging.result_of(kept)


def _replay(session: Session, delivery: Delivery, event: Envelope) -> Result | None:
    """The kept result of an event that was here before; another content under its id is kept too."""
    fingerprint = rules.fingerprint(event)
    kept = session.get(FieldEvent, event["event_id"])
    if kept is not None and kept.fingerprint == fingerprint:
        if kept.code == "actor_mismatch" and kept.actor_id == delivery.person_id:
            return _reclaim(session, delivery, kept)
        return {**judging.result_of(kept), "replayed": True}
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
    judging.judge(session, delivery, kept)
    judging.release_followers(session, delivery, kept.id, kept.status)
    audit.record(session, delivery.person_id, "event.reclaimed", kept.id, delivery.now)
    return judging.result_of(kept)


def _quarantined(event_id: str, code: str) -> Result:
    return {
        "event_id": event_id,
        "status": Status.QUARANTINED,
        "custody": True,
        "code": code,
    }


def _quarantine(session: Session, delivery: Delivery, event: Envelope, code: str) -> Result:
    """Keeps what cannot be a row of its own, raw, and puts it before the office."""
    job = judging.job_of(session, event.get("job_id"), delivery.person_id)
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
    judging.release_followers(session, delivery, event["event_id"], Status.QUARANTINED)
    return _quarantined(event["event_id"], row.code)


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
    jobs.lock(session, {event["job_id"]} if envelopes.is_plain(event.get("job_id")) else set())
    job = judging.job_of(session, event.get("job_id"), person_id)
    row = put_aside(
        session, person_id, device_id, content, "bad_envelope", now,
        event_id=event.get("event_id"), fingerprint=fingerprint, job=job,
    )  # fmt: skip
    session.flush()
    if event:
        delivery = Delivery(person_id, str(device_id), "active", None, None, now)
        delivery.touched.update({job.id} if job else ())
        judging.release_followers(session, delivery, event["event_id"], Status.QUARANTINED)
        judging.settle_touched(session, delivery)
    return row


def _is_forked_device(session: Session, delivery: Delivery, event: Envelope) -> bool:
    """The same device and number under another id: the store was copied to a second tablet."""
    taken = select(FieldEvent.id).where(
        FieldEvent.device_id == delivery.device_id, FieldEvent.seq == event["seq"]
    )
    return session.scalars(taken).first() is not None


def _keep(session: Session, delivery: Delivery, event: Envelope) -> FieldEvent:
    """Puts the raw event on record, before anybody judges it."""
    clock = event.get("clock") or {}
    captured = envelopes.moment(event["captured_at"])
    assert captured is not None, "the envelope was checked"
    time = rules.true_time(
        captured,
        envelopes.whole(clock.get("offset_ms")),
        envelopes.whole(clock.get("offset_age_s")),
        delivery.now,
        envelopes.moment(delivery.sent_at),
    )
    position = event.get("position") or {}
    kept = FieldEvent(
        id=event["event_id"],
        device_id=delivery.device_id,
        seq=event["seq"],
        batch_id=envelopes.short(delivery.batch_id),
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
        lat=envelopes.degrees(position.get("lat"), 90),
        lon=envelopes.degrees(position.get("lon"), 180),
        sent_at=envelopes.short(delivery.sent_at),
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


def _is_fork(session: Session, event: Envelope) -> bool:
    """Two events claim the same predecessor: both count, in the order of arrival, and are flagged."""
    if event.get("after") is None:
        return False
    twin = select(FieldEvent.id).where(
        FieldEvent.after_id == event["after"], FieldEvent.job_id == event["job_id"]
    )
    return session.scalars(twin).first() is not None


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
        return judging.result_of(event)
    if event_id in aside:
        return _quarantined(event_id, aside[event_id].code)
    return {"event_id": event_id, "status": "unknown", "custody": False}
