"""Settling: after any act, what is derived is derived again: a job's state, what has arrived, its
receipt's standing, the automatic acceptance, and the state of its ticket.

Nothing here is ever set by hand, so it can be run at any time, twice, and by anybody.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import documents, exceptions, promises, settings
from server.db import audit, feed, figures
from server.db.jobs import Job, Visit
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.tickets import Ticket
from server.db.working_sets import WorkingSet
from server.domain import jobs as job_rules
from server.domain import parts as part_rules
from server.domain import sync as sync_rules
from server.domain import tickets as rules
from server.domain import verdicts as verdict_rules
from server.domain import visits as visit_rules
from server.domain.revisits import OPEN_STATES as OPEN_REVISITS

Data = dict[str, Any]


def settle_job(session: Session, job_id: str, now: datetime) -> None:
    """Derives everything about one job and then about its ticket."""
    session.flush()
    job = session.get_one(Job, job_id)
    settle(WorkingSet(session, [job], now), job)
    session.flush()


def settle(work: WorkingSet, job: Job) -> None:
    """The same on a working set, whose changes count though they are not written yet."""
    visit = work.visit(job)
    _settle_arrival(work, job, visit)
    _settle_finish(job, visit)
    job.awaits_picture = any(
        photo.verdict == "retake" and photo.replaced_by is None for photo in work.photos_of(job)
    )
    job.state = job_rules.state(visit.content, job.verdict, job.cancelled_at is not None)
    _accept_by_policy(work, job, visit)
    feed.touch_job(work.session, job.id)
    _settle_ticket(work, work.ticket(job.ticket_id))


def _settle_arrival(work: WorkingSet, job: Job, visit: Visit) -> None:
    """What of the announced proof is here, from the manifest and what came after it."""
    finished = visit.content["finished"]
    manifest = finished["manifest"] if finished else None
    if manifest is None:
        job.received, job.missing = "none", {"events": [], "blobs": []}
        return
    shown = visit.content["photos"].values()
    later = {photo["sha256"] for photo in shown if photo["state"] == "taken"}
    signature = (visit.content["receipt"] or {}).get("signature")
    if signature:
        later.add(signature["sha256"])
    announced = {blob["sha256"] for blob in manifest["blobs"]} | later
    here = work.record.here(manifest["events"])
    lost = {photo["sha256"] for photo in shown if photo["state"] == "lost" and photo["sha256"]}
    state, missing = sync_rules.received(manifest, later, here, work.stored(announced), lost)
    if state == sync_rules.Received.COMPLETE != job.received:
        _ask_for_document(work, job)
    job.received, job.missing = state, missing


def _ask_for_document(work: WorkingSet, job: Job) -> None:
    """All that the receipt shows is here: its PDF is made in the customer's language."""
    receipt = work.receipt(job)
    if receipt is not None:
        documents.ask_later(work.session, receipt, work.now)


def _settle_finish(job: Job, visit: Visit) -> None:
    finished = visit.content["finished"]
    job.outcome = finished["outcome"] if finished else None
    job.outcome_cause = finished["cause"] if finished else None
    if finished is None:
        job.finished_at = None


def _accept_by_policy(work: WorkingSet, job: Job, visit: Visit) -> None:
    """Where the branch chose so, a visit in full and without any doubt needs no eyes; it says so.

    Of those a sample is left to people, who see how well the policy judges.
    """
    if job.state != "finished" or job.outcome != "completed" or job.received != "complete":
        return
    if job.kept_from_policy is not None:
        return
    policy = settings.auto_acceptance(work.session, job.branch_id, work.now)
    if not policy["is_on"] or work.ticket(job.ticket_id).kind not in policy["kinds"]:
        return
    if not _is_clean(work, job):
        return
    if verdict_rules.is_sample(job.id, policy["sample"]):
        job.kept_from_policy = verdict_rules.Kept.SAMPLE.value
        return
    job.verdict, job.verdict_at, job.is_auto_accepted = "accept", work.now, True
    job.state = job_rules.state(visit.content, job.verdict, False)
    audit.record(work.session, None, "visit.accepted", job.id, work.now, by_policy=True)


def _is_clean(work: WorkingSet, job: Job) -> bool:
    facts = _job_facts(work, job)
    pictures = [photo for photo in work.photos_of(job) if photo.state != "discarded"]
    return (
        not facts.slots_missing
        and not facts.photos_doubtful
        and facts.receipt == "signed"
        and facts.receipt_is_current
        and all(photo.state == "checked" and not photo.doubts for photo in pictures)
        and not exceptions.open_of_ticket(work.session, job.ticket_id)
    )


