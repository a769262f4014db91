"""Notices to customers: what a fact tells them, decided once; and what a person does about those that failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import settings
from server.clock import wire
from server.db import audit, consents, notices
from server.db.customers import Customer
from server.db.facts import Fact
from server.db.jobs import Job, Visit
from server.db.notices import Notice
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.domain import errors
from server.domain import notices as rules
from server.domain import settings as setting_rules
from server.domain.tickets import State
from server.domain.verdicts import AskedOf
from server.ids import new_id

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ways:
    """By which channels messages can leave at all: for every branch, and for some."""

    everywhere: frozenset[str] = frozenset()
    of_branches: Mapping[str, Collection[str]] = field(default_factory=dict)

    def of(self, branch_id: str) -> frozenset[str]:
        return self.everywhere | frozenset(self.of_branches.get(branch_id, ()))


@dataclass(frozen=True, slots=True)
class _Plan:
    """A notice before anybody asked by which channel it goes."""

    kind: str
    key: str
    ticket: Ticket
    happened_at: datetime
    run_at: datetime
    job: Job | None = None
    subject_id: str | None = None
    details: Document = field(default_factory=dict)


def tell(session: Session, fact: Fact, ways: Ways, now: datetime) -> list[Notice]:
    """Makes the notices of one fact; the same fact once more makes none."""
    plans = _PLANS.get(fact.kind)
    if plans is None:
        return []
    made: list[Notice] = []
    for plan in plans(session, fact, now):
        made += _make(session, plan, ways, now)
    session.flush()
    return made


# What each fact tells.


def _issued(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    job = session.get(Job, fact.noun_id)
    if job is None:
        return []
    return _appointment(session, job, None, fact, now)


def _moved(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    job = session.get(Job, fact.noun_id)
    before = fact.details.get("before") or {}
    if job is None or "window_start" not in before:
        return []
    return _appointment(session, job, _moment(before.get("window_start")), fact, now)


def _called_off(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    job = session.get(Job, fact.noun_id)
    if job is None or job.window_start is None:
        return []
    return _appointment(session, job, job.window_start, fact, now, is_called_off=True)


def _appointment(
    session: Session,
    job: Job,
    was: datetime | None,
    fact: Fact,
    now: datetime,
    *,
    is_called_off: bool = False,
) -> list[_Plan]:
    """What was not told yet about an earlier appointment is never told: the newest word says it all."""
    ticket = session.get_one(Ticket, job.ticket_id)
    unsaid = notices.waiting_of_job(session, job.id)
    for each in unsaid:
        _drop(each, "superseded")
    if any(each.kind in (rules.MADE, rules.REVISIT) for each in unsaid):
        was = None  # the customer has never heard of that one
    elif moves := [each for each in unsaid if each.kind == rules.MOVED]:
        was = _moment(moves[0].details.get("was"))
    start = None if is_called_off else job.window_start
    kind = rules.of_appointment(was, start, is_revisit=job.revisit_of is not None)
    plans = []
    if kind is not None and not (was is None and start is None):
        told = {"start": wire(start or was), "was": wire(was), "end": wire(job.window_end)}
        key = f"{kind}:{fact.id}"
        plans.append(
            _Plan(kind, key, ticket, fact.at, fact.known_at + rules.HAND_STILL, job, details=told)
        )
    if start is not None and (remind := _reminder(session, job, ticket, start, fact, now)):
        plans.append(remind)
    return plans


def _reminder(
    session: Session, job: Job, ticket: Ticket, start: datetime, fact: Fact, now: datetime
) -> _Plan | None:
    minute = _document(session, ticket, now)["reminder_at"]
    run_at = rules.reminder_at(start, job.time_zone, minute)
    if run_at <= now:
        return None  # they have just been told of it
    key = f"{rules.REMINDER}:{job.id}:{wire(start)}:{fact.id}"
    told = {"start": wire(start), "end": wire(job.window_end)}
    return _Plan(rules.REMINDER, key, ticket, fact.at, run_at, job, details=told)


def _travelling(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    job = _job_of_visit(session, fact.noun_id)
    if job is None:
        return []
    ticket = session.get_one(Ticket, job.ticket_id)
    key = f"{rules.ON_THE_WAY}:{fact.noun_id}"
    return [_Plan(rules.ON_THE_WAY, key, ticket, fact.at, now, job, fact.noun_id)]


def _finished(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    """What was not completed is told by the appointment that follows."""
    job = _job_of_visit(session, fact.noun_id)
    if job is None or fact.details.get("outcome") != "completed":
        return []
    ticket = session.get_one(Ticket, job.ticket_id)
    key = f"{rules.DONE}:{fact.noun_id}"
    at = job.finished_at or fact.at
    return [_Plan(rules.DONE, key, ticket, at, now, job, fact.noun_id)]


def _judged(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    if fact.details.get("asked_of") != AskedOf.CUSTOMER:
        return []
    photo = session.get(Photo, fact.noun_id)
    if photo is None:
        return []
    job = session.get_one(Job, photo.job_id)
    ticket = session.get_one(Ticket, job.ticket_id)
    key = f"{rules.RETAKE}:{fact.id}"
    told = {"reason": fact.details.get("reason") or ""}
    return [_Plan(rules.RETAKE, key, ticket, fact.at, now, job, photo.id, told)]


def _closed(session: Session, fact: Fact, now: datetime) -> list[_Plan]:
    """Whoever had somebody at home is asked some time later whether all is well."""
    ticket = session.get(Ticket, fact.noun_id)
    if ticket is None or ticket.closed_by_hand is not None:
        return []
    follow_up = _document(session, ticket, now)["follow_up"]
    zone = session.get_one(Organisation, ticket.branch_id).time_zone
    run_at = rules.follow_up_at(fact.at, zone, follow_up["days"], follow_up["at"])
    key = f"{rules.FOLLOW_UP}:{fact.id}"
    return [_Plan(rules.FOLLOW_UP, key, ticket, fact.at, run_at)]


_PLANS = {
    "job.issued": _issued,
    "job.moved": _moved,
    "job.changed": _moved,
    "job.cancelled": _called_off,
    "job.brought_back": _issued,
    "visit.travelling": _travelling,
    "visit.finished": _finished,
    "photo.judged": _judged,
    "ticket.closed": _closed,
}


# Making them.


def _make(session: Session, plan: _Plan, ways: Ways, now: datetime) -> list[Notice]:
    """A row for each channel that the branch has chosen, the house has and the customer can be reached by;
    one with the reason where there is none, or where they do not want it.
    """
    ticket = plan.ticket
    chosen = _document(session, ticket, now)["kinds"][plan.kind]
    wanted = [each for each in rules.CHANNELS if chosen[each] and each in ways.of(ticket.branch_id)]
    known = notices.known_keys(session, [f"{plan.key}:{each}" for each in wanted])
    customer = session.get_one(Customer, ticket.customer_id)
    wanted = [each for each in wanted if address_of(customer, each)] or wanted[:1]
    said = consents.of_customer(session, customer.id) if wanted else []
    made = []
    for channel in wanted:
        if f"{plan.key}:{channel}" in known:
            continue
        notice = _row(plan, channel, customer, now)
        if not address_of(customer, channel):
            _drop(notice, "no_address")
        elif not rules.is_consented(said, channel):
            _drop(notice, "no_consent")
        session.add(notice)
        made.append(notice)
    return made


def _row(plan: _Plan, channel: str, customer: Customer, now: datetime) -> Notice:
    return Notice(
        id=new_id(),
        key=f"{plan.key}:{channel}",
        kind=plan.kind,
        channel=channel,
        branch_id=plan.ticket.branch_id,
        ticket_id=plan.ticket.id,
        job_id=plan.job.id if plan.job else None,
        subject_id=plan.subject_id,
        language=customer.language,
        details=plan.details,
        state=rules.WAITING,
        happened_at=plan.happened_at,
        made_at=now,
        run_at=plan.run_at,
        tries=0,
        rev=1,
    )


def _drop(notice: Notice, reason: str) -> None:
    notice.state, notice.reason = rules.DROPPED, reason
    notice.rev = (notice.rev or 1) + 1


def address_of(customer: Customer, channel: str) -> str:
    return customer.email if channel == rules.EMAIL else customer.phone


def _document(session: Session, ticket: Ticket, now: datetime) -> Document:
    return settings.value(session, setting_rules.NOTICES, ticket.branch_id, now)


def _job_of_visit(session: Session, visit_id: str) -> Job | None:
    visit = session.get(Visit, visit_id)
    return session.get(Job, visit.job_id) if visit else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# At the moment of sending.


def why_not(session: Session, notice: Notice, now: datetime) -> str | None:
    """Why a notice is not sent any more, by what holds now; None while it is to be sent."""
    told = _moment(notice.details.get("start"))
    reason = rules.why_not(notice.kind, told, notice.happened_at, _truth(session, notice), now)
    if reason is not None:
        return reason
    ticket = session.get_one(Ticket, notice.ticket_id)
    customer = session.get_one(Customer, ticket.customer_id)
    if not address_of(customer, notice.channel):
        return "no_address"
    said = consents.of_customer(session, customer.id)
    return None if rules.is_consented(said, notice.channel) else "no_consent"


def _truth(session: Session, notice: Notice) -> rules.Truth:
    ticket = session.get_one(Ticket, notice.ticket_id)
    job = session.get(Job, notice.job_id) if notice.job_id else None
    photo = session.get(Photo, notice.subject_id) if notice.kind == rules.RETAKE else None
    is_closed = ticket.state == State.CLOSED
    if job is None:
        return rules.Truth(is_closed=is_closed)
    visit = session.get_one(Visit, job.visit_id)
    is_asked = photo is not None and photo.verdict == "retake" and photo.replaced_by is None
    return rules.Truth(
        start=job.window_start,
        end=job.window_end,
        is_called_off=job.cancelled_at is not None,
        is_arrived=bool(visit.content.get("arrived_at")),
        is_over=visit.content.get("finished") is not None,
        is_current=notice.subject_id in (None, job.visit_id),
        is_asked=is_asked,
        is_closed=is_closed,
    )


def waits_until(session: Session, notice: Notice, now: datetime) -> datetime | None:
    """Until when the quiet hours of its branch hold a notice back."""
    ticket = session.get_one(Ticket, notice.ticket_id)
    quiet = _document(session, ticket, now)["quiet"]
    zone = session.get_one(Organisation, ticket.branch_id).time_zone
    return rules.waits_until(notice.kind, now, quiet, zone, _moment(notice.details.get("start")))


# What people do about those that failed.


def replay(session: Session, by: Person, notice: Notice, now: datetime) -> None:
    """Sends a dead letter once more, under the same id. Raises `StepNotPossible` for one that is not dead."""
    if notice.state == rules.WAITING:
        return
    _must_be_dead(notice)
    notice.state, notice.run_at, notice.tries = rules.WAITING, now, 0
    notice.reason = None
    notice.decided_by = by.id
    notice.details = {**notice.details, "again": True}
    notice.rev += 1
    audit.record(session, by.id, "notice.replayed", notice.id, now, ticket=notice.ticket_id)


def settle(session: Session, by: Person, notice: Notice, *, arrived: bool, now: datetime) -> None:
    """A person says of a dead letter that it did arrive, or that nobody needs it any more."""
    state = rules.SENT if arrived else rules.DROPPED
    if notice.state == state:
        return
    _must_be_dead(notice)
    notice.state, notice.reason = state, "by_hand"
    notice.sent_at = notice.sent_at or (now if arrived else None)
    notice.decided_by = by.id
    notice.rev += 1
    audit.record(
        session, by.id, "notice.settled", notice.id, now, ticket=notice.ticket_id, arrived=arrived
    )


def _must_be_dead(notice: Notice) -> None:
    if notice.state not in rules.DEAD:
        raise errors.StepNotPossible(state=notice.state)
