"""A thin line between a tablet and the office: so many bits a second, so long on the way, and cut now and then.

It knows bytes and no HTTP; who wants to know what they were, reads along (`Requests`).
"""

import asyncio
import random
import socket
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

PIECE = 4096  # bytes at once: a thirtieth of a second at 1 Mbit/s
BUFFER = 16 * 1024  # bytes in the system's hands, so that little waits before the line
ONE_WAY_S = 0.03
LATE_S = 0.1  # what the line makes good when this process is late: its queue would not have run dry

Got = TypeVar("Got")


@dataclass
class Request:
    """What passed of one request."""

    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0  # bytes of its body

    @property
    def size(self) -> int:
        return int(self.headers.get("content-length", 0))

    @property
    def is_whole(self) -> bool:
        return self.sent == self.size


class Requests:
    """Reads along on one connection: its requests are added to `heard` as their heads come by."""

    def __init__(self, heard: list[Request]) -> None:
        self._heard = heard
        self._head, self._now, self._left = b"", Request("", "", {}), 0

    def read(self, data: bytes) -> None:
        while data:
            body, data = data[: self._left], data[self._left :]
            self._now.sent += len(body)
            self._left -= len(body)
            self._head, end, data = (self._head + data).partition(b"\r\n\r\n")
            if end:
                self._begin(self._head.decode("latin-1"))
                self._head = b""

    def _begin(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        named = (line.partition(":") for line in lines)
        self._now = Request(method, path, {name.lower(): told.strip() for name, _, told in named})
        self._left = self._now.size
        self._heard.append(self._now)


@dataclass
class Direction:
    """One half of the line. All connections share it."""

    bytes_per_s: float = float("inf")
    passed: int = 0
    _free_at: float = 0.0

    async def carry(self, size: int) -> None:
        lately = time.monotonic() - LATE_S
        self._free_at = max(self._free_at, lately) + size / self.bytes_per_s
        await asyncio.sleep(self._free_at - time.monotonic())
        self.passed += size


@dataclass
class Cuts:
    """Of every five stretches of `every` bytes that pass, one is cut, at any byte."""

    every: int
    chance: random.Random
    _at: list[int] = field(default_factory=list)
    _until: int = 0

    def within(self, passed: int, size: int) -> int | None:
        """After how many of the next `size` bytes the line is cut; None when it holds."""
        while self._until <= passed + size:
            stretch = self._until + self.chance.randrange(5) * self.every
            self._at.append(stretch + self.chance.randrange(1, self.every))
            self._until += 5 * self.every
        is_due = self._at and self._at[0] <= passed + size
        return self._at.pop(0) - passed if is_due else None


class ThinLine:
    """`address` is where the tablet finds the server. Wide and whole until it `becomes_thin`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.up, self.down = Direction(), Direction()
        self.heard: list[Request] = []
        self.cuts = 0
        self._cutting: Cuts | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = self._run(asyncio.start_server(self._join, sock=listening, limit=BUFFER))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def becomes_thin(self, bits_per_s: float, cut_every: int, seed: int) -> None:
        """From now on; what passed before is forgotten."""
        self.up, self.down = Direction(bits_per_s / 8), Direction(bits_per_s / 8)
        self.heard.clear()
        self.cuts = 0
        self._cutting = Cuts(cut_every, random.Random(seed))

    def becomes_wide(self) -> None:
        self.up, self.down, self._cutting = Direction(), Direction(), None

    def _run(self, work: Coroutine[Any, Any, Got]) -> Got:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _join(self, reader: asyncio.StreamReader, tablet: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or the line is cut."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        answers, office = await asyncio.open_connection("127.0.0.1", self.port, limit=BUFFER)
        ways = [
            asyncio.ensure_future(self._send_up(reader, office)),
            asyncio.ensure_future(self._send_down(answers, tablet)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(ONE_WAY_S)  # what has passed the line still arrives
        finally:
            for way in ways:
                way.cancel()
            office.transport.abort()
            tablet.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)
            self._tasks.discard(task)

    async def _send_up(self, tablet: asyncio.StreamReader, office: asyncio.StreamWriter) -> None:
        reading = Requests(self.heard)
        while piece := await tablet.read(PIECE):
            left = self._cutting.within(self.up.passed, len(piece)) if self._cutting else None
            piece = piece if left is None else piece[:left]
            await self.up.carry(len(piece))
            reading.read(piece)
            self._arrive(office, piece)
            if left is not None:
                self.cuts += 1
                return

    async def _send_down(self, office: asyncio.StreamReader, tablet: asyncio.StreamWriter) -> None:
        while piece := await office.read(PIECE):
            await self.down.carry(len(piece))
            self._arrive(tablet, piece)

    def _arrive(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        """At the other end, a while later, in the order of sending."""
        self._loop.call_later(ONE_WAY_S, writer.write, piece)