def settle_ticket(session: Session, ticket_id: str, now: datetime) -> None:
    """Derives the ticket's state; the moment at which nothing is waited for any more closes it."""
    session.flush()
    work = WorkingSet(session, [], now, tickets=[ticket_id])
    _settle_ticket(work, work.ticket(ticket_id))


def _settle_ticket(work: WorkingSet, ticket: Ticket) -> None:
    now = work.now
    figures.touch(work.session, ticket.id, ticket.repeats)
    state = rules.state(_ticket_facts(work, ticket))
    if state == ticket.state:
        return
    moves_a_clock = {state, ticket.state} & rules.OVER or ticket.planned_at is None
    if state == rules.State.CLOSED:
        ticket.closed_at = now
        audit.record(work.session, None, "ticket.closed", ticket.id, now)
    elif ticket.state == rules.State.CLOSED and ticket.reopened_at != now:
        ticket.reopened_at, ticket.closed_by_hand = now, None
        audit.record(work.session, None, "ticket.reopened", ticket.id, now)
    if state == rules.State.PLANNED and ticket.planned_at is None:
        ticket.planned_at = now
    ticket.state = state
    ticket.rev += 1
    if moves_a_clock:
        promises.keep(work.session, ticket, now)


def ticket_facts(session: Session, ticket: Ticket) -> rules.Facts:
    """All that the close rule asks about one ticket; no clock is needed for that."""
    work = WorkingSet(session, [], ticket.opened_at, tickets=[ticket.id])
    return _ticket_facts(work, ticket)


def _ticket_facts(work: WorkingSet, ticket: Ticket) -> rules.Facts:
    jobs = [job for job in work.family.values() if job.ticket_id == ticket.id]
    revisits = [each for each in work.revisits if each.ticket_id == ticket.id]
    requests = [each for each in work.requests.values() if each.ticket_id == ticket.id]
    resolved = {each.job_id for each in revisits if each.state not in OPEN_REVISITS}
    return rules.Facts(
        kind=ticket.kind,
        is_triaged=ticket.triaged_at is not None,
        is_cancelled=ticket.cancelled_at is not None,
        is_answered=ticket.answered_at is not None,
        was_closed=ticket.reopened_at is not None or ticket.closed_at is not None,
        closed_by_hand=ticket.closed_by_hand is not None,
        jobs=tuple(_job_facts(work, job, job.id in resolved) for job in jobs),
        open_revisits=tuple(each.id for each in revisits if each.state in OPEN_REVISITS),
        open_part_requests=tuple(
            each.id for each in requests if part_rules.is_open({"state": each.state})
        ),
        open_exceptions=tuple(exceptions.open_of_ticket(work.session, ticket.id)),
    )


def _job_facts(work: WorkingSet, job: Job, is_resolved: bool = False) -> rules.JobFacts:
    """What closing asks about one job."""
    visit = work.visit(job).content
    refused = frozenset(photo.id for photo in work.photos_of(job) if _is_doubtful(photo))
    receipt = work.receipt(job)
    return rules.JobFacts(
        job_id=job.id,
        state=job.state,
        outcome=job.outcome,
        received=job.received,
        events_missing=len(job.missing.get("events", [])),
        blobs_missing=len(job.missing.get("blobs", [])),
        slots_missing=tuple(visit_rules.missing_slots(job.slots, visit, refused)),
        receipt=_standing_of(receipt, visit),
        receipt_is_current=receipt is None or receipt.state != "changed",
        photos_doubtful=tuple(sorted(refused)),
        is_resolved=is_resolved,
    )


def _standing_of(receipt: Receipt | None, visit: Data) -> str | None:
    """As the field left it, unless the customer signed later, by a link."""
    if receipt is not None and receipt.state == "signed" and receipt.signed_by_link is not None:
        return "signed"
    state: str | None = (visit["receipt"] or {}).get("state")
    return state


def _is_doubtful(photo: Photo) -> bool:
    """A picture that counts for nothing until it is replaced."""
    if photo.is_apart or photo.replaced_by or photo.state in ("discarded", "lost"):
        return False
    return photo.state == "unreadable" or photo.verdict in ("retake", "rework")
