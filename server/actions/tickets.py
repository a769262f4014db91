"""Tickets: opened, changed, answered, cancelled, closed by hand, reopened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import (
    jobs,
    part_requests,
    promises,
    references,
    revisits,
    rows,
    settings,
    settling,
)
from server.actions.customers import lasting
from server.db import audit, customers, feed
from server.db.jobs import Job
from server.db.parts import PartRequest
from server.db.people import Person
from server.db.tickets import Ticket, next_number
from server.domain import errors
from server.domain import jobs as job_rules
from server.domain import revisits as revisit_rules
from server.domain import tickets as rules
from server.domain.revisits import Trigger

Form = Mapping[str, Any]

# Who says that it is not fixed: the customer on the follow-up call, or the customer unasked.
REOPENERS = (Trigger.FOLLOW_UP_NOT_FIXED, Trigger.CUSTOMER_STILL_BROKEN)

CHANGEABLE = (
    ("kind", "channel", "category", "ticket_class", "fault", "summary", "description")
    + ("site_id", "asset_id")
)  # fmt: skip

# What the audit tells with what it was before; what customers said stays in the ticket.
TOLD = {"kind", "channel", "category", "ticket_class", "fault", "site_id", "asset_id"}


def open_ticket(session: Session, by: Person, form: Form, now: datetime) -> Ticket:
    """Takes in what a customer asks for or complains of.

    The same fault on the same asset within 30 days of its close (or what the branch chose) is linked to
    the first ticket.
    """
    customer = references.named(
        customers.get_customer, session, by, form["customer_id"], "customer_id"
    )
    customer = lasting(session, by, customer)
    site_id, asset_id = _places(session, by, customer.id, form)
    ticket = Ticket(
        id=next_number(session, "T"),
        branch_id=customer.branch_id,
        customer_id=customer.id,
        site_id=site_id,
        asset_id=asset_id,
        kind=form["kind"],
        channel=form.get("channel") or "phone",
        category=form.get("category"),
        ticket_class=form.get("ticket_class") or "ordinary",
        fault=form.get("fault"),
        summary=form["summary"],
        description=form.get("description") or "",
        state="new",
        opened_at=now,
        opened_by=by.id,
        answer="",
        cancelled_reason="",
        rev=1,
    )
    session.add(ticket)
    session.flush()
    _link_repeat(session, ticket, now)
    audit.record(session, by.id, "ticket.opened", ticket.id, now, kind=ticket.kind)
    settling.settle_ticket(session, ticket.id, now)
    promises.keep(session, ticket, now)
    return ticket


def _places(
    session: Session, by: Person, customer_id: str, form: Form
) -> tuple[str | None, str | None]:
    site_id, asset_id = form.get("site_id"), form.get("asset_id")
    if asset_id:
        asset = references.named(customers.get_asset, session, by, asset_id, "asset_id")
        if asset.site.customer_id != customer_id:
            raise errors.ReferenceUnknown(field="asset_id")
        site_id = site_id or asset.site_id
    if site_id:
        site = references.named(customers.get_site, session, by, site_id, "site_id")
        if site.customer_id != customer_id:
            raise errors.ReferenceUnknown(field="site_id")
    return site_id, asset_id


def _link_repeat(session: Session, ticket: Ticket, now: datetime) -> None:
    if ticket.asset_id is None or ticket.fault is None:
        return
    earlier = (
        select(Ticket)
        .where(
            Ticket.asset_id == ticket.asset_id,
            Ticket.fault == ticket.fault,
            Ticket.id != ticket.id,
            Ticket.closed_at.is_not(None),
        )
        .order_by(Ticket.closed_at.desc())
        .limit(1)
    )
    last = session.scalars(earlier).first()
    if last is None:
        return
    within = settings.rulebook(session, ticket.branch_id, now).repeat_within
    if revisit_rules.is_repeat_fault(last.closed_at, now, True, True, within):
        ticket.repeats = last.repeats or last.id


def change(session: Session, by: Person, ticket: Ticket, form: Form, now: datetime) -> None:
    """Changes what the office wrote down; naming a category or class counts as triage."""
    rules.must_be_open(ticket.state)
    site_id, asset_id = _places(session, by, ticket.customer_id, {**_places_of(ticket), **form})
    changes = rows.before_and_after(ticket, form, TOLD)
    for name in CHANGEABLE:
        if name in form:
            setattr(ticket, name, form[name])
    ticket.site_id, ticket.asset_id = site_id, asset_id
    if ticket.triaged_at is None and ({"category", "ticket_class"} & set(form)):
        ticket.triaged_at = now
    ticket.responded_at = ticket.responded_at or now
    _touched(session, ticket)
    audit.record(
        session, by.id, "ticket.changed", ticket.id, now, changed=sorted(form), changes=changes
    )
    settling.settle_ticket(session, ticket.id, now)
    promises.keep(session, ticket, now)


def _places_of(ticket: Ticket) -> dict[str, str | None]:
    return {"site_id": ticket.site_id, "asset_id": ticket.asset_id}


def _touched(session: Session, ticket: Ticket) -> None:
    ticket.rev += 1
    session.flush()
    for job in _jobs(session, ticket):
        if job.state in job_rules.MOVABLE_STATES:
            feed.touch_sheet(session, job.id)


def _jobs(session: Session, ticket: Ticket) -> list[Job]:
    found = select(Job).where(Job.ticket_id == ticket.id).order_by(Job.issued_at, Job.id)
    return list(session.scalars(found))


def answer(session: Session, by: Person, ticket: Ticket, words: str, now: datetime) -> None:
    """Answers a consultation, which needs no trip."""
    rules.must_be_open(ticket.state)
    ticket.answer, ticket.answered_at = words, now
    ticket.responded_at = ticket.responded_at or now
    ticket.rev += 1
    audit.record(session, by.id, "ticket.answered", ticket.id, now)
    settling.settle_ticket(session, ticket.id, now)
    promises.keep(session, ticket, now)


def cancel(session: Session, by: Person, ticket: Ticket, reason: str, now: datetime) -> None:
    """The customer needs nothing any more: its open jobs are called off with it."""
    if ticket.state == rules.State.CANCELLED:
        return
    rules.must_be_open(ticket.state)
    _call_off(session, by, ticket, reason, now)
    ticket.cancelled_at, ticket.cancelled_reason = now, reason
    ticket.rev += 1
    audit.record(session, by.id, "ticket.cancelled", ticket.id, now, reason=reason)
    settling.settle_ticket(session, ticket.id, now)


def _call_off(session: Session, by: Person, ticket: Ticket, reason: str, now: datetime) -> None:
    """Nobody goes any more and nothing more is sent; what is on its way already is left alone."""
    for job in _jobs(session, ticket):
        if job.state in job_rules.MOVABLE_STATES:
            jobs.cancel(session, by, job, reason, now)
    revisits.dismiss_open(session, ticket.id, reason, by.id, now)
    asked = select(PartRequest).where(
        PartRequest.ticket_id == ticket.id, PartRequest.state.in_(("requested", "reserved"))
    )
    for request in session.scalars(asked):
        part_requests.cancel(session, by, request, reason, now)


def close(session: Session, by: Person, ticket: Ticket, reason: str | None, now: datetime) -> None:
    """Closes by hand. Without anything to wait for it is closed already; else a reason is kept.

    Jobs that are still out are called off with it, so that nobody travels in vain.
    """
    if ticket.state == rules.State.CLOSED:
        return
    rules.must_be_open(ticket.state)
    waits = rules.waits_for(settling.ticket_facts(session, ticket))
    rules.must_be_reasoned(waits, reason)
    _call_off(session, by, ticket, reason or "", now)
    ticket.closed_by_hand = reason
    ticket.rev += 1
    audit.record(
        session, by.id, "ticket.closed_by_hand", ticket.id, now,
        reason=reason, still_waited_for=[f"{each.code}:{each.subject}" for each in waits],
    )  # fmt: skip
    settling.settle_ticket(session, ticket.id, now)


def reopen(
    session: Session, by: Person | None, ticket: Ticket, trigger: str, words: str, now: datetime
) -> None:
    """It is not fixed: a closed ticket opens again, with a revisit of its last finished job.

    `by` is None where the customer says so by a link.
    """
    by_id = by.id if by else None
    if ticket.state != rules.State.CLOSED:
        raise errors.StepNotPossible(state=ticket.state)
    ticket.closed_by_hand, ticket.reopened_at = None, now
    ticket.answered_at = None
    ticket.rev += 1
    last = next((job for job in reversed(_jobs(session, ticket)) if job.finished_at), None)
    if last is not None:
        revisits.open_for(session, last, trigger, now, words=words, by=by_id)
    audit.record(session, by_id, "ticket.reopened", ticket.id, now, trigger=trigger, words=words)
    settling.settle_ticket(session, ticket.id, now)
    promises.keep(session, ticket, now)
