"""Papers that allow somebody a kind of work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import references, rows
from server.db import audit
from server.db.people import Certificate, Person, get_person
from server.ids import new_id


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Certificate:
    """Raises `ReferenceUnknown` for somebody whom `by` cannot see."""
    if form["valid_until"] < form["valid_from"]:
        raise references.wrong("valid_until", "It ends before it begins.")
    holder = references.named(get_person, session, by, form["person_id"], "person_id")
    certificate = rows.add(session, Certificate(id=new_id(), **form))
    audit.record(
        session,
        by.id,
        "certificate.added",
        certificate.id,
        now,
        holder=holder.id,
        kind=form["kind"],
    )
    return certificate


def withdraw(session: Session, by: Person, certificate: Certificate, now: datetime) -> None:
    """It no longer counts; the audit keeps what it was."""
    session.delete(certificate)
    audit.record(
        session,
        by.id,
        "certificate.withdrawn",
        certificate.id,
        now,
        holder=certificate.person_id,
        kind=certificate.kind,
        number=certificate.number,
        valid_from=certificate.valid_from.isoformat(),
        valid_until=certificate.valid_until.isoformat(),
    )
