"""What each tablet last said about leaving for a job."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.jobs import Crew, Job
from server.db.tables import Code, Document, Id, Table, Time, refers

AT_HOME = ("issued", "accepted", "declined", "cancelled")  # states of a job


class Readiness(Table):
    """The last look before the van moved, by one tablet for one job."""

    __tablename__ = "readiness"

    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), primary_key=True)
    device_id: Mapped[Id] = mapped_column(refers("devices.id"), primary_key=True)
    person_id: Mapped[Id] = mapped_column(refers("people.id"))
    visit_id: Mapped[Id] = mapped_column(comment="the visit under the assignment of that moment")
    light: Mapped[Code] = mapped_column(comment="green, amber or red: the worst of its checks")
    checks: Mapped[Document]
    checked_at: Mapped[Time] = mapped_column(comment="by the tablet's clock")
    received_at: Mapped[Time]


def jobs_of(session: Session, person_id: str, job_ids: Collection[str]) -> dict[str, Job]:
    """Those of the jobs on which this person works, by id."""
    crewed = select(Crew.job_id).where(Crew.person_id == person_id)
    own = or_(Job.assignee_id == person_id, Job.id.in_(crewed))
    found = session.scalars(select(Job).where(Job.id.in_(job_ids), own))
    return {job.id: job for job in found}


def of_device(session: Session, device_id: str, job_ids: Collection[str]) -> dict[str, Readiness]:
    """What this tablet said before of these jobs."""
    asked = select(Readiness).where(Readiness.device_id == device_id, Readiness.job_id.in_(job_ids))
    return {row.job_id: row for row in session.scalars(asked)}


def left_unready(found: Select[Job]) -> Select[Job]:
    """Those of the jobs for which somebody set out though their tablet's last look was not green."""
    look = select(Readiness.job_id).where(
        Readiness.job_id == Job.id,
        Readiness.visit_id == Job.visit_id,
        Readiness.person_id == Job.assignee_id,
        Readiness.light != "green",
    )
    # Not `in_`: SQLite would begin with the index of states, at every job that was ever done.
    return found.where(Job.state.not_in(AT_HOME), look.exists())


def of_job(session: Session, job: Job) -> Readiness | None:
    """The last word under the present assignment; the assignee's before that of the crew."""
    rows = session.scalars(
        select(Readiness).where(Readiness.job_id == job.id, Readiness.visit_id == job.visit_id)
    )

    def weight(row: Readiness) -> tuple[bool, datetime]:
        return row.person_id == job.assignee_id, row.received_at

    return max(rows, key=weight, default=None)
