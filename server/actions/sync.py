"""Receiving field events: the one door for them, whether a tablet pushes or a black box is imported.

A batch is taken in together: read in a bounded number of questions, judged in memory, written in a few
statements, all in one savepoint. Should anything in it make our own code stumble, the batch is taken in
again one event at a time, each in a savepoint of its own, and only what stumbles is put aside.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.actions import exceptions, judging
from server.actions.judging import Delivery, Envelope, Judge, Result
from server.actions.sign_ins import Caller
from server.db import audit, events, feed, jobs, records
from server.db.drafts import Drafts
from server.db.events import FieldEvent, Quarantine
from server.db.jobs import Job
from server.db.lookups import Lookups
from server.db.records import Brief, Record
from server.db.tables import plain
from server.db.working_sets import Built, Said, WorkingSet
from server.domain import envelopes
from server.domain import events as kinds
from server.domain import sync as rules
from server.domain.envelopes import Arrival
from server.domain.sync import Status
from server.ids import new_id

log = logging.getLogger("doorstep.sync")


def deliver(
    session: Session,
    who: Caller,
    batch: Envelope,
    arrivals: Sequence[Arrival],
    foreseen: Mapping[Said, Built],
    now: datetime,
) -> list[Result]:
    """Takes a batch in and answers for each of its events, in the same order."""
    assert who.device is not None, "only a tablet pushes"
    delivery = Delivery(
        person_id=who.person.id,
        device_id=who.device.id,
        device_status=who.device.status,
        batch_id=batch.get("batch_id"),
        sent_at=batch.get("sent_at"),
        now=now,
        receipts=foreseen,
    )
    return receive(session, delivery, arrivals)


def receive(session: Session, delivery: Delivery, arrivals: Sequence[Arrival]) -> list[Result]:
    """Keeps and judges every event, then settles the jobs and stamps the feed.

    Raises nothing for what an event says: even a failure of our own code only sends that one event
    into quarantine.
    """
    with session.no_autoflush:
        try:
            return _take_together(session, delivery, arrivals)
        except Exception as failure:
            judging.must_be_ours(failure)
            if not isinstance(failure, judging.NotAtHand):
                log.warning("a batch is taken in one by one", exc_info=failure)
            delivery.touched.clear()
        locked = jobs.lock(session, _jobs_of(arrivals))
        results = [_take_safely(session, delivery, each, locked) for each in arrivals]
        judging.settle_safely(session, delivery)
        _tell_versions(session, delivery, arrivals, results, feed.stamp(session, delivery.now))
        return results


def _jobs_of(arrivals: Sequence[Arrival]) -> set[str]:
    return {arrival.job_id for arrival in arrivals if arrival.job_id is not None}


def _take_together(
    session: Session, delivery: Delivery, arrivals: Sequence[Arrival]
) -> list[Result]:
    drafts = Drafts(session)
    locked = jobs.lock(session, _jobs_of(arrivals), drafts)
    with feed.savepoint(session):
        work = _working_set(session, delivery, arrivals, locked, drafts)
        results = [_take(work, delivery, each, judging.judge) for each in arrivals]
        judging.settle_touched(work, delivery)
        versions = feed.stamp(session, delivery.now, work)
        _tell_versions(session, delivery, arrivals, results, versions)
        return results


def _take_safely(
    session: Session,
    delivery: Delivery,
    arrival: Arrival,
    locked: list[Job],
    *,
    may_repeat: bool = True,
) -> Result:
    own = [job for job in locked if job.id == arrival.job_id]
    try:
        with feed.savepoint(session):
            work = _working_set(session, delivery, [arrival], own)
            result = _take(work, delivery, arrival, judging.judge_safely)
            work.write()
            return result
    except Exception as failure:
        judging.must_be_ours(failure)
        if isinstance(failure, IntegrityError) and may_repeat:
            # Its twin came in by another door at the same moment: now it is seen.
            return _take_safely(session, delivery, arrival, locked, may_repeat=False)
        log.exception("an event could not be kept", extra=judging.about(arrival.id))
    with feed.savepoint(session):
        work = _working_set(session, delivery, [arrival], own)
        result = _quarantine(work, delivery, arrival, "internal", judging.judge_safely)
        work.write()
        return result


def _working_set(
    session: Session,
    delivery: Delivery,
    arrivals: Sequence[Arrival],
    locked: list[Job],
    drafts: Drafts | None = None,
) -> WorkingSet:
    """All that these events may touch."""
    sound = [arrival.envelope for arrival in arrivals if not arrival.problems]
    said = [arrival.envelope.get("data") for arrival in arrivals]
    record = Record(
        session,
        _jobs_of(arrivals),
        {arrival.id for arrival in arrivals}
        | {each["after"] for each in sound if each.get("after")},
        delivery.device_id,
        [each["seq"] for each in sound],
    )
    return WorkingSet(
        session,
        locked,
        delivery.now,
        drafts=drafts,
        built=delivery.receipts,
        record=record,
        named={each for data in said for each in kinds.ids_in(data)},
        hashes={each for data in said for each in kinds.hashes_in(data)},
    )


def _take(work: WorkingSet, delivery: Delivery, arrival: Arrival, judge: Judge) -> Result:
    known = work.record.get(arrival.id)
    replay = repeat(arrival, known, work.record.aside(arrival.id), delivery.person_id)
    if replay is not None:
        return replay
    if known is not None and known.fingerprint == arrival.fingerprint:
        return _reclaim(work, delivery, work.record.row(known.id), judge)
    if known is not None or work.record.aside(arrival.id):
        return _quarantine(work, delivery, arrival, "event_id_reused", judge)
    if arrival.problems:
        return _quarantine(work, delivery, arrival, "envelope_invalid", judge)
    if work.record.is_number_taken(delivery.device_id, arrival.envelope["seq"]):
        # The same device and number under another id: the store was copied to a second tablet.
        return {"event_id": arrival.id, "status": Status.RETRY, "custody": False,
                "code": "device_forked"}  # fmt: skip
    return _judge(work, delivery, _keep(work, delivery, arrival), judge)


def _judge(work: WorkingSet, delivery: Delivery, kept: FieldEvent, judge: Judge) -> Result:
    work, kept = judge(work, delivery, kept)
    judging.release_followers(work, delivery, kept.id, kept.status, judge)
    return judging.result_of(kept)


def repeat(
    arrival: Arrival, known: Brief | FieldEvent | None, aside: dict[str, str], person_id: str
) -> Result | None:
    """The kept result of an event that was here before; None for one that there is something to do
    about. `aside` is what was put aside under its id: fingerprint -> code.
    """
    if known is not None and known.fingerprint == arrival.fingerprint:
        is_reclaimed = known.code == "actor_mismatch" and known.actor_id == person_id
        return None if is_reclaimed else {**judging.result_of(known), "replayed": True}
    if arrival.fingerprint in aside:
        return {**_quarantined(arrival.id, aside[arrival.fingerprint]), "replayed": True}
    return None


def repeats(asked: Lookups, person_id: str, arrivals: Sequence[Arrival]) -> list[Result] | None:
    """The answer to a batch of which every event was here before: nothing is written for it, and nobody
    waits for a writer's turn. None for any other; what was only put aside is answered in its turn.
    """
    ids = {arrival.id for arrival in arrivals}
    known = records.in_custody(asked, ids)
    if ids and not known:
        return None
    aside = records.put_aside(asked, ids)
    results = [repeat(each, known.get(each.id), aside[each.id], person_id) for each in arrivals]
    return None if None in results else [each for each in results if each is not None]


def _reclaim(work: WorkingSet, delivery: Delivery, kept: FieldEvent, judge: Judge) -> Result:
    """Somebody else had brought it; now its own actor does, and it is judged as theirs."""
    kept.person_id = delivery.person_id
    audit.record(work.session, delivery.person_id, "event.reclaimed", kept.id, delivery.now)
    return _judge(work, delivery, kept, judge)


def _quarantined(event_id: str, code: str) -> Result:
    return {
        "event_id": event_id,
        "status": Status.QUARANTINED,
        "custody": True,
        "code": code,
    }


def _quarantine(
    work: WorkingSet, delivery: Delivery, arrival: Arrival, code: str, judge: Judge
) -> Result:
    """Keeps what cannot be a row of its own, raw, and puts it before the office."""
    job = judging.job_of(work, arrival.job_id, delivery.person_id)
    put_aside(
        work.session,
        delivery.person_id,
        delivery.device_id,
        arrival.envelope,
        code,
        delivery.now,
        event_id=arrival.id,
        fingerprint=arrival.fingerprint,
        job=job,
    )
    work.record.put_aside(arrival.id, arrival.fingerprint, code)
    if job is not None:
        delivery.touched.add(job.id)
    judging.release_followers(work, delivery, arrival.id, Status.QUARANTINED, judge)
    return _quarantined(arrival.id, code)


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
    named = event.get("job_id")
    locked = jobs.lock(session, [str(named)] if envelopes.is_plain(named) else [])
    work = WorkingSet(session, locked, now)
    job = judging.job_of(work, named, person_id)
    row = put_aside(
        session, person_id, device_id, content, "bad_envelope", now,
        event_id=event.get("event_id"), fingerprint=fingerprint, job=job,
    )  # fmt: skip
    session.flush()
    if event:
        delivery = Delivery(person_id, str(device_id), "active", None, None, now)
        delivery.touched.update({job.id} if job else ())
        judging.release_followers(
            work, delivery, event["event_id"], Status.QUARANTINED, judging.judge_safely
        )
        judging.settle_safely(session, delivery)
    return row


def _keep(work: WorkingSet, delivery: Delivery, arrival: Arrival) -> FieldEvent:
    """Puts the raw event on record, before anybody judges it."""
    event = arrival.envelope
    clock = event.get("clock") or {}
    captured = envelopes.moment(event["captured_at"])
    assert captured is not None, "the envelope was checked"
    time = rules.true_time(
        captured,
        envelopes.whole(clock.get("offset_ms")),
        envelopes.whole(clock.get("offset_age_s")),
        delivery.now,
        delivery.sent,
    )
    position = event.get("position") or {}
    kept: FieldEvent = plain(
        FieldEvent,
        id=event["event_id"],
        device_id=delivery.device_id,
        seq=event["seq"],
        batch_id=envelopes.short(delivery.batch_id),
        kind=event["kind"],
        v=event["v"],
        job_id=event["job_id"],
        visit_id=None,
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
        raw=arrival.raw,
        fingerprint=arrival.fingerprint,
        status=Status.QUARANTINED,
        code="unjudged",
        waits_for=None,
        was=None,
        # Two events claim the same predecessor: both count, in the order of arrival, and are flagged.
        is_forked=event.get("after") is not None
        and work.record.is_followed(event["job_id"], event["after"]),
    )
    work.add_event(kept, event, arrival.reading)
    return kept


def _tell_versions(
    session: Session,
    delivery: Delivery,
    arrivals: Sequence[Arrival],
    results: list[Result],
    versions: feed.Versions,
) -> None:
    """Says from which version of the pull on each applied event shows, and keeps that with it."""
    scope = feed.person_scope(delivery.person_id)
    shown: dict[int, list[str]] = {}
    for arrival, result in zip(arrivals, results, strict=True):
        version = versions.get((scope, "job", str(arrival.envelope.get("job_id"))))
        if version is not None and result["status"] == Status.APPLIED and "replayed" not in result:
            result["effect_version"] = version
            shown.setdefault(version, []).append(arrival.id)
    for version, event_ids in shown.items():
        events.note_version(session, event_ids, version)


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
