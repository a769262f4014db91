"""Devices, as the office sees them: `/api/v1/devices`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import devices
from server.actions.sign_ins import REVOKE_MODES
from server.api.pages import as_it_is, page
from server.auth import me, needs
from server.db.people import Device, devices_visible_to, get_device
from server.house import house
from server.schemas import Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "devices",
    __name__,
    description="Devices: the tablets (and companions) that were enrolled, and taking one out of service.",
)

STATUSES = ("active", "draining", "revoked")


class DeviceSchema(ma.Schema):
    id = ma.fields.String(required=True)
    platform = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    status = ma.fields.String(required=True, validate=one_of(*STATUSES))
    enrolled_by = ma.fields.String(required=True)
    enrolled_at = Moment(required=True)
    last_seen_at = Moment(required=True, allow_none=True)
    app = ma.fields.String(required=True, metadata={"description": "Name and version."})
    clock_offset_ms = ma.fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How far its clock is off, as it last told."},
    )
    report = ma.fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "What it last said of its outbox and storage."},
    )
    revoked_at = Moment(required=True, allow_none=True)
    revoked_by = ma.fields.String(required=True, allow_none=True)


class Revocation(Shape):
    mode = Text(
        16,
        required=True,
        validate=one_of(*REVOKE_MODES),
        metadata={
            "description": "`collect`: it gets no jobs any more, but what waits on it is still taken in. "
            "`lost`: it is signed out at once; what somebody still sends from it is put aside for a person.",
            "example": "collect",
        },
    )


class DeviceQuery(PageQuery):
    status = Text(16, validate=one_of(*STATUSES), metadata={"description": "Only these."})
    person_id = Ident(metadata={"description": "Only those that this person enrolled."})


@blp.route("/devices")
@reads
@needs("device.read")
@blp.arguments(DeviceQuery, location="query")
@blp.response(200, page_of(DeviceSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List devices, with when each was last seen and what waits on it."""
    found = devices_visible_to(me())
    if "status" in asked:
        found = found.where(Device.status == asked["status"])
    if "person_id" in asked:
        found = found.where(Device.enrolled_by == asked["person_id"])
    return page(session, found, (Device.id,), as_it_is, asked)


@blp.route("/devices/<device_id>")
@reads
@needs("device.read")
@blp.response(200, DeviceSchema)
def show(session: Session, device_id: str) -> Any:
    """Show one device."""
    return get_device(session, me(), device_id)


@blp.route("/devices/<device_id>/revoke", methods=["POST"])
@writes
@needs("device.revoke")
@blp.arguments(Revocation)
@blp.response(200, DeviceSchema)
def revoke(session: Session, form: dict[str, str], device_id: str) -> Any:
    """Take a device out of service.

    Evidence that was captured on it is never refused.
    """
    device = get_device(session, me(), device_id)
    devices.revoke(session, me(), device, form["mode"], house().clock())
    return device
