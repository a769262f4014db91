"""The pages' own style and scripts under /c/static: an address carries the hash of the content, so it never
changes. Small: a phone of ten years ago, in a cellar, has them in a moment.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request

from server.auth import is_open
from server.domain import errors

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOKENS = ROOT / "field_client" / "tablet" / "src" / "tokens.css"  # those of all faces
STYLE, SCRIPT = "text/css", "text/javascript"
FILES: dict[str, tuple[str, tuple[Path, ...]]] = {
    "portal.css": (STYLE, (TOKENS, HERE / "static" / "portal.css")),
    "portal.js": (SCRIPT, (HERE / "static" / "portal.js",)),
    "retake.js": (SCRIPT, (HERE / "static" / "retake.js",)),
    "sign.js": (
        SCRIPT,
        (
            ROOT / "node_modules" / "signature_pad" / "dist" / "signature_pad.umd.min.js",
            HERE / "static" / "sign.js",
        ),
    ),
}
FOR_EVER = "public, max-age=31536000, immutable"

blp = Blueprint("files", __name__)


@dataclass(frozen=True, slots=True)
class _File:
    packed: bytes
    mime: str
    mark: str


@cache
def _file(name: str) -> _File:
    mime, paths = FILES[name]
    body = b"\n".join(each.read_bytes() for each in paths)
    mark = hashlib.sha256(body).hexdigest()[:12]
    return _File(gzip.compress(body, 9, mtime=0), mime, mark)


def address(name: str) -> str:
    return f"/c/static/{_file(name).mark}/{name}"


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
