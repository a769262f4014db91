"""Links by which somebody comes in: made, followed by another one, withdrawn, and used once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import people, references
from server.db import audit
from server.db.invitations import Invitation
from server.db.people import Person, get_organisation, is_granted
from server.domain import errors
from server.domain.people import manages
from server.ids import new_id

PURPOSE = "invitation"
LIFE = {"join": timedelta(days=7), "password": timedelta(hours=24)}

# What the office says of a newcomer; the rest is theirs.
OFFICE_SAYS = ("name", "role", "organisation_id", "team", "phone", "skills")


def invite(session: Session, by: Person, form: Mapping[str, Any], now: datetime) -> Invitation:
    """For somebody new. Raises `NotAllowed` for a role that `by` may not hand out."""
    organisation = references.named(
        get_organisation, session, by, form["organisation_id"], "organisation_id"
    )
    must_manage(by, form["role"], organisation.id, now)
    people.role_must_fit(form["role"], organisation)
    said = {name: form[name] for name in OFFICE_SAYS if form.get(name) is not None}
    return _make(session, by, "join", organisation.id, None, said, now)


def for_password(session: Session, by: Person, person: Person, now: datetime) -> Invitation:
    """A link with which somebody chooses a new password; one of before is over."""
    must_manage(by, person.role, person.organisation_id, now)
    if not person.is_active:
        raise errors.Conflict(why="person_left")
    of_before = select(Invitation).where(
        Invitation.person_id == person.id,
        Invitation.kind == "password",
        Invitation.ended_at.is_(None),
    )
    for each in session.scalars(of_before):
        _end(session, each, by.id, "followed", now)
    return _make(session, by, "password", person.organisation_id, person.id, {}, now)


def again(session: Session, by: Person, old: Invitation, now: datetime) -> Invitation:
    """The same once more, from now on; the old link dies. Raises `InvitationOver` for one that was used."""
    if old.ended_why in ("used", "followed"):
        raise errors.InvitationOver()
    _must_manage_it(session, by, old, now)
    if old.ended_at is None:
        _end(session, old, by.id, "followed", now)
    else:
        old.ended_why = "followed"
    return _make(session, by, old.kind, old.organisation_id, old.person_id, old.content, now)


def withdraw(session: Session, by: Person, invitation: Invitation, now: datetime) -> None:
    _must_manage_it(session, by, invitation, now)
    if invitation.ended_at is None:
        _end(session, invitation, by.id, "withdrawn", now)


def opened(session: Session, invitation_id: str, now: datetime) -> Invitation:
    """The invitation behind a link that is signed well, locked until the commit.

    Raises `InvitationOver` for one that is used up, or whose maker may not invite any more.
    """
    found = session.scalar(
        select(Invitation).where(Invitation.id == invitation_id).with_for_update()
    )
    if found is None or not found.is_open(now):
        raise errors.InvitationOver()
    try:
        _must_manage_it(session, session.get_one(Person, found.made_by), found, now)
    except errors.NotAllowed:
        raise errors.InvitationOver() from None
    return found


def join(
    session: Session, invitation: Invitation, form: Mapping[str, Any], now: datetime
) -> Person:
    """Somebody new is here: `form` holds username, name, language, password_hash.

    Raises `AlreadyThere` for a username that is taken; the link is still good then.
    """
    by = session.get_one(Person, invitation.made_by)
    person = people.add(session, by, {**invitation.content, **form}, now)
    invitation.person_id = person.id
    _end(session, invitation, person.id, "used", now)
    return person


def take_password(
    session: Session, invitation: Invitation, password_hash: str, now: datetime
) -> Person:
    """The new password counts, and every sign-in of before ends."""
    person = session.get_one(Person, invitation.person_id)
    if not person.is_active:
        raise errors.InvitationOver()
    people.change(session, person, person, {"password_hash": password_hash}, now)
    _end(session, invitation, person.id, "used", now)
    return person


def must_manage(by: Person, role: str, organisation_id: str, now: datetime) -> None:
    """Raises `NotAllowed` for somebody whom `by` does not manage; a contractor only while granted."""
    is_theirs = manages(by.role, by.organisation_id, role, organisation_id)
    if not (is_theirs and by.is_active and is_granted(by.organisation, now)):
        raise errors.NotAllowed()


def _must_manage_it(session: Session, by: Person, invitation: Invitation, now: datetime) -> None:
    person = session.get(Person, invitation.person_id) if invitation.person_id else None
    role = person.role if person else invitation.content["role"]
    must_manage(by, role, person.organisation_id if person else invitation.organisation_id, now)


def _make(
    session: Session,
    by: Person,
    kind: str,
    organisation_id: str,
    person_id: str | None,
    content: Mapping[str, Any],
    now: datetime,
) -> Invitation:
    made = Invitation(
        id=new_id(),
        kind=kind,
        organisation_id=organisation_id,
        person_id=person_id,
        content=dict(content),
        made_by=by.id,
        made_at=now,
        expires_at=now + LIFE[kind],
    )
    session.add(made)
    session.flush()
    audit.record(
        session, by.id, "invitation.made", made.id, now, kind=kind, person=person_id, **content
    )
    return made


def _end(session: Session, invitation: Invitation, by: str, why: str, now: datetime) -> None:
    invitation.ended_at, invitation.ended_why = now, why
    session.flush()
    audit.record(
        session, by, "invitation.ended", invitation.id, now, why=why, person=invitation.person_id
    )
