"""The body of a request, piece by piece, for somebody who cannot wait for its sender for ever.

The server reads a body without a limit of time: a tablet that was carried into a lift leaves its reader
hanging. So a thread of its own listens, and whoever takes the pieces looks around now and then.
"""

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

from flask import request

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


def pieces(promised: int) -> Iterator[bytes]:
    """The body as it comes in, at most `promised` bytes; ends early where the sender has gone.

    An empty piece means that nothing came for a while.
    """
    asked: SimpleQueue[int] = SimpleQueue()
    came: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(request.stream.read, asked, came), daemon=True).start()
    left, size, heard_at = promised, FIRST, time.monotonic()
    try:
        asked.put(min(size, left))
        while left > 0:
            try:
                piece = came.get(timeout=LOOK_S)
            except Empty:
                if time.monotonic() - heard_at > QUIET_S:
                    return
                yield b""
                continue
            if not piece:
                return
            now = time.monotonic()
            size = min(2 * size, MOST) if now - heard_at < AT_ONCE_S else LEAST
            left, heard_at = left - len(piece), now
            if left > 0:
                asked.put(min(size, left))  # the next one may come while this one is written
            yield piece
    finally:
        asked.put(0)


def _listen(
    read: Callable[[int], bytes], asked: "SimpleQueue[int]", came: "SimpleQueue[bytes]"
) -> None:
    """Reads what is asked for, until nobody asks or nothing comes any more."""
    while size := asked.get():
        try:
            piece = read(size)
        except Exception:  # each server has its own word for a sender that has gone
            piece = b""
        came.put(piece)
        if not piece:
            return
