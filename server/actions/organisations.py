"""Branches of the shop, and contractors that supply installers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, literal, or_, select
from sqlalchemy.orm import Session

from server.actions import promises, references, rows, settings, sheets
from server.db import audit, feed, figures
from server.db.jobs import Crew, Job
from server.db.people import Organisation, Person
from server.domain import settings as setting_rules
from server.domain.jobs import OPEN_STATES
from server.ids import new_id

ON_SHEETS = {"name", "phone"}
# What the audit tells with what it was before.
TOLD = {
    "name",
    "time_zone",
    "granted_from",
    "granted_until",
    "auto_accept",
    "auto_accept_sample",
    "holidays_of",
    "is_active",
}
OF_ACCEPTANCE = {"auto_accept", "auto_accept_sample"}
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
    changes = rows.before_and_after(organisation, form, TOLD)
    changed = rows.change(session, organisation, form)
    if ON_SHEETS.intersection(changed):
        sheets.touch(session, sheets.of_branch(organisation.id))
    if "holidays_of" in changed:
        promises.ask_to_keep_all(session, now)
    if {"granted_from", "granted_until"} & set(changed):
        _tell_tablets(session, organisation)
    if {"time_zone", "holidays_of"}.intersection(changed):
        figures.touch_all(session, figures.of_branch(organisation.id))
    if OF_ACCEPTANCE.intersection(changed) and organisation.kind == "branch":
        _note_acceptance(session, by, organisation, now)
    if changed:
        audit.record(
            session, by.id, "organisation.changed", organisation.id, now,
            changed=changed, changes=changes,
        )  # fmt: skip


def _note_acceptance(session: Session, by: Person, branch: Organisation, now: datetime) -> None:
    """Whoever changes the policy here finds it in the history of the setting."""
    session.flush()
    name = setting_rules.AUTO_ACCEPT
    own = settings.newest(session, name, branch.id)
    document = {
        **settings.auto_acceptance(session, branch.id, now),
        "is_on": branch.auto_accept,
        "sample": branch.auto_accept_sample,
    }
    was = own.version if own else setting_rules.FIRST
    settings.put(session, by, name, branch.id, document, now, was=was)


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
