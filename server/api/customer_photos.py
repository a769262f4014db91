"""What customers sent for their tickets: `/api/v1/tickets/{id}/photos`."""

from typing import Any

import marshmallow as ma
from flask import Response
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server import pictures
from server.actions import customer_photos as acts
from server.api.pages import as_it_is, created, page
from server.auth import me, needs
from server.db import customer_photos, jobs, photos, sights, tickets
from server.db.customer_photos import CustomerPhoto
from server.db.jobs import Job
from server.db.photos import Blob
from server.domain import customer_photos as rules
from server.domain import errors
from server.domain.people import CONTRACTOR_ROLES
from server.house import house
from server.schemas import Moment, PageQuery, Shape, Text, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "customer_photos",
    __name__,
    description="Photos (attachments) that customers sent: what the trouble looks like before anybody goes.",
)

VARIANTS = ("thumb", "large")
HASH = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"


class CustomerPhotoSchema(ma.Schema):
    id = ma.fields.String(required=True)
    ticket_id = ma.fields.String(required=True, metadata={"example": "T-1001"})
    sha256 = ma.fields.String(required=True, metadata={"example": HASH})
    size = ma.fields.Integer(required=True, metadata={"description": "bytes", "example": 482_113})
    name = ma.fields.String(
        required=True, metadata={"description": "what its file was called", "example": "hood.jpg"}
    )
    note = ma.fields.String(required=True, metadata={"example": "The grille is loose"})
    given_at = Moment(required=True)
    given_by = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "who of the office put it in; null: the customer, by a link"},
    )
    state = ma.fields.String(
        required=True,
        metadata={
            "description": "stored (not examined yet), checked or unreadable",
            "example": "checked",
        },
    )
    refused = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "the code of why it cannot be shown",
            "example": "image_too_large",
        },
    )


class NewCustomerPhoto(Shape):
    sha256 = Text(
        64,
        least=1,
        required=True,
        metadata={
            "description": "Of a file that you have uploaded by tus at `/sync/v1/media/uploads`.",
            "example": HASH,
        },
    )
    name = Text(rules.MOST_OF_NAME, metadata={"example": "hood.jpg"})
    note = Text(rules.MOST_WORDS, metadata={"example": "The grille is loose"})


@blp.route("/tickets/<ticket_id>/photos")
@reads
@needs("photo.read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(CustomerPhotoSchema))
def find(session: Session, asked: dict[str, Any], ticket_id: str) -> Any:
    """List what the customer sent for a ticket, the oldest first; also for whoever goes there."""
    now = house().clock()
    _must_be_seen(session, ticket_id)
    found = customer_photos.visible_to(me(), now).where(
        CustomerPhoto.ticket_id == ticket_id, CustomerPhoto.removed_at.is_(None)
    )
    return page(session, found, (CustomerPhoto.given_at, CustomerPhoto.id), as_it_is, asked)


def _must_be_seen(session: Session, ticket_id: str) -> None:
    """Raises `NotFound` where neither the ticket nor a job for it is theirs to see."""
    if me().role in CONTRACTOR_ROLES:
        mine = jobs.visible_to(me(), house().clock()).where(Job.ticket_id == ticket_id)
        sights.one(session, mine.limit(1))
    else:
        tickets.get_for(session, me(), ticket_id)


@blp.route("/tickets/<ticket_id>/photos", methods=["POST"])
@writes
@needs("ticket.write")
@blp.arguments(NewCustomerPhoto)
@blp.response(201, CustomerPhotoSchema)
def add(session: Session, form: dict[str, Any], ticket_id: str) -> Any:
    """Add a picture of the customer's to a ticket. Upload its file first; the same file is the same photo.

    404 `file_unknown` where the file did not come from you, or is not here in full.
    """
    ticket = tickets.get_for(session, me(), ticket_id)
    given = _given(session, form)
    photo = acts.give(session, ticket, given, house().clock(), by=me())
    return photo, created(photo.rev, "tickets", ticket.id, "photos")


def _given(session: Session, form: dict[str, Any]) -> acts.Given:
    sha256 = form["sha256"]
    blob = session.get(Blob, sha256)
    if blob is None or blob.erased_at or not photos.is_owner(session, sha256, me().id):
        raise errors.FileUnknown()
    if blob.size > rules.MOST_BYTES:
        raise rules.too_heavy()
    with house().media.open_original(sha256) as file:
        mime = rules.format_of(file.read(4096))
    name = rules.name_of(form.get("name"))
    return acts.Given(sha256, blob.size, mime, name, form.get("note") or "")


@blp.route("/customer-photos/<customer_photo_id>/file/<variant>")
@reads
@needs("photo.read")
@blp.response(200, content_type="image/jpeg")
def file(session: Session, customer_photo_id: str, variant: str) -> Response:
    """The picture itself: `thumb` (320 pixels) or `large` (2048), upright and without any metadata."""
    if variant not in VARIANTS:
        raise errors.NotFound()
    photo = customer_photos.get_for(session, me(), customer_photo_id, house().clock())
    return pictures.derived(photo, "thumb" if variant == "thumb" else "large")
