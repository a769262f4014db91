"""Receipts: rebuilt from the events, compared with what the tablet says was shown and signed."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from operator import is_
from typing import Any

from server.actions import documents, exceptions
from server.db import audit
from server.db.events import FieldEvent
from server.db.jobs import Job, Visit
from server.db.lookups import Lookups
from server.db.receipts import Receipt
from server.db.tables import plain
from server.db.working_sets import Built, Said, WorkingSet, sheet_of
from server.domain import receipts as rules
from server.domain.envelopes import Arrival
from server.ids import new_id

Data = dict[str, Any]


def foresee(asked: Lookups, arrivals: Sequence[Arrival]) -> dict[Said, Built]:
    """The receipts that follow where nothing else is on record than these events, built before anybody
    waits for it. `_build` takes them where they prove right; what fails here fails there, too.
    """
    by_id = {arrival.id: arrival for arrival in arrivals}
    built: dict[Said, Built] = {}
    for arrival in arrivals:
        with suppress(Exception):
            built.update(_foreseen(asked, arrival, by_id))
    return built


def _foreseen(
    asked: Lookups, arrival: Arrival, by_id: dict[str, Arrival]
) -> Iterator[tuple[Said, Built]]:
    shown = arrival.reading.envelope if arrival.reading else {}
    job_id, rev = arrival.job_id, shown.get("base_rev")
    if shown.get("kind") != "receipt.presented" or job_id is None or rev is None:
        return
    sheet = sheet_of(asked, job_id, rev)
    if sheet:
        content, language = rules.content(_lane(arrival, by_id)), shown["data"]["language"]
        said = _said(job_id, rev, language, None, content)
        yield said, _built(sheet, content, language, None)


def _lane(arrival: Arrival, by_id: dict[str, Arrival]) -> list[Data]:
    """The events before this one, as far as they come with it, oldest first."""
    lane: dict[str, Data] = {}
    before = by_id.get(arrival.envelope.get("after") or "")
    while before is not None and before.id not in lane:
        lane[before.id] = before.envelope
        before = by_id.get(before.envelope.get("after") or "")
    return list(lane.values())[::-1]


def present(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    """The customer was shown a receipt: keep the version that follows from the same events."""
    lane = work.record.lane_before(event)
    draft = _build(work, job, event.base_rev, lane, data["language"], None)
    receipt = _version(work, job, visit, event, draft, "presented")
    _compare(work, job, event, receipt, data["receipt_digest"])


def sign(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    """The customer signed; what the signature says it covers is kept, and compared with ours."""
    last = work.receipt(job)
    language = last.language if last else _customer_language(work, job, event)
    lane = work.record.lane_before(event)
    draft = _build(work, job, event.base_rev, lane, language, data.get("reservation"))
    receipt = _version(work, job, visit, event, draft, "presented")
    if receipt.state == "signed" and receipt.signed_by_link is not None:
        return  # signed by a link meanwhile: the first signature stands, this one is in its event
    receipt.state = "signed"
    receipt.event_id = event.id
    receipt.signer_name, receipt.relation = data["signer_name"], data["relation"]
    receipt.signature_sha256 = data["signature"]["sha256"]
    receipt.signed_digest = data["receipt_digest"]
    receipt.signed_at = event.captured_est
    receipt.stars, receipt.words = data.get("stars"), data.get("words")
    receipt.reservation = data.get("reservation")
    audit.record(work.session, event.actor_id, "receipt.signed", receipt.id, work.now, job=job.id)
    _compare(work, job, event, receipt, data["receipt_digest"])


def leave_unsigned(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, data: Data) -> None:
    """Nobody signed, for a reason. A receipt that is signed and unchanged stays signed."""
    last = work.receipt(job)
    if last is not None and last.state == "signed":
        return
    if last is None:
        language = _customer_language(work, job, event)
        lane = work.record.lane_before(event)
        draft = _build(work, job, event.base_rev, lane, language, None)
        last = _version(work, job, visit, event, draft, "presented")
    last.state, last.unsigned_reason, last.words = "unsigned", data["reason"], data.get("words")
    last.event_id = event.id


def change(work: WorkingSet, job: Job, visit: Visit, event: FieldEvent) -> None:
    """Something that the customer agreed to changed after the signature: a new, unsigned version."""
    last = work.receipt(job)
    if last is None or last.state not in ("signed", "changed") or last.event_id is None:
        return
    if not rules.is_content(work.record.envelope(event)):
        return  # a note for the office, which no receipt shows
    lane = work.record.lane_before(event)
    if last.event_id not in lane:
        return  # somebody else's lane, or late: not part of what was signed
    covered = [*lane, event.id]
    draft = _build(work, job, last.base_rev, covered, last.language, last.reservation)
    if draft.digest != last.digest:
        newest = _version(work, job, visit, event, draft, "changed")
        newest.reservation = last.reservation
        newest.event_id = last.event_id
        documents.ask_later(work.session, newest, work.now)


def _build(
    work: WorkingSet,
    job: Job,
    rev: int | None,
    lane: list[str],
    language: str,
    reservation: str | None,
) -> Built:
    """The receipt of this lane; what was shown and then signed is the same and built once."""
    content = rules.content(work.record.envelopes(lane))
    said = _said(job.id, rev, language, reservation, content)
    known = work.built.get(said)
    if known is None or not all(map(is_, known.events, content)):  # the ids alone prove nothing
        known = work.built[said] = _built(_sheet(work, job, rev), content, language, reservation)
    return known


def _said(
    job_id: str, rev: int | None, language: str, reservation: str | None, content: list[Data]
) -> Said:
    return (job_id, rev, language, reservation or None, *(each["event_id"] for each in content))


def _built(sheet: Data, content: list[Data], language: str, reservation: str | None) -> Built:
    receipt = rules.build(sheet, content, language=language, reservation=reservation)
    return Built(content, receipt, rules.digest(receipt))


def _sheet(work: WorkingSet, job: Job, rev: int | None) -> Data:
    """The sheet that the tablet had; the newest one where it names none that ever was."""
    found = work.sheet(job, rev) if rev is not None else None
    return found or work.sheet(job, job.rev) or {}


def _customer_language(work: WorkingSet, job: Job, event: FieldEvent) -> str:
    return str(_sheet(work, job, event.base_rev).get("customer", {}).get("language", "en"))


def _version(
    work: WorkingSet, job: Job, visit: Visit, event: FieldEvent, draft: Built, state: str
) -> Receipt:
    """The newest version where it says the same, else the next one."""
    content, last = draft.content, work.receipt(job)
    if last is not None and last.digest == draft.digest:
        return last
    receipt = plain(
        Receipt,
        id=new_id(),
        job_id=job.id,
        visit_id=visit.id,
        version=last.version + 1 if last else 1,
        state=state,
        digest=draft.digest,
        content=content,
        language=content["language"],
        base_rev=content["rev"] or 0,
        event_id=event.id,
        made_at=work.now,
    )
    work.add_receipt(receipt)
    return receipt


def _compare(work: WorkingSet, job: Job, event: FieldEvent, receipt: Receipt, digest: str) -> None:
    if digest == receipt.digest:
        return
    exceptions.open_one(
        work.session,
        "receipt_mismatch",
        event.id,
        work.now,
        job=job,
        event_id=event.id,
        person_id=event.actor_id,
        tablet_digest=digest,
        server_digest=receipt.digest,
        receipt_id=receipt.id,
    )
