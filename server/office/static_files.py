"""The office's own styles and scripts, and those of its libraries, under /office/static."""

import mimetypes
from functools import cache
from pathlib import Path

from flask import Blueprint, Response

from server import marked_files
from server.auth import is_open
from server.domain import errors

ROOT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).with_name("static")
BUILT = ROOT / "node_modules"
FILES = {each.name: each for each in sorted(OWN.iterdir()) if each.suffix in (".css", ".js")} | {
    "tokens.css": ROOT / "field_client" / "tablet" / "src" / "tokens.css",  # those of all faces
    # As a checklist is shown on the tablet; its tokens stand beside it under their own name.
    "tablet.css": ROOT / "field_client" / "tablet" / "src" / "style.css",
    "icon.svg": ROOT / "field_client" / "tablet" / "public" / "icon.svg",
    "event-calendar.css": BUILT / "@event-calendar" / "build" / "dist" / "event-calendar.min.css",
    "event-calendar.js": BUILT / "@event-calendar" / "build" / "dist" / "event-calendar.min.js",
    "chart.js": BUILT / "chart.js" / "dist" / "chart.umd.js",
    "htmx.js": BUILT / "htmx.org" / "dist" / "htmx.min.js",
}
# Modules import one another by `./name.js`, so they stand under one mark: that of all of them.
MODULES = [name for name in FILES if name.startswith("board") and name.endswith(".js")]
OTHER_TOKENS = b'@import "./tokens.css";\n'

blp = Blueprint("static_files", __name__)


@cache
def _file(name: str) -> marked_files.MarkedFile:
    mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
    marked_by = b"".join(map(_body, MODULES)) if name in MODULES else None
    return marked_files.packed(_body(name), mime, marked_by=marked_by)


def _body(name: str) -> bytes:
    return FILES[name].read_bytes().removeprefix(OTHER_TOKENS)


def address(name: str) -> str:
    return f"/office/static/{_file(name).mark}/{name}"


@blp.get("/static/<mark>/<name>")
@is_open
def file(mark: str, name: str) -> Response:
    if name not in FILES or _file(name).mark != mark:
        raise errors.NotFound()
    return marked_files.answer(_file(name))
