"""The tablet app at /tablet/: files that set-up built from field_client/tablet, served by us.

They are few and small, so each is read once, with what set-up packed beside it (`tablet_packs`). Names that
carry a hash of their content never change; everything else is asked for anew, so that an update is found at
the next start.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from server import tablet_packs
from server.auth import is_open
from server.domain import errors

FOR_EVER = "public, max-age=31536000, immutable"
# The reader of bar codes is WebAssembly in a worker, which follows the policy of its own file; the page
# itself, where the keys are, may not run any.
READER, READER_POLICY = "assets/codes-", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"

blp = Blueprint("tablet_app", __name__)


@dataclass(frozen=True, slots=True)
class _File:
    """`packed` is by the name of the encoding, the better ones first."""

    body: bytes
    packed: dict[str, bytes]
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
    encoding = next((each for each in found.packed if request.accept_encodings[each]), None)
    body = found.packed[encoding] if encoding else found.body
    answer = Response(body, mimetype=found.mime)
    answer.headers["Cache-Control"] = FOR_EVER if name.startswith("assets/") else "no-cache"
    answer.vary.add("Accept-Encoding")
    if name.startswith(READER):
        answer.headers["Content-Security-Policy"] = READER_POLICY
    answer.add_etag()
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.make_conditional(request)
    return answer


@cache
def _files() -> dict[str, _File]:
    """By their path below /tablet/; none where set-up did not build them."""
    built = tablet_packs.BUILT
    found = tablet_packs.files(built)
    return {each.relative_to(built).as_posix(): _read(each) for each in found}


def _read(path: Path) -> _File:
    body, mime = path.read_bytes(), tablet_packs.mime_of(path)
    return _File(body, _packed(path, body) if tablet_packs.is_worth_it(path) else {}, mime)


def _packed(path: Path, body: bytes) -> dict[str, bytes]:
    """As set-up packed it. Where it did not, as gzip alone: nobody shall wait for the other."""
    found = {
        encoding: tablet_packs.beside(path, ending)
        for encoding, (ending, _) in tablet_packs.ENCODINGS.items()
    }
    known = {encoding: file.read_bytes() for encoding, file in found.items() if file.exists()}
    return known or {"gzip": tablet_packs.gzipped(body)}
