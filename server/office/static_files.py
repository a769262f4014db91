"""The office's own files under /office/static: a name carries the hash of its content, so it never changes."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

from server.auth import is_open
from server.domain import errors

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "tokens.css": ROOT / "field_client" / "tablet" / "src" / "tokens.css",  # those of all faces
    "office.css": Path(__file__).with_name("static") / "office.css",
    "office.js": Path(__file__).with_name("static") / "office.js",
    "tickets.css": Path(__file__).with_name("static") / "tickets.css",
    "verification.css": Path(__file__).with_name("static") / "verification.css",
    "verification.js": Path(__file__).with_name("static") / "verification.js",
    "people.css": Path(__file__).with_name("static") / "people.css",
    "people.js": Path(__file__).with_name("static") / "people.js",
    "route_sheets.css": Path(__file__).with_name("static") / "route_sheets.css",
    "customers.css": Path(__file__).with_name("static") / "customers.css",
    "search.css": Path(__file__).with_name("static") / "search.css",
    "search.js": Path(__file__).with_name("static") / "search.js",
    "stores.css": Path(__file__).with_name("static") / "stores.css",
    "stores.js": Path(__file__).with_name("static") / "stores.js",
    "board.css": Path(__file__).with_name("static") / "board.css",
    "board.js": Path(__file__).with_name("static") / "board.js",
    "event-calendar.css": ROOT
    / "node_modules"
    / "@event-calendar"
    / "build"
    / "dist"
    / "event-calendar.min.css",
    "event-calendar.js": ROOT
    / "node_modules"
    / "@event-calendar"
    / "build"
    / "dist"
    / "event-calendar.min.js",
    "audit.css": Path(__file__).with_name("static") / "audit.css",
    "figures.css": Path(__file__).with_name("static") / "figures.css",
    "figures.js": Path(__file__).with_name("static") / "figures.js",
    "chart.js": ROOT / "node_modules" / "chart.js" / "dist" / "chart.umd.js",
    "htmx.js": ROOT / "node_modules" / "htmx.org" / "dist" / "htmx.min.js",
    "settings.css": Path(__file__).with_name("static") / "settings.css",
    "settings.js": Path(__file__).with_name("static") / "settings.js",
    # As a checklist is shown on the tablet; its tokens stand beside it under their own name.
    "tablet.css": ROOT / "field_client" / "tablet" / "src" / "style.css",
    "icon.svg": ROOT / "field_client" / "tablet" / "public" / "icon.svg",
}
OTHER_TOKENS = b'@import "./tokens.css";\n'
FOR_EVER = "public, max-age=31536000, immutable"

blp = Blueprint("static_files", __name__)


@dataclass(frozen=True, slots=True)
class _File:
    packed: bytes
    mime: str
    mark: str


@cache
def _file(name: str) -> _File:
    body = FILES[name].read_bytes().removeprefix(OTHER_TOKENS)
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return _File(gzip.compress(body, 9, mtime=0), mime, hashlib.sha256(body).hexdigest()[:12])


def address(name: str) -> str:
    return f"/office/static/{_file(name).mark}/{name}"


@blp.get("/static/<mark>/<name>")
@is_open
def file(mark: str, name: str) -> Response:
    if name not in FILES or _file(name).mark != mark:
        raise errors.NotFound()
    found = _file(name)
    is_packed = bool(request.accept_encodings["gzip"])
    answer = Response(found.packed if is_packed else gzip.decompress(found.packed))
    answer.mimetype = found.mime
    answer.headers["Cache-Control"] = FOR_EVER
    answer.vary.add("Accept-Encoding")
    if is_packed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer
