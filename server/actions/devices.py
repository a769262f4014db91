"""Tablets, as the office handles them; they enrol themselves (`sign_ins.enrol`)."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.actions import sign_ins
from server.db import audit
from server.db.people import Device, Person
from server.domain import errors

# The state of a tablet after each way of taking it out of service.
STATUS_AFTER = {"collect": "draining", "lost": "revoked"}


def revoke(session: Session, by: Person, device: Device, mode: str, now: datetime) -> None:
    """Takes a tablet out of service; what is so already stays so.

    Raises `StepNotPossible` for one that was lost and is now to be collected: it is signed out.
    """
    if device.status == STATUS_AFTER[mode]:
        return
    if device.status == "revoked":
        raise errors.StepNotPossible(state=device.status)
    sign_ins.revoke(session, by, device, mode, now)


def restore(session: Session, by: Person, device: Device, now: datetime) -> None:
    """Back into service: it was found, or is needed after all. Who works on it signs in again.

    What it has already sent stays as it was judged; a tablet that has emptied itself fetches its jobs anew.
    """
    if device.status == "active":
        return
    was, device.status = device.status, "active"
    device.revoked_at = device.revoked_by = None
    audit.record(session, by.id, "device.restored", device.id, now, was=was)


def give(session: Session, by: Person, device: Device, person: Person, now: datetime) -> None:
    """Hands a tablet to somebody else: whoever had it is signed out there, and what they have not sent stays
    sealed on it until they sign in once more.

    Raises `StepNotPossible` for one that is out of service, `ReferenceUnknown` for somebody who has left.
    """
    if device.status != "active":
        raise errors.StepNotPossible(state=device.status)
    if not person.is_active or not person.is_in_field:
        raise errors.ReferenceUnknown(field="person_id")
    if person.id == device.held_by:
        return
    was, device.keeper_id = device.held_by, person.id
    sign_ins.end_all(session, by.id, "device_given", now, device_id=device.id)
    audit.record(session, by.id, "device.given", device.id, now, was=was, to=person.id)
