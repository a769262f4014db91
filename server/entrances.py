"""The entrance: what granian's event loop receives (RSGI) becomes a call of the app (WSGI) in a thread.

A thread is for work, never for waiting on a sender: small bodies are whole before one gets them, and
uploads that are not here at once are handed on as they come, to somebody who can give up. What a sender
still sends after its answer is read away within bounds, else a browser could not read the answer.
"""

import asyncio
import io
import logging
import re
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, TypeAlias

from granian.rsgi import HTTPProtocol, Scope
from werkzeug.wsgi import FileWrapper

from server.bodies import Arriving

QUIET_S = 30.0  # seconds of silence after which a sender has gone
DRAIN_S, DRAIN_MOST = 0.5, 2 * 1024 * 1024  # the same, and bytes, for what nobody wants any more
DRAIN_LONGEST_S = 30.0  # seconds
TIDY_S = 1.0  # seconds after which a request that was answered is let go at the latest
PAUSE_S, LONGEST_S = 0.01, 0.05  # seconds without a byte, and in all, that a body is waited for
LARGE_FILE = 256 * 1024  # bytes from which a file is sent by granian itself, holding no thread

log = logging.getLogger("doorstep.entrance")
_UPLOADS = {
    "POST": re.compile(r"/sync/v1/media/uploads(/[^/]+)?"),
    "PATCH": re.compile(r"/sync/v1/media/uploads/[^/]+"),
}

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_Call: TypeAlias = "tuple[dict[str, Any], HTTPProtocol, _Sender, asyncio.Future[None]]"


class Entrance:
    """Of one process: an app, so many threads, and at most so many bytes of a small body."""

    def __init__(self, app: App, *, threads: int, most: int) -> None:
        self._app, self._most = app, most
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._answered: deque[asyncio.Future[None]] = deque()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        for thread in self._threads:
            thread.start()
        self._tidy_again()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends what is under way."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()
        self._tidy()
        if left := asyncio.all_tasks(loop):
            loop.run_until_complete(asyncio.wait(left, timeout=2 * DRAIN_S))

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        self._tidy()
        environ = _environ(scope)
        sender = _Sender(protocol, environ)
        if sender.is_over:
            environ["wsgi.input"] = io.BytesIO()
            await self._answer(environ, protocol, sender)
        elif _is_upload(environ):
            await self._hand_on(sender, environ, protocol)
        else:
            environ["wsgi.input"] = io.BytesIO(await sender.whole(self._most))
            await self._answer(environ, protocol, sender)
            await sender.drain()

    async def _hand_on(
        self, sender: "_Sender", environ: dict[str, Any], protocol: HTTPProtocol
    ) -> None:
        environ["wsgi.input"] = body = Arriving(self._loop)
        bringing = self._loop.create_task(sender.bring(body))
        await body.gather(PAUSE_S, LONGEST_S)
        await self._answer(environ, protocol, sender)
        body.is_answered()
        heard, most, until = -1, body.came + DRAIN_MOST, time.monotonic() + DRAIN_LONGEST_S
        while not bringing.done() and heard < body.came < most and time.monotonic() < until:
            heard = body.came
            await asyncio.wait({bringing}, timeout=DRAIN_S)
        bringing.cancel()

    async def _answer(
        self, environ: dict[str, Any], protocol: HTTPProtocol, sender: "_Sender"
    ) -> None:
        is_answered = self._loop.create_future()
        self._calls.put((environ, protocol, sender, is_answered))
        await is_answered

    def _work(self) -> None:
        while self._do_one():
            pass

    def _do_one(self) -> bool:
        """In a thread: answers one request; False when there will be no more."""
        call = self._calls.get()
        if call is None:
            return False
        environ, protocol, sender, is_answered = call
        try:
            _Answer(environ).give(self._app, protocol)
        except (
            BaseException
        ):  # the app answers its own mistakes: this one is ours, and no thread's end
            log.exception("no answer")
            protocol.response_empty(500, [])
        self._answered.append(is_answered)
        if not sender.is_over:
            self._loop.call_soon_threadsafe(self._tidy)
        return True

    def _tidy(self) -> None:
        """Tells the loop of answers that were given. It needs not be woken up for each: that would cost
        a tenth of a millisecond, and where nothing is left to read nobody waits for it."""
        while self._answered:
            is_answered = self._answered.popleft()
            if not is_answered.done():
                is_answered.set_result(None)

    def _tidy_again(self) -> None:
        self._tidy()
        self._loop.call_later(TIDY_S, self._tidy_again)


