"""Named places between two durable steps, at which a test lets the process die.

With `DOORSTEP_CRASH_AT=capture.after_file` in the environment the process kills itself at that point, as
if somebody had pulled the battery; `capture.after_file:3` does so at the third passage. A simulation
stands there itself (`witnessed`), and is told of each durable step of the files, too. In production nobody
stands there, and both functions do nothing.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

FileStep = Literal["make_folder", "write", "flush", "rename", "flush_folder"]

POINTS = (
    "open.before_migration",
    "open.after_migration",
    "login.before_enrol",
    "login.after_enrol",
    "login.after_commit",
    "capture.before_file",
    "capture.after_temporary",
    "capture.after_file",
    "capture.after_event",
    "capture.before_commit",
    "capture.after_commit",
    "sync.after_hello",
    "sync.in_epoch_change",
    "sync.after_epoch_change",
    "push.before_send",
    "push.after_send",
    "push.in_acknowledgement",
    "push.after_acknowledgement",
    "push.after_quarantine",
    "push.after_fork",
    "pull.after_answer",
    "pull.between_rows_and_cursor",
    "pull.after_page",
    "snapshot.after_page",
    "snapshot.before_sweep",
    "snapshot.after_sweep",
    "upload.after_check",
    "upload.after_create",
    "upload.after_chunk",
    "upload.before_stored",
    "upload.after_stored",
    "upload.after_lost",
    "status.after_answer",
    "refresh.after_answer",
    "refresh.after_commit",
    "clean.before_rows",
    "clean.after_rows",
    "export.after_temporary",
    "export.after_rename",
)


class Witness(Protocol):
    """Who is told of everything that a crash, a power cut or a full disk may come between."""

    def passes(self, point: str) -> None:
        """A named point is passed; raising here is dying here."""

    def before_step(self, step: FileStep, path: Path) -> None:
        """A durable step of the files is about to be done; an OSError raised here is the disk's."""


_witness: Witness | None = None


def crash_point(name: str) -> None:
    """Does nothing in production."""
    if _witness is not None:
        _witness.passes(name)


def file_step(step: FileStep, path: Path) -> None:
    """Announces a step of the files; does nothing in production."""
    if _witness is not None:
        _witness.before_step(step, path)


@contextmanager
def witnessed(by: Witness) -> Iterator[None]:
    """While the block runs, this witness is told, and nobody else."""
    global _witness
    before, _witness = _witness, by
    try:
        yield
    finally:
        _witness = before


class _Executioner:
    """Kills this process at the nth passage of one point."""

    def __init__(self, wanted: str) -> None:
        self._name, _, nth = wanted.partition(":")
        if self._name not in POINTS:
            raise SystemExit(f"DOORSTEP_CRASH_AT names no crash point: {self._name}")
        self._left = int(nth or 1)

    def passes(self, point: str) -> None:
        if point == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def before_step(self, step: FileStep, path: Path) -> None:
        """Files are of no concern here."""


if os.environ.get("DOORSTEP_CRASH_AT"):
    _witness = _Executioner(os.environ["DOORSTEP_CRASH_AT"])
