"""Today: what needs me, by role. Counts open into lists, lists into work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import promises
from server.auth import is_open, me, needs
from server.db import exceptions, jobs, parts, people, readiness, revisits, tickets
from server.db.customer_acts import MoveRequest, moves_visible_to, open_moves
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.parts import PartRequest
from server.db.people import Device, Person
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.domain import exceptions as exception_rules
from server.domain import promises as promise_rules
from server.domain.parts import NOT_SENT
from server.domain.people import Role, may
from server.domain.promises import Clock
from server.domain.promises import State as ClockState
from server.house import house
from server.office import answers, pool, wording
from server.office.labels import label
from server.transactions import reads

blp = Blueprint("today", __name__)

LINES = 6
SILENT_AFTER = timedelta(hours=24)


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
    shown = _panels(session, me(), house().clock())
    page = "office/today_panels.html" if answers.is_fragment() else "office/today.html"
    return render_template(page, panels=shown)


@blp.get("")
@is_open
def without_slash() -> AnyResponse:
    return redirect("/office/", code=308)


Row = TypeVar("Row")


def _some(session: Session, rows: Select[Row], *order: Any) -> tuple[int, list[Row]]:
    """How many there are, and the first few. They are counted only where there are more than these."""
    found = list(session.scalars(rows.order_by(*order).limit(LINES + 1)))
    if len(found) <= LINES:
        return len(found), found
    count = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    return count, found[:LINES]


def _names(session: Session, ids: list[str]) -> dict[str, str]:
    """The names of customers by the ids of their tickets, for whoever may know them."""
    if not ids or not may(me().role, "customer.read"):
        return {}
    return tickets.customers_of(session, ids)


def _to_verify(session: Session, person: Person, now: datetime) -> Panel:
    waiting = jobs.to_verify(jobs.visible_to(person, now))
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
    """Who waits for a promise that warns or is broken; whoever has least time left first."""
    pressing = tickets.at_risk(tickets.visible_to(person), now)
    count, found = _some(session, pressing, Ticket.breaks_at, Ticket.id)
    clocks = promises.clocks_of(session, found, now)
    names = _names(session, [ticket.id for ticket in found])
    return Panel(
        "promises",
        _("Promises at risk"),
        url_for("office.tickets.find", show="at_risk"),
        count,
        _("Every promise is kept or has time left."),
        [
            _promise_line(ticket, promise_rules.first_to_break(clocks[ticket.id]), names)
            for ticket in found
        ],
    )


def _promise_line(ticket: Ticket, first: tuple[str, Clock] | None, names: dict[str, str]) -> Line:
    told = wording.listed([label(first[0], "clock"), time_left(first[1])]) if first else ""
    is_broken = first is not None and first[1].state == ClockState.BROKEN
    return Line(
        url_for("office.tickets.show", ticket_id=ticket.id),
        f"{ticket.id} {names.get(ticket.id, '')}",
        told,
        "lost" if is_broken else "risk",
    )


def time_left(clock: Clock) -> str:
    """The time that is left, or was, in words."""
    words = wording.span(clock.left_minutes)
    if clock.left_minutes < 0:
        return _("%(span)s late", span=words)
    return _("%(span)s left", span=words)


def _to_plan(session: Session, person: Person, now: datetime) -> Panel:
    """Whom nobody has been sent to yet; whoever has least time left first."""
    count, found = _some(session, pool.without_job(), Ticket.breaks_at, Ticket.id)
    clocks = promises.clocks_of(session, found, now)
    names = _names(session, [ticket.id for ticket in found])
    return Panel(
        "plan",
        _("New tickets to plan"),
        url_for("office.board.show"),
        count,
        _("Every ticket that needs a visit has a job."),
        [
            _promise_line(ticket, promise_rules.first_to_break(clocks[ticket.id]), names)
            for ticket in found
        ],
    )


def _revisits(session: Session, person: Person, now: datetime) -> Panel:
    waiting = revisits.to_plan(revisits.visible_to(person))
    return _of_revisits(
        session,
        waiting,
        "revisits",
        _("Revisits to decide or plan"),
        url_for("office.revisits.find"),
        _("No revisit waits."),
    )


def _moves(session: Session, person: Person, now: datetime) -> Panel:
    """Customers who ask for another time; whoever has waited longest first."""
    waiting = open_moves(moves_visible_to(person))
    count, found = _some(session, waiting, MoveRequest.asked_at, MoveRequest.id)
    names = _names(session, [each.ticket_id for each in found])
    return Panel(
        "moves",
        _("Appointments to move"),
        url_for("office.move_requests.find"),
        count,
        _("No customer asks for another time."),
        [
            Line(
                url_for("office.move_requests.find") + f"#{each.id}",
                f"{each.ticket_id} {names.get(each.ticket_id, '')}",
                wording.window(each.window_start, each.window_end),
                "risk",
            )
            for each in found
        ],
    )


def _calls(session: Session, person: Person, now: datetime) -> Panel:
    waiting = revisits.calls_due(revisits.visible_to(person), now)
    return _of_revisits(
        session,
        waiting,
        "calls",
        _("Calls due"),
        url_for("office.revisits.find", show="calls"),
        _("Nobody is to be called."),
    )


def _of_revisits(
    session: Session, waiting: Select[Revisit], name: str, title: str, href: str, empty: str
) -> Panel:
    count, found = _some(session, waiting, Revisit.opened_at, Revisit.id)
    names = _names(session, [each.ticket_id for each in found])
    return Panel(
        name,
        title,
        href,
        count,
        empty,
        [
            Line(
                href + f"#{each.id}"
                if name == "calls"
                else url_for("office.tickets.show", ticket_id=each.ticket_id) + "#revisits",
                f"{each.ticket_id} {names.get(each.ticket_id, '')}",
                wording.listed([label(each.cause, "cause"), label(each.state, "revisit_state")]),
                "risk",
            )
            for each in found
        ],
    )


def _exceptions(session: Session, person: Person, now: datetime) -> Panel:
    waiting = exceptions.open_ones(exceptions.visible_to(person))
    count, found = _some(session, waiting, FieldException.opened_at, FieldException.id)
    return Panel(
        "exceptions",
        _("Exceptions"),
        url_for("office.exceptions.find"),
        count,
        _("Nothing that came from the field is in doubt."),
        [
            Line(
                url_for("office.exceptions.find", job=each.job_id) + f"#{each.id}",
                each.job_id or each.ticket_id or _("without a job"),
                f"{_('yours')} · {_told(each.kind)}"
                if each.owner_id == person.id
                else _told(each.kind),
                "risk",
            )
            for each in found
        ],
    )


def _told(kind: str) -> str:
    known = exception_rules.KINDS[kind]
    return known.zh if wording.language() == "zh" else known.en


def _of_today(person: Person, now: datetime) -> Select[Job]:
    midnight = now.astimezone(ZoneInfo(person.organisation.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    of_today = jobs.between(jobs.visible_to(person, now), midnight, midnight + timedelta(days=1))
    return of_today.where(Job.state != "cancelled")


def _on_the_road(session: Session, person: Person, now: datetime) -> Panel:
    return _of_jobs(
        session,
        _of_today(person, now),
        "road",
        _("Out today"),
        url_for("office.board.show"),
        _("No job is planned for today."),
        lambda job: _road_mark(job, now),
    )


def _unready(session: Session, person: Person, now: datetime) -> Panel:
    """Who set out today although the tablet was not ready."""
    return _of_jobs(
        session,
        readiness.left_unready(_of_today(person, now)),
        "unready",
        _("Left unready"),
        url_for("office.jobs.find", show="unready"),
        _("Everybody who set out today was ready."),
        lambda _job: "risk",
    )


def _of_jobs(
    session: Session,
    wanted: Select[Job],
    name: str,
    title: str,
    href: str,
    empty: str,
    mark: Callable[[Job], str],
) -> Panel:
    count, found = _some(session, wanted, Job.window_end, Job.window_start, Job.id)
    who = people.names_of(session, {job.assignee_id for job in found})
    opens = may(me().role, "ticket.read")
    return Panel(
        name,
        title,
        href,
        count,
        empty,
        [
            Line(
                url_for("office.tickets.show", ticket_id=job.ticket_id) if opens else "",
                f"{job.id} {who.get(job.assignee_id, '')}",
                wording.listed(
                    [
                        wording.window(job.window_start, job.window_end, job.time_zone),
                        label(job.state, "job_state"),
                    ]
                ),
                mark(job),
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
    seen = parts.open_requests(parts.requests_visible_to(person))
    waiting = seen.where(PartRequest.state.in_(NOT_SENT))
    count, found = _some(session, waiting, PartRequest.requested_at, PartRequest.id)
    return Panel(
        "parts",
        _("Parts to send"),
        url_for("office.part_requests.find", show="send"),
        count,
        _("No part is to be sent."),
        [
            Line(
                url_for("office.part_requests.find", show="send") + f"#{each.id}",
                f"{each.quantity} × {each.sku or each.words}",
                f"{each.ticket_id or ''} {wording.moment(each.requested_at)}",
            )
            for each in found
        ],
    )


def silent_ones(found: Select[Device], now: datetime) -> Select[Device]:
    """Tablets in service that nobody has heard of for a day, or ever."""
    long_ago = Device.last_seen_at < now - SILENT_AFTER
    return found.where(Device.status == "active", or_(Device.last_seen_at.is_(None), long_ago))


def _silent(session: Session, person: Person, now: datetime) -> Panel:
    quiet = silent_ones(people.devices_visible_to(person), now)
    count, found = _some(session, quiet, Device.last_seen_at, Device.id)
    with_whom = people.names_of(session, {each.held_by for each in found})
    return Panel(
        "tablets",
        _("Silent tablets"),
        url_for("office.devices.find", show="silent"),
        count,
        _("Every tablet was heard of within a day."),
        [
            Line(
                url_for("office.devices.show", device_id=each.id),
                wording.listed(
                    [each.name or label(each.platform, "platform"), with_whom.get(each.held_by)]
                ),
                _("last heard of %(moment)s", moment=wording.moment(each.last_seen_at)),
                "risk",
            )
            for each in found
        ],
    )


# name -> the act that it needs somebody for, and what shows it.
PANELS: dict[str, tuple[str, Callable[[Session, Person, datetime], Panel]]] = {
    "promises": ("ticket.read", _at_risk),
    "plan": ("job.issue", _to_plan),
    "verify": ("visit.verify", _to_verify),
    "moves": ("revisit.read", _moves),
    "calls": ("revisit.read", _calls),
    "revisits": ("revisit.read", _revisits),
    "exceptions": ("exception.read", _exceptions),
    "road": ("job.read", _on_the_road),
    "unready": ("job.read", _unready),
    "parts": ("request.read", _parts),
    "tablets": ("device.read", _silent),
}
# What stands on top for whom; the rest follows in the order above.
FIRST: dict[str, tuple[str, ...]] = {
    Role.ADVISOR: ("promises", "verify", "calls"),
    Role.DISPATCHER: ("plan", "moves", "revisits", "road", "unready", "promises"),
    Role.STOREKEEPER: ("parts", "exceptions"),
    Role.SUPERVISOR: ("promises", "exceptions", "verify"),
}


def _panels(session: Session, person: Person, now: datetime) -> list[Panel]:
    order = dict.fromkeys([*FIRST.get(person.role, ()), *PANELS])
    mine = [PANELS[name] for name in order]
    return [panel(session, person, now) for act, panel in mine if may(person.role, act)]
