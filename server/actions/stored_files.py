"""Files that are here in full meet the photos and the jobs that wait for them, in whichever order they come.

A visit brings seven files. While its job still misses others, one that arrives changes nothing but what
is missing: no act of anybody waits for that, so the job is told again without being settled. The last
one settles everything.
"""

from datetime import datetime

from sqlalchemy import String, bindparam, select, type_coerce, union_all, update
from sqlalchemy.orm import Session

from server.actions.settling import settle, settle_job
from server.db import feed, house, jobs, photos, sheets
from server.db.jobs import Job
from server.db.lookups import Command, Question, insert_once
from server.db.photos import Blob, Owner, Photo
from server.db.types import written
from server.db.working_sets import WorkingSet
from server.domain import sync as rules

_JOB, _PHOTO = Job.__table__.c, Photo.__table__.c
_WAITING = Question(
    select(
        union_all(
            select(Photo.job_id).where(Photo.sha256 == bindparam("sha256")),
            select(Job.id).where(
                Job.received == "partial", type_coerce(Job.missing, String).like(bindparam("named"))
            ),
        ).subquery()
    )
)
_LOCKED = Question(
    select(_JOB.received, _JOB.missing, _JOB.document)
    .where(_JOB.id == bindparam("job"))
    .with_for_update()
)
_ARRIVED = Command(
    update(Photo)
    .where(_PHOTO.sha256 == bindparam("file"), _PHOTO.state == "awaited")
    .values(state="stored")
)
_TOLD = Command(
    update(Job)
    .where(_JOB.id == bindparam("job"))
    .values(missing=bindparam("still", type_=String), document=bindparam("text"))
)


def note_stored(
    session: Session, sha256: str, size: int, person_id: str | None, now: datetime
) -> None:
    """A file is here in full, brought by this person (None: by somebody unknown). Safe to repeat."""
    session.flush()
    is_new = insert_once(session, Blob, sha256=sha256, size=size, stored_at=now)
    if not is_new:
        _again_if_erased(session, sha256, now)
    if person_id is not None:
        insert_once(session, Owner, sha256=sha256, person_id=person_id)
    house.ask_for(session, "photo.examine", sha256, now)
    meet(session, sha256, now)


def _again_if_erased(session: Session, sha256: str, now: datetime) -> None:
    """Bytes that had been removed for good are here again: whether anybody wants them is asked again."""
    blob = session.get(Blob, sha256)
    if blob is not None and blob.erased_at is not None:
        house.ask_for(session, "file.erase", sha256, now)


def meet(session: Session, sha256: str, now: datetime) -> None:
    """Whatever waits for a file that is here hears of it."""
    waiting = jobs_waiting_for(session, sha256)
    if not waiting:
        return
    concerned = [each for each in waiting if not _only_misses_less(session, each, sha256)]
    _ARRIVED.within(session, file=sha256)
    session.expire_all()  # it was written past the session
    if concerned:
        work = WorkingSet(session, jobs.lock(session, concerned), now)
        for job in work.jobs.values():
            settle(work, job)
        feed.stamp(session, now, work)


def jobs_waiting_for(session: Session, sha256: str) -> list[str]:
    """Jobs that show the file as a photo, or whose announced proof is not here in full without it."""
    found = _WAITING.within(session, sha256=sha256, named=f"%{sha256}%")
    return sorted({job_id for (job_id,) in found})


def _only_misses_less(session: Session, job_id: str, sha256: str) -> bool:
    """Locks the job. Whether nothing of it but what it misses changes by this file, which then is noted."""
    ((received, missing, document),) = _LOCKED.within(session, job=job_id)
    if received == rules.Received.NONE:
        return True  # nothing was promised yet, so nothing can be missing
    if received != rules.Received.PARTIAL or sha256 not in missing["blobs"]:
        return False
    still = {**missing, "blobs": [each for each in missing["blobs"] if each != sha256]}
    if rules.standing(still) != rules.Received.PARTIAL:
        return False
    text = sheets.missing_less(document, still)
    _TOLD.within(session, job=job_id, still=written(still), text=text)
    feed.touch_document(session, job_id)
    return True


def meet_late(session: Session, now: datetime) -> list[str]:
    """Photos and files that came by two doors in the same moment and missed each other meet now.

    Returns the jobs that were settled again.
    """
    here = select(Blob.sha256)
    missed = select(Photo.sha256).where(Photo.state == "awaited", Photo.sha256.in_(here))
    for sha256 in set(session.scalars(missed.limit(200))):
        _ARRIVED.within(session, file=sha256)
        house.ask_for(session, "photo.examine", sha256, now)
    partial = session.scalars(select(Job).where(Job.received == "partial"))
    late = {job.id for job in partial if photos.stored(session, set(job.missing["blobs"]))}
    jobs.lock(session, late)
    for job_id in sorted(late):
        settle_job(session, job_id, now)
    return sorted(late)
