"""The first minute of an installation, and the first after a restore."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.db import audit
from server.db.house import HouseFact
from server.db.people import Organisation, Person
from server.domain import errors
from server.domain.people import Role
from server.ids import new_id


def begin(
    session: Session,
    *,
    branch: str,
    time_zone: str,
    username: str,
    name: str,
    password_hash: str,
    now: datetime,
) -> Person:
    """The first branch and its supervisor. Raises `Conflict` where somebody lives here already."""
    if session.scalar(select(func.count(Person.id))):
        raise errors.Conflict()
    home = Organisation(id=new_id(), kind="branch", name=branch, time_zone=time_zone)
    session.add(home)
    session.flush()
    supervisor = Person(
        id=new_id(),
        username=username.strip().casefold(),
        name=name,
        role=Role.SUPERVISOR,
        organisation_id=home.id,
        password_hash=password_hash,
    )
    session.add(supervisor)
    session.flush()
    audit.record(session, None, "organisation.begun", home.id, now, supervisor=supervisor.id)
    return supervisor


def new_epoch(session: Session, now: datetime) -> str:
    """After a restore: tablets see another epoch and offer again all that they still hold."""
    epoch = new_id()
    session.get_one(HouseFact, "epoch").value = epoch
    audit.record(session, None, "house.new_epoch", epoch, now)
    return epoch