class _Sender:
    """Of one request's body: `promised` bytes, or in chunks until it ends (None)."""

    def __init__(self, protocol: HTTPProtocol, environ: dict[str, Any]) -> None:
        length = environ.get("CONTENT_LENGTH", "")
        is_chunked = "HTTP_TRANSFER_ENCODING" in environ
        self.promised = None if is_chunked else int(length) if length.isdecimal() else 0
        self.is_over = self.promised == 0
        self._came = 0
        self._pieces: AsyncIterator[bytes] | None = None if self.is_over else aiter(protocol)

    async def piece(self, patience_s: float) -> bytes:
        """Empty at the end, which is also where nothing came in time: a reading that was given up is
        still under way within granian, and a second one would wait for it with the whole process."""
        if self.is_over or self._pieces is None:
            return b""
        try:
            async with asyncio.timeout(patience_s):
                piece = await anext(self._pieces)
        except (StopAsyncIteration, TimeoutError):
            piece = b""
        self._came += len(piece)
        self.is_over = not piece or self._came == self.promised
        return piece

    async def whole(self, most: int) -> bytes:
        """What comes until it ends or nothing comes any more; one byte more than `most`, if it is more."""
        if self.promised is not None and self.promised > most:
            return b""  # the app sees by its length that it is too large
        pieces = [await self.piece(QUIET_S)]
        while pieces[-1] and self._came <= most:
            pieces.append(await self.piece(QUIET_S))
        return b"".join(pieces)

    async def bring(self, body: Arriving) -> None:
        try:
            while piece := await self.piece(QUIET_S):
                await body.put(piece)
        finally:
            body.end()

    async def drain(self) -> None:
        most, until = self._came + DRAIN_MOST, time.monotonic() + DRAIN_LONGEST_S
        while self._came < most and time.monotonic() < until and await self.piece(DRAIN_S):
            pass


class _Answer:
    """What the app says: status, headers, bytes; or a file."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ
        self._status, self._headers = 500, list[tuple[str, str]]()
        self._file: IO[bytes] | None = None
        environ["wsgi.file_wrapper"] = self._wrap

    def give(self, app: App, protocol: HTTPProtocol) -> None:
        answer = app(self._environ, self._start)
        try:
            if not self._give_file(protocol):
                protocol.response_bytes(self._status, self._headers, b"".join(answer))
        finally:
            with suppress(AttributeError):
                answer.close()  # type: ignore[attr-defined]

    def _start(self, status: str, headers: list[tuple[str, str]], _failure: Any = None) -> None:
        self._status, self._headers = int(status[:3]), headers

    def _wrap(self, file: IO[bytes], size: int = 65_536) -> FileWrapper:
        self._file = file
        return FileWrapper(file, size)

    def _give_file(self, protocol: HTTPProtocol) -> bool:
        """A large one, whole or a range of it, goes out by its path."""
        said = {name.lower(): value for name, value in self._headers} if self._file else {}
        if (
            int(said.get("content-length", 0)) < LARGE_FILE
            or self._environ["REQUEST_METHOD"] == "HEAD"
        ):
            return False
        assert self._file is not None
        if self._status == 200:
            protocol.response_file(200, self._headers, self._file.name)
            return True
        parts = re.fullmatch(r"bytes (\d+)-(\d+)/\d+", said.get("content-range", ""))
        if self._status != 206 or parts is None:
            return False
        first, end = int(parts[1]), int(parts[2]) + 1
        protocol.response_file_range(206, self._headers, self._file.name, first, end)
        return True


def _is_upload(environ: dict[str, Any]) -> bool:
    where = _UPLOADS.get(environ["REQUEST_METHOD"])
    return where is not None and where.fullmatch(environ["PATH_INFO"]) is not None


_FIXED = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,  # it ends where it ends, also when it comes in chunks
}


def _environ(scope: Scope) -> dict[str, Any]:
    """As WSGI wants it: bytes of the path as Latin-1, headers of one name joined."""
    server, _, server_port = scope.server.rpartition(":")
    client, _, client_port = scope.client.rpartition(":")
    environ: dict[str, Any] = {
        **_FIXED,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": server_port,
        "REMOTE_ADDR": client.strip("[]"),
        "REMOTE_PORT": client_port,
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # else it would pass for the one with a hyphen, which a proxy may have checked
        if name in ("content-type", "content-length"):
            environ[name.upper().replace("-", "_")] = value
            continue
        key = "HTTP_" + name.upper().replace("-", "_")
        also, between = environ.get(key), "; " if name == "cookie" else ","
        environ[key] = value if also is None else f"{also}{between}{value}"
    return environ
