"""Tablets, as the office handles them; they enrol themselves (`sign_ins.enrol`)."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.actions import sign_ins
from server.db.people import Device, Person
from server.domain import errors

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
