"""Who is told: a real mail server and a real receiver of webhooks, on the loopback."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

WAIT_S = 20.0


class OnAnyPort(Controller):
    """aiosmtpd asks itself at the port that was wished for, and 0 is none."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        return Speaking(self.handler, **self.SMTP_kwargs)


class Speaking(SMTP):
    """Tells the mailbox once an answer to a whole message lies with the network."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.event_handler.lines.append(transport)
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:
        await super().smtp_DATA(arg)
        box: Mailbox = self.event_handler
        with box.came:
            box.answered += 1
            box.came.notify_all()


class Mailbox:
    """A mail server that takes everything, or says what the test wants: `answers` are used up one by one.
    `how` is aiosmtpd's own: certificates, and who may write.
    """

    def __init__(self, **how: Any) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: deque[str] = deque()
        self.lines: list[asyncio.BaseTransport] = []
        self.came = threading.Condition()
        self.on_mail: Callable[[], None] = lambda: None
        self.answered = 0
        self._controller = OnAnyPort(self, hostname="127.0.0.1", port=0, **how)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody@"):
            return "550 there is nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.popleft() if self.answers else "250 OK"
        if answer.startswith("250"):
            raw = envelope.content
            assert isinstance(raw, bytes)
            mail = message_from_bytes(raw, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            with self.came:
                self.mails.append(mail)
                self.came.notify_all()
            self.on_mail()
        return answer

    @property
    def port(self) -> int:
        return int(self._controller.port)

    async def handle_exception(self, error: Exception) -> str:
        return f"451 {error}"

    def waits_for_answers(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.answered >= count, WAIT_S)

    def hangs_up(self) -> None:
        """Every line that is open at this moment."""
        lines, self.lines = self.lines, []
        for each in lines:
            self._controller.loop.call_soon_threadsafe(each.close)

    def ids(self) -> list[str]:
        return [str(each["Message-ID"]) for each in self.mails]

    def waits_for(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.mails) >= count, WAIT_S), self.mails

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop(no_assert=True)


class Hook:
    """A receiver of webhooks. It drops nothing; `answers` are (status, headers, body), used up one by one."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.answers: deque[tuple[int, Mapping[str, str], bytes]] = deque()
        self.came = threading.Condition()
        self.on_call: Callable[[], None] = lambda: None
        self.answered = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with hook.came:
                    hook.paths.append(self.path)
                    hook.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
                    hook.came.notify_all()
                hook.on_call()
                status, headers, said = hook.answers.popleft() if hook.answers else (204, {}, b"")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
                self.wfile.flush()
                with hook.came:
                    hook.answered += 1
                    hook.came.notify_all()

            def log_message(self, *_said: Any) -> None:
                """Tests read what came, not what was logged."""

        return Handler

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.calls]

    def waits_for(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.calls) >= count, WAIT_S), self.calls

    def waits_for_answers(self, count: int) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.answered >= count, WAIT_S)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
