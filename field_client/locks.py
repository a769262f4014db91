"""One sync loop for each installation: a lock on a file, which the system frees when its process dies.

Correctness does not depend on it (the server knows every event by its id); it saves double work.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from field_client import errors
from field_client.clock import Clock

STEP_S = 0.2

if os.name == "nt":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def held(file: Path, clock: Clock, *, wait_s: float) -> Iterator[None]:
    """Holds the lock while the block runs. Raises StoreBusy after `wait_s` seconds of waiting, DiskFull
    and StoreBroken where the file cannot be opened.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise errors.of_disk(problem, file.parent) from problem
    try:
        waited = 0.0
        while not _taken(handle):
            if waited >= wait_s:
                raise errors.StoreBusy()
            clock.sleep(STEP_S)
            waited += STEP_S
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        _take(handle)
    except (BlockingIOError, PermissionError):
        return False
    return True
