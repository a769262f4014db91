"""Photos: what the examination found, and the office's verdict on each."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import exceptions, revisits, verdicts
from server.actions.settling import settle_job
from server.db import audit, house, jobs, photos
from server.db.customers import Site
from server.db.events import FieldEvent
from server.db.jobs import Job
from server.db.people import Person
from server.db.photos import Photo
from server.db.working_sets import WorkingSet
from server.domain import errors
from server.domain import photos as rules
from server.domain.photos import Doubt, Measured
from server.domain.verdicts import AskedOf

VERDICTS = ("accept", "retake", "rework")
_HERE = ("stored", "checked", "unreadable")


def meet_file(work: WorkingSet, photo: Photo) -> None:
    """A photo was announced; its file may have come first."""
    if photo.state == "awaited" and work.stored({photo.sha256}):
        photo.state = "stored"
        house.ask_for(work.session, "photo.examine", photo.sha256, work.now)


def accuracy_of(envelope: dict[str, Any]) -> float | None:
    """Metres by which the position of an event may be wrong, as the tablet said."""
    position = envelope.get("position")
    accuracy = position.get("accuracy_m") if isinstance(position, dict) else None
    if not isinstance(accuracy, int | float) or isinstance(accuracy, bool):
        return None
    return float(accuracy) if 0 <= accuracy <= 10**7 else None


# The examination.


def waiting_for(session: Session, sha256: str) -> list[Photo]:
    """Photos of this file that nobody has looked at yet."""
    found = select(Photo).where(Photo.sha256 == sha256, Photo.state == "stored")
    return list(session.scalars(found.order_by(Photo.id)))


def examine(session: Session, sha256: str, measured: Measured, now: datetime) -> None:
    """Writes down what was measured of a file, what it makes doubtful, and settles its jobs.

    Safe to repeat: a photo that was examined before is left as it is.
    """
    for photo in _locked(session, sha256):
        photo.state = "checked"
        photo.measured = _as_document(measured)
        photo.doubts = [*rules.doubts(measured), *_doubts_of_place(session, photo, measured)]
        photos.remember_look(session, photo, measured.hash)
        session.flush()
        _compare(session, photo, now)
        settle_job(session, photo.job_id, now)


def give_up(session: Session, sha256: str, why: errors.DoorstepError, now: datetime) -> None:
    """The file cannot be shown as a picture; the office decides, the original is kept."""
    for photo in _locked(session, sha256):
        photo.state, photo.measured = "unreadable", {"refused": why.code}
        _put_before_office(session, "photo_unreadable", photo, now, code=why.code)
        settle_job(session, photo.job_id, now)


def _locked(session: Session, sha256: str) -> list[Photo]:
    jobs.lock(session, {photo.job_id for photo in waiting_for(session, sha256)})
    return waiting_for(session, sha256)


def _as_document(measured: Measured) -> dict[str, Any]:
    found = asdict(measured)
    found["taken_at"] = measured.taken_at.isoformat() if measured.taken_at else None
    found["position"] = list(measured.position) if measured.position else None
    return found


def _doubts_of_place(session: Session, photo: Photo, measured: Measured) -> list[Doubt]:
    job = session.get_one(Job, photo.job_id)
    found = [_out_of_time(session, photo, measured, job), _far_away(session, photo, measured, job)]
    return [doubt for doubt in found if doubt]


def _out_of_time(session: Session, photo: Photo, measured: Measured, job: Job) -> Doubt | None:
    """The moment of capture, and for a picture from the gallery the camera's, against the visit."""
    arrived = _moment_of(session, photo.visit_id, "visit.arrived")
    if arrived is None:
        return None
    finished = _moment_of(session, photo.visit_id, "visit.finished")
    if _answers_retake(session, photo):
        finished = None  # asked for after the visit: of course it is later
    moments = [photo.taken_at]
    if photo.source == "gallery" and measured.taken_at is not None:
        moments.append(measured.taken_at)
    zone = ZoneInfo(job.time_zone)
    for moment in moments:
        if doubt := rules.outside_visit(moment, arrived, finished, zone=zone):
            return doubt
    return None


