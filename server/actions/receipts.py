"""Receipts: rebuilt from the events, compared with what the tablet says was shown and signed."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.actions import exceptions
from server.db import audit, events, jobs, receipts
from server.db.events import FieldEvent
from server.db.jobs import Job, Visit
from server.db.receipts import Receipt
from server.domain import receipts as rules
from server.ids import new_id

Data = dict[str, Any]


def present(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    """The customer was shown a receipt: keep the version that follows from the same events."""
    content = _rebuild(session, job, event, data["language"], None)
    receipt = _version(session, job, visit, event, content, "presented", now)
    _compare(session, job, event, receipt, data["receipt_digest"], now)


def sign(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    """The customer signed; what the signature says it covers is kept, and compared with ours."""
    last = receipts.latest(session, job.id)
    language = last.language if last else _customer_language(session, job, event)
    content = _rebuild(session, job, event, language, data.get("reservation"))
    receipt = _version(session, job, visit, event, content, "presented", now)
    receipt.state = "signed"
    receipt.event_id = event.id
    receipt.signer_name, receipt.relation = data["signer_name"], data["relation"]
    receipt.signature_sha256 = data["signature"]["sha256"]
    receipt.signed_digest = data["receipt_digest"]
    receipt.signed_at = event.captured_est
    receipt.stars, receipt.words = data.get("stars"), data.get("words")
    receipt.reservation = data.get("reservation")
    audit.record(session, event.actor_id, "receipt.signed", receipt.id, now, job=job.id)
    _compare(session, job, event, receipt, data["receipt_digest"], now)


def leave_unsigned(
    session: Session, job: Job, visit: Visit, event: FieldEvent, data: Data, now: datetime
) -> None:
    """Nobody signed, for a reason. A receipt that is signed and unchanged stays signed."""
    last = receipts.latest(session, job.id)
    if last is not None and last.state == "signed":
        return
    if last is None:
        language = _customer_language(session, job, event)
        content = _rebuild(session, job, event, language, None)
        last = _version(session, job, visit, event, content, "presented", now)
    last.state, last.unsigned_reason, last.words = "unsigned", data["reason"], data.get("words")
    last.event_id = event.id


def change(session: Session, job: Job, visit: Visit, event: FieldEvent, now: datetime) -> None:
    """Something that the customer agreed to changed after the signature: a new, unsigned version."""
    last = receipts.latest(session, job.id)
    if last is None or last.state not in ("signed", "changed") or last.event_id is None:
        return
    if not rules.is_content(json.loads(event.raw)):
        return  # a note for the office, which no receipt shows
    lane = events.lane_before(session, event)
    if last.event_id not in {each.id for each in lane}:
        return  # somebody else's lane, or late: not part of what was signed
    content = rules.build(
        _sheet(session, job, last.base_rev),
        [json.loads(each.raw) for each in [*lane, event]],
        language=last.language,
        reservation=last.reservation,
    )
    if rules.digest(content) != last.digest:
        newest = _version(session, job, visit, event, content, "changed", now)
        newest.reservation = last.reservation
        newest.event_id = last.event_id


def _rebuild(
    session: Session, job: Job, event: FieldEvent, language: str, reservation: str | None
) -> Data:
    return rules.build(
        _sheet(session, job, event.base_rev),
        [json.loads(each.raw) for each in events.lane_before(session, event)],
        language=language,
        reservation=reservation,
    )


def _sheet(session: Session, job: Job, rev: int | None) -> Data:
    """The sheet that the tablet had; the newest one where it names none that ever was."""
    found = jobs.sheet_at(session, job.id, rev) if rev is not None else None
    return found or jobs.sheet_at(session, job.id, job.rev) or {}


def _customer_language(session: Session, job: Job, event: FieldEvent) -> str:
    return str(_sheet(session, job, event.base_rev).get("customer", {}).get("language", "en"))


def _version(
    session: Session,
    job: Job,
    visit: Visit,
    event: FieldEvent,
    content: Data,
    state: str,
    now: datetime,
) -> Receipt:
    """The newest version where it says the same, else the next one."""
    digest = rules.digest(content)
    last = receipts.latest(session, job.id)
    if last is not None and last.digest == digest:
        return last
    receipt = Receipt(
        id=new_id(),
        job_id=job.id,
        visit_id=visit.id,
        version=last.version + 1 if last else 1,
        state=state,
        digest=digest,
        content=content,
        language=content["language"],
        base_rev=content["rev"] or 0,
        event_id=event.id,
        made_at=now,
    )
    session.add(receipt)
    session.flush()
    return receipt


def _compare(
    session: Session, job: Job, event: FieldEvent, receipt: Receipt, digest: str, now: datetime
) -> None:
    if digest == receipt.digest:
        return
    exceptions.open_one(
        session,
        "receipt_mismatch",
        event.id,
        now,
        job=job,
        event_id=event.id,
        person_id=event.actor_id,
        tablet_digest=digest,
        server_digest=receipt.digest,
        receipt_id=receipt.id,
    )
