"""Uploads that linger: how many of them one server process holds, so that events never wait behind photos.

A tablet at the edge of a village sends a photo for half a minute, and a thread of ours waits with it. One
thread is always left for everything else: whoever comes when the others are taken by slow senders is told
to come later, at best before its first byte. Fast uploads are not counted, however many there are.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from server.domain import errors
from server.house import house

LINGERS_AFTER_S = 1.0
COME_AGAIN_S = 5


class Crowd:
    """The uploads under way in one process, by the thread that takes each in."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._since: dict[int, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """While this request brings its bytes. Raises `Busy` where there is no room for it."""
        self.must_have_room()
        with self._lock:
            self._since[threading.get_ident()] = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._since[threading.get_ident()]

    def must_have_room(self) -> None:
        """Raises `Busy` where an upload that came now might take the last thread."""
        if len(self._since) >= self.most and len(self._lingering()) >= self.most:
            raise errors.Busy(retry_after_s=COME_AGAIN_S)

    def is_one_too_many(self) -> bool:
        """Whether the upload of this thread should give way: several turned out to be slow at once."""
        return threading.get_ident() in self._lingering()[self.most :]

    def _lingering(self) -> list[int]:
        """The slow ones, those that came first before the others."""
        before = time.monotonic() - LINGERS_AFTER_S
        with self._lock:
            slow = [(since, thread) for thread, since in self._since.items() if since <= before]
        return [thread for _, thread in sorted(slow)]


def crowd() -> Crowd:
    """That of this process."""
    known = current_app.extensions
    found: Crowd | None = known.get("doorstep_crowd")
    if found is None:
        most = max(1, house().config.threads - 1)
        found = known.setdefault("doorstep_crowd", Crowd(most))
    return found
