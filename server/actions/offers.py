"""What other appointments are on offer for a job: the branch's hours and holidays, who is free, the promise."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import absences, calendars, settings
from server.db import jobs
from server.db.jobs import Crew, Job
from server.db.people import Certificate, Person
from server.db.tickets import Ticket
from server.domain import slots as rules
from server.domain.jobs import MOVABLE_STATES, State, Window
from server.domain.people import FIELD_ROLES

MOST_HELPERS = (
    40  # of a branch, besides whoever has the job: somebody of them is free, or nobody is
)


def of_job(session: Session, ticket: Ticket, job: Job, now: datetime) -> list[rules.Slot]:
    """Nothing for a job without an appointment, or that somebody is on already."""
    if job.window_start is None or job.window_end is None or not is_movable(job):
        return []
    people = _people(session, job, now)
    first = now.astimezone(ZoneInfo(job.time_zone)).date()
    away = absences.between(session, people, first, first + timedelta(days=rules.DAYS))
    taken = _taken(session, job, people, now)
    helpers = [
        rules.Helper(
            each,
            taken[each],
            frozenset(
                noted.begins_on + timedelta(days=offset)
                for noted in away[each]
                for offset in range(min((noted.ends_on - noted.begins_on).days, 366) + 1)
            ),
        )
        for each in people
    ]
    return rules.offers(
        now,
        job.time_zone,
        Window(job.window_start, job.window_end),
        _hours(session, ticket, job, now),
        helpers,
        ticket.breaks_at,
    )


def is_movable(job: Job) -> bool:
    """Nobody is on the way yet."""
    return job.state in (State.ISSUED, State.ACCEPTED)


def _hours(
    session: Session, ticket: Ticket, job: Job, now: datetime
) -> Callable[[date], rules.Hours]:
    promise = settings.promises_of(session, [ticket.branch_id]).at(ticket.branch_id, now)
    holidays, workdays = calendars.of_branches(session, [ticket.branch_id], now)[
        ticket.branch_id
    ].sets()
    calendar = promise.calendar(job.time_zone, holidays, workdays)
    if calendar is not None:
        return calendar.hours_on
    return lambda day: () if day in holidays else rules.USUAL_HOURS


def _people(session: Session, job: Job, now: datetime) -> list[str]:
    """Whoever has the job, then those of the branch who know such work and hold what it asks for."""
    found = select(Person.id, Person.skills).where(
        Person.organisation_id == job.branch_id,
        Person.role.in_(FIELD_ROLES),
        Person.is_active,
        Person.id != job.assignee_id,
    )
    able = [
        its_id
        for its_id, skills in session.execute(found.order_by(Person.name, Person.id))
        if set(job.skills) <= set(skills)
    ][:MOST_HELPERS]
    if job.certificates and able:
        able = _certified(session, able, job, now)
    return [job.assignee_id, *able]


def _certified(session: Session, able: list[str], job: Job, now: datetime) -> list[str]:
    until = (now + timedelta(days=rules.DAYS)).date()
    held: dict[str, set[str]] = defaultdict(set)
    papers = select(Certificate).where(Certificate.person_id.in_(able))
    for each in session.scalars(papers):
        if (each.valid_from or until) <= now.date() and (each.valid_until or until) >= until:
            held[each.person_id].add(each.kind)
    return [each for each in able if set(job.certificates) <= held[each]]


def _taken(session: Session, job: Job, people: list[str], now: datetime) -> dict[str, list[Window]]:
    """What else they have in these days, alone or with somebody, with two questions."""
    until = now + timedelta(days=rules.DAYS + 1)
    out = Job.state.in_(MOVABLE_STATES - {State.DECLINED})
    columns: Any = (Job.window_start, Job.window_end)
    of_days = jobs.between(
        select(Job.assignee_id, *columns).where(Job.assignee_id.in_(people)), now, until
    )
    along = jobs.between(
        select(Crew.person_id, *columns).join(Job, Job.id == Crew.job_id), now, until
    ).where(Crew.person_id.in_(people))
    found: dict[str, list[Window]] = {each: [] for each in people}
    for asked in (of_days, along):
        rows = session.execute(asked.where(out, Job.id != job.id))
        for who, start, end in rows:
            if start is not None and end is not None:
                found[who].append(Window(start, end))
    return found
