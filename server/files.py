"""Bytes on disk: originals by their SHA-256, their derivatives, and uploads on their way in.

Below the media root:

    originals/ab/<sha256>              what the device stored, byte for byte, never altered
    thumbnails/ab/<sha256>.large.jpg   derivatives: can be made again at any time
    thumbnails/ab/<sha256>.thumb.jpg
    incoming/<upload id>               uploads that have not ended
    exports/<export id>.sqlite         the whole shop as a file, for some days

A file under its final name is whole and durable: its bytes were flushed before the rename and the
folder after it. Every id is matched against its pattern before a path is built from it.

Every write that must survive a power cut goes through `Media._step`, which announces it to
`before_step` (fault tests stand there) and turns a full disk into StorageFull.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, Self, TypeVar

from server.domain import errors

Derivative = Literal["large", "thumb"]
Step = Literal["make_folder", "write", "cut", "flush", "rename", "flush_folder"]
Result = TypeVar("Result")

SHA256 = re.compile(r"[0-9a-f]{64}")
UPLOAD_ID = re.compile(r"[0-9a-f-]{36}")
DERIVATIVES: tuple[Derivative, ...] = ("large", "thumb")
PIECE = 1024 * 1024
RESERVE_BYTES = 1024 * 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def _nothing_before(step: Step, path: Path) -> None:
    pass


def _everybody_may() -> None:
    pass


class Media:
    """The media root. Safe to use from several threads and processes.

    One upload must not be appended to by two at once; the caller holds its lock.
    """

    def __init__(
        self,
        root: Path,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        before_step: Callable[[Step, Path], None] = _nothing_before,
    ) -> None:
        self.root = root
        self._originals, self._thumbnails = root / "originals", root / "thumbnails"
        self._incoming = root / "incoming"
        self.reserve_bytes = reserve_bytes
        self._before_step = before_step

    # Where things are. Raises FileUnknown for an id that is none.

    def original_path(self, sha256: str) -> Path:
        """Where the original is, or would be."""
        return self._originals / _fanned_out(sha256)

    def derived_path(self, sha256: str, derivative: Derivative) -> Path:
        """Where the derivative of an original is, or would be."""
        if derivative not in DERIVATIVES:
            raise errors.FileUnknown()
        return self._thumbnails / f"{_fanned_out(sha256)}.{derivative}.jpg"

    def incoming_path(self, upload_id: str) -> Path:
        """Where the bytes of an upload gather."""
        if not UPLOAD_ID.fullmatch(upload_id):
            raise errors.FileUnknown()
        return self._incoming / upload_id

    def export_path(self, export_id: str) -> Path:
        """Where the file of an export is, or would be."""
        if not UPLOAD_ID.fullmatch(export_id):
            raise errors.FileUnknown()
        return self.root / "exports" / f"{export_id}.sqlite"

    # Originals.

    def place(
        self, temp_path: Path, sha256: str, *, known: bool = False, flushed: bool = False
    ) -> Path:
        """Move a file of the same file system to its content address, durably.

        Safe to repeat: when the file has gone because it was placed before, the original is
        verified instead. `known` says that the caller has just computed the hash of these bytes,
        `flushed` that it has made them durable.
        Raises ChecksumMismatch (and removes the file) when the bytes are not what the name says,
        FileUnknown when there is neither file nor original, StorageFull.
        """
        target = self.original_path(sha256)
        try:
            if not known and digest(temp_path) != sha256:
                temp_path.unlink(missing_ok=True)
                raise errors.ChecksumMismatch(sha256=sha256)
            self._make_fan(target.parent)
            if not flushed:
                self._flush(temp_path)
            self._rename(temp_path, target)
        except FileNotFoundError as gone:
            if not self.verify(sha256):
                raise errors.FileUnknown() from gone
            self._flush_folder(
                target.parent
            )  # an earlier try, or another one's, may have ended before
        return target

    def put(self, data: bytes) -> str:
        """Store bytes that were made here (a document, a signature); returns their SHA-256.

        Raises StorageFull.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.original_path(sha256)
        if self.verify(sha256):
            self._flush_folder(target.parent)  # an earlier try may have ended before it
        else:
            self._write_whole(target, data)
        return sha256

    def verify(self, sha256: str) -> bool:
        """Whether the original is here and its bytes have this very hash."""
        try:
            return digest(self.original_path(sha256)) == sha256
        except FileNotFoundError:
            return False

    def open_original(self, sha256: str) -> BinaryIO:
        """The original, for reading. Raises FileUnknown."""
        try:
            return self.original_path(sha256).open("rb")
        except FileNotFoundError as missing:
            raise errors.FileUnknown() from missing

    def erase(self, sha256: str) -> None:
        """Remove the original and what was made of it, durably. Safe to repeat.

        The one way in which an original ever goes: the person whom it shows has a right to it.
        """
        for path in (
            *(self.derived_path(sha256, each) for each in DERIVATIVES),
            self.original_path(sha256),
        ):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                self._flush_folder(path.parent)

    # Derivatives.

    def write_derived(self, sha256: str, derivative: Derivative, data: bytes) -> Path:
        """Store a derivative in place of an earlier one. Raises StorageFull."""
        target = self.derived_path(sha256, derivative)
        self._write_whole(target, data)
        return target

    def open_derived(self, sha256: str, derivative: Derivative) -> BinaryIO:
        """The derivative, for reading. Raises FileUnknown when it has not been made."""
        try:
            return self.derived_path(sha256, derivative).open("rb")
        except FileNotFoundError as missing:
            raise errors.FileUnknown() from missing

    # Uploads.

    def incoming_size(self, upload_id: str) -> int:
        """How many bytes of the upload have been written; 0 when there is none."""
        try:
            return self.incoming_path(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, upload_id: str, offset: int, data: bytes) -> int:
        """Write at the offset and make it durable; returns the offset behind the last byte.

        Raises OffsetMismatch when the file ends before the offset, StorageFull.
        """
        with self.receive(upload_id, offset) as incoming:
            incoming.write(data)
            incoming.flush()
            return incoming.at

    def receive(
        self, upload_id: str, offset: int, still_may: Callable[[], None] = _everybody_may
    ) -> "Incoming":
        """The upload, opened for more bytes behind the offset. Raises as `append`.

        `still_may` is asked once it is open and before anything in it changes; it raises where another
        has taken the upload over.
        """
        path = self.incoming_path(upload_id)
        opening = partial(Incoming, path, offset, self._step, self._flush_folder, still_may)
        try:
            return opening()
        except FileNotFoundError:
            self._make_folder(path.parent)
            return opening()

    def detach(self, upload_id: str) -> None:
        """Gives the upload a file of its own under the same name, durably.

        Whoever has the old one open, and wakes up late, writes where nobody reads. Raises StorageFull.
        """
        path = self.incoming_path(upload_id)
        passing = path.with_name(str(uuid.uuid4()))  # if it is left over, it is cleared away as any
        try:
            with contextlib.suppress(FileNotFoundError):
                self._step("write", passing, lambda: shutil.copyfile(path, passing))
                self._flush(passing)
                self._rename(passing, path)
        finally:
            passing.unlink(missing_ok=True)

    def remove_incoming(self, upload_id: str) -> None:
        """Forget the upload; nothing happens when it has gone already."""
        self.incoming_path(upload_id).unlink(missing_ok=True)

    # Room.

    def free_bytes(self) -> int:
        """How many bytes may still be written where the media are."""
        try:
            return shutil.disk_usage(self.root).free
        except FileNotFoundError:
            self._make_folder(self.root)
            return shutil.disk_usage(self.root).free

    def check_room(self, size: int) -> None:
        """Raises StorageFull when so many bytes more would touch the reserve."""
        if self.free_bytes() - size < self.reserve_bytes:
            raise errors.StorageFull()

    # The durable steps.

    def _write_whole(self, target: Path, data: bytes) -> None:
        """Write a file under a passing name, then let it appear under its own, whole."""
        self._make_fan(target.parent)
        passing = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            self._step("write", passing, lambda: passing.write_bytes(data))
            self._flush(passing)
            self._rename(passing, target)
        finally:
            passing.unlink(missing_ok=True)

    def _make_fan(self, folder: Path) -> None:
        """One of the folders `ab`, and with it all its sisters: made one by one, each photo of the
        first thousands would wait for two more flushes."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        self._step("make_folder", folder, partial(_make_sisters, folder.parent))
        self._flush_folder(folder.parent)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; each is durable in the one that holds it."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            self._step("make_folder", folder, partial(folder.mkdir, exist_ok=True))
            self._flush_folder(folder.parent)

    def _flush(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._step("flush", path, lambda: _sync(descriptor))
        finally:
            os.close(descriptor)

    def _rename(self, source: Path, target: Path) -> None:
        self._step("rename", target, lambda: source.replace(target))
        self._flush_folder(target.parent)

    def _flush_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._step("flush_folder", folder, lambda: _sync(descriptor))
        finally:
            os.close(descriptor)

    def _step(self, step: Step, path: Path, act: Callable[[], Result]) -> Result:
        """Do one thing that a power cut or a full disk may come between. Raises StorageFull."""
        with _FULLNESS_TOLD:
            self._before_step(step, path)
            return act()


class _FullnessTold:
    """Around whatever may find the disk full: `StorageFull` then."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError) and error.errno in FULL:
            raise errors.StorageFull() from error


