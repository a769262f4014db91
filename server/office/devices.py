"""Tablets: last contact, what waits on them, their clock; taken out of service."""

from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import devices, sign_ins
from server.auth import me, needs
from server.db.people import Device, Person, devices_visible_to, get_device
from server.house import house
from server.office import answers, forms, today
from server.schemas import Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("devices", __name__)

AT_MOST = 500


class Revocation(Shape):
    mode = Text(16, required=True, validate=one_of(*sign_ins.REVOKE_MODES))


@blp.get("/devices")
@reads
@needs("device.read")
def find(session: Session) -> str:
    """Those in service first, whoever is silent the longest on top."""
    is_silent = request.args.get("show") == "silent"
    found_ones = devices_visible_to(me())
    if is_silent:
        found_ones = today.silent_ones(found_ones, house().clock())
    seen = found_ones.order_by(
        Device.status, Device.last_seen_at.is_(None), Device.last_seen_at, Device.id
    )
    found = list(session.scalars(seen.limit(AT_MOST)))
    people = select(Person).where(Person.id.in_({each.enrolled_by for each in found}))
    names = {each.id: each.name for each in session.scalars(people)}
    return render_template("office/devices.html", devices=found, names=names, is_silent=is_silent)


@blp.post("/devices/<device_id>/revoke")
@writes
@needs("device.revoke")
def revoke(session: Session, device_id: str) -> AnyResponse:
    """Out of service: its waiting work is let in first, or it is lost and forgets everything."""
    device = get_device(session, me(), device_id)
    session.refresh(device, with_for_update={"of": Device})
    devices.revoke(session, me(), device, forms.read(Revocation)["mode"], house().clock())
    return answers.go_to("office.devices.find")
