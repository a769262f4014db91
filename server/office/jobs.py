"""Jobs: who is out on a day and how far they are; handed over, called off."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Blueprint, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import jobs, promises
from server.auth import me, needs
from server.db import keysets, readiness
from server.db.customers import Customer, Site
from server.db.jobs import Job, between, get_for, visible_to
from server.db.people import names_of
from server.db.tickets import Ticket
from server.domain import errors
from server.domain.people import may
from server.house import house
from server.office import answers, doubts, forms, planning, wording
from server.office.planning import TOLD_ON_THE_PAGE
from server.schemas import Ident, Shape, Text
from server.transactions import reads, writes

blp = Blueprint("jobs", __name__)

A_PAGE = 100


class Handover(Shape):
    assignee_id = Ident(required=True)
    edition = ma.fields.Integer(validate=ma.validate.Range(min=1, max=2**31 - 1))
    reason = Text()


class Move(planning.Appointment):
    edition = ma.fields.Integer(validate=ma.validate.Range(min=1, max=2**31 - 1))
    reason = Text()


class Reason(Shape):
    reason = Text(least=1, required=True)


@blp.get("/jobs")
@reads
@needs("job.read")
def find(session: Session) -> str:
    """The jobs of one day, by installer and window."""
    now, zone = house().clock(), ZoneInfo(wording.zone_of_office())
    day = forms.day_in(request.args.get("day", ""), now.astimezone(zone).date())
    begin = datetime.combine(day, time(), zone)
    of_day = between(visible_to(me(), now), begin, begin + timedelta(days=1))
    if request.args.get("show") == "unready":
        of_day = readiness.left_unready(of_day.where(Job.state != "cancelled"))
    # By the window's end: so a page is read by its index, however many go out in the whole shop.
    key = (Job.window_end, Job.window_start, Job.id)
    page = keysets.page(session, of_day, key, A_PAGE, request.args.get("after"))
    found = page.rows
    about = (
        select(Job.id, Customer.name, Site)
        .join(Ticket, Ticket.id == Job.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .join(Site, Site.id == Job.site_id)
    )
    of_jobs = about.where(Job.id.in_([job.id for job in found]))
    return render_template(
        "office/jobs.html",
        jobs=found,
        next=page.next,
        places={its_id: (name, site) for its_id, name, site in session.execute(of_jobs)},
        people=names_of(session, {job.assignee_id for job in found}),
        day=day,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
        only_unready=request.args.get("show") == "unready",
    )


@blp.get("/jobs/<job_id>/hand-over")
@reads
@needs("job.reassign")
def hand_over(session: Session, job_id: str) -> str:
    """Who takes the job: installers with what they have on its day."""
    return _handover(session, get_for(session, me(), job_id, house().clock()), forms.Typed())


def _handover(
    session: Session,
    job: Job,
    typed: forms.Typed,
    doubtful: errors.DoorstepError | None = None,
) -> str:
    ticket = session.get_one(Ticket, job.ticket_id)
    starts = (job.window_start or house().clock()).astimezone(ZoneInfo(job.time_zone))
    installers = planning.sendable(session, job.branch_id)
    return render_template(
        "office/hand_over.html",
        job=job,
        customer=session.get_one(Customer, ticket.customer_id),
        installers=installers,
        busy=planning.busy(session, installers, starts.date(), job.time_zone),
        away=planning.away(session, installers, starts.date()),
        typed=typed,
        **_said(session, job, doubtful),
    )


def _day_of(job: Job) -> str | None:
    if job.window_start is None:
        return None
    return job.window_start.astimezone(ZoneInfo(job.time_zone)).date().isoformat()


def _said(session: Session, job: Job, doubtful: errors.DoorstepError | None) -> dict[str, Any]:
    is_stale = isinstance(doubtful, errors.ChangedMeanwhile)
    return {
        "failure": doubtful,
        "warnings": doubts.warnings_in(doubtful),
        "sentence": doubtful.sentence(wording.language()) if doubtful else "",
        "last_act": doubts.last_act(session, job.id) if is_stale else "",
    }


@blp.post("/jobs/<job_id>/reassign")
@writes
@needs("job.reassign")
def reassign(session: Session, job_id: str) -> AnyResponse | tuple[str, int]:
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    try:
        form = forms.read(Handover)
        with session.begin_nested():
            _must_be_as_shown(job, form)
            jobs.reassign(session, me(), job, form["assignee_id"], form.get("reason"), now)
    except TOLD_ON_THE_PAGE as failure:
        return _back(session, job, failure, _handover)
    if not may(me().role, "ticket.read"):  # a contractor's manager, a lead
        return answers.go_to("office.jobs.find", day=_day_of(job))
    return answers.go_to("office.tickets.show", ticket_id=job.ticket_id)


@blp.get("/jobs/<job_id>/move")
@reads
@needs("job.issue")
def plan_anew(session: Session, job_id: str) -> str:
    """Another time for a job, and perhaps somebody else."""
    job = get_for(session, me(), job_id, house().clock())
    return _move(session, job, forms.Typed(request.args))


@blp.post("/jobs/<job_id>/move")
@writes
@needs("job.issue")
def move(session: Session, job_id: str) -> AnyResponse | tuple[str, int]:
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    try:
        form = forms.with_window(forms.read(Move), job.time_zone)
        with session.begin_nested():
            _must_be_as_shown(job, form)
            jobs.move(session, me(), job, form, now)
    except TOLD_ON_THE_PAGE as failure:
        return _back(session, job, failure, _move)
    return answers.go_to("office.tickets.show", ticket_id=job.ticket_id)


def _must_be_as_shown(job: Job, form: dict[str, Any]) -> None:
    """Raises `ChangedMeanwhile` where the page that was looked at showed an earlier edition."""
    if form.pop("edition", job.edition) != job.edition:
        raise errors.ChangedMeanwhile()


def _back(
    session: Session,
    job: Job,
    failure: errors.DoorstepError,
    page: Callable[..., str],
) -> tuple[str, int]:
    """Nothing was written: what speaks against it, with all that was typed."""
    session.refresh(job)
    if answers.is_fragment():
        is_stale = isinstance(failure, errors.ChangedMeanwhile)
        return doubts.told(session, failure, job.id if is_stale else None)
    if isinstance(failure, errors.CertificateMissing | errors.Conflict | errors.ChangedMeanwhile):
        return page(session, job, forms.typed(), failure), 409
    typed = forms.Typed(request.form, forms.problems_of(failure))
    return page(session, job, typed), 422


def _move(
    session: Session,
    job: Job,
    typed: forms.Typed,
    doubtful: errors.DoorstepError | None = None,
) -> str:
    ticket = session.get_one(Ticket, job.ticket_id)
    zone = ZoneInfo(job.time_zone)
    starts = (job.window_start or house().clock() + timedelta(days=1)).astimezone(zone)
    ends = (job.window_end or starts).astimezone(zone)
    usual = [f"{each:%H:%M}" for each in planning.USUAL_WINDOW]
    has_time = job.window_start is not None
    day = forms.day_in(typed["day"], starts.date())
    installers = planning.sendable(session, job.branch_id)
    return render_template(
        "office/job_move.html",
        job=job,
        customer=session.get_one(Customer, ticket.customer_id),
        installers=installers,
        busy=planning.busy(session, installers, day, job.time_zone),
        away=planning.away(session, installers, day),
        zone=job.time_zone,
        promise=promises.clocks(session, ticket, house().clock())["close"],
        day=day,
        until=day + (ends.date() - starts.date()),
        begin=f"{starts:%H:%M}" if has_time else usual[0],
        end=f"{ends:%H:%M}" if has_time else usual[1],
        typed=typed,
        **_said(session, job, doubtful),
    )


@blp.post("/jobs/<job_id>/cancel")
@writes
@needs("job.cancel")
def cancel(session: Session, job_id: str) -> AnyResponse:
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    jobs.cancel(session, me(), job, forms.read(Reason)["reason"], now)
    return answers.go_to("office.tickets.show", ticket_id=job.ticket_id)
