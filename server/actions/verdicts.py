"""Verdicts kept with what came of them, and taken back while nobody has gone on from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.actions import promises, settling
from server.clock import wire
from server.db import audit, figures
from server.db.jobs import Job
from server.db.people import Person
from server.db.photos import Photo
from server.db.revisits import Revisit
from server.db.tickets import Ticket
from server.db.verdicts import Verdict, newest_on
from server.domain import verdicts as rules
from server.domain.tickets import State
from server.ids import new_id

OF_JOB = (
    ("verdict", "verdict_reason", "verdict_by", "verdict_at")
    + ("is_auto_accepted", "kept_from_policy")
)  # fmt: skip
OF_PHOTO = ("verdict", "verdict_reason", "verdict_by", "verdict_at", "answer_by", "asked_of")
OF_TICKET = ("state", "closed_at", "reopened_at", "closed_by_hand")

Values = dict[str, Any]


def before(session: Session, job: Job, photo: Photo | None = None) -> Values:
    """What stands in the rows that a verdict is going to change."""
    ticket = session.get_one(Ticket, job.ticket_id)
    thing = _plain(photo, OF_PHOTO) if photo is not None else _plain(job, OF_JOB)
    return {"thing": thing, "ticket": _plain(ticket, OF_TICKET)}


def _plain(row: Any, names: tuple[str, ...]) -> Values:
    """As a document keeps it: moments as text."""
    found = {name: getattr(row, name) for name in names}
    return {name: wire(v) if isinstance(v, datetime) else v for name, v in found.items()}


def keep(
    session: Session,
    by: Person,
    job: Job,
    photo: Photo | None,
    stood: Values,
    now: datetime,
    **made: Any,
) -> Verdict:
    """Notes a verdict that stands in its row already, once all is settled; `made` names what came of it."""
    thing: Any = job if photo is None else photo
    made["ticket"] = _plain(session.get_one(Ticket, job.ticket_id), OF_TICKET)
    kept = Verdict(
        id=new_id(),
        job_id=job.id,
        photo_id=photo.id if photo else None,
        verdict=thing.verdict,
        reason=thing.verdict_reason,
        by_id=by.id,
        at=now,
        before=stood,
        made=made,
    )
    session.add(kept)
    return kept


# Taking it back.


def why_it_stands(session: Session, by: Person, verdict: Verdict, now: datetime) -> str | None:
    """What speaks against taking this verdict back; None while it can be."""
    return rules.why_it_stands(_standing(session, by, verdict), now)


def undo(session: Session, by: Person, verdict: Verdict, now: datetime) -> None:
    """Takes a verdict back with all that came of it; done before, it changes nothing.

    The caller holds the locks of the job and its ticket. Raises `VerdictStands`.
    """
    if verdict.undone_at is not None:
        return
    rules.must_be_undoable(_standing(session, by, verdict), now)
    job = session.get_one(Job, verdict.job_id)
    _restore_ticket(session, by, job, verdict, now)
    _withdraw_revisit(session, verdict)
    _restore_thing(session, job, verdict)
    verdict.undone_at = now
    audit.record(
        session,
        by.id,
        "job.verdict_undone",
        job.id,
        now,
        verdict=verdict.verdict,
        photo=verdict.photo_id,
        revisit=verdict.made.get("revisit"),
    )
    settling.settle_job(session, job.id, now)


def _standing(session: Session, by: Person, verdict: Verdict) -> rules.Standing:
    return rules.Standing(
        given_at=verdict.at,
        is_own=verdict.by_id == by.id,
        is_undone=verdict.undone_at is not None,
        is_last_word=newest_on(session, verdict).id == verdict.id and _is_as_said(session, verdict),
        is_revisit_untouched=_is_revisit_untouched(session, verdict),
        is_retake_open=_is_retake_open(session, verdict),
        is_ticket_untouched=_is_ticket_untouched(session, verdict),
    )


def _thing(session: Session, verdict: Verdict) -> Any:
    if verdict.photo_id is not None:
        return session.get_one(Photo, verdict.photo_id)
    return session.get_one(Job, verdict.job_id)


def _is_as_said(session: Session, verdict: Verdict) -> bool:
    """Whether the row still says what the verdict wrote there."""
    thing = _thing(session, verdict)
    said = (thing.verdict, thing.verdict_by, thing.verdict_at)
    return said == (verdict.verdict, verdict.by_id, verdict.at)


def _is_revisit_untouched(session: Session, verdict: Verdict) -> bool:
    if not (its_id := verdict.made.get("revisit")):
        return True
    revisit = session.get(Revisit, its_id)
    return revisit is not None and revisit.decided_at is None


def _is_retake_open(session: Session, verdict: Verdict) -> bool:
    if verdict.photo_id is None or verdict.verdict != "retake":
        return True
    photo = session.get_one(Photo, verdict.photo_id)
    return photo.replaced_by is None and photo.answer_by is not None


def _is_ticket_untouched(session: Session, verdict: Verdict) -> bool:
    """A close that came of the verdict goes with it; what people did to the ticket since stays."""
    ticket = session.get_one(Ticket, session.get_one(Job, verdict.job_id).ticket_id)
    then = verdict.made["ticket"]
    return (
        ticket.state != State.CANCELLED
        and ticket.closed_by_hand == then["closed_by_hand"]
        and wire(ticket.reopened_at) == then["reopened_at"]
    )


def _restore_ticket(
    session: Session, by: Person, job: Job, verdict: Verdict, now: datetime
) -> None:
    """A close that came of it is no close, a reopening none: the ticket is as it was, and so is its promise."""
    ticket = session.get_one(Ticket, job.ticket_id)
    was = verdict.before["ticket"]
    is_closed, was_closed = (each == State.CLOSED for each in (ticket.state, was["state"]))
    if is_closed == was_closed:
        return
    _give_back(ticket, was)
    ticket.rev += 1
    act = "ticket.close_undone" if is_closed else "ticket.reopen_undone"
    audit.record(session, by.id, act, ticket.id, now, job=job.id)
    session.flush()
    promises.keep(session, ticket, now)
    figures.touch(session, ticket.id)


def _withdraw_revisit(session: Session, verdict: Verdict) -> None:
    """What nobody has decided about goes for good; the audit tells of it."""
    if its_id := verdict.made.get("revisit"):
        session.delete(session.get_one(Revisit, its_id))
        session.flush()


def _restore_thing(session: Session, job: Job, verdict: Verdict) -> None:
    thing = _thing(session, verdict)
    _give_back(thing, verdict.before["thing"])
    job.edition += 1
    if isinstance(thing, Photo):
        thing.rev += 1
        return
    if thing.verdict is None:
        thing.kept_from_policy = rules.Kept.UNDONE.value
    along = update(Photo).where(
        Photo.id.in_(verdict.made.get("photos", [])),
        Photo.verdict == "accept",
        Photo.verdict_by == verdict.by_id,
        Photo.verdict_at == verdict.at,
    )
    session.execute(along.values(verdict=None, verdict_by=None, verdict_at=None, rev=Photo.rev + 1))


def _give_back(row: Any, values: Values) -> None:
    for name, value in values.items():
        is_moment = name.endswith(("_at", "answer_by")) and value is not None
        setattr(row, name, datetime.fromisoformat(value) if is_moment else value)


def revisits_of(session: Session, job_id: str) -> set[str]:
    """The ids of all revisits of a job: those that a verdict adds are its own."""
    return set(session.scalars(select(Revisit.id).where(Revisit.job_id == job_id)))
