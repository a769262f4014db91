"""Visits: what each field event does, and the office's verdict on the whole.

Everything that the server does about *finish* is in the files called `visits`: here the act, in
`server/domain/visits.py` the rule, in `server/db/jobs.py` the table.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.actions import exceptions, photos, receipts, revisits, serial_swaps, settling
from server.db import audit, feed, parts
from server.db.events import FieldEvent
from server.db.jobs import Job, Visit, current_visit
from server.db.parts import Movement, PartRequest
from server.db.people import Person
from server.db.photos import Owner, Photo
from server.domain import errors
from server.domain import events as kinds
from server.domain import parts as part_rules
from server.domain import visits as rules
from server.ids import new_id

Data = dict[str, Any]
Effect = Callable[[Session, Job, Visit, FieldEvent, Data, datetime], None]


def apply(
    session: Session, job: Job, visit: Visit, event: FieldEvent, envelope: Data, now: datetime
) -> None:
    """Lets one event count: folds it into the visit and does what its kind does."""
    visit.content = rules.apply(visit.content, envelope)
    event.visit_id = visit.id
    data = envelope["data"]
    announce_files(session, event, data)
    effect = _EFFECTS.get(event.kind)
    if effect is not None:
        effect(session, job, visit, event, data, now)
    if event.kind in rules.RECEIPT_KINDS:
        receipts.change(session, job, visit, event, now)


def keep_apart(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    """Evidence that changes nothing: its files are awaited, its photos shown apart."""
    announce_files(session, event, data)
    if event.kind == "photo.taken" and session.get(Photo, data["photo_id"]) is None:
        photo = _photo(job, visit, event, data, is_apart=True)
        session.add(photo)
        photos.meet_file(session, photo, now)
    elif event.kind in ("photo.discarded", "photo.lost"):
        known = session.get(Photo, data["photo_id"])
        if known is not None and known.is_apart:
            _drop_photo(session, job, visit, event, data, now)


def announce_files(session: Session, event: FieldEvent, data: Data) -> None:
    """Whoever announced a file is told whether it is here."""
    for blob in kinds.blobs_of(event.kind, data):
        if session.get(Owner, (blob["sha256"], event.person_id)) is None:
            session.add(Owner(sha256=blob["sha256"], person_id=event.person_id))
            session.flush()


def finish(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    """The installer left: the job is finished, and what is not solved becomes a revisit."""
    if visit.content["finished"]["at"] != event.captured_at:
        return  # it was finished before, by somebody else
    job.finished_at = event.captured_est
    audit.record(
        session,
        event.actor_id,
        "visit.finished",
        visit.id,
        now,
        job=job.id,
        outcome=data["outcome"],
    )
    revisits.open_from_visit(session, job, visit, now)


def _take_photo(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    known = session.get(Photo, data["photo_id"])
    if known is not None:
        if known.job_id == job.id:
            known.is_apart = False  # it was kept apart until a decision let it count
        return
    photo = _photo(job, visit, event, data, is_apart=False)
    told = visit.content["photos"][photo.id]["state"]
    photo.state = "awaited" if told == "taken" else told  # it may have been dropped before
    session.add(photo)
    session.flush()
    photos.meet_file(session, photo, now)
    _answer_retake(session, photo, now)


def _answer_retake(session: Session, photo: Photo, now: datetime) -> None:
    """The oldest picture of this slot that was asked for again, or could not be read, is replaced."""
    asked = (
        select(Photo)
        .where(
            Photo.job_id == photo.job_id,
            Photo.slot == photo.slot,
            Photo.id != photo.id,
            Photo.replaced_by.is_(None),
            (Photo.verdict == "retake") | (Photo.state == "unreadable"),
        )
        .order_by(Photo.taken_at)
        .limit(1)
    )
    answered = session.scalars(asked).first()
    if answered is not None:
        answered.replaced_by, answered.answer_by = photo.id, None
        audit.record(session, photo.taken_by, "photo.retaken", answered.id, now, by=photo.id)


def _photo(job: Job, visit: Visit, event: FieldEvent, data: Data, *, is_apart: bool) -> Photo:
    return Photo(
        id=data["photo_id"],
        job_id=job.id,
        visit_id=visit.id,
        slot=data["slot"],
        sha256=data["sha256"],
        size=data["size"],
        mime=data["mime"],
        width=data["width"],
        height=data["height"],
        source=data["source"],
        reason=data.get("reason") or "",
        drawn_on=data.get("drawn_on"),
        taken_at=event.captured_est,
        taken_by=event.actor_id,
        lat=event.lat,
        lon=event.lon,
        accuracy_m=photos.accuracy_of(event),
        is_apart=is_apart,
        state="awaited",
        doubts=[],
        rev=1,
    )


def _drop_photo(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    photo = session.get(Photo, data["photo_id"])
    if photo is None or photo.job_id != job.id:
        return
    photo.state = "lost" if event.kind == "photo.lost" else "discarded"
    photo.rev += 1
    if event.kind == "photo.lost":
        exceptions.open_one(
            session,
            "photo_lost",
            photo.id,
            now,
            job=job,
            event_id=event.id,
            person_id=event.actor_id,
            photo_id=photo.id,
            reason=data["reason"],
        )


def _use_part(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    if visit.content["parts"][data["line_id"]]["voided"]:
        return  # taken back before the use itself arrived
    move = part_rules.use_movement(data, event.actor_id, job.id, job.site_id, event.captured_at)
    is_known = select(Movement.id).where(
        Movement.line_id == data["line_id"], Movement.kind == "use", Movement.job_id == job.id
    )
    if move is None or session.scalars(is_known).first() is not None:
        return
    _move(session, event, move)
    place = str(part_rules.Place("van", event.actor_id))
    left = parts.stock_at(session, place).get(data["sku"], 0)
    if left < 0:
        exceptions.open_one(
            session,
            "stock_negative",
            event.id,
            now,
            job=job,
            event_id=event.id,
            person_id=event.actor_id,
            sku=data["sku"],
            balance=left,
        )


def _move(session: Session, event: FieldEvent, move: part_rules.Movement) -> None:
    session.add(
        Movement(
            id=new_id(),
            at=event.captured_est,
            kind=move["kind"],
            sku=move["sku"],
            quantity=move["quantity"],
            from_place=move["from_place"],
            to_place=move["to_place"],
            job_id=move["job_id"],
            line_id=move["line_id"],
            serial=move["serial"],
            reason=move["reason"] or "",
            person_id=move["person_id"],
            event_id=event.id,
        )
    )
    session.flush()
    feed.touch_stock(session, event.actor_id, move["sku"])


def _void_part(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    of_line = select(Movement).where(Movement.line_id == data["line_id"], Movement.job_id == job.id)
    moves = list(session.scalars(of_line.order_by(Movement.id)))
    if not moves or any(move.kind == "return" for move in moves):
        return
    used = moves[0]
    back = part_rules.void_movement(
        part_rules.Movement(
            sku=used.sku,
            quantity=used.quantity,
            from_place=used.from_place,
            to_place=used.to_place,
            kind="use",
            person_id=used.person_id or event.actor_id,
            at=event.captured_at,
            job_id=job.id,
            line_id=used.line_id,
            serial=used.serial,
            reason=None,
        ),
        event.actor_id,
        event.captured_at,
        data["reason"],
    )
    if back is not None:
        _move(session, event, back)


def _request_part(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    if session.get(PartRequest, data["request_id"]) is not None:
        return
    session.add(
        PartRequest(
            id=data["request_id"],
            ticket_id=job.ticket_id,
            job_id=job.id,
            sku=data.get("sku"),
            words=data.get("words") or "",
            quantity=data["quantity"],
            reason=data["reason"],
            state="requested",
            requested_at=event.captured_est,
            rev=1,
        )
    )


def _swap_serial(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    serial_swaps.note(session, job, event, data, now)


def _sign(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    receipts.sign(session, job, visit, event, data, now)
    revisits.open_from_visit(session, job, visit, now)


_EFFECTS: dict[str, Effect] = {
    "photo.taken": _take_photo,
    "photo.discarded": _drop_photo,
    "photo.lost": _drop_photo,
    "part.used": _use_part,
    "part.voided": _void_part,
    "part.requested": _request_part,
    "serial.swapped": _swap_serial,
    "receipt.presented": receipts.present,
    "receipt.signed": _sign,
    "receipt.unsigned": receipts.leave_unsigned,
    "visit.finished": finish,
}

VERDICTS = ("accept", "rework")


def verify(
    session: Session, by: Person, job: Job, verdict: str, reason: str | None, now: datetime
) -> None:
    """The office's verdict on the whole visit. Rework needs a reason and opens a revisit at once.

    Raises `StepNotPossible` before the visit is finished, `ReasonMissing` for a rework without words.
    """
    if current_visit(session, job).content["finished"] is None or job.cancelled_at is not None:
        raise errors.StepNotPossible(state=job.state)
    if verdict == "rework" and not (reason and reason.strip()):
        raise errors.ReasonMissing()
    job.verdict, job.verdict_reason = verdict, reason or ""
    job.verdict_by, job.verdict_at, job.is_auto_accepted = by.id, now, False
    job.edition += 1
    if verdict == "rework":
        revisits.open_for(session, job, "verdict_rework", now, words=reason or "", by=by.id)
    else:
        _accept_photos(session, by, job, now)
    audit.record(session, by.id, "visit.verified", job.id, now, verdict=verdict, reason=reason)
    settling.settle_job(session, job.id, now)


def _accept_photos(session: Session, by: Person, job: Job, now: datetime) -> None:
    """Accepting a visit accepts every picture that nobody has doubted."""
    session.flush()
    session.execute(
        update(Photo)
        .where(Photo.job_id == job.id, Photo.verdict.is_(None))
        .where(Photo.state == "checked", Photo.is_apart.is_(False))
        .values(verdict="accept", verdict_by=by.id, verdict_at=now, rev=Photo.rev + 1)
    )
