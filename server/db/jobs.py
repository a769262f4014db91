"""Jobs, every revision of their sheets, and the visits made on them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, false, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights
from server.db.drafts import Drafts
from server.db.lookups import Question, among
from server.db.people import Person, is_granted
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers
from server.domain.jobs import LONGEST_WINDOW
from server.domain.people import CONTRACTOR_ROLES, FIELD_ROLES, Role

# As the indexes say it: a database compares the words.
WITHOUT_TIME = "window_start IS NULL"
TO_VERIFY = "state = 'finished' AND outcome = 'completed' AND NOT awaits_picture"
BY_POLICY = "is_auto_accepted"


class Job(Table):
    """One trip to one site, issued to one installer (plus crew) for one ticket.

    What the office writes, and projections of what the field said: `state`, `received`, `outcome`.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_assignee_window", "assignee_id", "window_start"),
        # With the state, so that those of a day are counted from the index alone.
        Index("ix_jobs_window_end", "window_end", "window_start", "id", "state"),
        Index("ix_jobs_of_branch", "branch_id", "window_end", "window_start", "id", "state"),
        Index(
            "ix_jobs_timeless",
            "issued_at",
            "id",
            sqlite_where=text(WITHOUT_TIME),
            postgresql_where=text(WITHOUT_TIME),
        ),
        Index("ix_jobs_issued", "issued_at", "id"),
        Index(
            "ix_jobs_to_verify",
            "finished_at",
            "id",
            sqlite_where=text(TO_VERIFY),
            postgresql_where=text(TO_VERIFY),
        ),
        Index(
            "ix_jobs_by_policy",
            "verdict_at",
            "id",
            sqlite_where=text(BY_POLICY),
            postgresql_where=text(BY_POLICY),
        ),
    )

    id: Mapped[Key]
    ticket_id: Mapped[Id] = mapped_column(refers("tickets.id"), index=True)
    branch_id: Mapped[Id] = mapped_column(refers("organisations.id"))
    site_id: Mapped[Id] = mapped_column(refers("sites.id"))
    asset_id: Mapped[Id | None] = mapped_column(refers("assets.id"), index=True)
    work: Mapped[Words]
    priority: Mapped[Code] = mapped_column(default="ordinary")
    window_start: Mapped[Time | None]
    window_end: Mapped[Time | None]
    time_zone: Mapped[Code]
    assignee_id: Mapped[Id] = mapped_column(refers("people.id"))
    skills: Mapped[Document] = mapped_column(default=list)
    certificates: Mapped[Document] = mapped_column(default=list)
    slots: Mapped[Document]
    checklist: Mapped[Document]
    planned_parts: Mapped[Document] = mapped_column(default=list)
    notes: Mapped[Words] = mapped_column(default="")
    care_card: Mapped[Words] = mapped_column(default="")
    revisit_of: Mapped[Id | None] = mapped_column(refers("jobs.id"), index=True)
    revisit_id: Mapped[Id | None] = mapped_column(index=True)
    cause: Mapped[Code | None]
    issued_at: Mapped[Time]
    issued_by: Mapped[Id] = mapped_column(refers("people.id"))
    override_reason: Mapped[Words | None] = mapped_column(
        comment="why it was issued in spite of warnings"
    )
    cancelled_at: Mapped[Time | None]
    cancelled_reason: Mapped[Words] = mapped_column(default="")
    verdict: Mapped[Code | None]
    verdict_reason: Mapped[Words] = mapped_column(default="")
    verdict_by: Mapped[Id | None] = mapped_column(refers("people.id"))
    verdict_at: Mapped[Time | None]
    is_auto_accepted: Mapped[bool] = mapped_column(default=False)
    kept_from_policy: Mapped[Code | None] = mapped_column(
        comment="why the policy leaves it to a person: sample, undone"
    )
    awaits_picture: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="asked for again, and not here yet; derived"
    )
    rev: Mapped[int] = mapped_column(default=0, comment="revision of the sheet")
    edition: Mapped[int] = mapped_column(
        default=1, comment="raised by every office edit, for If-Match"
    )
    visit_id: Mapped[Id | None] = mapped_column(comment="the visit under the present assignment")
    state: Mapped[Code] = mapped_column(default="issued", index=True, comment="derived, never set")
    outcome: Mapped[Code | None]
    outcome_cause: Mapped[Code | None]
    finished_at: Mapped[Time | None]
    received: Mapped[Code] = mapped_column(default="none", index=True)
    missing: Mapped[Document] = mapped_column(default=dict)
    document: Mapped[Words] = mapped_column(default="{}", comment="ready JSON for the pull")


class Crew(Table):
    """Somebody who goes along on a job."""

    __tablename__ = "crew"

    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), primary_key=True)
    person_id: Mapped[Id] = mapped_column(refers("people.id"), primary_key=True, index=True)


