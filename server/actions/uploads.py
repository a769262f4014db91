"""Uploads: begun, taken turns at, finished, forgotten. Rows only; the bytes move outside of transactions.

An upload is found by its person and its hash, so that the same file asked for twice is the same upload.
One request writes to it at a time: it *has the turn*, until it gives it back or its lease runs out. A
newcomer leaves its wish, and whoever has the turn looks for wishes while it writes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Result, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from server.actions import stored_files
from server.db import photos
from server.db.lookups import Lookups, Question, insert_once
from server.db.photos import Blob, Owner, Upload
from server.db.tables import plain
from server.domain import errors
from server.ids import new_id

LIFE = timedelta(days=30)  # how long an upload waits for the rest
LEASE = timedelta(seconds=30)  # how long a turn lasts when nothing is heard of its holder

IsHere = Callable[[str, int], bool]
"""Whether the original of this hash lies on the disk with this size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a sender says of a file before its first byte."""

    sha256: str
    size: int
    mime: str
    metadata_raw: str


def begin(
    session: Session,
    person_id: str,
    device_id: str | None,
    promise: Promise,
    now: datetime,
    *,
    is_here: IsHere,
    room: int,
    upload_id: str | None = None,
) -> Upload:
    """The upload of this file: the one there is, or a new one, at its end where the file is here.

    `room` is how many bytes may still be written, `upload_id` that of a new one. Raises `Invalid`
    where the file that is here has another length, `StorageFull`.
    """
    known = _of_hash(session, person_id, promise.sha256)
    if known is not None:
        if _goes_on(known, promise, now, is_here):
            known.expires_at = now + LIFE
            return known
        session.delete(known)
        session.flush()
    is_stored = _stored_size(session, person_id, promise.sha256, is_here)
    if is_stored is not None and is_stored != promise.size:
        raise errors.Invalid(
            errors={"Upload-Length": ["The file with this hash is longer or shorter."]}
        )
    if is_stored is None and room - photos.bytes_waited_for(session) < promise.size:
        raise errors.StorageFull(retry_after_s=300)
    upload = Upload(**vars(new_upload(upload_id or new_id(), person_id, device_id, promise, now)))
    upload.finished_at = now if is_stored is not None else None
    session.add(upload)
    session.flush()
    return upload


def new_upload(
    upload_id: str, person_id: str, device_id: str | None, promise: Promise, now: datetime
) -> Upload:
    """A plain row that no session knows of."""
    return plain(
        Upload,
        id=upload_id,
        sha256=promise.sha256,
        size=promise.size,
        mime=promise.mime,
        metadata_raw=promise.metadata_raw,
        person_id=person_id,
        device_id=device_id,
        created_at=now,
        expires_at=now + LIFE,
    )


_HAS_COME = Question(
    select(
        exists().where(
            Upload.person_id == bindparam("person_id"), Upload.sha256 == bindparam("sha256")
        ),
        exists().where(
            Owner.person_id == bindparam("person_id"),
            Owner.sha256 == bindparam("sha256"),
            Blob.sha256 == Owner.sha256,
        ),
        photos.BYTES_WAITED_FOR.scalar_subquery(),
    )
)


def is_unheard_of(asked: Lookups, person_id: str, promise: Promise, room: int) -> bool:
    """Whether nothing of the file came from this person, and nothing of it may be told to them: neither
    is it begun, nor theirs and here. Announced it may be, as events go first.

    Raises `StorageFull` where a new one has no room beside those that are open.
    """
    found = asked.one(_HAS_COME, person_id=person_id, sha256=promise.sha256)
    assert found is not None, "a sum is always there"
    is_begun, is_theirs_and_here, waited_for = found
    if is_begun or is_theirs_and_here:
        return False
    if room - int(waited_for) < promise.size:
        raise errors.StorageFull(retry_after_s=300)
    return True


def _of_hash(session: Session, person_id: str, sha256: str) -> Upload | None:
    found = select(Upload).where(Upload.person_id == person_id, Upload.sha256 == sha256)
    return session.scalar(found.with_for_update())


def _goes_on(known: Upload, promise: Promise, now: datetime, is_here: IsHere) -> bool:
    """Whether a known upload serves this promise, too: same length, alive, its file not lost since."""
    if known.size != promise.size or known.expires_at <= now:
        return False
    return known.finished_at is None or is_here(known.sha256, known.size)


def _stored_size(session: Session, person_id: str, sha256: str, is_here: IsHere) -> int | None:
    """The size of a file that is here, as far as this person may know of it."""
    blob = session.get(Blob, sha256)
    if blob is None or not photos.is_owner(session, sha256, person_id):
        return None
    return blob.size if blob.erased_at or is_here(sha256, blob.size) else None


@dataclass(frozen=True, slots=True)
class Known:
    """What this person's check of a hash may find: the file, an open upload, or nothing."""

    is_stored: bool
    upload: Upload | None


def check(
    session: Session, person_id: str, hashes: Iterable[str], now: datetime, is_here: IsHere
) -> dict[str, Known]:
    wanted = set(hashes)
    owned = select(Owner.sha256).where(Owner.person_id == person_id, Owner.sha256.in_(wanted))
    blobs = session.execute(
        select(Blob.sha256, Blob.size, Blob.erased_at).where(Blob.sha256.in_(owned))
    )
    # What was erased had come: a tablet that still has it may forget it.
    stored = {sha256 for sha256, size, erased_at in blobs if erased_at or is_here(sha256, size)}
    opened = select(Upload).where(
        Upload.person_id == person_id,
        Upload.sha256.in_(wanted - stored),
        Upload.finished_at.is_(None),
        Upload.expires_at > now,
    )
    uploads = {upload.sha256: upload for upload in session.scalars(opened)}
    return {sha256: Known(sha256 in stored, uploads.get(sha256)) for sha256 in wanted}


