"""Who is away, and when: noted by the office, asked by whoever plans."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import references, rows
from server.db import audit
from server.db.people import Absence, Person
from server.domain.absences import REASONS
from server.ids import new_id


def add(
    session: Session, by: Person, person: Person, form: Mapping[str, Any], now: datetime
) -> Absence:
    """`form`: `begins_on`, `ends_on` (the last day away), `reason`, `words`.

    Raises `Invalid` where it ends before it begins. Jobs of those days stay as they are planned.
    """
    if form["ends_on"] < form["begins_on"]:
        raise references.wrong("ends_on", "It ends before it begins.")
    assert form["reason"] in REASONS
    noted = Absence(
        id=new_id(), person_id=person.id, noted_by=by.id, noted_at=now, **{"words": "", **form}
    )
    rows.add(session, noted)
    audit.record(session, by.id, "absence.noted", noted.id, now, **_told(noted))
    return noted


def withdraw(session: Session, by: Person, absence: Absence, now: datetime) -> None:
    """It was entered by mistake, or somebody is back; the audit keeps what it was."""
    session.delete(absence)
    audit.record(session, by.id, "absence.withdrawn", absence.id, now, **_told(absence))


def _told(absence: Absence) -> dict[str, Any]:
    return {
        "person": absence.person_id,
        "begins_on": absence.begins_on.isoformat(),
        "ends_on": absence.ends_on.isoformat(),
        "reason": absence.reason,
    }


def between(
    session: Session, person_ids: Collection[str], first: date, last: date
) -> dict[str, list[Absence]]:
    """The absences of these people that touch these days, by person, in order."""
    found = (
        select(Absence)
        .where(Absence.person_id.in_(person_ids))
        .where(Absence.begins_on <= last, Absence.ends_on >= first)
        .order_by(Absence.begins_on, Absence.id)
    )
    told: dict[str, list[Absence]] = {each: [] for each in person_ids}
    for absence in session.scalars(found):
        told[absence.person_id].append(absence)
    return told
