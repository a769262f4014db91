"""Erasing a person: whoever asks for it is forgotten, and what was done stays on record as figures and hashes.

Names, numbers, addresses, words, positions, pictures and signatures go, in rows, documents and raw events, and
in the bytes behind them. Ids, times, states, quantities, sums, verdicts and digests stay, so every count and
every check goes on. Tablets hear of it by the feed. What a tablet still brings afterwards is taken in as any
fact and emptied in its turn (`erase_late`).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from server.actions import customer_photos, exports, unwanted_files
from server.db import audit, customers, feed, house, jobs
from server.db.audit import AuditLine
from server.db.consents import Consent
from server.db.customer_acts import CustomerAct, MoveRequest
from server.db.customer_photos import CustomerPhoto, PhotoLink
from server.db.customers import Asset, Customer, Site
from server.db.documents import MadeDocument
from server.db.erasures import Erasure
from server.db.events import FieldEvent, Quarantine
from server.db.exceptions import FieldException
from server.db.house import KeptAnswer
from server.db.jobs import Job, Sheet, Visit
from server.db.merges import Merge
from server.db.notices import Notice, Try
from server.db.parts import Movement, PartRequest
from server.db.people import Person
from server.db.photos import Band, Blob, Photo, Upload
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tables import Table
from server.db.tickets import Ticket
from server.db.types import written
from server.db.verdicts import Verdict
from server.domain import audit_chain as chain
from server.domain import customers as rules
from server.domain import erasures as empty
from server.domain import errors
from server.domain import notices as notice_rules
from server.domain.customers import Obstacle
from server.domain.people import Role
from server.ids import new_id

OVER = ("closed", "cancelled")
AWAITED = ("awaited", "stored")  # photos whose bytes are on their way, or being looked at
ON_ITS_WAY = ("requested", "reserved", "shipped")
GOING_ON = timedelta(hours=1)  # a push that waited for us is as old as its beginning
LISTENED_FOR = timedelta(days=400)  # how long a tablet may stay away with something to tell
AT_ONCE = 200  # ids of one question

Row = TypeVar("Row", bound=Table)


# What is in the way.


def obstacles(session: Session, customer: Customer) -> list[Obstacle]:
    """All that has to be over before the person can be erased; the same that `erase` refuses for."""
    ids = [customer.id, *customers.merged_into(session, customer.id)]
    return list(_obstacles(session, ids))


def _obstacles(session: Session, ids: list[str]) -> Iterator[Obstacle]:
    held = select(Customer.id).where(Customer.id.in_(ids), Customer.hold_reason.is_not(None))
    for its_id in session.scalars(held):
        yield Obstacle("on_hold", its_id)
    tickets = select(Ticket.id).where(Ticket.customer_id.in_(ids))
    for its_id in session.scalars(tickets.where(Ticket.state.not_in(OVER)).order_by(Ticket.id)):
        yield Obstacle("ticket_open", its_id)
    its_jobs = select(Job.id).where(Job.ticket_id.in_(tickets))
    for its_id in session.scalars(its_jobs.where(Job.received == "partial").order_by(Job.id)):
        yield Obstacle("proof_on_its_way", its_id)
    awaited = select(Photo.job_id).where(Photo.job_id.in_(its_jobs), Photo.state.in_(AWAITED))
    for its_id in sorted(set(session.scalars(awaited))):
        yield Obstacle("photo_on_its_way", its_id)
    doubts = select(FieldException.ticket_id).where(
        FieldException.ticket_id.in_(tickets),
        FieldException.state == "open",
        FieldException.owner_role != Role.STOREKEEPER,  # a count of parts needs no person
    )
    for ticket_id in sorted({str(each) for each in session.scalars(doubts)}):
        yield Obstacle("exception_open", ticket_id)
    sent = select(PartRequest.ticket_id).where(
        PartRequest.ticket_id.in_(tickets), PartRequest.state.in_(ON_ITS_WAY)
    )
    for ticket_id in sorted(set(session.scalars(sent))):
        yield Obstacle("part_on_its_way", ticket_id)


# The act.


def erase(
    session: Session, by: Person, customer: Customer, reason: str, now: datetime
) -> Erasure | None:
    """Erases the person for good. Safe to repeat. Raises `ErasureRefused` with all that is in the way."""
    ids = [customer.id, *customers.merged_into(session, customer.id)]
    _lock(session, ids)
    if customer.erased_at is not None:
        return None
    if customer.merged_into is not None:  # while we waited
        raise errors.Conflict()
    rules.must_be_erasable(_obstacles(session, ids))
    counts = _erase(session, ids, now)
    done = Erasure(
        id=new_id(),
        customer_id=customer.id,
        reason=reason,
        erased_at=now,
        erased_by=by.id,
        last_at=now - GOING_ON,
        counts=counts,
    )
    session.add(done)
    exports.end_all(session, now)
    audit.record(session, by.id, "customer.erased", customer.id, now, **counts)
    return done


def _lock(session: Session, ids: list[str]) -> None:
    """The jobs first, as everybody does: a push comes before all of this or after it, never between."""
    jobs.lock(session, _ids(session, Job, Job.ticket_id.in_(_tickets(ids))))
    customers.lock_customers(session, *ids)


def _tickets(ids: list[str]) -> Any:
    return select(Ticket.id).where(Ticket.customer_id.in_(ids))


def _ids(session: Session, kind: Any, which: Any) -> list[str]:
    return list(session.scalars(select(kind.id).where(which).order_by(kind.id)))


def _erase(session: Session, ids: list[str], now: datetime) -> dict[str, int]:
    """Empties everything that is about these customers; returns how much it was, by noun."""
    counts: Counter[str] = Counter()
    ticket_ids = _ids(session, Ticket, Ticket.customer_id.in_(ids))
    job_ids = _ids(session, Job, Job.ticket_id.in_(_tickets(ids)))
    counts["files"] = _forget_files(session, ids, ticket_ids, job_ids, now)
    counts["customers"] = _empty_customers(session, ids, now)
    counts["sites"], counts["assets"] = _empty_places(session, ids)
    counts["tickets"] = _empty_tickets(session, ticket_ids)
    counts["jobs"] = _empty_jobs(session, job_ids)
    counts["events"] = _empty_events(session, job_ids)
    counts["photos"] = _empty_photos(session, job_ids) + _empty_given(session, ids, ticket_ids)
    counts["receipts"] = _empty_receipts(session, job_ids)
    _empty_what_followed(session, ticket_ids, job_ids)
    _empty_the_audit(session, [*ids, *_about(session, ids, ticket_ids, job_ids)], now)
    _forget_answers(session, [*ids, *ticket_ids, *job_ids])
    session.flush()
    for job_id in job_ids:
        feed.touch_sheet(session, job_id)
    return dict(counts)


def _some(ids: Iterable[str]) -> Iterator[list[str]]:
    """The ids in portions that every database takes in one question."""
    every = list(ids)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _of(session: Session, kind: type[Row], column: Any, ids: Iterable[str]) -> Iterator[Row]:
    """The rows whose column is one of the ids, a portion at a time, each portion written before the next."""
    for portion in _some(ids):
        found = session.scalars(select(kind).where(column.in_(portion)))
        yield from found.all()
        session.flush()


def _empty_customers(session: Session, ids: list[str], now: datetime) -> int:
    for row in _of(session, Customer, Customer.id, ids):
        row.name, row.phone, row.email, row.notes = empty.GONE, "", "", ""
        row.erased_at = row.erased_at or now  # what they were promised stays: `is_vip` says it
        row.rev += 1
    for word in _of(session, Consent, Consent.customer_id, ids):
        word.words = ""
    for merge in _of(session, Merge, Merge.kept_id, ids):
        merge.fields = {}
    return len(ids)


def _empty_places(session: Session, ids: list[str]) -> tuple[int, int]:
    sites = _ids(session, Site, Site.customer_id.in_(ids))
    for site in _of(session, Site, Site.id, sites):
        site.address, site.district, site.postcode, site.access_notes = empty.GONE, "", "", ""
        site.lat = site.lon = None
        site.rev += 1
    count = 0
    for asset in _of(session, Asset, Asset.site_id, sites):
        asset.order_number, count = "", count + 1
        asset.rev += 1
    return len(sites), count


def _empty_tickets(session: Session, ids: list[str]) -> int:
    for ticket in _of(session, Ticket, Ticket.id, ids):
        ticket.summary, ticket.description = empty.GONE, ""
        ticket.answer = empty.words(ticket.answer) or ""
        ticket.closed_by_hand = empty.words(ticket.closed_by_hand)
        ticket.cancelled_reason = empty.words(ticket.cancelled_reason) or ""
        ticket.rev += 1
    return len(ids)


def _empty_jobs(session: Session, ids: list[str]) -> int:
    for job in _of(session, Job, Job.id, ids):
        job.work, job.notes = empty.GONE, ""
        job.override_reason = empty.words(job.override_reason)
        job.cancelled_reason = empty.words(job.cancelled_reason) or ""
        job.verdict_reason = empty.words(job.verdict_reason) or ""
        job.edition += 1
    for sheet in _of(session, Sheet, Sheet.job_id, ids):
        sheet.content = empty.sheet(sheet.content)
    for visit in _of(session, Visit, Visit.job_id, ids):
        visit.content = empty.visit(visit.content)
    for movement in _of(session, Movement, Movement.job_id, ids):
        movement.reason = empty.words(movement.reason) or ""
    return len(ids)


def _empty_events(session: Session, job_ids: list[str]) -> int:
    """Raw envelopes lose their words; the fingerprint of what came stays, so a repeat is known as one."""
    count = 0
    for event in _of(session, FieldEvent, FieldEvent.job_id, job_ids):
        event.raw = json.dumps(empty.event(json.loads(event.raw)))
        event.lat = event.lon = None
        count += 1
    return count


def _empty_photos(session: Session, job_ids: list[str]) -> int:
    count = 0
    for photo in _of(session, Photo, Photo.job_id, job_ids):
        photo.lat = photo.lon = photo.accuracy_m = None
        photo.reason, photo.verdict_reason = "", empty.words(photo.verdict_reason) or ""
        photo.measured = _without_place(photo.measured)
        photo.hash = None
        if photo.state in ("checked", "unreadable", *AWAITED):
            photo.state = "erased"
        photo.rev += 1
        count += 1
        session.execute(delete(Band).where(Band.photo_id == photo.id))
    return count


def _given(session: Session, ids: list[str], ticket_ids: list[str]) -> Iterator[CustomerPhoto]:
    """What the customers gave themselves, also for a ticket that is being taken in."""
    yield from _of(session, CustomerPhoto, CustomerPhoto.ticket_id, ticket_ids)
    yield from _of(session, CustomerPhoto, CustomerPhoto.customer_id, ids)


def _empty_given(session: Session, ids: list[str], ticket_ids: list[str]) -> int:
    count = 0
    for photo in _given(session, ids, ticket_ids):
        count += photo.state != "erased"
        customer_photos.empty(session, photo)
    return count


def _without_place(measured: dict[str, Any] | None) -> dict[str, Any] | None:
    if measured is None:
        return None
    return {**measured, **{name: None for name in ("position", "hash") if name in measured}}


def _empty_receipts(session: Session, job_ids: list[str]) -> int:
    count = 0
    for receipt in _of(session, Receipt, Receipt.job_id, job_ids):
        receipt.content = empty.receipt(receipt.content)
        receipt.signer_name = empty.words(receipt.signer_name)
        receipt.relation = empty.words(receipt.relation)
        receipt.words = empty.words(receipt.words)
        receipt.reservation = empty.words(receipt.reservation)
        count += 1
    return count


def _empty_what_followed(session: Session, ticket_ids: list[str], job_ids: list[str]) -> None:
    for revisit in _of(session, Revisit, Revisit.ticket_id, ticket_ids):
        revisit.words = empty.words(revisit.words) or ""
        revisit.reason = empty.words(revisit.reason) or ""
    for asked in _of(session, PartRequest, PartRequest.ticket_id, ticket_ids):
        asked.words, asked.tracking = empty.words(asked.words) or "", ""
    for act in _of(session, CustomerAct, CustomerAct.ticket_id, ticket_ids):
        act.words = empty.words(act.words) or ""
    for move in _of(session, MoveRequest, MoveRequest.ticket_id, ticket_ids):
        move.words, move.answer = empty.words(move.words) or "", empty.words(move.answer) or ""
    for verdict in _of(session, Verdict, Verdict.job_id, job_ids):
        verdict.reason = empty.words(verdict.reason) or ""
        verdict.before = empty.details(verdict.before)
        verdict.made = empty.details(verdict.made)
    _empty_notices(session, ticket_ids)
    events: set[str] = set()
    for doubt in _of(session, FieldException, FieldException.job_id, job_ids):
        doubt.details = empty.details(doubt.details)
        doubt.reason = empty.words(doubt.reason) or ""
        events |= {doubt.event_id} if doubt.event_id else set()
    for unread in _of(session, Quarantine, Quarantine.event_id, events):
        unread.raw = json.dumps({empty.MARK: True})


def _empty_notices(session: Session, ticket_ids: list[str]) -> None:
    """When who was told what stays; the words and where they went do not, and nobody is told any more."""
    to_people = []
    for notice in _of(session, Notice, Notice.ticket_id, ticket_ids):
        if notice.channel == notice_rules.WEBHOOK:
            continue  # ids and states
        to_people.append(notice.id)
        notice.address = notice.title = notice.body = ""
        notice.details = {k: v for k, v in notice.details.items() if k in ("start", "was", "end")}
        if notice.state not in (notice_rules.SENT, notice_rules.DROPPED):
            notice.state, notice.reason = notice_rules.DROPPED, "superseded"
        notice.rev += 1
    for attempt in _of(session, Try, Try.notice_id, to_people):
        attempt.words = ""


def _about(
    session: Session, ids: list[str], ticket_ids: list[str], job_ids: list[str]
) -> Iterator[str]:
    """The ids of everything that belongs to these customers, for the audit has lines about each."""
    yield from (*ticket_ids, *job_ids)
    for kind in (Photo, Receipt, Visit, FieldEvent):
        for portion in _some(job_ids):
            yield from session.scalars(select(kind.id).where(kind.job_id.in_(portion)))
    for of_ticket in (Revisit, PartRequest, FieldException, CustomerPhoto, PhotoLink):
        for portion in _some(ticket_ids):
            yield from session.scalars(select(of_ticket.id).where(of_ticket.ticket_id.in_(portion)))
    sites = _ids(session, Site, Site.customer_id.in_(ids))
    yield from sites
    for portion in _some(sites):
        yield from session.scalars(select(Asset.id).where(Asset.site_id.in_(portion)))


def _empty_the_audit(session: Session, noun_ids: list[str], now: datetime) -> None:
    """Who did what and when stays; the words beside it go. Each line keeps the hash of what it said, and a
    line of its own tells what was emptied: so the chain of the audit holds.
    """
    emptied: dict[int, str] = {}
    for line in _of(session, AuditLine, AuditLine.noun_id, noun_ids):
        left = empty.details(line.details)
        if left != line.details and chain.EMPTIED not in line.details:
            line.details = {**left, chain.EMPTIED: chain.digest(written(line.details))}
            emptied[line.id] = chain.digest(written(line.details))
    if emptied:
        audit.record(session, None, chain.EMPTYING, noun_ids[0], now, lines=emptied)


def _forget_answers(session: Session, ids: list[str]) -> None:
    """Answers that are kept for repeated requests tell of customers, too; they live for a month."""
    for portion in _some(ids):
        told = or_(*(KeptAnswer.body.contains(each, autoescape=True) for each in portion))
        session.execute(delete(KeptAnswer).where(told))


# The files.


def _forget_files(
    session: Session, ids: list[str], ticket_ids: list[str], job_ids: list[str], now: datetime
) -> int:
    """Asks for the bytes to be removed that nothing else shows; the rows say at once that they are gone."""
    hashes: set[str] = set()
    for photo in _of(session, Photo, Photo.job_id, job_ids):
        hashes.add(photo.sha256)
    for receipt in _of(session, Receipt, Receipt.job_id, job_ids):
        hashes |= {receipt.signature_sha256} if receipt.signature_sha256 else set()
        hashes |= _forget_documents(session, receipt.id)
    for visit in _of(session, Visit, Visit.job_id, job_ids):
        hashes |= {each["sha256"] for each in _announced(visit.content)}
    for given in _given(session, ids, ticket_ids):
        hashes.add(given.sha256)
    others = unwanted_files.shown_elsewhere(session, hashes, ticket_ids, ids)
    gone = sorted(hashes - others)
    for blob in _of(session, Blob, Blob.sha256, gone):
        blob.erased_at = blob.erased_at or now
    for portion in _some(gone):
        session.execute(delete(Upload).where(Upload.sha256.in_(portion)))
    for sha256 in gone:
        house.ask_for(session, "file.erase", sha256, now)
    return len(gone)


def _announced(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Files of the manifest, which may have been announced and never shown."""
    finished = content.get("finished") or {}
    blobs: list[dict[str, Any]] = (finished.get("manifest") or {}).get("blobs", [])
    return blobs


