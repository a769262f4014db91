"""Bytes as files, named by their SHA-256: never half there, and checked by reading them back."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from field_client import errors
from field_client.crashes import crash_point, file_step
from field_client.store import Store

PIECE = 1 << 20


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def path(store: Store, sha256: str) -> Path:
    return store.blobs / sha256[:2] / sha256


def place(store: Store, content: bytes) -> str:
    """Puts bytes on the disk for good and returns their SHA-256. Called inside `store.writing()`, so
    that the sweep for files without a row (which takes the same lock) never meets a fresh one.

    Raises DiskFull and leaves nothing half written; StoreBroken when the disk gives back other bytes.
    """
    sha256 = digest(content)
    final = path(store, sha256)
    if file_digest(final) == sha256:
        _sync_names(store, final)  # whoever wrote it may have ended before
        return sha256
    crash_point("capture.before_file")
    temporary = store.incoming / f"{sha256}.part"
    try:
        _make_folder(final.parent)
        write_durably(temporary, content)
        crash_point("capture.after_temporary")
        if file_digest(temporary) != sha256:
            raise errors.StoreBroken(why="read back other bytes", home=str(store.home))
        file_step("rename", final)
        temporary.replace(final)
        _sync_names(store, final)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    crash_point("capture.after_file")
    return sha256


def _sync_names(store: Store, file: Path) -> None:
    sync_folder(file.parent)
    sync_folder(store.blobs)


def _make_folder(folder: Path) -> None:
    """Its own name is forced to the disk by whoever puts something into it."""
    if not folder.is_dir():
        file_step("make_folder", folder)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_durably(file: Path, content: bytes) -> None:
    """Writes a new file and forces it to the disk; the name still needs `sync_folder`."""
    file_step("write", file)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        _flush(out.fileno(), file)


def _flush(handle: int, file: Path) -> None:
    file_step("flush", file)
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Forces the names in a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        file_step("flush_folder", folder)
        os.fsync(handle)
    finally:
        os.close(handle)


def file_digest(file: Path) -> str | None:
    """SHA-256 of a file, or None when it is not there or cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def size(store: Store, sha256: str) -> int | None:
    """Bytes of a file; None when it is not there."""
    try:
        return path(store, sha256).stat().st_size
    except OSError:
        return None


def is_intact(store: Store, sha256: str) -> bool:
    return file_digest(path(store, sha256)) == sha256


def is_damaged(store: Store, sha256: str) -> bool:
    """Whether the bytes are gone or wrong for certain. A file that cannot be read today is neither: the
    disk may be better tomorrow, and what is called lost is removed.
    """
    try:
        with path(store, sha256).open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() != sha256
    except FileNotFoundError:
        return True
    except OSError:
        return False


def piece(store: Store, sha256: str, offset: int, length: int) -> bytes:
    """Part of a file for sending. Raises FileUnreadable."""
    file = path(store, sha256)
    try:
        with file.open("rb") as content:
            content.seek(offset)
            return content.read(length)
    except OSError as problem:
        raise errors.FileUnreadable(file=file.name, why=problem.strerror or "") from problem


def remove(store: Store, sha256: str) -> None:
    with suppress(FileNotFoundError):
        path(store, sha256).unlink()


def files(store: Store) -> Iterator[Path]:
    """Every file that lies in the folder of bytes."""
    for folder in store.blobs.iterdir():
        if folder.is_dir():
            yield from folder.iterdir()


def sweep(store: Store) -> int:
    """Removes what a power cut left behind: unfinished files, and files that no row names."""
    with store.writing():
        kept = store.rows("SELECT sha256 FROM blob WHERE is_local = 1")
        named = {row["sha256"] for row in kept}
        strays = [*store.incoming.iterdir(), *(f for f in files(store) if f.name not in named)]
        for stray in strays:
            stray.unlink(missing_ok=True)
    return len(strays)
