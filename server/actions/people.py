"""The people who sign in: engaged, changed, and no longer here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.actions import devices, jobs, references, rows, sheets, sign_ins
from server.db import audit, figures
from server.db.jobs import Job, lock
from server.db.people import Chain, Device, Organisation, Person, get_organisation, held_by
from server.domain import errors
from server.domain.jobs import MOVABLE_STATES
from server.domain.people import CONTRACTOR_ROLES, Role
from server.ids import new_id

# What decides whose tablets carry a job.
PLACE_IN_TEAM = {"role", "team", "organisation_id"}
# What the audit tells with what it was before.
TOLD = {"role", "organisation_id", "team", "language", "skills", "is_active"}


def add(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Person:
    """Somebody new; `form` holds `password_hash`, never the password.

    Raises `AlreadyThere` for a username that is taken and `ReferenceUnknown` for an organisation that
    is not there.
    """
    organisation = _organisation(session, by, form["organisation_id"])
    role_must_fit(form["role"], organisation)
    person = rows.add(session, Person(id=new_id(), organisation=organisation, **form))
    audit.record(session, by.id, "person.added", person.id, now, role=person.role)
    return person


def change(
    session: Session, by: Person, person: Person, form: Mapping[str, Any], now: datetime
) -> None:
    """Whoever leaves, or gets a new password from the office, is signed out everywhere."""
    organisation = _organisation(session, by, form.get("organisation_id", person.organisation_id))
    role_must_fit(form.get("role", person.role), organisation)
    _must_leave_a_supervisor(session, person, form)
    team_before = _team(session, person)
    changes = rows.before_and_after(person, form, TOLD)
    changed = set(rows.change(session, person, form))
    if not changed:
        return
    session.refresh(person, ["organisation"])
    if "name" in changed:
        sheets.touch(session, sheets.of_people([person.id]))
    if PLACE_IN_TEAM & changed:
        sheets.touch(session, sheets.of_people({*team_before, *_team(session, person)}))
    if "organisation_id" in changed:
        figures.touch_all(session, figures.of_installer(person.id))
    _sign_out(session, by, person, changed, now)
    audit.record(
        session, by.id, "person.changed", person.id, now, changed=sorted(changed), changes=changes
    )


def _organisation(session: Session, by: Person, organisation_id: str) -> Organisation:
    return references.named(get_organisation, session, by, organisation_id, "organisation_id")


def role_must_fit(role: str, organisation: Organisation) -> None:
    """Raises `Invalid` for a role that nobody has there."""
    if organisation.kind == "contractor" and role not in CONTRACTOR_ROLES:
        raise references.wrong("role", "A contractor's people have no such role.")
    if organisation.kind == "branch" and role == Role.CONTRACTOR_MANAGER:
        raise references.wrong("role", "Only a contractor has a contractor manager.")


def _must_leave_a_supervisor(session: Session, person: Person, form: Mapping[str, Any]) -> None:
    """A house without a supervisor could never have one again."""
    stays = form.get("role", person.role) == Role.SUPERVISOR and form.get("is_active", True)
    if stays or person.role != Role.SUPERVISOR or not person.is_active:
        return
    others = select(func.count(Person.id)).where(
        Person.role == Role.SUPERVISOR, Person.is_active, Person.id != person.id
    )
    if not session.scalar(others):
        raise errors.Conflict(why="last_supervisor")


def _team(session: Session, person: Person) -> list[str]:
    """Whose jobs a change of this person's place may bring to, or take from, a lead's tablet."""
    if person.role != Role.LEAD_INSTALLER or not person.team:
        return [person.id]
    mates = select(Person.id).where(
        Person.organisation_id == person.organisation_id, Person.team == person.team
    )
    return list(session.scalars(mates))


def _sign_out(
    session: Session, by: Person, person: Person, changed: set[str], now: datetime
) -> None:
    if not person.is_active:
        sign_ins.end_all(session, by.id, "person_left", now, person_id=person.id)
    elif "password_hash" in changed:
        sign_ins.end_all(session, by.id, "password_changed", now, person_id=person.id)


def leave(session: Session, by: Person, person: Person, to: str | None, now: datetime) -> list[str]:
    """Somebody goes: every sign-in ends, their tablets are collected, their open jobs go to `to`.

    Returns the jobs that stay in their name: nobody was named, or who was named may not do them.
    """
    change(session, by, person, {"is_active": False}, now)
    held = select(Device).where(held_by(person.id), Device.status == "active")
    for device in session.scalars(held):
        devices.revoke(session, by, device, "collect", now)
    open_ones = select(Job.id).where(Job.assignee_id == person.id, Job.state.in_(MOVABLE_STATES))
    waiting = sorted(session.scalars(open_ones))
    lock(session, set(waiting))
    return [each for each in waiting if not _handed_over(session, by, each, to, now)]


def _handed_over(session: Session, by: Person, job_id: str, to: str | None, now: datetime) -> bool:
    if to is None:
        return False
    job = session.get_one(Job, job_id)
    reason = f"{session.get_one(Person, job.assignee_id).name} has left."
    try:
        with session.begin_nested():
            jobs.reassign(session, by, job, to, reason, now)
    except (errors.CertificateMissing, errors.ReferenceUnknown):
        session.refresh(job)
        return False
    return True


def end_sign_ins(session: Session, by: Person, person: Person, now: datetime) -> None:
    """Signed out everywhere, at the next request; what waits on a tablet stays there."""
    sign_ins.end_all(session, by.id, "ended_by_office", now, person_id=person.id)


def change_own_password(
    session: Session, who: sign_ins.Caller, password_hash: str, now: datetime
) -> None:
    """Every other sign-in of this person ends: somebody else may have known the old one."""
    person = session.get_one(Person, who.person.id)
    person.password_hash = password_hash
    others = select(Chain).where(
        Chain.person_id == person.id, Chain.id != who.chain_id, Chain.ended_at.is_(None)
    )
    for chain in session.scalars(others):
        sign_ins.end(session, chain, "password_changed", person.id, now)
    audit.record(session, person.id, "person.password_changed", person.id, now)
