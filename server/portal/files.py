"""The pages' own style and scripts under /c/static. Small: a phone of ten years ago, in a cellar, has them in a
moment.
"""

from functools import cache
from pathlib import Path

from flask import Blueprint, Response

from server import marked_files
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

blp = Blueprint("files", __name__)


@cache
def _file(name: str) -> marked_files.MarkedFile:
    mime, paths = FILES[name]
    return marked_files.packed(b"\n".join(each.read_bytes() for each in paths), mime)


def address(name: str) -> str:
    return f"/c/static/{_file(name).mark}/{name}"


@blp.get("/static/<mark>/<name>")
@is_open
def file(mark: str, name: str) -> Response:
    if name not in FILES or _file(name).mark != mark:
        raise errors.NotFound()
    return marked_files.answer(_file(name))