def _forget_documents(session: Session, receipt_id: str) -> set[str]:
    """The files that were made of a receipt."""
    made = delete(MadeDocument).where(MadeDocument.receipt_id == receipt_id)
    return set(session.scalars(made.returning(MadeDocument.sha256)))


# What comes later.

_EMPTIED = f'%"{empty.MARK}": true}}'  # how an emptied envelope ends


def erase_late(session: Session, now: datetime) -> list[str]:
    """Empties what came in for customers who were erased before; returns the ids of those customers."""
    late = (
        select(Erasure)
        .join(Ticket, Ticket.customer_id == Erasure.customer_id)
        .join(Job, Job.ticket_id == Ticket.id)
        .join(FieldEvent, FieldEvent.job_id == Job.id)
        .where(Erasure.erased_at > now - LISTENED_FOR)
        .where(FieldEvent.received_at > Erasure.last_at, FieldEvent.raw.not_like(_EMPTIED))
    )
    found = {each.customer_id: each for each in session.scalars(late).unique()}
    for customer_id, erasure in sorted(found.items()):
        ids = [customer_id, *customers.merged_into(session, customer_id)]
        _lock(session, ids)
        counts = _erase(session, ids, now)
        erasure.last_at = now - GOING_ON
        audit.record(session, None, "customer.erased", customer_id, now, **counts)
    return sorted(found)
