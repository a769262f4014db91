"""Originals on their way into a target and back: by content, verified at every step, a piece at a time."""

import hashlib
import os
import uuid
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

from server.backups import manifests
from server.backups.manifests import Manifest
from server.backups.rows import read
from server.backups.sealing import Sink, sealed_size
from server.backups.targets import Target
from server.domain import errors
from server.files import FULL, Media

PIECE = 1024 * 1024


class Rotten(Exception):
    """The media folder does not have what the name of the file promises."""


def label(sha256: str) -> str:
    return f"original {sha256}"


def named_by(target: Target, folder: Path, manifest: Manifest) -> Iterator[tuple[str, int]]:
    """(SHA-256, size) of every original that the snapshot names, read from its rows, not from memory.

    Those that were erased by then are none: there is nothing left to copy.
    """
    for sha256, size, is_erased in _blobs(target, folder, manifest):
        if not is_erased:
            yield sha256, size


def erased_in(target: Target, folder: Path, manifest: Manifest) -> Iterator[str]:
    """SHA-256 of every original that had been erased by then."""
    for sha256, _size, is_erased in _blobs(target, folder, manifest):
        if is_erased:
            yield sha256


def _blobs(target: Target, folder: Path, manifest: Manifest) -> Iterator[tuple[str, int, bool]]:
    """(SHA-256, size, whether it was erased); backups of before know of no erasing."""
    blobs = manifest.table("blobs").shape
    names = [name for name, _ in blobs.columns]
    sha256, size = names.index("sha256"), names.index("size")
    erased = names.index("erased_at") if "erased_at" in names else None
    path = manifests.rows_path(folder, "blobs")
    with target.open(path, manifests.rows_label(manifest.backup, "blobs"), packed=True) as file:
        for row in read(blobs, file):
            yield row[sha256], row[size], erased is not None and row[erased] is not None


def is_there(target: Target, sha256: str, size: int) -> bool:
    """Whether an earlier backup has copied it: it appeared whole, and has the size it should have."""
    try:
        return target.original(sha256).stat().st_size == sealed_size(size)
    except FileNotFoundError:
        return False


def copy_out(target: Target, media: Media, sha256: str, size: int) -> None:
    """Seals one original into the target and reads it back.

    Raises `Rotten` where the media folder does not have it as it was, and leaves nothing then.
    """

    def fill(sealed: Sink) -> None:
        try:
            source = media.original_path(sha256).open("rb")
        except FileNotFoundError as missing:
            raise Rotten() from missing
        with source:
            _copy(source, sealed, sha256, size)

    target.seal(
        target.original(sha256),
        label(sha256),
        fill,
        lambda passing: _must_be_right(target, passing, sha256, size),
    )


def _copy(source: BinaryIO | BufferedIOBase, onto: Sink, sha256: str, size: int) -> None:
    """Raises `Rotten` where the bytes are not those of the name."""
    seen, count = hashlib.sha256(), 0
    while piece := source.read(PIECE):
        seen.update(piece)
        count += len(piece)
        onto.write(piece)
    if (seen.hexdigest(), count) != (sha256, size):
        raise Rotten()


class _Nowhere:
    """Takes what is read only to be looked at."""

    def write(self, data: bytes) -> None:
        pass


def check(target: Target, sha256: str, size: int) -> None:
    """Reads one original of a target to its end. Raises `BackupDamaged`."""
    _must_be_right(target, target.original(sha256), sha256, size)


def _must_be_right(target: Target, path: Path, sha256: str, size: int) -> None:
    try:
        with target.open(path, label(sha256)) as file:
            _copy(file, _Nowhere(), sha256, size)
    except Rotten as wrong:
        raise errors.BackupDamaged(file=target.name_of(path)) from wrong


def must_be_there(target: Target, sha256: str, size: int) -> None:
    """The quick look before a restore begins. Raises `BackupDamaged`."""
    if not is_there(target, sha256, size):
        raise errors.BackupDamaged(file=target.name_of(target.original(sha256)))


def _for_the_server(path: Path) -> BinaryIO:
    """A new file with the mode that uploads give theirs."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640), "wb"
    )


def copy_in(target: Target, media: Media, sha256: str, size: int) -> None:
    """Puts one original into its place in a media folder, durably; one that is there already stays.

    Raises `BackupDamaged`, `BackupNoRoom`.
    """
    if media.verify(sha256):
        return
    path = target.original(sha256)
    passing = media.incoming_path(str(uuid.uuid4()))
    passing.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open(path, label(sha256)) as sealed, _for_the_server(passing) as plain:
            _copy(sealed, plain, sha256, size)
        media.place(passing, sha256, known=True)
    except Rotten as wrong:
        raise errors.BackupDamaged(file=target.name_of(path)) from wrong
    except OSError as failure:
        if failure.errno in FULL:
            raise errors.BackupNoRoom(target=str(media.root)) from failure
        raise
    except errors.StorageFull as full:
        raise errors.BackupNoRoom(target=str(media.root)) from full
    finally:
        passing.unlink(missing_ok=True)