class Sheet(Table):
    """The office's part of a job as one tablet saw it; receipts are rebuilt from its revision."""

    __tablename__ = "sheets"

    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Document]
    made_at: Mapped[Time]


class Visit(Table):
    """What happened on a job under one assignment: the fold of its field events."""

    __tablename__ = "visits"

    id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    person_id: Mapped[Id] = mapped_column(refers("people.id"), index=True)
    assigned_at: Mapped[Time]
    ended_at: Mapped[Time | None] = mapped_column(comment="when the job was given to somebody else")
    content: Mapped[Document]


def visible_to(person: Person, now: datetime) -> Select[Job]:
    """Own jobs for the field, the team's for its lead, the contractor's own while granted, the branch's
    for the desk, all for a supervisor.
    """
    found = select(Job)
    if person.role == Role.SUPERVISOR:
        return found
    if not is_granted(person.organisation, now):
        return found.where(false())
    if person.role in FIELD_ROLES:
        return found.where(_is_worked_by(own_people(person)))
    if person.role == Role.CONTRACTOR_MANAGER:
        return found.where(Job.assignee_id.in_(own_people(person)))
    return found.where(Job.branch_id == person.organisation_id)


def between(found: Select[Any], begin: datetime, end: datetime) -> Select[Any]:
    """Those of them whose window touches this time. None is longer than allowed, which ends the walk along
    the index of their ends.
    """
    ends_before = end + LONGEST_WINDOW
    return found.where(Job.window_end > begin, Job.window_end < ends_before, Job.window_start < end)


def to_verify(found: Select[Any]) -> Select[Any]:
    """Those that the office owes a verdict: work that was completed (the rest already became a revisit), and
    no picture of which is asked for again.
    """
    return found.where(
        text("jobs.state = 'finished' AND jobs.outcome = 'completed' AND NOT jobs.awaits_picture")
    )


def accepted_by_policy(found: Select[Any]) -> Select[Any]:
    """Those that nobody has looked at, because the branch chose so."""
    return found.where(text(f"jobs.{BY_POLICY}"))


def visits_visible_to(person: Person, now: datetime) -> Select[Visit]:
    """Those on visible jobs. Whoever has taken a job over does not see what somebody before did on it,
    unless they belong together.
    """
    seen = visible_to(person, now)
    found = select(Visit).where(seen.where(Job.id == Visit.job_id).exists())
    if person.role not in CONTRACTOR_ROLES:
        return found
    is_present = seen.where(Job.id == Visit.job_id, Job.visit_id == Visit.id).exists()
    return found.where(or_(is_present, Visit.person_id.in_(own_people(person))))


def visit_for(session: Session, person: Person, visit_id: str, now: datetime) -> Visit:
    """Raises `NotFound` for what `person` may not see."""
    return sights.one(session, visits_visible_to(person, now).where(Visit.id == visit_id))


def own_people(person: Person) -> Select[str]:
    """The ids whose work is one's own: oneself, a lead's team, a contractor manager's company."""
    if person.role == Role.CONTRACTOR_MANAGER:
        return select(Person.id).where(Person.organisation_id == person.organisation_id)
    if person.role == Role.LEAD_INSTALLER and person.team:
        return select(Person.id).where(
            Person.organisation_id == person.organisation_id, Person.team == person.team
        )
    return select(Person.id).where(Person.id == person.id)


def _is_worked_by(people: Select[str]) -> ColumnElement[bool]:
    crewed = select(Crew.job_id).where(Crew.person_id.in_(people))
    return or_(Job.assignee_id.in_(people), Job.id.in_(crewed))


def get_for(
    session: Session, person: Person, job_id: str, now: datetime, *, to_change: bool = False
) -> Job:
    """Raises `NotFound` for what `person` may not see; `to_change` locks it until the commit."""
    if to_change:
        lock(session, {job_id})
    return sights.one(session, visible_to(person, now).where(Job.id == job_id))


_LOCKED = Question(
    select(Job)
    .where(among(Job.id, "ids"))
    .order_by(Job.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock(session: Session, job_ids: Collection[str], drafts: Drafts | None = None) -> list[Job]:
    """Makes other writers of these jobs wait until the commit; in one order, so none waits crosswise.

    What is read of a job and its visit after this cannot change under us (PostgreSQL; on SQLite there
    is one writer anyway). Returns those that there are, as drafts for an act that works on such.
    """
    if drafts is not None:
        return drafts.read(Job, _LOCKED, ids=job_ids)
    return list(session.scalars(_LOCKED.statement, {"ids": job_ids}))


def crew_of(session: Session, job_id: str) -> list[str]:
    return sorted(session.scalars(select(Crew.person_id).where(Crew.job_id == job_id)))


def current_visit(session: Session, job: Job) -> Visit:
    visit = session.get(Visit, job.visit_id)
    assert visit is not None, "a job is issued together with its visit"
    return visit