def find(
    session: Session, upload_id: str, person_id: str, now: datetime, *, to_change: bool = False
) -> Upload:
    """Raises `FileUnknown` for what is not this person's, `UploadGone` for what has run out."""
    upload = session.get(Upload, upload_id, with_for_update=to_change)
    if upload is None or upload.person_id != person_id:
        raise errors.FileUnknown()
    if upload.expires_at <= now:
        raise errors.UploadGone()
    return upload


# Turns.


@dataclass(frozen=True, slots=True)
class Taken:
    """An upload with its turn. `is_inherited`: its last holder never gave it back, and may still write."""

    upload: Upload
    is_inherited: bool


def take_turn(
    session: Session, upload_id: str, person_id: str, turn: str, now: datetime
) -> Taken | None:
    """The turn to write. None while another has it, who is told that it is wanted."""
    upload = find(session, upload_id, person_id, now, to_change=True)
    if _is_held(upload, now) and upload.holder != turn:
        upload.wanted_by = turn
        return None
    is_inherited = upload.holder not in (None, turn)
    upload.holder, upload.held_until, upload.wanted_by = turn, now + LEASE, None
    upload.expires_at = now + LIFE
    return Taken(upload, is_inherited)


def _is_held(upload: Upload, now: datetime) -> bool:
    return upload.holder is not None and upload.held_until is not None and upload.held_until > now


def is_free(session: Session, upload_id: str, now: datetime) -> bool:
    """Whether nobody has the turn; also true when the upload has gone."""
    upload = session.get(Upload, upload_id)
    return upload is None or not _is_held(upload, now)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a holder stands: whether the turn is still its own, and whether somebody waits for it."""

    is_mine: bool
    is_wanted: bool
    held_until: datetime | None


def standing(session: Session, upload_id: str, turn: str) -> Standing:
    upload = session.get(Upload, upload_id)
    if upload is None or upload.holder != turn:
        return Standing(False, False, None)
    return Standing(True, upload.wanted_by is not None, upload.held_until)


def keep_turn(session: Session, upload_id: str, turn: str, now: datetime) -> None:
    kept = update(Upload).where(Upload.id == upload_id, Upload.holder == turn)
    session.execute(kept.values(held_until=now + LEASE))


def give_back(session: Session, upload_id: str, turn: str) -> None:
    given = update(Upload).where(Upload.id == upload_id, Upload.holder == turn)
    session.execute(given.values(holder=None, held_until=None, wanted_by=None))


# Ends.


def note_whole(session: Session, upload_id: str, turn: str) -> None:
    """The hash was right and the file is about to move: from now on its absence means that it did.

    Raises `Locked` where the turn is another's by now.
    """
    mine = update(Upload).where(Upload.id == upload_id, Upload.holder == turn)
    _must_be_one(session.execute(mine.values(is_whole=True)))


def finish(session: Session, upload_id: str, now: datetime) -> None:
    """The file lies under its hash: notes it, and settles whatever waited for it."""
    upload = session.get(Upload, upload_id, with_for_update=True)
    if upload is None:
        raise errors.UploadGone()
    upload.finished_at = upload.finished_at or now
    upload.holder = upload.held_until = upload.wanted_by = None
    stored_files.note_stored(session, upload.sha256, upload.size, upload.person_id, now)


def keep(session: Session, upload: Upload, now: datetime) -> None:
    """A file came in one go and lies under its hash: its upload (a plain row), begun and finished at once.

    A twin that was begun meanwhile is finished with it.
    """
    if not insert_once(session, Upload, **{**vars(upload), "finished_at": now}):
        twin = _of_hash(session, upload.person_id, upload.sha256)
        if twin is not None:
            twin.finished_at = twin.finished_at or now
    stored_files.note_stored(session, upload.sha256, upload.size, upload.person_id, now)


def own(session: Session, sha256: str, person_id: str) -> None:
    """This person sent or announced the file, and may be told whether it is here."""
    insert_once(session, Owner, sha256=sha256, person_id=person_id)


def forget(session: Session, upload_id: str, turn: str) -> None:
    """Raises `Locked` where the turn is another's by now."""
    _must_be_one(
        session.execute(delete(Upload).where(Upload.id == upload_id, Upload.holder == turn))
    )


def _must_be_one(changed: Result[Any]) -> None:
    assert isinstance(changed, CursorResult)
    if changed.rowcount != 1:
        raise errors.Locked(retry_after_s=1)


def forget_expired(session: Session, now: datetime) -> list[str]:
    """Forgets the uploads whose time has run out; returns their ids, for their bytes to go after them."""
    over = select(Upload).where(
        Upload.expires_at <= now, or_(Upload.held_until.is_(None), Upload.held_until <= now)
    )
    gone = list(session.scalars(over.limit(500)))
    for upload in gone:
        session.delete(upload)
    return [upload.id for upload in gone]


def unknown(session: Session, upload_ids: set[str]) -> set[str]:
    """Those of the ids that belong to no open upload: what lies under them can go."""
    opened = select(Upload.id).where(Upload.id.in_(upload_ids), Upload.finished_at.is_(None))
    return upload_ids - set(session.scalars(opened))
