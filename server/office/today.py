"""Today: what needs me, by role. Counts open into lists, lists into work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import promises
from server.auth import is_open, me, needs
from server.db import exceptions, jobs, parts, people, revisits, tickets
from server.db.customers import Customer
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.parts import PartRequest
from server.db.people import Device, Person
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import exceptions as exception_rules
from server.domain import revisits as revisit_rules
from server.domain.parts import OPEN_REQUESTS
from server.domain.people import may
from server.domain.promises import Clock
from server.domain.promises import State as ClockState
from server.house import house
from server.office import answers, wording
from server.office.labels import label
from server.transactions import reads

blp = Blueprint("today", __name__)

LINES = 6
SILENT_AFTER = timedelta(hours=24)
CLOCKS_LOOKED_AT = 500  # open tickets, the oldest first


@dataclass(frozen=True, slots=True)
class Line:
    href: str
    title: str
    detail: str
    mark: str = ""  # risk or lost


@dataclass(frozen=True, slots=True)
class Panel:
    """One thing that needs somebody. `count` may be larger than what stands below it."""

    name: str
    title: str
    href: str
    count: int
    empty: str
    lines: list[Line] = field(default_factory=list)


@blp.get("/")
@reads
@needs("office.enter")
def show(session: Session) -> str:
    shown = [panel(session, me(), house().clock()) for act, panel in PANELS if may(me().role, act)]
    page = "office/today_panels.html" if answers.is_fragment() else "office/today.html"
    return render_template(page, panels=shown)


@blp.get("")
@is_open
def without_slash() -> AnyResponse:
    return redirect("/office/", code=308)


Row = TypeVar("Row")


def _some(session: Session, rows: Select[Row], *order: Any) -> tuple[int, list[Row]]:
    """How many there are, and the first few."""
    count = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    return count, list(session.scalars(rows.order_by(*order).limit(LINES)))


def _names(session: Session, ids: list[str]) -> dict[str, str]:
    """The names of customers by the ids of their tickets, for whoever may know them."""
    if not may(me().role, "customer.read"):
        return {}
    found = select(Ticket.id, Customer.name).join(Customer, Customer.id == Ticket.customer_id)
    return dict(session.execute(found.where(Ticket.id.in_(ids))).all())


def _to_verify(session: Session, person: Person, now: datetime) -> Panel:
    waiting = jobs.visible_to(person, now).where(
        Job.state == "finished", Job.outcome == "completed"
    )
    count, found = _some(session, waiting, Job.finished_at, Job.id)
    names = _names(session, [job.ticket_id for job in found])
    return Panel(
        "verify",
        _("Visits to verify"),
        url_for("office.verification.queue"),
        count,
        _("No finished visit waits for a verdict."),
        [
            Line(
                url_for("office.verification.show", job_id=job.id),
                f"{job.id} {names.get(job.ticket_id, '')}",
                wording.listed([wording.moment(job.finished_at), label(job.received, "received")]),
                "" if job.received == "complete" else "risk",
            )
            for job in found
        ],
    )


def _at_risk(session: Session, person: Person, now: datetime) -> Panel:
    still_open = tickets.open_ones(tickets.visible_to(person))
    oldest = still_open.order_by(Ticket.opened_at).limit(CLOCKS_LOOKED_AT)
    found = {ticket.id: ticket for ticket in session.scalars(oldest)}
    pressing = [
        (clock.left_minutes, its_id, name, clock)
        for its_id, clocks in promises.clocks_of(session, found.values(), now).items()
        for name, clock in clocks.items()
        if clock.state in (ClockState.AT_RISK, ClockState.BROKEN)
    ]
    worst: dict[str, tuple[str, Clock]] = {}
    for _left, its_id, name, clock in sorted(pressing, key=lambda each: (each[0], each[1])):
        worst.setdefault(its_id, (name, clock))
    names = _names(session, list(worst)[:LINES])
    return Panel(
        "promises",
        _("Promises at risk"),
        url_for("office.tickets.find"),
        len(worst),
        _("Every promise is kept or has time left."),
        [
            Line(
                url_for("office.tickets.show", ticket_id=its_id),
                f"{its_id} {names.get(its_id, '')}",
                wording.listed([label(name, "clock"), time_left(clock)]),
                "lost" if clock.state == ClockState.BROKEN else "risk",
            )
            for its_id, (name, clock) in list(worst.items())[:LINES]
        ],
    )


def time_left(clock: Clock) -> str:
    """The time that is left, or was, in words."""
    words = wording.span(clock.left_minutes)
    if clock.left_minutes < 0:
        return _("%(span)s late", span=words)
    return _("%(span)s left", span=words)


def _revisits(session: Session, person: Person, now: datetime) -> Panel:
    waiting = revisits.visible_to(person).where(Revisit.state.in_(revisit_rules.OPEN_STATES))
    count, found = _some(session, waiting, Revisit.opened_at, Revisit.id)
    names = _names(session, [each.ticket_id for each in found])
    return Panel(
        "revisits",
        _("Revisits to decide or plan"),
        url_for("office.revisits.find"),
        count,
        _("No revisit waits."),
        [
            Line(
                url_for("office.tickets.show", ticket_id=each.ticket_id) + "#revisits",
                f"{each.ticket_id} {names.get(each.ticket_id, '')}",
                wording.listed([label(each.cause, "cause"), label(each.state, "revisit_state")]),
                "risk",
            )
            for each in found
        ],
    )


def _exceptions(session: Session, person: Person, now: datetime) -> Panel:
    waiting = exceptions.visible_to(person).where(FieldException.state == "open")
    count, found = _some(session, waiting, FieldException.opened_at, FieldException.id)
    return Panel(
        "exceptions",
        _("Exceptions"),
        url_for("office.exceptions.find"),
        count,
        _("Nothing that came from the field is in doubt."),
        [
            Line(
                url_for("office.exceptions.find") + f"#{each.id}",
                each.job_id or each.ticket_id or _("without a job"),
                _told(each.kind),
                "risk",
            )
            for each in found
        ],
    )


def _told(kind: str) -> str:
    known = exception_rules.KINDS[kind]
    return known.zh if wording.language() == "zh" else known.en


def _on_the_road(session: Session, person: Person, now: datetime) -> Panel:
    midnight = now.astimezone(ZoneInfo(person.organisation.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    of_today = jobs.between(jobs.visible_to(person, now), midnight, midnight + timedelta(days=1))
    seen = of_today.where(Job.state != "cancelled")
    count, found = _some(session, seen, Job.window_start, Job.id)
    who = {
        each.id: each.name
        for each in session.scalars(
            select(Person).where(Person.id.in_({job.assignee_id for job in found}))
        )
    }
    return Panel(
        "road",
        _("Out today"),
        url_for("office.jobs.find"),
        count,
        _("No job is planned for today."),
        [
            Line(
                url_for("office.tickets.show", ticket_id=job.ticket_id)
                if may(person.role, "ticket.read")
                else "",
                f"{job.id} {who.get(job.assignee_id, '')}",
                wording.listed(
                    [
                        wording.window(job.window_start, job.window_end, job.time_zone),
                        label(job.state, "job_state"),
                    ]
                ),
                _road_mark(job, now),
            )
            for job in found
        ],
    )


def _road_mark(job: Job, now: datetime) -> str:
    """Declined, or nobody is there although the window has begun."""
    if job.state == "declined":
        return "lost"
    has_begun = job.window_start is not None and job.window_start < now
    return "risk" if has_begun and job.state in ("issued", "accepted") else ""


def _parts(session: Session, person: Person, now: datetime) -> Panel:
    waiting = parts.requests_visible_to(person).where(PartRequest.state.in_(OPEN_REQUESTS))
    count, found = _some(session, waiting, PartRequest.requested_at, PartRequest.id)
    return Panel(
        "parts",
        _("Parts asked for"),
        url_for("office.part_requests.find"),
        count,
        _("No part is waited for."),
        [
            Line(
                url_for("office.part_requests.find") + f"#{each.id}",
                f"{each.quantity} × {each.sku or each.words}",
                f"{each.ticket_id or ''} {wording.moment(each.requested_at)}",
            )
            for each in found
        ],
    )


def _silent(session: Session, person: Person, now: datetime) -> Panel:
    quiet = people.devices_visible_to(person).where(
        Device.status == "active", Device.last_seen_at < now - SILENT_AFTER
    )
    count, found = _some(session, quiet, Device.last_seen_at, Device.id)
    return Panel(
        "tablets",
        _("Silent tablets"),
        url_for("office.devices.find"),
        count,
        _("Every tablet was heard of within a day."),
        [
            Line(
                "",
                each.name or each.platform,
                _("last heard of %(moment)s", moment=wording.moment(each.last_seen_at)),
                "risk",
            )
            for each in found
        ],
    )


PANELS: list[tuple[str, Callable[[Session, Person, datetime], Panel]]] = [
    ("visit.verify", _to_verify),
    ("ticket.read", _at_risk),
    ("revisit.read", _revisits),
    ("exception.read", _exceptions),
    ("job.read", _on_the_road),
    ("request.read", _parts),
    ("device.read", _silent),
]
