"""Looks at the memory of a server while it works."""

import threading
from types import TracebackType
from typing import Self

from benchmarks import processes
from benchmarks.sides import Side

LOOK_S = 0.02


class Watch:
    """Looks at the memory of a side all the time (RSS of all its processes); a `with` block."""

    def __init__(self, side: Side) -> None:
        self._pids = side.pids
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.before = self.most = self._now()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(LOOK_S):
            self.most = max(self.most, self._now())

    def _now(self) -> int:
        return sum(processes.resident_bytes(pid) for pid in self._pids)

    @property
    def growth(self) -> int:
        """Bytes above what there was at the beginning, at most."""
        return self.most - self.before