def _answers_retake(session: Session, photo: Photo) -> bool:
    asked = select(Photo.id).where(Photo.replaced_by == photo.id)
    return session.scalars(asked.limit(1)).first() is not None


def _moment_of(session: Session, visit_id: str, kind: str) -> datetime | None:
    """When this first happened on the visit, by the tablet's clock corrected."""
    found = select(FieldEvent.captured_est).where(
        FieldEvent.visit_id == visit_id, FieldEvent.kind == kind
    )
    return session.scalars(found.order_by(FieldEvent.captured_est).limit(1)).first()


def _far_away(session: Session, photo: Photo, measured: Measured, job: Job) -> Doubt | None:
    site = session.get_one(Site, job.site_id)
    if site.lat is None or site.lon is None:
        return None
    if photo.lat is not None and photo.lon is not None:
        distance = rules.distance_m(site.lat, site.lon, photo.lat, photo.lon)
        return rules.far_away(distance, photo.accuracy_m or 0.0)
    if measured.position is not None:
        return rules.far_away(rules.distance_m(site.lat, site.lon, *measured.position))
    return None


def _compare(session: Session, photo: Photo, now: datetime) -> None:
    """Of two pictures that look alike, on two jobs, the later one is a copy; whichever came in first."""
    if photo.hash is None:
        return
    alike = [
        each
        for each in photos.lookalikes(session, photo.hash)
        if each.job_id != photo.job_id and each.state == "checked"
    ]
    age = (photo.taken_at, photo.id)
    earlier = [each for each in alike if (each.taken_at, each.id) < age]
    if earlier:
        _note_copy(session, photo, earlier[0], now)
    for each in alike:
        if (each.taken_at, each.id) > age and each.seen_in is None:
            _note_copy(session, each, photo, now)
            settle_job(session, each.job_id, now)


def _note_copy(session: Session, copy: Photo, first: Photo, now: datetime) -> None:
    copy.seen_in = first.id
    copy.doubts = [*copy.doubts, "seen_before"]
    _put_before_office(
        session, "photo_seen_before", copy, now, seen_in=first.id, seen_on_job=first.job_id
    )


def _put_before_office(
    session: Session, kind: str, photo: Photo, now: datetime, **details: Any
) -> None:
    exceptions.open_one(
        session,
        kind,
        photo.id,
        now,
        job=session.get_one(Job, photo.job_id),
        person_id=photo.taken_by,
        photo_id=photo.id,
        **details,
    )


# The verdict.


def judge(
    session: Session,
    by: Person,
    photo: Photo,
    verdict: str,
    reason: str | None,
    retake_within: timedelta,
    now: datetime,
    asked_of: str = AskedOf.INSTALLER,
) -> None:
    """accept; retake (the picture will not do: asked for again); rework (the work will not: a revisit).

    A retake is asked of the installer, on the tablet, or of the customer, by a link. Raises
    `ReasonMissing` for the last two without words, `StepNotPossible` for a photo that is not here or was
    taken back.
    """
    if photo.state not in _HERE:
        raise errors.StepNotPossible(state=photo.state)
    words = (reason or "").strip()
    if verdict != "accept" and not words:
        raise errors.ReasonMissing()
    job = session.get_one(Job, photo.job_id)
    stood, known = verdicts.before(session, job, photo), verdicts.revisits_of(session, job.id)
    photo.verdict, photo.verdict_reason = verdict, words
    photo.verdict_by, photo.verdict_at = by.id, now
    photo.answer_by = now + retake_within if verdict == "retake" else None
    photo.asked_of = asked_of if verdict == "retake" else None
    photo.rev += 1
    revisit = None
    if verdict == "rework":
        opened = revisits.open_for(session, job, "verdict_rework", now, words=words, by=by.id)
        revisit = opened.id if opened.id not in known else None
    audit.record(
        session, by.id, "photo.judged", photo.id, now, verdict=verdict, reason=words, job=job.id,
        **({"asked_of": asked_of} if verdict == "retake" else {}),
    )  # fmt: skip
    session.flush()
    settle_job(session, job.id, now)
    verdicts.keep(session, by, job, photo, stood, now, revisit=revisit)
