"""Parts that a visit lacked: from the wish to the part being there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import movements, references, rows, settling
from server.db import audit
from server.db.jobs import Job, get_for
from server.db.parts import Movement, PartRequest, get_part
from server.db.people import Person
from server.db.revisits import Revisit
from server.domain import errors
from server.domain import parts as rules
from server.domain.revisits import OPEN_STATES as OPEN_REVISITS
from server.ids import new_id

Form = Mapping[str, Any]


def add(session: Session, by: Person, form: Form, now: datetime) -> PartRequest:
    """The office asks for a part, for example because a customer reported it missing by phone."""

    def find(session: Session, by: Person, job_id: str) -> Job:
        return get_for(session, by, job_id, now)

    job = references.named(find, session, by, form["job_id"], "job_id")
    _part_must_be_known(session, by, form.get("sku"))
    if not form.get("sku") and not form.get("words"):
        raise references.wrong("sku", "Name the part, by its number or in words.")
    request = rows.add(
        session,
        PartRequest(id=new_id(), ticket_id=job.ticket_id, requested_at=now, **form),
    )
    audit.record(session, by.id, "part_request.added", request.id, now, job_id=job.id)
    settling.settle_ticket(session, request.ticket_id, now)
    return request


def change(session: Session, by: Person, request: PartRequest, form: Form, now: datetime) -> None:
    """Which part is meant, how many, when it is expected. Raises `StepNotPossible` once it is done."""
    if not rules.is_open({"state": request.state}):
        raise errors.StepNotPossible(state=request.state)
    if request.state != "requested" and {"sku", "quantity"} & set(form):
        raise errors.StepNotPossible(state=request.state)
    _part_must_be_known(session, by, form.get("sku"))
    changed = rows.change(session, request, form)
    if changed:
        _tell_revisits(session, request, now)
        audit.record(session, by.id, "part_request.changed", request.id, now, changed=changed)


def _part_must_be_known(session: Session, by: Person, sku: str | None) -> None:
    if sku is not None:
        references.named(get_part, session, by, sku, "sku")


def reserve(session: Session, by: Person, request: PartRequest, form: Form, now: datetime) -> None:
    """Sets the part aside for its job, from the caller's warehouse unless told."""
    if _becomes(request, "reserved"):
        start = form.get("from_place") or _own_warehouse(by)
        _move(session, by, request, "reserve", start, _shelf(request), now)
        _record(session, by, request, "reserved", now)


def ship(session: Session, by: Person, request: PartRequest, form: Form, now: datetime) -> None:
    """Sends the part to the customer: what was set aside, else from the caller's warehouse."""
    was = request.state
    if _becomes(request, "shipped"):
        shelf = _shelf(request) if was == "reserved" else _own_warehouse(by)
        start = form.get("from_place") or shelf
        _move(session, by, request, "ship", start, _parcel(request), now)
        request.tracking = form.get("tracking", request.tracking)
        request.expected_at = form.get("expected_at", request.expected_at)
        _record(session, by, request, "shipped", now)


def arrive(session: Session, by: Person, request: PartRequest, form: Form, now: datetime) -> None:
    """The part is there: a parcel at the customer's unless told, or handed over without one."""
    was = request.state
    if _becomes(request, "arrived"):
        if was == "shipped":
            job = session.get_one(Job, request.job_id)
            end = form.get("to_place") or str(rules.Place("customer", job.site_id))
            _move(session, by, request, "ship", _parcel(request), end, now)
        _record(session, by, request, "arrived", now)


def hand_over(
    session: Session, by: Person, request: PartRequest, form: Form, now: datetime
) -> None:
    """What was set aside goes into the van of whoever takes it along, and so the request is filled.

    `to_place` names the van, unless told that of whoever the job of the revisit, or the first job, belongs
    to. Raises `StepNotPossible` where nothing was set aside.
    """
    if request.state == "arrived":
        return
    if request.state != "reserved":
        raise errors.StepNotPossible(state=request.state)
    end = form.get("to_place") or str(rules.Place("van", _who_goes(session, request)))
    request.state = "arrived"
    _move(session, by, request, "reserve", _shelf(request), end, now)
    _record(session, by, request, "arrived", now)


