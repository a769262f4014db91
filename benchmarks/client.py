"""One cheap HTTP client for both sides: keep-alive, one thread, bodies made before the clock starts.

A *unit* is what is counted: one request, or several that one tablet sends one after the other. Each
connection has one unit under way at a time. The client's own CPU is measured with every run, so that a
client that has become the bottleneck is seen.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

Piece = bytes | memoryview

ANSWER_S = 60.0  # longest silence of a server
READ_AT_ONCE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, raw head and body of an answer."""

    status: int
    head: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request ready to send, and what makes its answer a good one."""

    pieces: tuple[Piece, ...]
    is_good: Callable[[Answer], bool]


Unit = tuple[Request, ...]


class WrongAnswer(Exception):
    """A server said something else than the benchmark expected: its figures would mean nothing."""


@dataclass(slots=True)
class Run:
    """What one run measured. Times in seconds, the client's CPU (user and system), too."""

    units: int = 0
    seconds: float = 0.0
    client_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.units / self.seconds


def request(
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: tuple[Piece, ...] = (),
    *,
    is_good: Callable[[Answer], bool],
) -> Request:
    said = {"Host": "127.0.0.1", **(headers or {})}
    if body or method in ("POST", "PUT", "PATCH"):
        said["Content-Length"] = str(sum(len(piece) for piece in body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    head = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode()
    if len(body) == 1 and len(body[0]) < 65_536:  # small ones in one piece and one packet
        return Request((head + bytes(body[0]),), is_good)
    return Request((head, *body), is_good)


def run(
    port: int, units: Iterable[Unit], *, connections: int, seconds: float = float("inf")
) -> Run:
    """Sends units over so many connections until there are none left or the time is over.

    Units under way at the end are waited for and count. Raises WrongAnswer, TimeoutError.
    """
    waiting = iter(units)
    result = Run()
    cpu, start = time.process_time(), time.perf_counter()
    _Loop(port, waiting, result, start + seconds).go(connections)
    result.seconds = time.perf_counter() - start
    result.client_cpu = time.process_time() - cpu
    return result


def ask(port: int, asked: Request) -> Answer:
    """One request by itself, with its answer."""
    found: list[Answer] = []

    def keep(answer: Answer) -> bool:
        found.append(answer)
        return asked.is_good(answer)

    run(port, [(Request(asked.pieces, keep),)], connections=1)
    return found[0]


class _Loop:
    """All connections of a run, and whose turn it is."""

    def __init__(self, port: int, units: Iterator[Unit], result: Run, end: float) -> None:
        self.port, self.units, self.result, self.end = port, units, result, end
        self.selector = selectors.DefaultSelector()

    def go(self, connections: int) -> None:
        open_ones = [_Connection(self) for _ in range(connections)]
        try:
            busy = {each for each in open_ones if each.begin_unit()}
            while busy:
                events = self.selector.select(ANSWER_S)
                if not events:
                    raise TimeoutError(f"no answer for {ANSWER_S:.0f} s")
                for key, mask in events:
                    connection: _Connection = key.data
                    if mask & selectors.EVENT_WRITE:
                        connection.go_on_sending()
                    if mask & selectors.EVENT_READ and not connection.go_on_reading():
                        busy.discard(connection)
        finally:
            for each in open_ones:
                each.close()
            self.selector.close()

    def next_unit(self) -> Unit | None:
        if time.perf_counter() >= self.end:
            return None
        return next(self.units, None)


class _Connection:
    """One connection: sends the requests of its unit one by one and reads each answer whole."""

    def __init__(self, loop: _Loop) -> None:
        self.loop = loop
        self.unit: Unit = ()
        self.at, self.begun = 0, 0.0
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.loop.port), ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.left: list[Piece] = []
        self.heard = bytearray()
        self.loop.selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self) -> None:
        if self.socket.fileno() >= 0:
            self.loop.selector.unregister(self.socket)
            self.socket.close()

    def begin_unit(self) -> bool:
        unit = self.loop.next_unit()
        if unit is None:
            return False
        self.unit, self.at, self.begun = unit, 0, time.perf_counter()
        self._send()
        return True

    def _send(self) -> None:
        self.left = list(self.unit[self.at].pieces)
        self.heard.clear()
        self.go_on_sending()

    def go_on_sending(self) -> None:
        was_all_sent = False
        try:
            while self.left:
                sent = self.socket.send(self.left[0])
                if sent == len(self.left[0]):
                    self.left.pop(0)
                else:
                    self.left[0] = memoryview(self.left[0])[sent:]
            was_all_sent = True
        except BlockingIOError:
            pass
        wanted = selectors.EVENT_READ | (0 if was_all_sent else selectors.EVENT_WRITE)
        if self.loop.selector.get_key(self.socket).events != wanted:
            self.loop.selector.modify(self.socket, wanted, self)

    def go_on_reading(self) -> bool:
        """False when this connection has nothing more to do."""
        try:
            piece = self.socket.recv(READ_AT_ONCE)
        except BlockingIOError:
            return True
        if not piece:
            raise WrongAnswer(f"the server hung up after {bytes(self.heard[:300])!r}")
        self.heard += piece
        answer = _whole(self.heard)
        if answer is None:
            return True
        if not self.unit[self.at].is_good(answer):
            raise WrongAnswer(f"{answer.head[:400]!r} {answer.body[:1_000]!r}")
        if b"\r\nconnection: close" in answer.head.lower():
            self.close()
            self._open()
        self.at += 1
        if self.at < len(self.unit):
            self._send()
            return True
        self.loop.result.units += 1
        self.loop.result.latencies.append(time.perf_counter() - self.begun)
        return self.begin_unit()


def _whole(heard: bytearray) -> Answer | None:
    """The answer, once all of it has come."""
    end = heard.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(heard[:end])
    status = int(head[9:12])
    named = head.lower()
    if status in (204, 304):
        return Answer(status, head, b"")
    at = named.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(named[at + 17 :].split(b"\r\n", 1)[0])
        if len(heard) < end + 4 + length:
            return None
        return Answer(status, head, bytes(heard[end + 4 :]))
    if b"\r\ntransfer-encoding: chunked" in named:
        if not heard.endswith(b"0\r\n\r\n"):
            return None
        return Answer(status, head, bytes(heard[end + 4 :]))
    return Answer(status, head, b"")
