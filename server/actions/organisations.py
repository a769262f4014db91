"""Branches of the shop, and contractors that supply installers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import references, rows, sheets
from server.db import audit
from server.db.people import Organisation, Person
from server.ids import new_id

ON_SHEETS = {"name", "phone"}


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Organisation:
    _grant_must_fit(form["kind"], form)
    organisation = rows.add(session, Organisation(id=new_id(), **form))
    audit.record(session, by.id, "organisation.added", organisation.id, now)
    return organisation


def change(
    session: Session,
    by: Person,
    organisation: Organisation,
    form: Mapping[str, Any],
    now: datetime,
) -> None:
    _grant_must_fit(organisation.kind, form)
    changed = rows.change(session, organisation, form)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_branch(organisation.id))
    if changed:
        audit.record(session, by.id, "organisation.changed", organisation.id, now, changed=changed)


def _grant_must_fit(kind: str, form: Mapping[str, Any]) -> None:
    if kind == "branch" and form.get("granted_until") is not None:
        raise references.wrong("granted_until", "Only a contractor is granted a time.")
