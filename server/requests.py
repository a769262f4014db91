"""What happens around every request: an id, the whole body or a clear no, headers, a log line, figures.

The log carries no personal data: the route, never the path's ids or the query; no bodies, no names.
"""

import gzip
import io
import json
import logging
import re
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from werkzeug.exceptions import ClientDisconnected

from server.clock import wire
from server.domain import customer_photos, errors
from server.house import house
from server.ids import new_id
from server.spreadsheets import MOST_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

access_log = logging.getLogger("doorstep.access")

MAX_JSON_BODY = 1024 * 1024  # bytes; the sync push has a limit of its own
MOST_PICTURE = customer_photos.MOST_BYTES + 64 * 1024  # one picture in a form
MOST_PICTURES = customer_photos.MOST_OF_A_FORM  # several of them
MOST_OF = {  # of what comes as a file in a form, by blueprint
    "office.imports": MOST_BYTES + 64 * 1024,
    "office.intake": MOST_PICTURES,
    "office.customer_photos": MOST_PICTURES,
    "portal.customer_photos": MOST_PICTURE,
    "portal.place_photos": MOST_PICTURE,
    "portal.proofs": 8_000_000 + 64 * 1024,
}
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
PACKED_TYPES = frozenset(
    {"application/json", "application/problem+json", "text/html", "text/plain"}
)
PACKED_FROM, PACKED_LEVEL = 1024, 5  # bytes; higher levels take longer than they save
NEVER_KEPT = ("/api/", "/sync/")  # by a browser or a proxy
_ID = "doorstep.request_id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")

FIXED_HEADERS = {
    "Sync-Server": "doorstep/1",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
}


class Around:
    """Around an app: what every answer says, unless it says it in another way itself.

    It is put into the plain list that leaves: within a response each header is looked at several times.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._extensions = app.wsgi_app, app.extensions

    def __call__(self, environ: dict[str, Any], start: "StartResponse") -> Iterable[bytes]:
        def start_with_more(
            status: str, headers: list[tuple[str, str]], failure: Any = None, /
        ) -> Callable[[bytes], object]:
            said = {name for name, _ in headers}
            headers += [each for each in FIXED_HEADERS.items() if each[0] not in said]
            headers.append(("X-Request-Id", environ.get(_ID, "")))
            headers.append(("Sync-Time", wire(self._extensions["doorstep"].clock()) or ""))
            path = "/" + environ["PATH_INFO"].lstrip("/")  # as it is routed
            if "Cache-Control" not in said and path.startswith(NEVER_KEPT):
                headers.append(("Cache-Control", "no-store"))
            return start(status, headers, failure)

        return self._app(environ, start_with_more)


class Figures:
    """What Prometheus is told of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "doorstep_requests",
            "Answers given",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "doorstep_request_seconds", "Time to answer", ("route",), registry=self.registry
        )
        self.events = Counter(
            "doorstep_events", "Field events received", ("status",), registry=self.registry
        )
        self.upload_bytes = Counter(
            "doorstep_upload_bytes", "Bytes of files received", registry=self.registry
        )
        self._of: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """An answer was given. Which figures it counts for is looked up once for each kind of answer."""
        key = method, route, status
        if key not in self._of:
            self._of[key] = self.requests.labels(*key), self.seconds.labels(route)
        count, times = self._of[key]
        count.inc()
        times.observe(seconds)


def register(app: Flask) -> None:
    app.extensions["doorstep_figures"] = Figures()
    app.before_request(_begin)
    app.after_request(_finish)
    app.wsgi_app = Around(app)  # type: ignore[assignment, method-assign]


def figures(app: Flask) -> Figures:
    found: Figures = app.extensions["doorstep_figures"]
    return found


def said(header: str) -> str | None:
    """What the request says in this header. werkzeug's own view makes an exception for each missing one."""
    found: str | None = request.environ.get("HTTP_" + header.upper().replace("-", "_"))
    return found


