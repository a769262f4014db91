"""Group commit: writes that wait at the same time share one transaction, and one flush of the disk.

On SQLite each commit waits for the disk, and one writer works at a time. Here the first that comes takes
the turn; whoever comes while it waits joins it. Each is answered after the commit that holds its work.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from server.domain import errors

Act = Callable[[Session], Any]

MOST = 16  # acts of one group: the last waits for the first


class _Waiting:
    """One act that waits to be written, with what became of it."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.outcome: Any = None
        self.failure: Exception | None = errors.Busy(retry_after_s=2)  # unless it is written
        self.is_over = False
        self.is_called = threading.Event()  # it is over, or it is this thread's turn to lead

    def ends_well(self, outcome: Any) -> None:
        self.outcome, self.failure = outcome, None


class Group:
    """`write_all` takes the writer's turn, calls what it is given for the acts that are to be written
    in one transaction, and returns their outcomes; `write_alone` writes one act by itself.
    """

    def __init__(
        self,
        write_all: Callable[[Callable[[], list[Act]]], list[Any]],
        write_alone: Callable[[Act], Any],
        wait_s: float,
    ) -> None:
        self._write_all, self._write_alone, self._wait_s = write_all, write_alone, wait_s
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._is_led = False

    @property
    def waiting(self) -> int:
        """How many acts wait, the leader's among them until it has its turn."""
        return len(self._waiting)

    def write(self, act: Act) -> Any:
        """Returns what the act returns once that is durable. Raises what it raises, and `Busy` where no
        turn came within `wait_s` seconds.
        """
        mine = _Waiting(act)
        if not self._leads(mine):
            self._wait(mine)
        if not mine.is_over:
            self._lead(mine)
        if mine.failure is not None:
            raise mine.failure
        return mine.outcome

    def _leads(self, mine: _Waiting) -> bool:
        """Stands in line; True where nobody leads, so that this thread does."""
        with self._lock:
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
            return leads

    def _wait(self, mine: _Waiting) -> None:
        if mine.is_called.wait(self._wait_s):
            return
        with self._lock:
            if mine in self._waiting and not mine.is_called.is_set():
                self._waiting.remove(mine)
                raise errors.Busy(retry_after_s=2)
        mine.is_called.wait()  # it is being written, or was called in this very moment

    def _lead(self, mine: _Waiting) -> None:
        taken: list[_Waiting] = []

        def join() -> list[Act]:
            with self._lock:
                taken.extend(self._waiting.popleft() for _ in range(min(MOST, self.waiting)))
            return [each.act for each in taken]

        try:
            outcomes = self._write_all(join)
        except errors.Busy:
            if not taken:
                raise
            # Another program holds the database: everybody who was taken along is told so.
        except Exception:
            if taken == [mine] or not taken:
                raise
            for each in taken:  # one of them spoilt it: now each by itself
                self._write_by_itself(each)
        else:
            for each, outcome in zip(taken, outcomes, strict=True):
                each.ends_well(outcome)
        finally:
            self._pass_on(mine, taken)

    def _write_by_itself(self, waiting: _Waiting) -> None:
        try:
            waiting.ends_well(self._write_alone(waiting.act))
        except Exception as failure:
            waiting.failure = failure

    def _pass_on(self, mine: _Waiting, taken: list[_Waiting]) -> None:
        """Tells everybody who was taken along, and calls the next to lead."""
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
            for each in taken:
                each.is_over = True
                each.is_called.set()
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].is_called.set()
