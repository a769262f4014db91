"""The body of a request, piece by piece, for somebody who cannot wait for its sender for ever.

The entrance puts in what comes; a thread takes it out, and looks around now and then while nothing comes.
Under another WSGI server the body is an ordinary stream, which is waited for as long as it takes.
"""

import contextlib
from asyncio import AbstractEventLoop, Event, timeout
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import IO

from flask import request
from werkzeug.exceptions import ClientDisconnected

MOST = 512 * 1024  # bytes that wait for their reader until no more are fetched
PIECE = 64 * 1024  # bytes read at once of an ordinary stream
LOOK_S = 1.0  # seconds after which whoever takes the pieces looks around, if nothing comes


def pieces(promised: int) -> Iterator[bytes]:
    """The body as it comes in, `promised` bytes; ends early where the sender has gone.

    An empty piece means that nothing came for a while.
    """
    source, left = _source(), promised
    while left > 0:
        piece = source.take(LOOK_S)
        if piece is None:
            yield b""
            continue
        if not piece:
            return
        left -= len(piece)
        yield piece


def _source() -> "Arriving | _Ordinary":
    given = request.environ["wsgi.input"]
    return given if isinstance(given, Arriving) else _Ordinary(request.stream)


class Arriving:
    """A body between the event loop, which brings it (`put`, `end`), and the thread that takes it."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.came = 0  # bytes
        self._taken = 0
        self._pieces: SimpleQueue[bytes] = SimpleQueue()
        self._loop, self._has_room, self._is_much = loop, Event(), Event()
        self._is_waiting = self._is_over = self._is_unwanted = False

    async def put(self, piece: bytes) -> None:
        """Waits while too much lies here. What nobody wants any more is only counted."""
        self.came += len(piece)
        if self._is_unwanted:
            return
        self._pieces.put(piece)
        if self.came >= MOST:
            self._is_much.set()
        self._is_waiting = True  # said before the question, so that the answer cannot be missed
        while self.came - self._taken > MOST and not self._is_unwanted:
            self._has_room.clear()
            if self.came - self._taken > MOST:
                await self._has_room.wait()
        self._is_waiting = False

    def end(self) -> None:
        self._pieces.put(b"")
        self._is_much.set()

    async def gather(self, pause_s: float, longest_s: float) -> None:
        """Waits for the end, for as much as may wait here, or for a pause: a thread that then takes it finds
        most bodies whole, and needs not be woken up for every piece. Not longer: whoever was cut and comes
        back at once must not overtake what came before the cut.
        """
        came, until = -1, self._loop.time() + longest_s
        while came < self.came and not self._is_much.is_set() and self._loop.time() < until:
            came = self.came
            with contextlib.suppress(TimeoutError):
                async with timeout(pause_s):
                    await self._is_much.wait()

    def is_answered(self) -> None:
        """Nobody takes anything any more."""
        self._is_unwanted = True
        self._has_room.set()

    def take(self, patience_s: float) -> bytes | None:
        """All that came; empty at the end, None where nothing comes in time."""
        if self._is_over:
            return b""
        try:
            found = [self._pieces.get(timeout=patience_s)]
        except Empty:
            return None
        with contextlib.suppress(Empty):
            while found[-1]:
                found.append(self._pieces.get_nowait())
        self._is_over = not found[-1]
        whole = b"".join(found)
        self._taken += len(whole)
        if self._is_waiting:
            self._loop.call_soon_threadsafe(self._has_room.set)
        return whole


class _Ordinary:
    """A stream that knows no patience."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def take(self, _patience_s: float) -> bytes:
        try:
            return self._stream.read(PIECE)
        except (ClientDisconnected, OSError):
            return b""
