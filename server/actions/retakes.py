"""A new picture that the customer sends by a link: it answers the request, and is checked as any other."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import settling, stored_files
from server.db import audit, jobs
from server.db.photos import Photo
from server.domain import errors
from server.domain import photos as photo_rules
from server.domain.verdicts import AskedOf
from server.ids import new_id

PURPOSE = "retake"  # of the signed link, whose id is that of the photo asked for again
SOURCE = "customer"
MOST_BYTES = 1_000_000  # the page makes pictures smaller before it sends them


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is on the disk already, under its hash."""

    sha256: str
    size: int
    mime: photo_rules.Format


def asked_for(session: Session, photo_id: str, now: datetime, *, to_change: bool = False) -> Photo:
    """The picture that a customer is still asked for; raises `LinkOver` once it is not any more.

    It came already, its time has passed, the office took the request back: to the customer it is all one.
    """
    photo = session.get(Photo, photo_id)
    if photo is not None and to_change:
        jobs.lock(session, {photo.job_id})
        session.refresh(photo, with_for_update={"of": Photo})
    if photo is None or not _is_open(photo, now):
        raise errors.LinkOver()
    return photo


def _is_open(photo: Photo, now: datetime) -> bool:
    is_asked = photo.verdict == "retake" and photo.asked_of == AskedOf.CUSTOMER
    return is_asked and photo.replaced_by is None and (photo.answer_by or now) > now


def answer(session: Session, asked: Photo, sent: Sent, now: datetime) -> Photo:
    """Puts the new picture in the place of the old one; the caller holds the lock of its job.

    Nobody of ours has taken it, so it stands under the name of whoever has asked for it, and says where it
    comes from. The same file sent again is the same answer.
    """
    photo = Photo(
        id=new_id(),
        job_id=asked.job_id,
        visit_id=asked.visit_id,
        slot=asked.slot,
        sha256=sent.sha256,
        size=sent.size,
        mime=sent.mime,
        width=0,
        height=0,
        source=SOURCE,
        reason="",
        taken_at=now,
        taken_by=asked.verdict_by,
        is_apart=False,
        state="stored",
        doubts=[],
        rev=1,
    )
    session.add(photo)
    session.flush()
    asked.replaced_by, asked.answer_by = photo.id, None
    audit.record(
        session, None, "photo.retaken", asked.id, now, by=photo.id, job=asked.job_id, source=SOURCE
    )
    stored_files.note_stored(session, sent.sha256, sent.size, None, now)
    settling.settle_job(session, asked.job_id, now)
    return photo


def open_of(session: Session, job_id: str, now: datetime) -> list[Photo]:
    """Those of a job that its customer is asked for."""
    found = select(Photo).where(Photo.job_id == job_id, Photo.asked_of == AskedOf.CUSTOMER)
    return [each for each in session.scalars(found) if _is_open(each, now)]
