"""Part requests: `/api/v1/part-requests`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import part_requests
from server.api.movements import PlaceName
from server.api.pages import as_it_is, created, etag, open_for_change, page
from server.auth import me, needs
from server.db.parts import PartRequest, get_request, requests_visible_to
from server.domain import parts as rules
from server.house import house
from server.schemas import Code, Count, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "part-requests",
    __name__,
    description="Part requests (missing or wrong parts): from the wish of a visit to the part being there. "
    "A ticket does not close while one is open.",
)

STATES = tuple(rules.REQUEST_MOVES)
REASONS = ("missing", "wrong", "damaged", "needed")


class NextStep(ma.Schema):
    role = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)


class PartRequestSchema(ma.Schema):
    id = ma.fields.String(required=True)
    ticket_id = ma.fields.String(required=True)
    job_id = ma.fields.String(required=True)
    sku = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "null until somebody has found out which part is meant."},
    )
    words = ma.fields.String(required=True)
    quantity = ma.fields.Integer(required=True)
    reason = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=one_of(*STATES))
    requested_at = Moment(required=True)
    expected_at = Moment(required=True, allow_none=True)
    tracking = ma.fields.String(required=True)
    next_step = ma.fields.Nested(
        NextStep,
        required=True,
        allow_none=True,
        metadata={
            "description": "What somebody does next about it, and which role; null when nothing is left.",
        },
    )
    rev = ma.fields.Integer(required=True)


class PartRequestChanges(Shape):
    sku = Code(metadata={"description": "The part that is meant.", "example": "HINGE-110"})
    words = Text(1_000, metadata={"example": "The left hinge of the upper door"})
    quantity = Count(1, 10_000, metadata={"example": 2})
    expected_at = Moment(
        allow_none=True,
        metadata={
            "description": "When the part should be there; a revisit is planned for then.",
            "example": "2026-11-25T04:00:00Z",
        },
    )


class NewPartRequest(Shape):
    job_id = Ident(
        required=True, metadata={"description": "The job that lacked it.", "example": "J-1001"}
    )
    sku = Code(metadata={"example": "HINGE-110"})
    words = Text(1_000, metadata={"description": "Needed where `sku` is not known."})
    quantity = Count(1, 10_000, required=True, metadata={"example": 2})
    reason = Text(16, required=True, validate=one_of(*REASONS))


class Reservation(Shape):
    from_place = PlaceName(
        metadata={"description": "Where it lies; your own warehouse unless told."}
    )


class Shipment(Shape):
    from_place = PlaceName(
        metadata={"description": "Unless told: what was set aside, else your own warehouse."}
    )
    tracking = Text(200, metadata={"description": "Carrier and number.", "example": "SF 4711"})
    expected_at = Moment(allow_none=True, metadata={"example": "2026-11-25T04:00:00Z"})


class Arrival(Shape):
    to_place = PlaceName(
        metadata={"description": "Where the parcel ended: at the customer's unless told."}
    )


class RequestReason(Shape):
    reason = Text(1_000, least=1, required=True, metadata={"example": "The parcel was lost"})


class PartRequestQuery(PageQuery):
    state = Text(16, validate=one_of(*STATES), metadata={"description": "Only this state."})
    ticket_id = Ident(metadata={"description": "Only those of this ticket."})
    job_id = Ident(metadata={"description": "Only those of this job."})
    sku = Text(200, least=1, metadata={"description": "Only this part."})


@blp.route("/part-requests")
@reads
@needs("request.read")
@blp.arguments(PartRequestQuery, location="query")
@blp.response(200, page_of(PartRequestSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List part requests, the oldest first."""
    found = requests_visible_to(me())
    for name in ("state", "ticket_id", "job_id", "sku"):
        if name in asked:
            found = found.where(getattr(PartRequest, name) == asked[name])
    key = (PartRequest.requested_at, PartRequest.id)
    return page(session, found, key, as_it_is, asked)


@blp.route("/part-requests", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(NewPartRequest)
@blp.response(201, PartRequestSchema)
def add(session: Session, form: dict[str, Any]) -> Any:
    """Ask for a part from the office, for example when a customer reports it missing."""
    request = part_requests.add(session, me(), form, house().clock())
    return request, created(request.rev, "part-requests", request.id)


@blp.route("/part-requests/<request_id>")
@reads
@needs("request.read")
@blp.response(200, PartRequestSchema)
def show(session: Session, request_id: str) -> Any:
    """Show one part request."""
    request = get_request(session, me(), request_id)
    return request, etag(request.rev)


@blp.route("/part-requests/<request_id>", methods=["PATCH"])
@writes
@needs("request.write")
@blp.arguments(PartRequestChanges)
@blp.response(200, PartRequestSchema)
def change(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Say which part is meant, how many, and when it is expected."""
    request = open_for_change(session, get_request(session, me(), request_id))
    part_requests.change(session, me(), request, form, house().clock())
    return request, etag(request.rev)


# The steps of a request. Each is safe to repeat: a step that was taken is a success.


def _locked(session: Session, request_id: str) -> PartRequest:
    request = get_request(session, me(), request_id)
    session.refresh(request, with_for_update=True)
    return request


@blp.route("/part-requests/<request_id>/reserve", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(Reservation)
@blp.response(200, PartRequestSchema)
def reserve(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Set the part aside for its job."""
    request = _locked(session, request_id)
    part_requests.reserve(session, me(), request, form, house().clock())
    return request, etag(request.rev)


@blp.route("/part-requests/<request_id>/ship", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(Shipment)
@blp.response(200, PartRequestSchema)
def ship(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Ship the part to the customer."""
    request = _locked(session, request_id)
    part_requests.ship(session, me(), request, form, house().clock())
    return request, etag(request.rev)


@blp.route("/part-requests/<request_id>/arrive", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(Arrival)
@blp.response(200, PartRequestSchema)
def arrive(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Note that the part is there. A revisit that waited for it can be planned."""
    request = _locked(session, request_id)
    part_requests.arrive(session, me(), request, form, house().clock())
    return request, etag(request.rev)


@blp.route("/part-requests/<request_id>/cancel", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(RequestReason)
@blp.response(200, PartRequestSchema)
def cancel(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Cancel a request that nobody needs any more; what was set aside goes back."""
    request = _locked(session, request_id)
    part_requests.cancel(session, me(), request, form["reason"], house().clock())
    return request, etag(request.rev)


@blp.route("/part-requests/<request_id>/ask-again", methods=["POST"])
@writes
@needs("request.write")
@blp.arguments(RequestReason)
@blp.response(200, PartRequestSchema)
def ask_again(session: Session, form: dict[str, Any], request_id: str) -> Any:
    """Begin anew: the parcel was lost (it is written off), or what was set aside is needed elsewhere."""
    request = _locked(session, request_id)
    part_requests.ask_again(session, me(), request, form["reason"], house().clock())
    return request, etag(request.rev)
