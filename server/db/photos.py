"""Photos, the files behind them, and unfinished uploads."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Select, String, and_, delete, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from server.db import jobs, sights
from server.db.people import Person
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers
from server.domain import photos as rules
from server.domain.people import CONTRACTOR_ROLES


class Blob(Table):
    """Bytes that are here, in full, with the hash that was promised."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[Time]
    erased_at: Mapped[Time | None] = mapped_column(
        comment="the bytes were removed for good; that they had come stays on record"
    )


class Owner(Table):
    """Who sent or announced a file: only they are told that it is here."""

    __tablename__ = "owners"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[Id] = mapped_column(primary_key=True)


class Upload(Table):
    """A resumable upload that is under way."""

    __tablename__ = "uploads"
    __table_args__ = (
        Index("uq_uploads_person_hash", "person_id", "sha256", unique=True),
        # The open ones, few among many, are summed up at every creation.
        Index(
            "ix_uploads_open",
            "size",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    sha256: Mapped[Hash]
    size: Mapped[int] = mapped_column(BigInteger)
    mime: Mapped[str] = mapped_column(String(100), default="")
    metadata_raw: Mapped[Words] = mapped_column(default="")
    person_id: Mapped[Id]
    device_id: Mapped[Id | None] = mapped_column(index=True)
    created_at: Mapped[Time]
    expires_at: Mapped[Time] = mapped_column(index=True)
    holder: Mapped[Id | None] = mapped_column(comment="the request that writes now")
    held_until: Mapped[Time | None]
    wanted_by: Mapped[Id | None] = mapped_column(comment="a request that waits to write")
    is_whole: Mapped[bool] = mapped_column(
        default=False, comment="its hash was right; the file may lie in its place already"
    )
    finished_at: Mapped[Time | None]


class Photo(Table):
    """A picture taken on a job: what the tablet announced, what arrived, what the office said."""

    __tablename__ = "photos"
    __table_args__ = (
        # With the state: SQLite would go through every photo of the shop in this state otherwise.
        Index("ix_photos_of_job", "job_id", "state"),
        Index("ix_photos_in_state", "state", "id"),
    )

    id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"))
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
    accuracy_m: Mapped[float | None] = mapped_column(comment="how sure the position was")
    is_apart: Mapped[bool] = mapped_column(default=False, comment="recorded only; kept apart")
    state: Mapped[Code] = mapped_column(
        default="awaited",
        comment="awaited, stored, checked, unreadable, discarded or lost",
    )
    doubts: Mapped[Document] = mapped_column(default=list)
    measured: Mapped[Document | None]
    hash: Mapped[str | None] = mapped_column(String(16), comment="dHash, 64 bits as hex")
    seen_in: Mapped[Id | None] = mapped_column(comment="an earlier photo that looks the same")
    verdict: Mapped[Code | None]
    verdict_reason: Mapped[Words] = mapped_column(default="")
    verdict_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    verdict_at: Mapped[Time | None]
    asked_of: Mapped[Code | None] = mapped_column(
        comment="who is asked for a new one: installer or customer"
    )
    answer_by: Mapped[Time | None] = mapped_column(comment="until when a retake should come")
    replaced_by: Mapped[Id | None] = mapped_column(comment="the photo that answered a retake")
    rev: Mapped[int] = mapped_column(default=1)


class Band(Table):
    """A quarter of a photo's hash, so that pictures that look alike are found by index.

    Two hashes that differ in six bits or fewer have a quarter that differs in one bit at most
    (Norouzi, Punjani, Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012):
    four quarters, seventeen values each, find them all.
    """

    __tablename__ = "photo_bands"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    band: Mapped[int] = mapped_column(primary_key=True, comment="which quarter, then its 16 bits")
    photo_id: Mapped[Id] = mapped_column(refers("photos.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(16))


def visible_to(person: Person, now: datetime) -> Select[Photo]:
    """Who sees the job sees its photos; whoever took the job over, not those of somebody before."""
    its_job = jobs.visible_to(person, now).where(jobs.Job.id == Photo.job_id)
    found = select(Photo).where(its_job.exists())
    if person.role not in CONTRACTOR_ROLES:
        return found
    its_visit = jobs.visits_visible_to(person, now).where(jobs.Visit.id == Photo.visit_id)
    of_visit = its_visit.exists() & Photo.is_apart.is_(False)
    return found.where(of_visit | Photo.taken_by.in_(jobs.own_people(person)))


def get_for(session: Session, person: Person, photo_id: str, now: datetime) -> Photo:
    return sights.one(session, visible_to(person, now).where(Photo.id == photo_id))


def picture_for(session: Session, person: Person, photo_id: str, now: datetime) -> Photo:
    """A photo to look at: also those of an earlier trip that a visible job shows as its history."""
    earlier, later = aliased(jobs.Job), aliased(jobs.Job)
    is_seen = jobs.visible_to(person, now).where(jobs.Job.id == later.id).exists()
    shown = [
        select(earlier.id)
        .join(later, same)
        .where(is_seen, earlier.finished_at.is_not(None))
        .where(earlier.issued_at <= later.issued_at, earlier.id == Photo.job_id)
        .exists()
        for same in (later.ticket_id == earlier.ticket_id, later.asset_id == earlier.asset_id)
    ]
    its_job = jobs.visible_to(person, now).where(jobs.Job.id == Photo.job_id)
    history = and_(Photo.state == "checked", Photo.is_apart.is_(False), or_(*shown))
    wanted = select(Photo).where(Photo.id == photo_id, or_(its_job.exists(), history))
    return sights.one(session, wanted)


def of_job(session: Session, job_id: str) -> list[Photo]:
    found = select(Photo).where(Photo.job_id == job_id).order_by(Photo.taken_at, Photo.id)
    return list(session.scalars(found))


def stored(session: Session, hashes: set[str]) -> set[str]:
    """Those of the hashes whose bytes are here."""
    return set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(hashes))))


def is_owner(session: Session, sha256: str, person_id: str) -> bool:
    return session.get(Owner, (sha256, person_id)) is not None


BYTES_WAITED_FOR = select(func.coalesce(func.sum(Upload.size), 0)).where(
    Upload.finished_at.is_(None)
)


def bytes_waited_for(session: Session) -> int:
    """How many bytes the open uploads may still bring."""
    return int(session.execute(BYTES_WAITED_FOR).scalar_one())


QUARTERS = (0, 1, 2, 3)


def _band(quarter: int, bits: int) -> int:
    return quarter << 16 | bits


def bands(hash_: str) -> list[int]:
    """The four quarters of a hash of 16 hex digits."""
    return [_band(each, int(hash_[4 * each : 4 * each + 4], 16)) for each in QUARTERS]


def near_bands(hash_: str) -> list[int]:
    """The four quarters, and each with one of its bits turned over: 68 numbers."""
    return [
        near for band in bands(hash_) for near in (band, *(band ^ 1 << bit for bit in range(16)))
    ]


def remember_look(session: Session, photo: Photo, hash_: str) -> None:
    """Notes how a photo looks, for those that come later; a hash that tells nothing is left out."""
    if photo.hash and photo.hash != hash_:
        old = delete(Band).where(Band.band.in_(bands(photo.hash)), Band.photo_id == photo.id)
        session.execute(old)
    is_new = photo.hash != hash_
    photo.hash = hash_
    if is_new and rules.is_telling(hash_):
        session.flush()
        session.add_all(Band(band=each, photo_id=photo.id, hash=hash_) for each in bands(hash_))


def lookalikes(session: Session, hash_: str) -> list[Photo]:
    """All photos that look like this hash, within `SAME_PICTURE_BITS`, oldest first."""
    if not rules.is_telling(hash_):
        return []
    near = select(Band.photo_id, Band.hash).where(Band.band.in_(near_bands(hash_)))
    same = {photo_id for photo_id, other in session.execute(near) if rules.looks_like(hash_, other)}
    if not same:
        return []
    found = select(Photo).where(Photo.id.in_(same)).order_by(Photo.taken_at, Photo.id)
    return list(session.scalars(found))
