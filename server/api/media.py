"""Files from tablets: what is here, and resumable uploads (tus 1.0).

tus speaks in headers: core, creation, creation-with-upload, expiration, checksum and termination of
https://tus.io/protocols/resumable-upload. `X-HTTP-Method-Override` is understood on every upload.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from email.utils import format_datetime
from functools import wraps
from typing import Any, TypeVar

import marshmallow as ma
from flask import Blueprint as PlainBlueprint
from flask import Response, g, request
from flask_smorest import Blueprint

from server.actions import uploads as acts
from server.api import arrivals
from server.api.arrivals import Checksum, FirstTurn, Turn, is_unheard_of
from server.api.crowds import crowd
from server.api.tablets import from_tablet, tablet
from server.auth import is_open, needs
from server.db.photos import Upload
from server.domain import errors
from server.files import SHA256, UPLOAD_ID
from server.house import house
from server.requests import said
from server.schemas import Count, Moment, Shape, Text

View = TypeVar("View", bound=Callable[..., Any])

TUS = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
ALGORITHMS = ("sha256", "sha1", "md5")
BYTES = "application/offset+octet-stream"
IN_ONE_GO = 1024 * 1024  # bytes that may come with a creation before anything of it is written down
MOST_BLOBS = 500  # asked for at once
METADATA_BYTES = 4_000

_MIME = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,59}")
_NUMBER = re.compile(r"[0-9]{1,15}")

blp = Blueprint("media", __name__, description="Files from tablets")
uploads = PlainBlueprint("uploads", __name__, url_prefix="/sync/v1/media/uploads")


# What is here.


class AskedBlob(Shape):
    sha256 = Text(64, required=True, validate=ma.validate.Regexp(r"[0-9a-f]{64}\Z"))
    size = Count(0, 2**53, required=True)


class Asked(Shape):
    blobs = ma.fields.List(
        ma.fields.Nested(AskedBlob), required=True, validate=ma.validate.Length(max=MOST_BLOBS)
    )


class ToldBlob(ma.Schema):
    sha256 = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True, validate=ma.validate.OneOf(["stored", "partial", "absent"])
    )
    upload = ma.fields.String(metadata={"description": "where to go on (partial)"})
    offset = ma.fields.Integer(metadata={"description": "bytes that are here (partial)"})
    expires_at = Moment(metadata={"description": "until when the upload waits (partial)"})


class Told(ma.Schema):
    blobs = ma.fields.List(ma.fields.Nested(ToldBlob), required=True)


@blp.route("/media/check", methods=["POST"])
@from_tablet
@needs("media.send")
@blp.arguments(Asked)
@blp.response(200, Told)
def check(form: dict[str, Any]) -> Any:
    """Which of these files are here.

    Told only of files that this person sent or announced; any other is `absent`, wherever it may be.
    What is not `stored` goes to `/sync/v1/media/uploads` by tus 1.0: create it with `Upload-Length` and
    `Upload-Metadata` (`sha256`, `mime`), or go on with the `upload` that is named here at its `offset`.
    503 `busy` while slow senders take all threads but one: nothing would be gained by sending now.
    """
    crowd().must_have_room()
    asked = [blob["sha256"] for blob in form["blobs"]]
    return {"blobs": [_told(sha256, known) for sha256, known in _known(asked).items()]}


def _known(asked: list[str]) -> dict[str, acts.Known]:
    """What is known of each hash, uploads that only lacked their last step finished first."""
    found = _look_up(asked)
    cut_short = [
        known.upload
        for known in found.values()
        if known.upload and arrivals.offset_of(known.upload) == known.upload.size
    ]
    for upload in cut_short:
        try:
            with Turn(upload.id, upload.person_id) as turn:
                turn.finish()
        except (errors.ChecksumMismatch, errors.UploadGone, errors.FileUnknown):
            continue
    return _look_up(asked) if cut_short else found


def _look_up(asked: list[str]) -> dict[str, acts.Known]:
    person, now = tablet().person, house().clock()
    found = house().database.read(
        lambda session: acts.check(session, person.id, asked, now, arrivals.is_here)
    )
    return {sha256: found[sha256] for sha256 in dict.fromkeys(asked)}


def _told(sha256: str, known: acts.Known) -> dict[str, Any]:
    if known.is_stored:
        return {"sha256": sha256, "state": "stored"}
    if known.upload is None:
        return {"sha256": sha256, "state": "absent"}
    return {
        "sha256": sha256,
        "state": "partial",
        "upload": _address(known.upload),
        "offset": arrivals.offset_of(known.upload),
        "expires_at": known.upload.expires_at,
    }


# tus.


def _speaks_tus(view: View) -> View:
    """Version first."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if said("Tus-Resumable") != TUS:
            raise errors.TusVersionUnknown(version=TUS)
        return view(*args, **kwargs)

    return guarded  # type: ignore[return-value]