def _begin() -> None:
    asks = request._get_current_object()  # type: ignore[attr-defined]
    g.started = time.perf_counter()
    asked = said("X-Request-Id") or ""
    g.request_id = asks.environ[_ID] = asked if _REQUEST_ID.match(asked) else new_id()
    if "\x00" in asks.path:
        raise errors.NotFound()  # PostgreSQL would refuse to look for it
    if not ("CONTENT_LENGTH" in asks.environ or said("Transfer-Encoding")):
        return
    blueprint = asks.blueprint
    if blueprint == "uploads":
        return
    body = whole_body(_most(blueprint))
    if body and asks.path.startswith("/api/") and not asks.is_json:
        raise errors.Unsupported()


def _most(blueprint: str | None) -> int:
    """How large a body may be, by who is asked."""
    if blueprint == "sync":
        return house().config.max_push_bytes
    return MOST_OF.get(blueprint or "", MAX_JSON_BODY)


def whole_body(most: int) -> bytes:
    """The body as it was promised, unpacked; raises `TooLarge`, and `BodyCut` where the connection
    ended early.

    Under some WSGI servers a cut body looks complete, so its length is compared. A body that is too
    large is read away up to a bound before the answer, so that the sender can read it.
    """
    promised = request.content_length
    if promised is not None and promised > most:
        raise errors.TooLarge(most=most)
    request.max_content_length = most + 1  # in chunks, the stream ends there without a word
    try:
        body = request.stream.read()
    except ClientDisconnected as cut:
        raise errors.BodyCut(promised=promised) from cut
    if promised is not None and len(body) < promised:
        raise errors.BodyCut(arrived=len(body), promised=promised)
    if len(body) > most:
        raise errors.TooLarge(most=most)
    body = _unpacked(body, most)
    request.stream = io.BytesIO(body)  # for whoever asks next
    return request.get_data(cache=True)


def _unpacked(body: bytes, most: int) -> bytes:
    """Raises `TooLarge` for what is too large once it is unpacked, `BadRequest` for what is broken."""
    packing = request.headers.get("Content-Encoding", "identity").lower()
    if packing == "identity" or not body:
        return body
    if packing not in ("gzip", "x-gzip"):
        raise errors.Unsupported(encoding=packing[:20])
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            unpacked = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as bad:
        raise _unreadable() from bad
    if len(unpacked) > most:
        raise errors.TooLarge(most=most)
    return unpacked


def _unreadable() -> errors.BadRequest:
    return errors.BadEnvelope() if request.blueprint == "sync" else errors.BadRequest()


def _finish(answer: Response) -> Response:
    _pack(answer)
    _note(answer)
    return answer


def _pack(answer: Response) -> None:
    """gzip for whoever takes it, where it saves something. Files go out as they are."""
    if answer.is_streamed:
        return
    body = answer.get_data()
    if len(body) < PACKED_FROM or answer.mimetype not in PACKED_TYPES:
        return
    answer.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return
    answer.set_data(gzip.compress(body, PACKED_LEVEL, mtime=0))
    answer.headers["Content-Encoding"] = "gzip"


def _note(answer: Response) -> None:
    asked = request._get_current_object()  # type: ignore[attr-defined]
    route = asked.url_rule.rule if asked.url_rule else "(none)"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    method = asked.method if asked.method in METHODS else "(other)"
    figures(current_app).note(method, route, answer.status_code, seconds)
    access_log.info(
        "request",
        extra={
            "fields": {
                "request_id": g.get("request_id"),
                "method": asked.method,
                "route": route,
                "status": answer.status_code,
                "ms": round(seconds * 1000, 1),
            }
        },
    )


_AS_IT_IS = json.JSONEncoder(ensure_ascii=False)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "log": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _AS_IT_IS.encode(line)

    def formatException(self, exc_info: Any) -> str:
        """Where it happened and what kind it was; its message may quote what people wrote."""
        failure: BaseException | None = exc_info[1]
        told: list[str] = []
        while failure is not None:
            places = traceback.extract_tb(failure.__traceback__)
            told += [type(failure).__qualname__]
            told += [f"  {place.filename}:{place.lineno} {place.name}" for place in places]
            failure = failure.__cause__ or failure.__context__
        return "\n".join(told)


def set_up_logging(level: str) -> None:
    """Structured lines on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("doorstep")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
