"""Branches of the shop, and contractors that supply installers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, literal, or_, select
from sqlalchemy.orm import Session

from server.actions import references, rows, sheets
from server.db import audit, feed, figures
from server.db.jobs import Crew, Job
from server.db.people import Organisation, Person
from server.domain.jobs import OPEN_STATES
from server.ids import new_id

ON_SHEETS = {"name", "phone"}
LOOKED_BACK = timedelta(hours=1)  # by the worker, which comes by more often


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
    if {"granted_from", "granted_until"} & set(changed):
        _tell_tablets(session, organisation)
    if "time_zone" in changed:
        figures.touch_all(session, figures.of_branch(organisation.id))
    if changed:
        audit.record(session, by.id, "organisation.changed", organisation.id, now, changed=changed)


def _grant_must_fit(kind: str, form: Mapping[str, Any]) -> None:
    given = form.get("granted_until") or form.get("granted_from")
    if kind == "branch" and given is not None:
        raise references.wrong("granted_until", "Only a contractor is granted a time.")


def _tell_tablets(session: Session, contractor: Organisation) -> None:
    """The contractor's open jobs appear on its tablets, or go from them, with the grant."""
    for job_id in session.scalars(_open_jobs_of(contractor.id)):
        feed.touch_job(session, job_id, reason="grant_ended")


def _open_jobs_of(contractor_id: str) -> Select[str]:
    people = select(Person.id).where(Person.organisation_id == contractor_id)
    crewed = select(Crew.job_id).where(Crew.person_id.in_(people))
    return select(Job.id).where(
        or_(Job.assignee_id.in_(people), Job.id.in_(crewed)), Job.state.in_(OPEN_STATES)
    )


def begin_grants(session: Session, now: datetime) -> None:
    """Grants that have begun a moment ago: open jobs of before come to the contractor's tablets."""
    begun = select(Organisation).where(
        Organisation.kind == "contractor",
        Organisation.granted_from <= now,
        Organisation.granted_from > now - LOOKED_BACK,
        Organisation.granted_until > now,
    )
    for contractor in session.scalars(begun):
        shown = set(session.scalars(_shown_jobs(contractor.id)))
        for job_id in set(session.scalars(_open_jobs_of(contractor.id))) - shown:
            feed.touch_job(session, job_id)


def end_grants(session: Session, now: datetime) -> None:
    """Grants that have run out: the jobs go from the contractor's tablets. Work still comes in."""
    ended = select(Organisation).where(
        Organisation.kind == "contractor", Organisation.granted_until <= now
    )
    for contractor in session.scalars(ended):
        for job_id in session.scalars(_shown_jobs(contractor.id)):
            feed.touch_job(session, job_id, reason="grant_ended")


def _shown_jobs(contractor_id: str) -> Select[str]:
    """The jobs that stand on a tablet of the contractor's people."""
    people = select(literal("person:") + Person.id).where(Person.organisation_id == contractor_id)
    return select(feed.Change.entity_id).where(
        feed.Change.scope.in_(people), feed.Change.kind == "job", feed.Change.change == "upsert"
    )
