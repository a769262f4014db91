"""Visits: what each field event does, and the office's verdict on the whole.

Everything that the server does about *finish* is in the files called `visits`: here the act, in
`server/domain/visits.py` the rule, in `server/db/jobs.py` the table.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from server.actions import exceptions, photos, receipts, revisits, serial_swaps, settling, verdicts
from server.db import audit, facts, feed
from server.db.events import FieldEvent
from server.db.jobs import Job, Visit, current_visit
from server.db.parts import Movement, PartRequest
from server.db.people import Person
from server.db.photos import Photo
from server.db.tables import plain
from server.db.working_sets import WorkingSet
from server.domain import errors
from server.domain import events as kinds
from server.domain import parts as part_rules
from server.domain import visits as rules
from server.ids import new_id

Data = dict[str, Any]
Effect = Callable[[WorkingSet, Job, Visit, FieldEvent, Data], None]


def apply(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, envelope: Data) -> None:
    """Lets one event count: folds it into the visit and does what its kind does."""
    visit.content = rules.apply(visit.content, envelope)
    event.visit_id = visit.id
    data = envelope["data"]
    announce_files(work, event, data)
    effect = _EFFECTS.get(event.kind)
    if effect is not None:
        effect(work, job, visit, event, data)
    if event.kind in rules.RECEIPT_KINDS:
        receipts.change(work, job, visit, event)


def keep_apart(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    """Evidence that changes nothing: its files are awaited, its photos shown apart."""
    announce_files(work, event, data)
    if event.kind == "photo.taken" and work.photo(data["photo_id"]) is None:
        photo = _photo(work, job, visit, event, data, is_apart=True)
        work.add_photo(photo)
        photos.meet_file(work, photo)
    elif event.kind in ("photo.discarded", "photo.lost"):
        known = work.photo(data["photo_id"])
        if known is not None and known.is_apart:
            _drop_photo(work, job, visit, event, data)


def announce_files(work: WorkingSet, event: FieldEvent, data: Data) -> None:
    """Whoever announced a file is told whether it is here."""
    for blob in kinds.blobs_of(event.kind, data):
        work.own(blob["sha256"], event.person_id)


def finish(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    """The installer left: the job is finished, and what is not solved becomes a revisit."""
    if visit.content["finished"]["at"] != event.captured_at:
        return  # it was finished before, by somebody else
    job.finished_at = event.captured_est
    audit.record(
        work.session,
        event.actor_id,
        "visit.finished",
        visit.id,
        work.now,
        job=job.id,
        outcome=data["outcome"],
    )
    revisits.open_from_visit(work, job, visit)


def _take_photo(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    known = work.photo(data["photo_id"])
    if known is not None:
        if known.job_id == job.id:
            known.is_apart = False  # it was kept apart until a decision let it count
        return
    photo = _photo(work, job, visit, event, data, is_apart=False)
    told = visit.content["photos"][photo.id]["state"]
    photo.state = "awaited" if told == "taken" else told  # it may have been dropped before
    work.add_photo(photo)
    photos.meet_file(work, photo)
    _answer_retake(work, job, photo)


def _answer_retake(work: WorkingSet, job: Job, photo: Photo) -> None:
    """The oldest picture of this slot that was asked for again, or could not be read, is replaced."""
    asked = (
        other
        for other in work.photos_of(job)
        if other.slot == photo.slot
        and other.id != photo.id
        and other.replaced_by is None
        and (other.verdict == "retake" or other.state == "unreadable")
    )
    answered = next(asked, None)
    if answered is not None:
        answered.replaced_by, answered.answer_by = photo.id, None
        audit.record(
            work.session, photo.taken_by, "photo.retaken", answered.id, work.now, by=photo.id
        )


def _photo(
    work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data, *, is_apart: bool
) -> Photo:
    return plain(
        Photo,
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
        accuracy_m=photos.accuracy_of(work.record.envelope(event)),
        is_apart=is_apart,
        state="awaited",
        doubts=[],
        rev=1,
    )


def _drop_photo(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    photo = work.photo(data["photo_id"])
    if photo is None or photo.job_id != job.id:
        return
    photo.state = "lost" if event.kind == "photo.lost" else "discarded"
    photo.rev += 1
    if event.kind == "photo.lost":
        exceptions.open_one(
            work.session,
            "photo_lost",
            photo.id,
            work.now,
            job=job,
            event_id=event.id,
            person_id=event.actor_id,
            photo_id=photo.id,
            reason=data["reason"],
        )


def _use_part(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    if visit.content["parts"][data["line_id"]]["voided"]:
        return  # taken back before the use itself arrived
    move = part_rules.use_movement(data, event.actor_id, job.id, job.site_id, event.captured_at)
    is_known = any(known.kind == "use" for known in _moves_of(work, job, data["line_id"]))
    if move is None or is_known:
        return
    _move(work, event, move)
    place = str(part_rules.Place("van", event.actor_id))
    left = work.stock(place, data["sku"])
    if left < 0:
        exceptions.open_one(
            work.session,
            "stock_negative",
            event.id,
            work.now,
            job=job,
            event_id=event.id,
            person_id=event.actor_id,
            sku=data["sku"],
            balance=left,
        )


def _moves_of(work: WorkingSet, job: Job, line_id: str) -> list[Movement]:
    return [each for each in work.movements if each.line_id == line_id and each.job_id == job.id]


def _move(work: WorkingSet, event: FieldEvent, move: part_rules.Movement) -> None:
    work.add_movement(
        plain(
            Movement,
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
    feed.touch_stock(work.session, event.actor_id, move["sku"])


def _void_part(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    moves = _moves_of(work, job, data["line_id"])
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
        _move(work, event, back)


def _request_part(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    if work.request(data["request_id"]) is not None:
        return
    work.add_request(
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
    facts.note(work.session, "part_request.added", data["request_id"], event.captured_est, work.now)


def _swap_serial(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    serial_swaps.note(work.session, job, event, data, work.now)


def _tell(kind: str) -> Effect:
    """Outside they hear of it; when it happened is said, for what comes late."""

    def tell(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
        facts.note(work.session, kind, visit.id, event.captured_est, work.now, {"job": job.id})

    return tell


def _sign(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    receipts.sign(work, job, visit, event, data)
    revisits.open_from_visit(work, job, visit)


_EFFECTS: dict[str, Effect] = {
    "travel.started": _tell("visit.travelling"),
    "visit.arrived": _tell("visit.arrived"),
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
    stood, known = verdicts.before(session, job), verdicts.revisits_of(session, job.id)
    job.verdict, job.verdict_reason = verdict, reason or ""
    job.verdict_by, job.verdict_at, job.is_auto_accepted = by.id, now, False
    job.edition += 1
    photos: list[str] = []
    revisit = None
    if verdict == "rework":
        opened = revisits.open_for(
            session, job, "verdict_rework", now, words=reason or "", by=by.id
        )
        revisit = opened.id if opened.id not in known else None
    else:
        photos = _accept_photos(session, by, job, now)
    audit.record(session, by.id, "visit.verified", job.id, now, verdict=verdict, reason=reason)
    settling.settle_job(session, job.id, now)
    verdicts.keep(session, by, job, None, stood, now, revisit=revisit, photos=photos)


def _accept_photos(session: Session, by: Person, job: Job, now: datetime) -> list[str]:
    """Accepting a visit accepts every picture that nobody has doubted; the ids of these."""
    session.flush()
    undoubted = (
        update(Photo)
        .where(Photo.job_id == job.id, Photo.verdict.is_(None))
        .where(Photo.state == "checked", Photo.is_apart.is_(False))
        .values(verdict="accept", verdict_by=by.id, verdict_at=now, rev=Photo.rev + 1)
    )
    return sorted(session.scalars(undoubted.returning(Photo.id)))
