"""One POST to an address of somebody else: pinned, bounded in time and size, without following anybody.

Before the request leaves, a failure is certain: nothing was taken. Once it is on its way and no answer came,
nobody knows; that is said as `unsure`.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import SplitResult

from server.clock import Clock
from server.notices import addresses
from server.notices.outcomes import Outcome, words

CONNECT_S, WHOLE_S = 5.0, 15.0
MOST_READ = 4_096  # bytes of an answer
REDIRECTS = range(300, 400)
GONE = 410
MOST_WAIT_S = 86_400


@contextmanager
def deadline(seconds: float, sockets: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cuts the line when the whole takes longer, however slowly the other side drips."""

    def cut() -> None:
        line = sockets()
        if line is not None:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was over already

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(
    url: str, headers: Mapping[str, str], body: bytes, *, own_network: bool, clock: Clock
) -> Outcome:
    """Sends it once. Never raises for what the other side does."""
    try:
        parts = addresses.must_be_outside(url, own_network=own_network)
        line = _connected(parts, own_network=own_network)
    except addresses.NotOutside as refused:
        return Outcome("refused", words=str(refused))
    except (OSError, ValueError) as failure:  # a name that nobody knows, a port that nobody hears
        return Outcome("again", words=words(f"{type(failure).__name__}: {failure}"))
    try:
        with deadline(WHOLE_S, lambda: line.sock):
            return _exchanged(line, parts, headers, body, clock)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return Outcome("unsure", words=words(f"{type(failure).__name__}: {failure}"))
    finally:
        line.close()


def _connected(parts: SplitResult, *, own_network: bool) -> http.client.HTTPConnection:
    """A line to one of the addresses that were looked at, and to no other."""
    host = parts.hostname or ""
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    failure: OSError | None = None
    for address in addresses.resolved(host, port, own_network=own_network)[:4]:
        try:
            sock = socket.create_connection((address, port), CONNECT_S)
        except OSError as refused:
            failure = refused
            continue
        try:
            if is_tls:
                sock = _trust().wrap_socket(sock, server_hostname=host)
        except OSError:
            sock.close()
            raise
        sock.settimeout(WHOLE_S)
        line = http.client.HTTPConnection(host, port, timeout=WHOLE_S)
        line.sock = sock
        return line
    raise failure or OSError("no address")


def _exchanged(
    line: http.client.HTTPConnection,
    parts: SplitResult,
    headers: Mapping[str, str],
    body: bytes,
    clock: Clock,
) -> Outcome:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line.request("POST", path, body, {**headers, "Host": parts.netloc, "Connection": "close"})
    answer = line.getresponse()
    said = words(answer.read(MOST_READ))
    status = answer.status
    if 200 <= status < 300:
        return Outcome("sent", status, said)
    if status in REDIRECTS:
        return Outcome("again", status, "redirect, not followed")
    wish = _wish(answer.getheader("Retry-After"), clock)
    return Outcome("again", status, said, wish, is_gone=status == GONE)


def _wish(said: str | None, clock: Clock) -> int | None:
    """`Retry-After` in seconds (RFC 9110, 10.2.3); None for none that can be read."""
    if said is None:
        return None
    if said.strip().isascii() and said.strip().isdigit():
        return min(int(said.strip()[:9]), MOST_WAIT_S)
    try:
        at = parsedate_to_datetime(said)
        seconds = (at - clock()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0, int(seconds)), MOST_WAIT_S)