@uploads.after_request
def _say_tus(answer: Response) -> Response:
    answer.headers["Tus-Resumable"] = TUS
    if answer.status_code == 412:
        answer.headers["Tus-Version"] = TUS
    if answer.status_code == 405:
        answer.headers.setdefault("Allow", "DELETE, GET, HEAD, OPTIONS, PATCH")
    if "upload_offset" in g and answer.status_code != 410:
        answer.headers.setdefault("Upload-Offset", str(g.upload_offset))
    return answer


@uploads.route("", methods=["OPTIONS"], provide_automatic_options=False)
@uploads.route("/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
@is_open
def options(upload_id: str | None = None) -> Response:
    """What this server can do, as tus asks for it; no version needs to be named."""
    return Response(
        status=204,
        headers={
            "Tus-Version": TUS,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(house().config.max_blob_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


@uploads.route("", methods=["POST"], provide_automatic_options=False)
@_speaks_tus
@from_tablet
@needs("media.send")
def create() -> Response:
    """Creates the upload of a file, or finds the one that this person has of the same hash."""
    promise, body = _promise(), _body_length()
    checksum = _checksum()
    if body:
        _must_be_bytes()
    if body > promise.size:
        raise errors.TooLarge(most=promise.size)
    who = tablet()
    if body == promise.size and 0 < body <= IN_ONE_GO and is_unheard_of(who.person.id, promise):
        with FirstTurn(promise, who.person.id, who.device_id) as first:
            _receive(first, body, checksum)
            first.finish()
        return _answer(201, first.upload, Location=_address(first.upload))
    upload = _begin(promise)
    g.upload_offset = arrivals.offset_of(upload)
    starts_here = body > 0 and g.upload_offset == 0
    if starts_here or (upload.finished_at is None and g.upload_offset == upload.size):
        with Turn(upload.id, upload.person_id) as turn:
            if turn.offset == 0:
                _receive(turn, body if starts_here else 0, checksum)
            g.upload_offset = turn.offset
            if turn.offset == upload.size:
                turn.finish()
    return _answer(201, upload, Location=_address(upload))


@uploads.route("/<upload_id>", methods=["HEAD", "GET"], provide_automatic_options=False)
@_speaks_tus
@from_tablet
@needs("media.send")
def ask(upload_id: str) -> Response:
    """How much of the file is here."""
    return _ask(upload_id)


def _ask(upload_id: str) -> Response:
    upload = _find(upload_id)
    g.upload_offset = arrivals.offset_of(upload)
    if upload.finished_at is None and g.upload_offset == upload.size:
        del g.upload_offset
        _finish(upload)
    return _answer(
        200,
        upload,
        **{
            "Upload-Offset": str(arrivals.offset_of(upload)),
            "Upload-Length": str(upload.size),
            "Upload-Metadata": upload.metadata_raw,
            "Cache-Control": "no-store",
        },
    )


def _finish(upload: Upload) -> None:
    """Does the last step that was cut short. A file that turns out wrong has gone: it is sent again."""
    try:
        with Turn(upload.id, upload.person_id) as turn:
            turn.finish()
    except errors.ChecksumMismatch as wrong:
        raise errors.UploadGone() from wrong


@uploads.route("/<upload_id>", methods=["PATCH"], provide_automatic_options=False)
@_speaks_tus
@from_tablet
@needs("media.send")
def send(upload_id: str) -> Response:
    """Takes the bytes that follow at `Upload-Offset`; with the last ones the file is checked and kept."""
    return _send(upload_id)


def _send(upload_id: str) -> Response:
    _must_be_bytes()
    offset, body, checksum = _number("Upload-Offset"), _body_length(), _checksum()
    _must_be_an_id(upload_id)
    with Turn(upload_id, tablet().person.id) as turn:
        g.upload_offset = turn.offset
        if offset != turn.offset:
            raise errors.OffsetMismatch(offset=turn.offset)
        if body > turn.upload.size - offset:
            raise errors.TooLarge(most=turn.upload.size - offset)
        _receive(turn, body, checksum)
        g.upload_offset = turn.offset
        if turn.offset == turn.upload.size:
            turn.finish()
        return _answer(204, turn.upload)


@uploads.route("/<upload_id>", methods=["DELETE"], provide_automatic_options=False)
@_speaks_tus
@from_tablet
@needs("media.send")
def end(upload_id: str) -> Response:
    """Gives up an upload. A file that is here in full stays, whoever asks: it is evidence."""
    return _end(upload_id)


def _end(upload_id: str) -> Response:
    _must_be_an_id(upload_id)
    with Turn(upload_id, tablet().person.id) as turn:
        turn.forget()
    return Response(status=204)


@uploads.route("/<upload_id>", methods=["POST"], provide_automatic_options=False)
@_speaks_tus
@from_tablet
@needs("media.send")
def instead(upload_id: str) -> Response:
    """The same for clients that cannot send PATCH, HEAD or DELETE."""
    meant = (said("X-HTTP-Method-Override") or "").upper()
    act = {"PATCH": _send, "DELETE": _end, "HEAD": _ask}.get(meant)
    if act is None:
        raise errors.MethodNotAllowed()
    return act(upload_id)


# Parts.


def _begin(promise: acts.Promise) -> Upload:
    who, now, room = tablet(), house().clock(), arrivals.room()
    return arrivals.write(
        lambda session: acts.begin(
            session,
            who.person.id,
            who.device_id,
            promise,
            now,
            is_here=arrivals.is_here,
            room=room,
        )
    )


def _receive(turn: Turn, body: int, checksum: Checksum | None) -> None:
    """Takes the body in; a cut one moves the offset as far as it came."""
    if turn.upload.finished_at is not None or body == 0:
        return
    arrivals.must_have_room(body)
    try:
        with crowd().one_more():
            turn.receive(body, checksum)
    finally:
        g.upload_offset = turn.offset


def _find(upload_id: str) -> Upload:
    _must_be_an_id(upload_id)
    person, now = tablet().person, house().clock()
    return house().database.read(lambda session: acts.find(session, upload_id, person.id, now))


def _must_be_an_id(upload_id: str) -> None:
    if not UPLOAD_ID.fullmatch(upload_id):
        raise errors.FileUnknown()


def _address(upload: Upload) -> str:
    return f"{request.script_root}{uploads.url_prefix}/{upload.id}"


def _answer(status: int, upload: Upload, **headers: str) -> Response:
    expires = format_datetime(upload.expires_at, usegmt=True)
    return Response(status=status, headers={"Upload-Expires": expires, **headers})


def _promise() -> acts.Promise:
    if said("Upload-Concat") or said("Upload-Defer-Length"):
        raise errors.BadRequest(why="neither concatenation nor a deferred length is offered")
    size = _number("Upload-Length")
    if size > house().config.max_blob_bytes:
        raise errors.TooLarge(most=house().config.max_blob_bytes)
    raw = said("Upload-Metadata") or ""
    told = _metadata(raw)
    sha256 = told.get("sha256", "").strip().lower()
    if not SHA256.fullmatch(sha256):
        raise errors.HashMissing()
    mime = (told.get("mime") or told.get("filetype") or "").strip().lower()
    return acts.Promise(
        sha256=sha256,
        size=size,
        mime=mime if _MIME.fullmatch(mime) else "",
        metadata_raw=raw,
    )


def _metadata(raw: str) -> dict[str, str]:
    """`Upload-Metadata`: pairs of a name and a text in base64, with commas between. It is data only."""
    if len(raw) > METADATA_BYTES or not raw.isascii() or not raw.isprintable():
        raise errors.BadRequest(header="Upload-Metadata")
    told = {}
    for pair in filter(None, (each.strip() for each in raw.split(","))):
        name, _, value = pair.partition(" ")
        try:
            told[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as bad:
            raise errors.BadRequest(header="Upload-Metadata") from bad
    return told


def _number(header: str) -> int:
    text = said(header) or ""
    if not _NUMBER.fullmatch(text):
        raise errors.BadRequest(header=header)
    return int(text)


def _body_length() -> int:
    """How many bytes the request promises; one in chunks without a length is never known to be whole."""
    length = request.content_length
    if length is None and said("Transfer-Encoding") is not None:
        raise errors.BadRequest(header="Content-Length")
    return length or 0


def _must_be_bytes() -> None:
    if request.mimetype != BYTES:
        raise errors.Unsupported(type=BYTES)


def _checksum() -> Checksum | None:
    """`Upload-Checksum`: an algorithm and the digest of this request's bytes in base64."""
    header = said("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, text = header.partition(" ")
    try:
        expected = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as bad:
        raise errors.BadRequest(header="Upload-Checksum") from bad
    if algorithm not in ALGORITHMS:
        raise errors.BadRequest(header="Upload-Checksum", known=list(ALGORITHMS))
    return Checksum(expected, hashlib.new(algorithm, usedforsecurity=False))
