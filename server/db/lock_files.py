"""Turns between processes: two lock files beside the database, held for the length of one write.

Whoever wants `.writer` stands in `.door` while waiting for it: so the process that has just written cannot
take it again before one that waits. A process that dies lets go of both.
"""

import contextlib
import threading
import time
from pathlib import Path
from typing import IO

from server.domain import errors

try:  # Windows has neither fcntl nor several server processes on one SQLite file
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

CAN_LOCK = fcntl is not None


class LockFiles:
    """The lock files of one process, for one of its threads at a time.

    Only the kernel knows when another process lets go, and it tells nobody who will not wait for ever.
    So a porter waits in the thread's stead: a thread of its own, made when it is first needed. Asking
    again and again instead costs the time between two questions at every change of turns.
    """

    def __init__(self, database: Path) -> None:
        self._door = database.with_name(database.name + ".door").open("ab")
        self._writer = database.with_name(database.name + ".writer").open("ab")
        self._lock = threading.Lock()
        self._porter: threading.Thread | None = None
        self._is_out = self._is_wanted = self._is_closed = False
        self._errand, self._brought = threading.Lock(), threading.Lock()
        self._errand.acquire()
        self._brought.acquire()

    def take(self, give_up_at: float) -> None:
        """Raises `Busy` where another process held on until then (by the monotonic clock)."""
        with self._lock:
            if not self._is_out and self._is_free():
                return
            self._is_wanted = True
            self._send_porter()
        if self._brought.acquire(timeout=max(0.0, give_up_at - time.monotonic())):
            return
        with self._lock:
            if self._brought.acquire(blocking=False):
                return  # it came in the very moment of giving up
            self._is_wanted = False
        raise errors.Busy(retry_after_s=2)

    def let_go(self) -> None:
        fcntl.flock(self._writer, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the files; a porter who is out does so when he comes back."""
        with self._lock:
            porter, is_out = self._porter, self._is_out
            self._is_closed = True
            if porter is None:
                self._close_files()
            elif not is_out:
                self._errand.release()
        if porter is not None and not is_out:
            porter.join()

    def _close_files(self) -> None:
        self._door.close()
        self._writer.close()

    def _is_free(self) -> bool:
        """Whether nobody writes or waits to; then the turn is taken."""
        if not _taken_at_once(self._door):
            return False
        try:
            return _taken_at_once(self._writer)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)

    def _send_porter(self) -> None:
        if self._is_out:
            return  # for somebody who gave up meanwhile
        self._is_out = True
        if self._porter is None:
            self._porter = threading.Thread(target=self._run_errands, daemon=True)
            self._porter.start()
        self._errand.release()

    def _run_errands(self) -> None:
        while True:
            self._errand.acquire()
            if not self._is_closed:
                self._wait_in_line()
            with self._lock:
                self._is_out = False
                if self._is_closed:
                    self._close_files()
                    return
                if self._is_wanted:
                    self._is_wanted = False
                    self._brought.release()
                else:
                    self.let_go()

    def _wait_in_line(self) -> None:
        fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._writer, fcntl.LOCK_EX)
        fcntl.flock(self._door, fcntl.LOCK_UN)


def _taken_at_once(file: IO[bytes]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
