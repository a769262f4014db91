"""The tablet app at /tablet/: files that set-up built from field_client/tablet, served by us.

They are few and small, so each is read and packed once. Names that carry a hash of their content never
change; everything else is asked for anew, so that an update is found at the next start.
"""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from server.auth import is_open
from server.domain import errors

BUILT = Path(__file__).resolve().parents[1] / "field_client" / "tablet" / "dist"
PACKED_TYPES = (
    "text/",
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/wasm",
)
FOR_EVER = "public, max-age=31536000, immutable"
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")
# The reader of bar codes is WebAssembly in a worker, which follows the policy of its own file; the page
# itself, where the keys are, may not run any.
READER, READER_POLICY = "assets/codes-", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"

blp = Blueprint("tablet_app", __name__)


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    mime: str


@blp.get("/tablet")
@is_open
def without_slash() -> AnyResponse:
    return redirect("/tablet/", code=308)


@blp.get("/tablet/")
@is_open
def start() -> Response:
    """The app's only page; where one is in it stands behind the #."""
    return _answer("index.html")


@blp.get("/tablet/<path:name>")
@is_open
def file(name: str) -> Response:
    return _answer(name)


def _answer(name: str) -> Response:
    found = _files().get(name)
    if found is None:
        raise errors.NotFound()
    is_packed = found.packed is not None and bool(request.accept_encodings["gzip"])
    answer = Response(found.packed if is_packed else found.body, mimetype=found.mime)
    answer.headers["Cache-Control"] = FOR_EVER if name.startswith("assets/") else "no-cache"
    answer.vary.add("Accept-Encoding")
    if name.startswith(READER):
        answer.headers["Content-Security-Policy"] = READER_POLICY
    answer.add_etag()
    if is_packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.make_conditional(request)
    return answer


@cache
def _files() -> dict[str, _File]:
    """By their path below /tablet/; none where set-up did not build them."""
    found = sorted(each for each in BUILT.rglob("*") if each.is_file())
    return {each.relative_to(BUILT).as_posix(): _read(each) for each in found}


def _read(path: Path) -> _File:
    body, mime = path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if mime.startswith(PACKED_TYPES) else None
    return _File(body, packed, mime)
