"""The body of a request, piece by piece, for somebody who cannot wait for its sender for ever.

The server reads a body without a limit of time: a tablet that was carried into a lift leaves its reader
hanging. So a thread of its own listens, and whoever takes the pieces looks around now and then.
"""

import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO

from flask import Flask, g, request

LEAST, FIRST, MOST = (
    16 * 1024,
    64 * 1024,
    256 * 1024,
)  # bytes asked for at once: few of a slow sender
AT_ONCE_S = 0.05  # seconds within which a fast sender brings a piece
LOOK_S = (
    1.0  # seconds after which whoever takes the pieces looks around, also while nothing arrives
)
QUIET_S = 30.0  # seconds of silence after which a sender has gone
DRAIN_S = 0.5  # the same for what nobody wants any more


def register(app: Flask) -> None:
    app.teardown_request(_stop_listening)


def pieces(promised: int) -> Iterator[bytes]:
    """The body as it comes in, at most `promised` bytes; ends early where the sender has gone.

    An empty piece means that nothing came for a while.
    """
    listener = _listener()
    left, size, heard_at = promised, FIRST, time.monotonic()
    while left > 0:
        listener.ask(min(size, left))
        piece = listener.take(LOOK_S)
        now = time.monotonic()
        if piece is None:
            if now - heard_at > QUIET_S:
                return
            yield b""
            continue
        if not piece:
            return
        size = min(2 * size, MOST) if now - heard_at < AT_ONCE_S else LEAST
        left, heard_at = left - len(piece), now
        if left > 0:
            listener.ask(min(size, left))  # the next one may come while this one is written
        yield piece


def drain(most: int) -> None:
    """Reads away what is still to come, `most` bytes at most: else a browser cannot read our answer."""
    listener, left = _listener(), most
    while left > 0:
        listener.ask(min(FIRST, left))
        piece = listener.take(DRAIN_S)
        if not piece:
            return
        left -= len(piece)


def _listener() -> "_Listener":
    if "listener" not in g:
        g.listener = _Listener(request.stream)  # type: ignore[arg-type]
    found: _Listener = g.listener
    return found


def _stop_listening(_failure: BaseException | None) -> None:
    if "listener" in g:
        g.listener.stop()


class _Listener:
    """A thread that reads what it is asked for: one piece at a time is under way."""

    def __init__(self, stream: BinaryIO) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._came: SimpleQueue[bytes] = SimpleQueue()
        self._is_under_way = False
        Thread(target=self._listen, args=(stream,), daemon=True).start()

    def ask(self, size: int) -> None:
        """For a piece of this size, unless one is under way already."""
        if not self._is_under_way:
            self._is_under_way = True
            self._asked.put(size)

    def take(self, patience_s: float) -> bytes | None:
        """The piece; empty at the end, None where nothing came in time."""
        try:
            piece = self._came.get(timeout=patience_s)
        except Empty:
            return None
        self._is_under_way = False
        return piece

    def stop(self) -> None:
        self._asked.put(0)

    def _listen(self, stream: BinaryIO) -> None:
        while size := self._asked.get():
            try:
                piece = stream.read(size)
            except Exception:  # each server has its own word for a sender that has gone
                piece = b""
            self._came.put(piece)
