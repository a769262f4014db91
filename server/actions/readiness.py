"""Ready to leave? What tablets say of it is kept for the office: the last word of each, job by job."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions.sign_ins import Caller
from server.db import readiness
from server.db.jobs import Job, current_visit
from server.db.readiness import Readiness
from server.domain import readiness as rules
from server.domain.readiness import Look, Refused


def note(session: Session, who: Caller, told: Any, now: datetime) -> dict[str, Any]:
    """Keeps what can be kept, and says of the rest why not: `{"kept": [job_id], "refused": […]}`.

    Safe to repeat. Never raises for what a tablet says, so that the rest of its hello counts.
    """
    assert who.device is not None, "a tablet has one"
    looks, refused = rules.read(told)
    ids = [each.job_id for each in looks]
    own = readiness.jobs_of(session, who.person.id, ids)
    before = readiness.of_device(session, who.device.id, ids)
    kept = []
    for look in looks:
        job, known = own.get(look.job_id), before.get(look.job_id)
        if job is None:
            refused.append(Refused(look.job_id, "job_unknown"))
        elif not _is_news(session, job, known):
            refused.append(Refused(look.job_id, "already_left"))
        else:
            _keep(session, who, job, known, look, now)
            kept.append(look.job_id)
    return {"kept": kept, "refused": refused}


def _is_news(session: Session, job: Job, known: Readiness | None) -> bool:
    visit = current_visit(session, job)
    return rules.may_replace(known.visit_id if known else None, visit.id, visit.content)


def _keep(
    session: Session, who: Caller, job: Job, known: Readiness | None, look: Look, now: datetime
) -> None:
    assert who.device is not None
    row = known or Readiness(job_id=job.id, device_id=who.device.id)
    row.person_id, row.visit_id = who.person.id, str(job.visit_id)
    row.light, row.checks = look.light.value, look.checks
    row.checked_at, row.received_at = look.checked_at, now
    session.add(row)


def shown(session: Session, job: Job, visit: dict[str, Any]) -> dict[str, Any] | None:
    """What the office sees of it; None where no tablet has said anything yet."""
    row = readiness.of_job(session, job)
    if row is None:
        return None
    return {
        "light": row.light,
        "checks": row.checks,
        "person_id": row.person_id,
        "device_id": row.device_id,
        "checked_at": row.checked_at,
        "received_at": row.received_at,
        "set_out_at": rules.set_out_at(visit),
        "left_unready": rules.left_unready(rules.Light(row.light), visit),
    }
