"""Photos, the files behind them, and unfinished uploads."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Select, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs
from server.db.people import Person
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers
from server.domain import errors


class Blob(Table):
    """Bytes that are here, in full, with the hash that was promised."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[Time]


class Owner(Table):
    """Who sent or announced a file: only they are told that it is here."""

    __tablename__ = "owners"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[Id] = mapped_column(primary_key=True)


class Upload(Table):
    """A resumable upload that is under way."""

    __tablename__ = "uploads"
    __table_args__ = (Index("uq_uploads_person_hash", "person_id", "sha256", unique=True),)

    id: Mapped[Key]
    sha256: Mapped[Hash]
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(100), default="")
    metadata_raw: Mapped[Words] = mapped_column(default="")
    person_id: Mapped[Id]
    device_id: Mapped[Id | None]
    created_at: Mapped[Time]
    expires_at: Mapped[Time] = mapped_column(index=True)
    holder: Mapped[Id | None] = mapped_column(comment="the request that writes now")
    held_until: Mapped[Time | None]
    finished_at: Mapped[Time | None]


class Photo(Table):
    """A picture taken on a job: what the tablet announced, what arrived, what the office said."""

    __tablename__ = "photos"
    __table_args__ = (Index("ix_photos_hash", "hash"),)

    id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    visit_id: Mapped[Id] = mapped_column(index=True)
    slot: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[Hash] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    source: Mapped[Code]
    reason: Mapped[Words] = mapped_column(default="")
    drawn_on: Mapped[Id | None]
    taken_at: Mapped[Time]
    taken_by: Mapped[Id] = mapped_column(refers("people.id"))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    is_apart: Mapped[bool] = mapped_column(default=False, comment="recorded only; kept apart")
    state: Mapped[Code] = mapped_column(
        default="awaited", comment="awaited, stored, checked, unreadable, discarded or lost"
    )
    doubts: Mapped[Document] = mapped_column(default=list)
    measured: Mapped[Document | None]
    hash: Mapped[str | None] = mapped_column(String(16), comment="dHash, 64 bits as hex")
    seen_in: Mapped[Id | None] = mapped_column(comment="an earlier photo that looks the same")
    verdict: Mapped[Code | None]
    verdict_reason: Mapped[Words] = mapped_column(default="")
    verdict_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    verdict_at: Mapped[Time | None]
    answer_by: Mapped[Time | None] = mapped_column(comment="until when a retake should come")
    rev: Mapped[int] = mapped_column(default=1)


def visible_to(person: Person, now: datetime) -> Select[tuple[Photo]]:
    """Who sees the job sees its photos."""
    seen = jobs.visible_to(person, now).with_only_columns(jobs.Job.id)
    return select(Photo).where(Photo.job_id.in_(seen))


def get_for(session: Session, person: Person, photo_id: str, now: datetime) -> Photo:
    found = session.scalar(visible_to(person, now).where(Photo.id == photo_id))
    if found is None:
        raise errors.NotFound()
    return found


def of_job(session: Session, job_id: str) -> list[Photo]:
    found = select(Photo).where(Photo.job_id == job_id).order_by(Photo.taken_at, Photo.id)
    return list(session.scalars(found))


def stored(session: Session, hashes: set[str]) -> set[str]:
    """Those of the hashes whose bytes are here."""
    return set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(hashes))))


def is_owner(session: Session, sha256: str, person_id: str) -> bool:
    return session.get(Owner, (sha256, person_id)) is not None


def bytes_waited_for(session: Session) -> int:
    """How many bytes the open uploads may still bring."""
    open_ones = select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.finished_at.is_(None))
    return int(session.execute(open_ones).scalar_one())
