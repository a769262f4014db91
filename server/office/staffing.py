"""What of people needs somebody today: jobs to which nobody can go, and certificates that end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from server.db import jobs
from server.db.jobs import Job
from server.db.people import Absence, Certificate, Person, certificates_visible_to
from server.domain.jobs import MOVABLE_STATES
from server.office import people as people_pages
from server.office import wording
from server.office.today import LINES, PANELS, Line, Panel

AHEAD = timedelta(days=14)


def nobody_goes(session: Session, person: Person, now: datetime) -> Panel:
    """Open jobs of the next two weeks whose installer is away on their day, or has left."""
    waiting = _without_anybody(person, now)
    found = list(session.execute(waiting.order_by(Job.window_start, Job.id).limit(LINES + 1)))
    count = len(found)
    if count > LINES:
        count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    return Panel(
        "nobody",
        _("Jobs to which nobody goes"),
        url_for("office.jobs.find"),
        count,
        _("Everybody who is planned is here."),
        [
            Line(
                url_for("office.jobs.hand_over", job_id=job.id),
                f"{job.id} {who.name}",
                wording.listed(
                    [
                        wording.window(job.window_start, job.window_end, job.time_zone),
                        _("away") if who.is_active else _("left"),
                    ]
                ),
                "lost",
            )
            for job, who in found[:LINES]
        ],
    )


def _without_anybody(person: Person, now: datetime) -> Select[Job, Person]:
    """The day of a job is taken in the zone of whoever looks: who is away at its edges is told, too."""
    zone = ZoneInfo(person.organisation.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight + timedelta(days=number) for number in range(AHEAD.days)]
    on_that_day = or_(
        *(
            (Absence.begins_on <= day.date())
            & (Absence.ends_on >= day.date())
            & (Job.window_start >= day)
            & (Job.window_start < day + timedelta(days=1))
            for day in days
        )
    )
    # Few are away or have left: they are found first, and then what they have.
    any_day = Absence.ends_on >= days[0].date(), Absence.begins_on <= days[-1].date()
    away = select(Absence.person_id).where(*any_day)
    left = select(Person.id).where(~Person.is_active)
    is_away = select(Absence.id).where(Absence.person_id == Job.assignee_id, on_that_day).exists()
    seen = jobs.between(jobs.visible_to(person, now), midnight, midnight + AHEAD)
    return (
        seen.where(Job.assignee_id.in_(away.union_all(left)), Job.state.in_(MOVABLE_STATES))
        .where(or_(~Person.is_active, is_away))
        .join(Person, Person.id == Job.assignee_id)
        .with_only_columns(Job, Person)
    )


def certificates_that_end(session: Session, person: Person, now: datetime) -> Panel:
    """Of people who are here: those that end within 30 days, and those that ended within the last 30."""
    day = wording.today()
    soon = Certificate.valid_until.between(day - people_pages.SOON, day + people_pages.SOON)
    ending = (
        certificates_visible_to(person)
        .join(Person, Person.id == Certificate.person_id)
        .where(soon, Person.is_active)
    )
    count = session.scalar(select(func.count()).select_from(ending.subquery())) or 0
    rows = ending.with_only_columns(Certificate, Person).order_by(
        Certificate.valid_until, Certificate.id
    )
    return Panel(
        "certificates",
        _("Certificates that end"),
        url_for("office.organisations.find"),
        count,
        _("No certificate ends within 30 days."),
        [
            Line(
                url_for("office.people.show", person_id=holder.id) + "#certificates",
                f"{holder.name}: {paper.kind}",
                _("ended %(day)s", day=wording.date_words(paper.valid_until))
                if paper.valid_until < day
                else _("ends %(day)s", day=wording.date_words(paper.valid_until)),
                "lost" if paper.valid_until < day else "risk",
            )
            for paper, holder in session.execute(rows.limit(LINES))
        ],
    )


PANELS["nobody"] = ("job.reassign", nobody_goes)
PANELS["certificates"] = ("certificate.write", certificates_that_end)
