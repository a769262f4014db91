"""What stands between a tablet and the office: a proxy of somebody's network, with ideas of its own."""

import http.client
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar, Self

PIECE = 64 * 1024
WORKER = "/tablet/sw.js"
UPLOADS = "/sync/v1/media/uploads"
OF_ONE_HOP = ("connection", "keep-alive", "transfer-encoding")


@dataclass(frozen=True)
class Sent:
    """A piece of a file as the tablet sent it: where it begins, and how many bytes it has."""

    offset: int
    size: int


class Proxy:
    """Passes everything on to a server on the loopback. `address` is where the tablet finds it."""

    def __init__(self, port: int) -> None:
        class Passes(_Passing):
            proxy = self

        self.port = port
        self.largest_body: int | None = None
        self.refused = 0
        self.is_shut = False
        self.is_cut = False
        self.app_version: str | None = None
        self.held_back: str | None = None
        self.sent: list[Sent] = []
        self.stuck = threading.Event()
        self._sticks_at: int | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Passes)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def takes_at_most(self, size: int) -> None:
        """Says 413 to a body with more bytes, as proxies do that nobody has set up for photos."""
        self.largest_body = size

    def lets_only_the_app_through(self) -> None:
        """The server behind it is being worked on."""
        self.is_shut = True

    def lets_all_through(self) -> None:
        self.is_shut = False

    def cuts_the_line(self) -> None:
        """Whatever is asked, the connection ends without a word."""
        self.is_cut = True

    def mends_the_line(self) -> None:
        self.is_cut = False

    def offers_the_app_as(self, version: str) -> None:
        """As if the office had installed a new version of the app."""
        self.app_version = version

    def holds_back(self, part: str | None) -> None:
        """Files of the app with this in their name do not come; with None all of them do."""
        self.held_back = part

    def sticks_in_piece(self, number: int) -> None:
        """Half of that piece of a file gets through; then nothing, until the tablet hangs up."""
        self._sticks_at = number

    def sticks_now(self) -> bool:
        return len(self.sent) == self._sticks_at


class _Passing(BaseHTTPRequestHandler):
    proxy: ClassVar[Proxy]
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        if self.proxy.is_cut:
            self.close_connection = True
            return
        size = int(self.headers.get("Content-Length") or 0)
        if self.proxy.held_back and self.proxy.held_back in self.path:
            self.refuse(503, size)
            return
        most = self.proxy.largest_body
        if self.proxy.is_shut and not self.path.startswith("/tablet/"):
            self.refuse(503, size)
            return
        if most is not None and size > most:
            self.proxy.refused += 1
            self.refuse(413, size)
            return
        server = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=60)
        try:
            self.ask(server, size)
            told = server.getresponse()
            body = told.read()
        except OSError:
            self.close_connection = True
            return
        finally:
            server.close()
        self.answer(told.status, told.getheaders(), self.changed(body))

    def ask(self, server: http.client.HTTPConnection, size: int) -> None:
        server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        unwanted: tuple[str, ...] = OF_ONE_HOP
        if self.path == WORKER:
            unwanted = (*unwanted, "accept-encoding", "if-none-match")
        for name, value in self.headers.items():
            if name.lower() not in unwanted:
                server.putheader(name, value)
        server.endheaders()
        is_piece = size > 0 and self.path.startswith(UPLOADS)  # the first comes with the creation
        if is_piece:
            self.proxy.sent.append(Sent(int(self.headers.get("Upload-Offset", 0)), size))
        left = size
        while left > 0:
            piece = self.rfile.read(min(PIECE, left))
            if not piece:
                raise ConnectionError("the tablet hung up")
            server.send(piece)
            left -= len(piece)
            if is_piece and left < size / 2 and self.proxy.sticks_now():
                self.wait_until_tablet_hangs_up()
                raise ConnectionError("nothing got through any more")

    def wait_until_tablet_hangs_up(self) -> None:
        self.proxy.stuck.set()
        while self.rfile.read(PIECE):
            pass

    def refuse(self, status: int, size: int) -> None:
        self.rfile.read(size)
        self.answer(status, [("Content-Type", "text/html")], b"<h1>Not here</h1>")

    def changed(self, body: bytes) -> bytes:
        version = self.proxy.app_version
        if self.path != WORKER or version is None:
            return body
        return re.sub(rb'VERSION="[^"]+"', f'VERSION="{version}"'.encode(), body, count=1)

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in (*OF_ONE_HOP, "content-length"):
                self.send_header(name, value)
        if self.command == "HEAD":
            self.send_header("Content-Length", dict(headers).get("Content-Length", "0"))
        elif status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The server's own log says enough."""

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = pass_on
