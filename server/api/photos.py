"""Photos: what came from the field, how it looks, and the office's verdict: `/api/v1/photos`."""

from datetime import timedelta
from typing import Any

import marshmallow as ma
from flask import Response, send_file
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import pictures
from server.actions import photos as acts
from server.api.pages import as_it_is, etag, open_for_change, page
from server.api.reference import IF_MATCH
from server.auth import me, needs
from server.db import photos
from server.db.jobs import Job
from server.db.photos import Photo
from server.domain import errors
from server.domain.people import must
from server.house import house
from server.schemas import Code, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "photos",
    __name__,
    description="Photos (completion photos, proof of work) and the verdict on each.",
)

VARIANTS = ("thumb", "large", "original")
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic"}


class PhotoSchema(ma.Schema):
    id = ma.fields.String(required=True)
    job_id = ma.fields.String(required=True)
    slot = ma.fields.String(required=True, metadata={"description": "What it is to show."})
    sha256 = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True, metadata={"description": "bytes"})
    width = ma.fields.Integer(required=True, metadata={"description": "pixels, as announced"})
    height = ma.fields.Integer(required=True, metadata={"description": "pixels, as announced"})
    source = ma.fields.String(required=True, metadata={"description": "camera or gallery"})
    reason = ma.fields.String(required=True, metadata={"description": "why not from the camera"})
    drawn_on = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "the photo that it annotates"}
    )
    taken_at = Moment(required=True, metadata={"description": "by the tablet's clock, corrected"})
    taken_by = ma.fields.String(required=True)
    is_apart = ma.fields.Boolean(
        required=True, metadata={"description": "kept as evidence, counts for nothing yet"}
    )
    state = ma.fields.String(
        required=True,
        metadata={"description": "awaited, stored, checked, unreadable, discarded, lost or erased"},
    )
    doubts = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "Where to look first; none of them refuses a photo."},
    )
    measured = ma.fields.Dict(required=True, allow_none=True)
    seen_in = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "an earlier photo that looks the same"},
    )
    verdict = ma.fields.String(required=True, allow_none=True)
    verdict_reason = ma.fields.String(required=True)
    verdict_by = ma.fields.String(required=True, allow_none=True)
    verdict_at = Moment(required=True, allow_none=True)
    answer_by = Moment(
        required=True, allow_none=True, metadata={"description": "until when a retake should come"}
    )
    replaced_by = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "the photo that answered a retake"}
    )
    rev = ma.fields.Integer(
        required=True, metadata={"description": "Raised by every verdict; also the `ETag`."}
    )


class PhotoQuery(PageQuery):
    job_id = Ident(metadata={"description": "Of this job."})
    ticket_id = Ident(metadata={"description": "Of all jobs of this ticket."})
    state = Code(metadata={"description": "In this state."})
    verdict = Code(metadata={"description": "With this verdict; `none` for those without one."})


class Verdict(Shape):
    verdict = Text(16, required=True, validate=one_of(*acts.VERDICTS))
    reason = Text(
        2_000, metadata={"description": "Needed for retake and rework; the field reads it."}
    )


@blp.route("/photos")
@reads
@needs("photo.read")
@blp.arguments(PhotoQuery, location="query")
@blp.response(200, page_of(PhotoSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List photos, newest first."""
    found = photos.visible_to(me(), house().clock())
    if "job_id" in asked:
        found = found.where(Photo.job_id == asked["job_id"])
    if "ticket_id" in asked:
        of_ticket = select(Job.id).where(Job.ticket_id == asked["ticket_id"])
        found = found.where(Photo.job_id.in_(of_ticket))
    if "state" in asked:
        found = found.where(Photo.state == asked["state"])
    if "verdict" in asked:
        wanted = None if asked["verdict"] == "none" else asked["verdict"]
        found = found.where(Photo.verdict.is_not_distinct_from(wanted))
    return page(session, found, (Photo.id,), as_it_is, asked, newest_first=True)


@blp.route("/photos/<photo_id>")
@reads
@needs("photo.read")
@blp.response(200, PhotoSchema)
def show(session: Session, photo_id: str) -> Any:
    """Show what is known of one photo."""
    photo = photos.get_for(session, me(), photo_id, house().clock())
    return photo, etag(photo.rev)


@blp.route("/photos/<photo_id>/verdict", methods=["POST"])
@writes
@needs("photo.verify")
@blp.arguments(Verdict)
@blp.response(200, PhotoSchema)
@blp.doc(parameters=[IF_MATCH])
def judge(session: Session, form: dict[str, Any], photo_id: str) -> Any:
    """Accept a photo, ask for it again (retake), or send somebody back (rework).

    `retake`: the work may be fine, the picture is not. The installer is asked for another one, without a
    trip; unanswered in time, a revisit is proposed. `rework`: the work is not fine, which opens a revisit
    at once. Send the photo's `ETag` as `If-Match`.
    """
    now = house().clock()
    photo = open_for_change(session, photos.get_for(session, me(), photo_id, now))
    within = timedelta(hours=house().config.retake_hours)
    acts.judge(session, me(), photo, form["verdict"], form.get("reason"), within, now)
    return photo, etag(photo.rev)


@blp.route("/photos/<photo_id>/file/<variant>")
@reads
@needs("photo.read")
@blp.response(200, content_type="image/jpeg")
def file(session: Session, photo_id: str, variant: str) -> Response:
    """The picture itself: `thumb` (320 pixels) or `large` (2048), upright and without any metadata.

    `original` is the file as it was sent, byte for byte and with all that it says of place and camera:
    for those who verify, as a download. 409 `picture_not_ready` while a picture is still being checked.
    """
    if variant not in VARIANTS:
        raise errors.NotFound()
    photo = photos.picture_for(session, me(), photo_id, house().clock())
    if variant == "original":
        must(me().role, "photo.verify")
        return _original(photo)
    return pictures.derived(photo, "thumb" if variant == "thumb" else "large")


def _original(photo: Photo) -> Response:
    """Never under the type that its sender claimed, and never shown by a browser."""
    place = house().media.original_path(photo.sha256)
    if not place.exists():
        raise errors.FileUnknown()
    answer = send_file(
        place,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"{photo.id}.{_suffix(photo)}",
        conditional=True,
        etag=photo.sha256,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return pictures.kept_for_long(answer)


def _suffix(photo: Photo) -> str:
    return _SUFFIX.get((photo.measured or {}).get("format", ""), "bin")
