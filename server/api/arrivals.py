"""How the bytes of an upload arrive: one writer at a time, kept as they come, whole or known to be cut.

No database transaction is open while bytes move. What a request brought before it broke off is kept, and
the offset that is told is always the length of the file on the disk.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server import bodies
from server.actions import uploads
from server.api.crowds import crowd
from server.db.group_commits import Act
from server.db.lookups import Lookups
from server.db.photos import Upload
from server.domain import errors
from server.files import Incoming, digest
from server.house import house
from server.ids import new_id
from server.requests import figures

FLUSH_AT = 8 * 1024 * 1024  # bytes that a power cut may take from a request that is not answered
WAIT_S = 3.0  # seconds that a newcomer waits for its turn
ASK_S = 0.05  # seconds between its questions


@dataclass(slots=True)
class Checksum:
    """What `Upload-Checksum` promises of one request's bytes."""

    expected: bytes
    seen: "hashlib._Hash"

    @property
    def is_right(self) -> bool:
        return self.seen.digest() == self.expected


class Turn:
    """The turn to write to one upload, as a `with` block. Raises `Locked` where it is not to be had."""

    upload: Upload

    def __init__(self, upload_id: str, person_id: str) -> None:
        self._upload_id, self._person_id, self._id = upload_id, person_id, new_id()
        self._is_over = False
        self._looked_at, self._came_to = time.monotonic(), 0
        self._held_until: datetime | None = None
        self._is_flushed = False
        self._seen: hashlib._Hash | None = None  # of the whole file, where this request brought it

    def __enter__(self) -> Self:
        deadline = time.monotonic() + WAIT_S
        while True:
            taken = write(
                lambda session: uploads.take_turn(
                    session, self._upload_id, self._person_id, self._id, house().clock()
                )
            )
            if taken is not None:
                self._has(taken)
                return self
            self._wait_until_free(deadline)

    def _has(self, taken: uploads.Taken) -> None:
        """A holder that let its lease run out may be asleep, with the file open: it keeps that one."""
        self.upload, self._looked_at = taken.upload, time.monotonic()
        self._held_until = taken.upload.held_until
        if taken.is_inherited:
            house().media.detach(self._upload_id)

    def _wait_until_free(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            time.sleep(ASK_S)
            if house().database.read(
                lambda session: uploads.is_free(session, self._upload_id, house().clock())
            ):
                return
        raise errors.Locked(retry_after_s=1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_over:
            write(lambda session: uploads.give_back(session, self._upload_id, self._id))

    @property
    def offset(self) -> int:
        return offset_of(self.upload)

    def receive(self, promised: int, checksum: Checksum | None) -> int:
        """Writes the body of this request behind the offset and returns the new one.

        Raises `BodyCut` where less came than was promised, `ChecksumMismatch` (what came is thrown
        away), `Locked` where the turn had to be given up, `StorageFull`.
        """
        start = self.offset
        self._seen = hashlib.sha256() if start == 0 else None
        with house().media.receive(self._upload_id, start, self._must_be_mine) as incoming:
            self._write(incoming, promised, checksum)
            is_cut = incoming.at - start < promised
            if checksum and (is_cut or not checksum.is_right):
                incoming.cut_back(start)
            incoming.flush(with_name=incoming.at < self.upload.size)
            self._is_flushed = True
            self._must_be_mine()  # else what is told now would not be what is here
        self._came_to = incoming.at
        if is_cut:
            raise errors.BodyCut(offset=incoming.at)
        if checksum and not checksum.is_right:
            raise errors.ChecksumMismatch(offset=incoming.at)
        return incoming.at

    def _write(self, incoming: Incoming, promised: int, checksum: Checksum | None) -> None:
        """Piece by piece; never without having looked around within the last second."""
        start = flushed_to = incoming.at
        for piece in bodies.pieces(promised):
            is_wanted = self._is_time_to_look() and self._look_around()
            self._write_piece(incoming, piece, checksum)
            if is_wanted and incoming.at - start < promised:
                if checksum:
                    incoming.cut_back(start)
                incoming.flush()
                raise errors.Locked(retry_after_s=1)
            if incoming.at - flushed_to >= FLUSH_AT:
                incoming.flush()
                flushed_to = incoming.at

    def _write_piece(self, incoming: Incoming, piece: bytes, checksum: Checksum | None) -> None:
        if not piece:
            return
        if self._seen:
            self._seen.update(piece)
        if checksum:
            checksum.seen.update(piece)
        incoming.write(piece)
        figures(current_app).upload_bytes.inc(len(piece))

    def _is_time_to_look(self) -> bool:
        return time.monotonic() - self._looked_at >= bodies.LOOK_S

    def _look_around(self) -> bool:
        """Keeps the turn alive and returns whether somebody waits for it or for its thread, who gets it
        once what came so far is written: so every turn moves the file on. Raises `Locked` where the
        turn is lost.
        """
        now, standing = house().clock(), self._standing()
        if standing.held_until is not None and standing.held_until - now < uploads.LEASE / 2:
            write(lambda session: uploads.keep_turn(session, self._upload_id, self._id, now))
        return standing.is_wanted or crowd().is_one_too_many()

    def _must_be_mine(self) -> None:
        """Raises `Locked` where another has the turn by now; asks only where that can be."""
        if self._held_until is None or house().clock() >= self._held_until:
            self._standing()

    def _standing(self) -> uploads.Standing:
        self._looked_at = time.monotonic()
        standing = house().database.read(
            lambda session: uploads.standing(session, self._upload_id, self._id)
        )
        if not standing.is_mine:
            raise errors.Locked(retry_after_s=1)
        return standing

    def finish(self) -> None:
        """All bytes are here: compares the hash, moves the file to its place, notes it.

        Safe to repeat after a crash at any step. Raises `ChecksumMismatch`, after which the upload
        has gone, and `UploadGone` where there is nothing left to finish.
        """
        upload = self.upload
        if upload.finished_at is not None:
            return
        try:
            self._make_sure_it_is_whole()
            self._place()
        except errors.ChecksumMismatch:
            self.forget()
            raise
        except errors.FileUnknown as lost:
            self.forget()
            raise errors.UploadGone() from lost
        now = house().clock()
        write_together(lambda session: uploads.finish(session, upload.id, now))
        self._is_over = True

    def _make_sure_it_is_whole(self) -> None:
        upload, media = self.upload, house().media
        incoming = media.incoming_path(upload.id)
        if upload.size == 0:
            media.append(upload.id, 0, b"")  # a file without a byte is a file, too
        if upload.is_whole and not incoming.exists():
            return  # an earlier try got as far as the move
        if not incoming.exists():
            raise errors.FileUnknown()
        if self._digest() != upload.sha256:
            raise errors.ChecksumMismatch(sha256=upload.sha256)
        write(lambda session: uploads.note_whole(session, upload.id, self._id))

    def _place(self) -> None:
        media, upload = house().media, self.upload
        incoming = media.incoming_path(upload.id)
        media.place(incoming, upload.sha256, known=True, flushed=self._is_flushed)

    def _digest(self) -> str:
        """Of the bytes as they came, where they all came by this request; else read again."""
        if self._seen:
            return self._seen.hexdigest()
        return digest(house().media.incoming_path(self._upload_id))

    def forget(self) -> None:
        """The upload and what came of it go; a file that is here in full stays."""
        write(lambda session: uploads.forget(session, self._upload_id, self._id))
        house().media.remove_incoming(self._upload_id)
        self._is_over = True


class FirstTurn(Turn):
    """The turn of a file that comes with its creation, and of which nobody has heard.

    Its row waits until it is known how the file came. Mostly it comes in one go, and one transaction
    writes everything. Where it takes longer than a second, or breaks off, the upload is begun as any
    other: the rest comes later. Raises `Locked` where a twin was begun meanwhile.
    """

    def __init__(self, promise: uploads.Promise, person_id: str, device_id: str | None) -> None:
        super().__init__(new_id(), person_id)
        self._promise, self._device_id, self._is_begun = promise, device_id, False

    def __enter__(self) -> Self:
        now, who = house().clock(), (self._person_id, self._device_id)
        self.upload = uploads.new_upload(self._upload_id, *who, self._promise, now)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, errors.BodyCut) and not self._is_begun:
            self._begin()
        if self._is_begun:
            super().__exit__(kind, error, trace)
        elif not self._is_over:
            house().media.remove_incoming(self._upload_id)

    @property
    def offset(self) -> int:
        return super().offset if self._is_begun else self._came_to

    def _look_around(self) -> bool:
        if not self._is_begun:
            self._begin()
        return super()._look_around()

    def _must_be_mine(self) -> None:
        if self._is_begun:  # before that, nobody else knows of it
            super()._must_be_mine()

    def _begin(self) -> None:
        """Raises `Locked` where a twin was begun meanwhile, which is the one to go on with."""

        def act(session: Session) -> uploads.Taken | None:
            now = house().clock()
            begun = uploads.begin(
                session,
                self._person_id,
                self._device_id,
                self._promise,
                now,
                is_here=is_here,
                room=room(),
                upload_id=self._upload_id,
            )
            if begun.id != self._upload_id:
                return None
            return uploads.take_turn(session, begun.id, self._person_id, self._id, now)

        taken = write(act)
        if taken is None:
            raise errors.Locked(retry_after_s=1)
        self._has(taken)
        self._is_begun = True

    def finish(self) -> None:
        """As any other turn; at once, where nothing of the upload has been written yet."""
        if self._is_begun:
            super().finish()
            return
        upload = self.upload
        if self._digest() != upload.sha256:
            raise errors.ChecksumMismatch(sha256=upload.sha256)
        self._place()
        now = house().clock()
        write_together(lambda session: uploads.keep(session, upload, now))
        self._is_over = True


def is_unheard_of(person_id: str, promise: uploads.Promise) -> bool:
    """Whether this person never spoke of the file before; raises `StorageFull`."""
    with Lookups(house().database) as asked:
        return uploads.is_unheard_of(asked, person_id, promise, room())


def offset_of(upload: Upload) -> int:
    """How many bytes of it are here: what is on the disk, all once it was moved to its place."""
    media = house().media
    is_moved = upload.is_whole and not media.incoming_path(upload.id).exists()
    if upload.finished_at is not None or (is_moved and is_here(upload.sha256, upload.size)):
        return upload.size
    return media.incoming_size(upload.id)


def is_here(sha256: str, size: int) -> bool:
    """Whether the original lies on the disk with this size."""
    try:
        return house().media.original_path(sha256).stat().st_size == size
    except FileNotFoundError:
        return False


def must_have_room(size: int) -> None:
    """Raises `StorageFull` where so many bytes more would touch the reserve."""
    if room() < size:
        raise errors.StorageFull(retry_after_s=300)


def room() -> int:
    """How many bytes may be written until the reserve is touched; below zero when it is."""
    return house().media.free_bytes() - house().config.disk_reserve


def write(act: Act) -> Any:
    """A transaction of its own, once more where a twin inserted the same row first."""
    return _once_more(house().database.write, act)


def write_together(act: Act) -> Any:
    """The same, sharing its flush with others that end now: the act must ask nothing of its request."""
    return _once_more(house().database.write_together, act)


def _once_more(write: Callable[[Act], Any], act: Act) -> Any:
    try:
        return write(act)
    except IntegrityError:
        return write(act)
