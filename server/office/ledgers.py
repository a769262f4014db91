"""Lines of the stock ledger as people read them: who, when, from where to where, why, and for what."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db.jobs import Job
from server.db.parts import Movement, PartRequest
from server.db.people import names_of
from server.office import places


@dataclass(frozen=True, slots=True)
class Entry:
    """One line with the names of what it touches."""

    row: Movement
    start: places.Named
    end: places.Named
    who: str
    ticket_id: str | None


def told(session: Session, rows: Sequence[Movement]) -> list[Entry]:
    """With one question for each kind of thing, however many lines there are."""
    named = places.named(
        session, {place for each in rows for place in (each.from_place, each.to_place)}
    )
    names = names_of(session, {each.person_id for each in rows})
    jobs = {each.job_id for each in rows if each.job_id}
    of_jobs = dict(session.execute(select(Job.id, Job.ticket_id).where(Job.id.in_(jobs))).all())
    asked = {each.request_id for each in rows if each.request_id}
    of_requests = dict(
        session.execute(
            select(PartRequest.id, PartRequest.ticket_id).where(PartRequest.id.in_(asked))
        ).all()
    )
    return [
        Entry(
            each,
            named[each.from_place],
            named[each.to_place],
            names.get(each.person_id, ""),
            of_jobs.get(each.job_id or "") or of_requests.get(each.request_id or ""),
        )
        for each in rows
    ]