def _who_goes(session: Session, request: PartRequest) -> str:
    planned = (
        select(Job.assignee_id)
        .join(Revisit, Revisit.planned_job_id == Job.id)
        .where(Revisit.job_id == request.job_id)
        .order_by(Revisit.opened_at.desc())
    )
    found = session.scalars(planned.limit(1)).first()
    return found or session.get_one(Job, request.job_id).assignee_id


def cancel(session: Session, by: Person, request: PartRequest, reason: str, now: datetime) -> None:
    """Nobody needs it any more; what was set aside goes back to where it came from."""
    if _becomes(request, "cancelled"):
        _put_back(session, by, request, now)
        _record(session, by, request, "cancelled", now, reason=reason)


def ask_again(
    session: Session, by: Person, request: PartRequest, reason: str, now: datetime
) -> None:
    """A parcel was lost, or what was set aside is needed elsewhere: the request begins anew."""
    was = request.state
    if _becomes(request, "requested"):
        if was == "shipped":
            _move(session, by, request, "adjust", _parcel(request), "scrap", now, reason)
        else:
            _put_back(session, by, request, now)
        request.expected_at, request.tracking = None, ""
        _record(session, by, request, "requested_again", now, reason=reason)


def _becomes(request: PartRequest, state: str) -> bool:
    """Takes the step; False where it was taken before. Raises `StepNotPossible`."""
    rules.must_be_able_to_become({"state": request.state}, state)
    is_step = request.state != state
    request.state = state
    return is_step


def _record(
    session: Session, by: Person, request: PartRequest, verb: str, now: datetime, **details: Any
) -> None:
    request.rev += 1
    session.flush()
    _tell_revisits(session, request, now)
    audit.record(session, by.id, f"part_request.{verb}", request.id, now, **details)
    settling.settle_ticket(session, request.ticket_id, now)


def _move(
    session: Session,
    by: Person,
    request: PartRequest,
    kind: str,
    start: str,
    end: str,
    now: datetime,
    reason: str = "",
) -> None:
    if request.sku is None:
        raise references.wrong("sku", "Find out first which part is meant.")
    facts = {
        "kind": kind,
        "sku": request.sku,
        "quantity": request.quantity,
        "from_place": start,
        "to_place": end,
        "job_id": request.job_id,
        "request_id": request.id,
        "reason": reason,
    }
    movements.enter(session, by, facts, now)


def _put_back(session: Session, by: Person, request: PartRequest, now: datetime) -> None:
    """Returns what lies on the job's shelf for this request to the place that it was taken from."""
    taken = select(Movement).where(
        Movement.request_id == request.id, Movement.to_place == _shelf(request)
    )
    last = session.scalars(taken.order_by(Movement.id.desc()).limit(1)).first()
    back = select(Movement.id).where(
        Movement.request_id == request.id, Movement.from_place == _shelf(request)
    )
    if last is None or session.scalars(back.where(Movement.id > last.id).limit(1)).first():
        return
    _move(session, by, request, "reserve", _shelf(request), last.from_place, now)


def _tell_revisits(session: Session, request: PartRequest, now: datetime) -> None:
    """A revisit that carries the part is possible once the last part of its job is there."""
    asked = select(PartRequest).where(
        PartRequest.job_id == request.job_id, PartRequest.state != "cancelled"
    )
    waiting = [each for each in session.scalars(asked) if rules.is_open({"state": each.state})]
    moments = [each.expected_at for each in waiting]
    earliest = None if None in moments else max([now, *(at for at in moments if at)])
    revisits = select(Revisit).where(
        Revisit.job_id == request.job_id, Revisit.state.in_(OPEN_REVISITS)
    )
    for revisit in session.scalars(revisits):
        if revisit.earliest_at != earliest:
            revisit.earliest_at = earliest
            revisit.rev += 1


def _own_warehouse(by: Person) -> str:
    return str(rules.Place("warehouse", by.organisation_id))


def _shelf(request: PartRequest) -> str:
    return str(rules.Place("reserved", request.job_id))


def _parcel(request: PartRequest) -> str:
    return str(rules.Place("transit", request.ticket_id))
