"""Writing so that a power cut leaves the whole of a file or nothing of it.

Every step that a cut may come between is announced to `before_step`: fault tests stand there. A full
disk is `BackupNoRoom`.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from server.domain import errors
from server.files import FULL

BeforeStep = Callable[[str, Path], None]


def nothing_before(step: str, path: Path) -> None:
    pass


class Steps:
    """The durable steps below one folder."""

    def __init__(self, root: Path, before_step: BeforeStep = nothing_before) -> None:
        self.root, self._before_step = root, before_step

    @contextmanager
    def announced(self, step: str, path: Path) -> Iterator[None]:
        """Around one step. Raises `BackupNoRoom`."""
        try:
            self._before_step(step, path)
            yield
        except OSError as failure:
            if failure.errno in FULL:
                raise errors.BackupNoRoom(target=str(self.root)) from failure
            raise

    def make_folder(self, folder: Path) -> None:
        """Makes a folder and those above it, for nobody else to read."""
        if folder.is_dir():
            return
        self.make_folder(folder.parent)
        with self.announced("make_folder", folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            flush(folder.parent)

    def write(self, path: Path, data: bytes) -> None:
        """A small file, whole."""

        def fill(file: BinaryIO) -> None:
            file.write(data)

        self.fill(path, fill)

    def fill(
        self,
        path: Path,
        write: Callable[[BinaryIO], None],
        check: Callable[[Path], None] | None = None,
    ) -> None:
        """A file that `write` fills and `check` reads back; it appears under its name when both are done."""
        self.make_folder(path.parent)
        passing = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with self.announced("write", path), _private(passing) as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                _forget_cached(file.fileno())
            if check is not None:
                check(passing)
            self.rename(passing, path)
        finally:
            passing.unlink(missing_ok=True)

    def rename(self, source: Path, target: Path) -> None:
        with self.announced("rename", target):
            source.replace(target)
            flush(target.parent)


def _private(path: Path) -> BinaryIO:
    """A new file that nobody else may read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def flush(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_cached(descriptor: int) -> None:
    """So that what is read back comes from the disk and not from memory, where the system can."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
