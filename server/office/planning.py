"""Planning: who goes and when, for a ticket or a revisit, with what speaks against it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager
from werkzeug.wrappers import Response as AnyResponse

from server.actions import absences, jobs, promises
from server.auth import me, needs
from server.db import jobs as job_rows
from server.db import revisits as revisit_rows
from server.db import tickets
from server.db.customers import Customer, Site
from server.db.jobs import Job
from server.db.people import Absence, Organisation, Person, are_granted
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import errors
from server.domain import jobs as rules
from server.domain import revisits as revisit_rules
from server.domain.people import FIELD_ROLES
from server.house import house
from server.office import answers, doubts, forms
from server.office.wording import language
from server.schemas import ComingDay, Ident, Shape, Text, must_be_zone, one_of
from server.transactions import reads, writes

blp = Blueprint("planning", __name__)

USUAL_WINDOW = (time(9, 0), time(11, 0))
WAITING = "waiting"  # said by the board, whose pool showed that nobody has planned it yet


class Appointment(Shape):
    """Who, and when: `zone` is that of the site unless told, `until` the day of the end if another."""

    assignee_id = Ident(required=True)
    day = ComingDay()
    begin = ma.fields.Time(format="%H:%M", data_key="from")
    end = ma.fields.Time(format="%H:%M", data_key="to")
    until = ComingDay()
    zone = Text(64, validate=must_be_zone)


class Plan(Appointment):
    expects = Text(64, validate=one_of(WAITING))
    work = Text()
    notes = Text()
    reason = Text()


TOLD_ON_THE_PAGE = (
    errors.Invalid,
    errors.ReferenceUnknown,
    errors.CertificateMissing,
    errors.JobHasWarnings,
    errors.ChangedMeanwhile,
)

# A job for a ticket.


@blp.get("/tickets/<ticket_id>/plan")
@reads
@needs("job.issue")
def plan(session: Session, ticket_id: str) -> str:
    """Who goes, and when: installers with what they have on that day already."""
    ticket = tickets.get_for(session, me(), ticket_id)
    return _form(session, ticket, None, forms.Typed(request.args))


@blp.post("/tickets/<ticket_id>/plan")
@writes
@needs("job.issue")
def issue(session: Session, ticket_id: str) -> AnyResponse | tuple[str, int]:
    ticket = tickets.get_for(session, me(), ticket_id, to_change=True)
    return _issue(session, ticket, None)


@blp.get("/revisits/<revisit_id>/plan")
@reads
@needs("job.issue")
def plan_revisit(session: Session, revisit_id: str) -> str:
    """The same for a revisit; what the earlier trip knew is filled in."""
    revisit = revisit_rows.get_for(session, me(), revisit_id)
    ticket = tickets.get_for(session, me(), revisit.ticket_id)
    return _form(session, ticket, revisit, forms.Typed(request.args))


@blp.post("/revisits/<revisit_id>/plan")
@writes
@needs("job.issue")
def issue_revisit(session: Session, revisit_id: str) -> AnyResponse | tuple[str, int]:
    revisit = revisit_rows.get_for(session, me(), revisit_id, to_change=True)
    return _issue(session, tickets.get_for(session, me(), revisit.ticket_id), revisit)


def _issue(
    session: Session, ticket: Ticket, revisit: Revisit | None
) -> AnyResponse | tuple[str, int]:
    """Issues the job, or comes back with the form and what speaks against it."""
    try:
        with session.begin_nested():
            form = forms.with_window(forms.read(Plan), _zone(session, ticket))
            if form.pop("expects", None) == WAITING:
                _must_wait(session, ticket, revisit)
            jobs.issue(session, me(), ticket, form, house().clock(), revisit=revisit)
    except TOLD_ON_THE_PAGE as failure:
        return _back(session, ticket, revisit, failure)
    return answers.go_to("office.tickets.show", ticket_id=ticket.id)


def _back(
    session: Session, ticket: Ticket, revisit: Revisit | None, failure: errors.DoorstepError
) -> tuple[str, int]:
    if answers.is_fragment():
        job = _latest(session, ticket) if isinstance(failure, errors.ChangedMeanwhile) else None
        return doubts.told(session, failure, job.id if job else None)
    if isinstance(failure, errors.CertificateMissing | errors.Conflict | errors.ChangedMeanwhile):
        return _form(session, ticket, revisit, forms.typed(), failure), 409
    typed = forms.Typed(request.form, forms.problems_of(failure))
    return _form(session, ticket, revisit, typed), 422


def _must_wait(session: Session, ticket: Ticket, revisit: Revisit | None) -> None:
    """Raises `ChangedMeanwhile` where somebody else was faster: dropped twice is planned once."""
    if revisit is not None:
        is_waiting = revisit.state in revisit_rules.OPEN_STATES
    else:
        latest = _latest(session, ticket)
        is_waiting = latest is None or latest.state not in rules.MOVABLE_STATES
    if not is_waiting:
        raise errors.ChangedMeanwhile()


def _latest(session: Session, ticket: Ticket) -> Job | None:
    of_ticket = select(Job).where(Job.ticket_id == ticket.id, Job.state != rules.State.CANCELLED)
    return session.scalar(of_ticket.order_by(Job.issued_at.desc(), Job.id.desc()).limit(1))


def _zone(session: Session, ticket: Ticket) -> str:
    site = session.get(Site, ticket.site_id) if ticket.site_id else None
    return site.time_zone if site else me().organisation.time_zone


def _form(
    session: Session,
    ticket: Ticket,
    revisit: Revisit | None,
    typed: forms.Typed,
    doubtful: errors.DoorstepError | None = None,
) -> str:
    zone = _zone(session, ticket)
    earlier = session.get(Job, revisit.job_id) if revisit else None
    day = _day(typed["day"], zone, revisit)
    installers = sendable(session, ticket.branch_id)
    return render_template(
        "office/plan.html",
        ticket=ticket,
        revisit=revisit,
        earlier=earlier,
        customer=session.get_one(Customer, ticket.customer_id),
        site=session.get(Site, ticket.site_id) if ticket.site_id else None,
        installers=installers,
        busy=(taken := busy(session, installers, day, zone)),
        away=away(session, installers, day),
        day=day,
        zone=zone,
        window=USUAL_WINDOW,
        preferred=typed["assignee_id"] or _preferred(revisit, earlier, taken),
        went_before=session.get_one(Person, earlier.assignee_id).name if earlier else "",
        somebody_else=revisit is not None
        and not revisit_rules.prefers_same_installer(revisit.cause),
        promise=promises.clocks(session, ticket, house().clock())["close"],
        parts_along=jobs.parts_along(session, revisit) if revisit else [],
        typed=typed,
        failure=doubtful,
        warnings=doubts.warnings_in(doubtful),
        sentence=doubtful.sentence(language()) if doubtful else "",
    )


def _day(typed: str, zone: str, revisit: Revisit | None) -> date:
    """The day that is planned: what was chosen, else tomorrow, or when the parts are there."""
    tomorrow = house().clock() + timedelta(days=1)
    earliest = revisit.earliest_at if revisit and revisit.earliest_at else tomorrow
    return forms.day_in(typed, max(earliest, tomorrow).astimezone(ZoneInfo(zone)).date())


def _preferred(
    revisit: Revisit | None, earlier: Job | None, taken: dict[str, list["Taken"]]
) -> str:
    """Who knows the place; where somebody else should go, whoever has least to do on that day."""
    if revisit is None or earlier is None:
        return ""
    if revisit_rules.prefers_same_installer(revisit.cause):
        return earlier.assignee_id
    others = [its_id for its_id in taken if its_id != earlier.assignee_id]
    return min(others, key=lambda its_id: len(taken[its_id]), default="")


def sendable(session: Session, branch_id: str) -> list[Person]:
    """Everybody in the field whom this person can send for the branch, its own people first."""
    now = house().clock()
    found = (
        select(Person)
        .join(Organisation, Organisation.id == Person.organisation_id)
        .options(contains_eager(Person.organisation))
        .where(Person.role.in_(FIELD_ROLES), Person.is_active)
        .where(
            (Organisation.id == branch_id)
            | ((Organisation.kind == "contractor") & are_granted(now))
        )
        .order_by(Organisation.kind, Person.name, Person.id)
    )
    return [each for each in session.scalars(found) if jobs.may_send(me(), each)]


def away(session: Session, installers: list[Person], day: date) -> dict[str, Absence]:
    """Who of them is away on that day."""
    told = absences.between(session, [each.id for each in installers], day, day)
    return {its_id: noted[-1] for its_id, noted in told.items() if noted}


@dataclass(frozen=True, slots=True)
class Taken:
    """Some time of somebody's day; the job is told to whoever may see it."""

    start: datetime
    end: datetime
    job_id: str | None
    work: str


def busy(
    session: Session, installers: list[Person], day: date, zone: str
) -> dict[str, list[Taken]]:
    """What each of them has on that day, in order."""
    begin = datetime.combine(day, time(), ZoneInfo(zone))
    end = begin + timedelta(days=1)
    columns: Any = (Job.id, Job.assignee_id, Job.work, Job.window_start, Job.window_end)
    of_day = job_rows.between(select(*columns), begin, end)
    out = of_day.where(Job.state.not_in(("cancelled", "declined")))
    visible = job_rows.between(job_rows.visible_to(me(), house().clock()), begin, end)
    seen = set(session.scalars(visible.with_only_columns(Job.id)))
    found: dict[str, list[Taken]] = {each.id: [] for each in installers}
    for its_id, who, work, starts, ends in session.execute(out.order_by(Job.window_start, Job.id)):
        if who in found:
            told = (its_id, work) if its_id in seen else (None, "")
            found[who].append(Taken(starts, ends, *told))
    return found