_FULLNESS_TOLD = _FullnessTold()


class Incoming:
    """An upload that is being written to, as a `with` block. `at` is where its next byte goes.

    What stood behind the offset (a piece whose end was never recorded) is cut off first. What is
    written is durable after `flush`. When the disk fails or fills up, the upload is back where it was
    then: bytes that could not be flushed may be gone without another word, so they come again.
    """

    def __init__(
        self,
        path: Path,
        offset: int,
        step: Callable[[Step, Path, Callable[[], Any]], Any],
        flush_folder: Callable[[Path], None],
        still_may: Callable[[], None],
    ) -> None:
        self._path, self._step, self._flush_folder = path, step, flush_folder
        with _FULLNESS_TOLD:
            self._descriptor, self._is_new = _opened(path)
        self.at = self._durable_to = offset
        try:
            still_may()
            self._stand_at(offset)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _stand_at(self, offset: int) -> None:
        size = os.fstat(self._descriptor).st_size
        if offset > size:
            raise errors.OffsetMismatch(offset=size)
        if offset < size:
            self._step("cut", self._path, lambda: os.ftruncate(self._descriptor, offset))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def write(self, data: bytes) -> None:
        """Raises StorageFull."""
        self._do("write", lambda: _write_all(self._descriptor, data, self.at))
        self.at += len(data)

    def flush(self, *, with_name: bool = True) -> None:
        """Makes durable what was written; its name need not be, where it gets another one at once.

        Raises StorageFull.
        """
        self._do("flush", lambda: _sync_data(self._descriptor))
        self._durable_to = self.at
        if self._is_new and with_name:
            self._flush_folder(self._path.parent)
            self._is_new = False

    def cut_back(self, offset: int) -> None:
        """What was written behind the offset goes."""
        self._step("cut", self._path, lambda: os.ftruncate(self._descriptor, offset))
        self.at = offset

    def _do(self, step: Step, act: Callable[[], None]) -> None:
        """Or cuts back to what is durable."""
        try:
            self._step(step, self._path, act)
        except (errors.StorageFull, OSError):
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._durable_to)
            self.at = self._durable_to
            raise


def _opened(path: Path) -> tuple[int, bool]:
    """The descriptor of a file, and whether it is new. Raises FileNotFoundError where its folder is not."""
    how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, how | os.O_EXCL, 0o640), True
    except FileExistsError:
        return os.open(path, how, 0o640), False


def digest(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits. Raises FileNotFoundError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fanned_out(sha256: str) -> str:
    """`ab/abcd…`: 256 folders, so that a million files are 4,000 in each."""
    if not SHA256.fullmatch(sha256):
        raise errors.FileUnknown()
    return f"{sha256[:2]}/{sha256}"


def _make_sisters(parent: Path) -> None:
    for number in range(256):
        (parent / f"{number:02x}").mkdir(exist_ok=True)


def _write_all(descriptor: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        rest, offset = rest[written:], offset + written


def _sync(descriptor: int) -> None:
    """Down to the medium. macOS flushes the drive's own cache only when asked by F_FULLFSYNC."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, full)
            return
    os.fsync(descriptor)


def _sync_data(descriptor: int) -> None:
    """The same for the bytes and the length only, where the system can tell them apart."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        _sync(descriptor)
