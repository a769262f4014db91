"""How the bytes of an upload arrive: one writer at a time, kept as they come, whole or known to be cut.

No database transaction is open while bytes move. What a request brought before it broke off is kept, and
the offset that is told is always the length of the file on the disk.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from flask import current_app, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import ClientDisconnected

from server.actions import uploads
from server.api.crowds import crowd
from server.db.photos import Upload
from server.domain import errors
from server.files import digest
from server.house import house
from server.ids import new_id
from server.requests import figures

PIECE = 16 * 1024  # bytes read at once; small, so that a slow sender lets us look around between
CRUMB = 1024  # the same after a silence
WRITE_AT = 256 * 1024  # bytes that may wait in memory before they are written and flushed
LOOK_S = 1.0  # seconds after which a holder looks around, also while nothing arrives
QUIET_S = 30.0  # seconds of silence after which a sender has gone
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

    def __enter__(self) -> Self:
        deadline = time.monotonic() + WAIT_S
        while True:
            taken = write(
                lambda session: uploads.take_turn(
                    session, self._upload_id, self._person_id, self._id, house().clock()
                )
            )
            if taken is not None:
                self.upload = taken
                return self
            self._wait_until_free(deadline)

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
        at, waiting, written_at = start, bytearray(), time.monotonic()
        for piece in _pieces(promised):
            waiting += piece
            if len(waiting) >= WRITE_AT or time.monotonic() - written_at >= LOOK_S:
                is_wanted = self._look_around()
                at = self._append(at, waiting, checksum)
                written_at = time.monotonic()
                if is_wanted and at - start < promised:
                    if checksum:
                        self._cut_back(start)
                    raise errors.Locked(retry_after_s=1)
        self._look_around()
        at = self._append(at, waiting, checksum)
        is_cut = at - start < promised
        if checksum and (is_cut or not checksum.is_right):
            at = self._cut_back(start)
        if is_cut:
            raise errors.BodyCut(offset=at)
        if checksum and not checksum.is_right:
            raise errors.ChecksumMismatch(offset=at)
        return at

    def _append(self, at: int, waiting: bytearray, checksum: Checksum | None) -> int:
        if not waiting:
            return at
        if checksum:
            checksum.seen.update(waiting)
        after = house().media.append(self._upload_id, at, bytes(waiting))
        figures(current_app).upload_bytes.inc(len(waiting))
        waiting.clear()
        return after

    def _cut_back(self, start: int) -> int:
        """What this request brought goes: its checksum cannot be right any more."""
        return house().media.append(self._upload_id, start, b"")

    def _look_around(self) -> bool:
        """Keeps the turn alive and returns whether somebody waits for it or for its thread, who gets it
        once what came so far is written: so every turn moves the file on. Raises `Locked` where the
        turn is lost.
        """
        now = house().clock()
        standing = house().database.read(
            lambda session: uploads.standing(session, self._upload_id, self._id)
        )
        if not standing.is_mine:
            raise errors.Locked(retry_after_s=1)
        if standing.held_until is not None and standing.held_until - now < uploads.LEASE / 2:
            write(lambda session: uploads.keep_turn(session, self._upload_id, self._id, now))
        return standing.is_wanted or crowd().is_one_too_many()

    def finish(self) -> None:
        """All bytes are here: compares the hash, moves the file to its place, notes it.

        Safe to repeat after a crash at any step. Raises `ChecksumMismatch`, after which the upload
        has gone, and `UploadGone` where there is nothing left to finish.
        """
        upload, media = self.upload, house().media
        if upload.finished_at is not None:
            return
        try:
            self._make_sure_it_is_whole()
            media.place(media.incoming_path(upload.id), upload.sha256, known=True)
        except errors.ChecksumMismatch:
            self.forget()
            raise
        except errors.FileUnknown as lost:
            self.forget()
            raise errors.UploadGone() from lost
        write(lambda session: uploads.finish(session, upload.id, house().clock()))
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
        if digest(incoming) != upload.sha256:
            raise errors.ChecksumMismatch(sha256=upload.sha256)
        write(lambda session: uploads.note_whole(session, upload.id))

    def forget(self) -> None:
        """The upload and what came of it go; a file that is here in full stays."""
        write(lambda session: uploads.forget(session, self._upload_id))
        house().media.remove_incoming(self._upload_id)
        self._is_over = True


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


def _pieces(promised: int) -> Iterator[bytes]:
    """The body as it comes in, at most `promised` bytes; ends early where the sender has gone.

    An empty piece means that nothing came for a while, under a server that lets us look (gunicorn).
    """
    socket = request.environ.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(LOOK_S)
    left, heard_at, step = promised, time.monotonic(), PIECE
    while left > 0:
        try:
            piece = request.stream.read(min(step, left))
        except TimeoutError:
            if time.monotonic() - heard_at > QUIET_S:
                return
            step = CRUMB  # the server may hold a part of a piece: it is asked for less
            yield b""
            continue
        except (OSError, ClientDisconnected):
            return
        if not piece:
            return
        left, heard_at, step = left - len(piece), time.monotonic(), min(2 * step, PIECE)
        yield piece


def write(act: Callable[[Any], Any]) -> Any:
    """A transaction of its own, once more where a twin inserted the same row first."""
    try:
        return house().database.write(act)
    except IntegrityError:
        return house().database.write(act)
