"""What customers do by their links, and how the office answers when one asks for another appointment.

An appointment belongs to the office: a customer asks, the office moves.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import jobs, offers, revisits, settings, settling, tickets
from server.actions.customer_links import Opened
from server.clock import wire
from server.db import audit, feed, figures
from server.db import tickets as ticket_rows
from server.db.customer_acts import CustomerAct, MoveRequest, of_ticket, open_move_of
from server.db.jobs import Job
from server.db.people import Person
from server.db.tickets import Ticket
from server.domain import errors
from server.domain import jobs as job_rules
from server.domain import tickets as rules
from server.domain.revisits import Trigger
from server.domain.slots import Slot
from server.ids import new_id

MOST_NOTES = 20  # of one ticket
LATER = "past_promise"
WISHED = "The customer asked for this time. 客户申请改期。"


def keep(
    session: Session,
    opened: Opened,
    kind: str,
    now: datetime,
    *,
    job: Job | None = None,
    words: str = "",
    **details: Any,
) -> CustomerAct:
    """Notes what somebody did by a link. What they said stays in its row; the audit says that they did."""
    act = CustomerAct(
        id=new_id(),
        ticket_id=opened.ticket.id,
        job_id=job.id if job else None,
        link_id=opened.link.id,
        kind=kind,
        at=now,
        words=words,
        details=details,
    )
    session.add(act)
    opened.link.used_at = now
    tell(session, opened.ticket.id, f"customer_{kind}", now, link=opened.link.id, **details)
    return act


def tell(session: Session, ticket_id: str, did: str, now: datetime, **details: Any) -> None:
    audit.record(session, None, f"ticket.{did}", ticket_id, now, **details)


def confirm(session: Session, opened: Opened, job: Job, now: datetime) -> None:
    """The appointment suits. Said twice of the same one, it is said once."""
    if not offers.is_movable(job) or job.window_start is None or is_confirmed(session, job):
        return
    start, end = wire(job.window_start), wire(job.window_end)
    keep(session, opened, "confirmed", now, job=job, window_start=start, window_end=end)


def is_confirmed(session: Session, job: Job) -> bool:
    return confirmed_in(of_ticket(session, job.ticket_id), job)


def confirmed_in(acts: list[CustomerAct], job: Job) -> bool:
    """Whether the customer said yes to the appointment as it stands."""
    return any(
        each.kind == "confirmed"
        and each.job_id == job.id
        and each.details.get("window_start") == wire(job.window_start)
        and each.details.get("window_end") == wire(job.window_end)
        for each in acts
    )


def note(session: Session, opened: Opened, job: Job, words: str, now: datetime) -> None:
    """For whoever comes: it stands on the sheet at once, beside what the office wrote. Raises
    `StepNotPossible` where nobody comes any more, or after too many of them.
    """
    said = [each for each in of_ticket(session, opened.ticket.id) if each.kind == "noted"]
    if said and said[-1].words == words:
        return
    if job.state not in job_rules.MOVABLE_STATES or len(said) >= MOST_NOTES:
        raise errors.StepNotPossible(state=job.state)
    keep(session, opened, "noted", now, job=job, words=words)
    session.flush()
    feed.touch_sheet(session, job.id)


def rate(session: Session, opened: Opened, job: Job, stars: int, words: str, now: datetime) -> None:
    """After the visit; few stars ask for a call, as they do on the tablet."""
    if job.finished_at is None:
        raise errors.StepNotPossible(state=job.state)
    last = [
        each
        for each in of_ticket(session, opened.ticket.id)
        if each.kind == "rated" and each.job_id == job.id
    ]
    if last and last[-1].details.get("stars") == stars and last[-1].words == words:
        return
    keep(session, opened, "rated", now, job=job, words=words, stars=stars)
    figures.touch(session, opened.ticket.id)
    book = settings.rulebook(session, job.branch_id, now)
    if stars <= book.fewest_stars and opened.ticket.state != rules.State.CANCELLED:
        revisits.open_for(session, job, Trigger.LOW_RATING, now, words=words)
        settling.settle_ticket(session, opened.ticket.id, now)


def still_broken(session: Session, opened: Opened, job: Job, words: str, now: datetime) -> None:
    """The last visit has not mended it: a closed ticket opens again, and a revisit is proposed."""
    ticket = opened.ticket
    if job.finished_at is None or ticket.state == rules.State.CANCELLED:
        raise errors.StepNotPossible(state=ticket.state)
    said = [each for each in of_ticket(session, ticket.id) if each.kind == "still_broken"]
    if any(each.job_id == job.id and each.words == words for each in said):
        return
    keep(session, opened, "still_broken", now, job=job, words=words)
    if ticket.state == rules.State.CLOSED:
        tickets.reopen(session, None, ticket, Trigger.CUSTOMER_STILL_BROKEN, words, now)
        return
    revisits.open_for(session, job, Trigger.CUSTOMER_STILL_BROKEN, now, words=words)
    settling.settle_ticket(session, ticket.id, now)


# Another appointment.


def ask_to_move(
    session: Session, opened: Opened, job: Job, name: str, words: str, now: datetime
) -> MoveRequest:
    """Asks for a slot that is on offer at this moment; asked anew, the last word counts.

    Raises `SlotTaken` for one that is not on offer any more.
    """
    known = next(iter(open_move_of(session, [job.id])), None)
    on_offer = offers.of_job(session, opened.ticket, job, now)
    slot = next((each for each in on_offer if each.name == name), None)
    if slot is None or job.window_start is None or job.window_end is None:
        raise errors.SlotTaken()
    if known is not None:
        if known.window_start == slot.start and known.words == words:
            return known
        _end(known, "withdrawn", None, "", now)
        session.flush()
    request = _request(opened, job, slot, words, now)
    session.add(request)
    opened.link.used_at = now
    tell(session, opened.ticket.id, "move_asked", now, request=request.id, **_window(request))
    return request


def _request(opened: Opened, job: Job, slot: Slot, words: str, now: datetime) -> MoveRequest:
    return MoveRequest(
        id=new_id(),
        ticket_id=opened.ticket.id,
        job_id=job.id,
        link_id=opened.link.id,
        window_start=slot.start,
        window_end=slot.end,
        was_start=job.window_start,
        was_end=job.window_end,
        assignee_id=slot.person_id,
        words=words,
        state="open",
        asked_at=now,
        answer="",
        rev=1,
    )


def _window(request: MoveRequest) -> dict[str, str | None]:
    return {"window_start": wire(request.window_start), "window_end": wire(request.window_end)}


def withdraw_move(session: Session, opened: Opened, now: datetime) -> None:
    """The appointment may stay as it is after all."""
    waiting = select(MoveRequest).where(
        MoveRequest.ticket_id == opened.ticket.id, MoveRequest.state == "open"
    )
    for each in session.scalars(waiting):
        _end(each, "withdrawn", None, "", now)
        opened.link.used_at = now
        tell(session, opened.ticket.id, "move_withdrawn", now, request=each.id)


def _end(request: MoveRequest, state: str, by: Person | None, answer: str, now: datetime) -> None:
    request.state, request.answer, request.decided_at = state, answer, now
    request.decided_by = by.id if by else None
    request.rev += 1


def grant(
    session: Session, by: Person, request: MoveRequest, reason: str | None, now: datetime
) -> None:
    """Moves the job as the customer asked, to whoever is free then. Granted before, nothing changes.

    Raises `StepNotPossible` for one that was answered otherwise or whose job is over, and what
    `jobs.move` raises: `JobHasWarnings` without a reason.
    """
    if request.state == "granted":
        return
    job = _open_job(session, request)
    form = {
        "window_start": request.window_start,
        "window_end": request.window_end,
        "assignee_id": request.assignee_id,
        "reason": reason,
    }
    _move(session, by, job, form, now)
    _end(request, "granted", by, "", now)
    audit.record(
        session, by.id, "ticket.move_granted", request.ticket_id, now, request=request.id,
        **_window(request),
    )  # fmt: skip


def _move(session: Session, by: Person, job: Job, form: dict[str, Any], now: datetime) -> None:
    """That it is later than promised needs no reason of ours: the customer wants it so."""
    try:
        with session.begin_nested():
            jobs.move(session, by, job, form, now)
    except errors.JobHasWarnings as doubts:
        if {each["code"] for each in doubts.details["warnings"]} != {LATER}:
            raise
        session.refresh(job)
        jobs.move(session, by, job, {**form, "reason": WISHED}, now)


def refuse(session: Session, by: Person, request: MoveRequest, answer: str, now: datetime) -> None:
    """The appointment stays; the customer reads why. Raises `StepNotPossible` once it was answered."""
    if request.state == "refused" and request.answer == answer:
        return
    if request.state != "open":
        raise errors.StepNotPossible(state=request.state)
    _end(request, "refused", by, answer, now)
    audit.record(
        session, by.id, "ticket.move_refused", request.ticket_id, now, request=request.id,
        **_window(request),
    )  # fmt: skip


def _open_job(session: Session, request: MoveRequest) -> Job:
    job = session.get_one(Job, request.job_id)
    if request.state != "open" or not offers.is_movable(job):
        raise errors.StepNotPossible(state=request.state)
    return job


def is_overtaken(request: MoveRequest, job: Job) -> bool:
    """The office moved the job meanwhile, or it cannot be moved any more."""
    was = (request.was_start, request.was_end)
    return (job.window_start, job.window_end) != was or not offers.is_movable(job)


def lock(session: Session, ticket: Ticket) -> None:
    """Before any of these acts: its jobs and the ticket, as everybody does."""
    ticket_rows.lock(session, ticket.id)
