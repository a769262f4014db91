"""The dispatch board's rows: who is in the field, what each of them has to do, and other time that is taken."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from server.db.customers import Customer, Site
from server.db.jobs import Crew, Job, own_people, visible_to
from server.db.people import Organisation, Person, are_granted
from server.db.tickets import Ticket
from server.domain.jobs import LONGEST_WINDOW
from server.domain.people import CONTRACTOR_ROLES, FIELD_ROLES, Role

MOST_LANES = 400  # more people than anybody can look at: they choose a team


class Member(NamedTuple):
    """Somebody in the field, with whom they belong to."""

    id: str
    name: str
    team: str | None
    skills: list[str]
    is_active: bool
    organisation_id: str
    organisation: str
    is_contractor: bool
    is_granted: bool


class Bar(NamedTuple):
    """A job in somebody's lane, as much of it as a board shows."""

    job_id: str
    person_id: str
    start: datetime
    end: datetime
    ticket_id: str
    time_zone: str
    state: str
    outcome: str | None
    received: str
    edition: int
    cause: str | None
    priority: str
    work: str
    customer: str
    district: str
    city: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Time of somebody that is not free: a job that they go along on, or one that is not ours to see."""

    person_id: str
    start: datetime
    end: datetime
    job_id: str | None = None  # told where it may be seen


def members(session: Session, person: Person, branch_id: str, now: datetime) -> list[Member]:
    """The branch's people in the field, then those of contractors; whoever has left, too.

    A contractor's manager has the own company, a lead the own team, an installer nobody else.
    """
    found = (
        select(
            Person.id,
            Person.name,
            Person.team,
            Person.skills,
            Person.is_active,
            Organisation.id,
            Organisation.name,
            Organisation.kind == "contractor",
            are_granted(now),
        )
        .join(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.role.in_(FIELD_ROLES), _is_in_reach(person, branch_id))
        .order_by(Organisation.kind, Organisation.name, Person.team, Person.name, Person.id)
    )
    return [Member(*row) for row in session.execute(found)]


def _is_in_reach(person: Person, branch_id: str) -> Any:
    if person.role in CONTRACTOR_ROLES:
        return Person.id.in_(own_people(person))
    return (Organisation.id == branch_id) | (Organisation.kind == "contractor")


def touching(found: Select[Any], begin: datetime, end: datetime) -> Select[Any]:
    """Those of them whose window touches this time, found by where it starts: no window is longer."""
    return found.where(
        Job.window_start < end,
        Job.window_start > begin - LONGEST_WINDOW,
        Job.window_end > begin,
        Job.state != "cancelled",
    )


def bars(
    session: Session,
    person: Person,
    lanes: Collection[str],
    begin: datetime,
    end: datetime,
    now: datetime,
) -> list[Bar]:
    """The jobs of these people that `person` may see, in the order of the day."""
    columns: Any = (
        (Job.id, Job.assignee_id, Job.window_start, Job.window_end, Job.ticket_id, Job.time_zone)
        + (Job.state, Job.outcome, Job.received, Job.edition, Job.cause, Job.priority, Job.work)
        + (Customer.name, Site.district, Site.city)
    )  # fmt: skip
    seen = visible_to(person, now).with_only_columns(*columns).select_from(Job)
    about = (
        seen.join(Ticket, Ticket.id == Job.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .join(Site, Site.id == Job.site_id)
    )
    theirs = touching(about.where(_of(lanes)), begin, end)
    return [Bar(*row) for row in session.execute(theirs.order_by(Job.window_start, Job.id))]


def _of(lanes: Collection[str]) -> Any:
    return Job.assignee_id.in_(lanes) if lanes else false()


def taken(
    session: Session,
    person: Person,
    lanes: Collection[str],
    hired: Collection[str],
    begin: datetime,
    end: datetime,
    seen: Collection[str],
) -> list[Taken]:
    """What else takes their time; of a job that is not among the `seen` only that it does.

    `hired` are those of them who come from contractors: they work for other branches, too.
    """
    return [
        *_of_others(session, person, hired, begin, end),
        *_along(session, lanes, begin, end, seen),
    ]


def _of_others(
    session: Session, person: Person, lanes: Collection[str], begin: datetime, end: datetime
) -> Iterator[Taken]:
    """What contractors' people do for other branches; whoever is not of a desk sees all of their own."""
    if person.role == Role.SUPERVISOR or person.role in CONTRACTOR_ROLES:
        return
    columns: Any = (Job.assignee_id, Job.window_start, Job.window_end)
    others = select(*columns).where(_of(lanes), Job.branch_id != person.organisation_id)
    theirs = touching(others.where(Job.state != "declined"), begin, end)
    for person_id, start, until in session.execute(theirs.order_by(Job.window_start, Job.id)):
        yield Taken(person_id, start, until)


def _along(
    session: Session, lanes: Collection[str], begin: datetime, end: datetime, seen: Collection[str]
) -> Iterator[Taken]:
    columns: Any = (Job.id, Crew.person_id, Job.window_start, Job.window_end)
    crewed = select(*columns).join(Crew, Crew.job_id == Job.id)
    theirs = touching(crewed.where(Crew.person_id.in_(lanes)), begin, end)
    for job_id, person_id, start, until in session.execute(theirs.order_by(Job.id)):
        yield Taken(person_id, start, until, job_id if job_id in seen else None)
