"""A bundle of evidence: all that proves what happened on the trips of a ticket, collected for `documents.bundles`."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import documents
from server.clock import wire
from server.config import Config
from server.db import audit
from server.db.documents import MadeDocument
from server.db.events import FieldEvent
from server.db.jobs import Job, Sheet
from server.db.people import Device, Person
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.documents import bundles
from server.documents.bundles import Bundle, Json
from server.domain import erasures
from server.domain import receipts as rules
from server.files import Media

APPLIED = "applied"


def of_jobs(
    session: Session, job_ids: Iterable[str], config: Config, media: Media, now: datetime,
    *, with_photos: bool = False,
) -> Bundle | None:  # fmt: skip
    """None where nobody was ever shown a receipt, or the customer was erased.

    Photos come as they were taken, with place and time, only if they are asked for; their hashes always.
    """
    ids = sorted(job_ids)
    found = select(Receipt).where(Receipt.job_id.in_(ids)).order_by(Receipt.job_id, Receipt.version)
    receipts = [each for each in session.scalars(found) if erasures.MARK not in each.content]
    if not receipts:
        return None
    files: dict[str, bytes] = {}
    events, envelopes = _events(session, ids, files)
    photos, large = _photos(session, ids, receipts, media if with_photos else None)
    listed = [_receipt(session, each, envelopes, files, media) for each in receipts]
    _documents(session, receipts, files, media)
    job = session.get_one(Job, receipts[0].job_id)
    index = {
        "format": bundles.FORMAT,
        "made_at": wire(now),
        "ticket_id": job.ticket_id,
        "shop": (receipts[-1].content.get("shop") or {}).get("name"),
        "receipts": [
            {**told, "address": documents.address_of(told["receipt_id"], config)} for told in listed
        ],
        "events": events,
        "photos": photos,
    }
    return Bundle(index, files, large)


def jobs_of(session: Session, subject: str) -> list[str]:
    """The jobs of a ticket, or the one of a receipt, whichever has this id."""
    receipt = session.get(Receipt, subject)
    if receipt is not None:
        return [receipt.job_id]
    return list(session.scalars(select(Job.id).where(Job.ticket_id == subject)))


def note(session: Session, by: Person | None, subject: str, now: datetime, count: int) -> None:
    """That it was handed out is on record."""
    audit.record(session, by.id if by else None, "evidence.made", subject, now, receipts=count)


def _events(
    session: Session, job_ids: list[str], files: dict[str, bytes]
) -> tuple[list[Json], dict[str, Json]]:
    """Every event of the jobs in its order, lane by lane; those that concern the customer as files."""
    rows = select(FieldEvent, Device.name).outerjoin(Device, Device.id == FieldEvent.device_id)
    found = rows.where(FieldEvent.job_id.in_(job_ids)).order_by(
        FieldEvent.job_id, FieldEvent.device_id, FieldEvent.seq
    )
    listed: list[Json] = []
    envelopes: dict[str, Json] = {}
    last: dict[tuple[str, str], str] = {}
    for event, device in session.execute(found).all():
        envelope = json.loads(event.raw)
        content = event.raw.encode("ascii")
        name = None
        if bundles.is_shown(envelope):
            envelopes[event.id] = envelope
            name = f"events/{len(listed) + 1:04}-{event.id}.json"
            files[name] = content
        lane = (event.job_id, event.device_id)
        listed.append(
            {
                "event_id": event.id,
                "job_id": event.job_id,
                "kind": event.kind,
                "captured_at": event.captured_at,
                "received_at": wire(event.received_at),
                "device_id": event.device_id,
                "device": device,
                "status": event.status,
                "sha256": bundles.hash_of(content),
                "file": name,
                "follows": event.after_id == last.get(lane),
            }
        )
        last[lane] = event.id
    links = bundles.chained(each["sha256"] for each in listed)
    return [{**each, "chain": link} for each, link in zip(listed, links, strict=True)], envelopes


def _receipt(
    session: Session, receipt: Receipt, envelopes: dict[str, Json], files: dict[str, bytes], media: Media
) -> Json:  # fmt: skip
    content = receipt.content
    name = f"receipts/{receipt.job_id}-v{receipt.version}.json"
    files[name] = rules.canonical(content)
    sheet = session.get(Sheet, (receipt.job_id, receipt.base_rev))
    its_sheet = bundles.sheet(sheet.content if sheet else {})
    sheet_name = f"sheets/{receipt.job_id}-r{receipt.base_rev}.json"
    files[sheet_name] = bundles.pretty(its_sheet)
    covered = list(content.get("events") or [])
    lane = [envelopes[each] for each in covered if each in envelopes]
    built = rules.build(
        its_sheet, lane, language=content.get("language") or "en", reservation=content.get("reservation")
    )  # fmt: skip
    return {
        "receipt_id": receipt.id,
        "job_id": receipt.job_id,
        "version": receipt.version,
        "state": receipt.state,
        "language": receipt.language,
        "digest": receipt.digest,
        "made_at": wire(receipt.made_at),
        "file": name,
        "sheet": sheet_name,
        "events": covered,
        "rebuilds": len(lane) == len(covered) and rules.digest(built) == receipt.digest,
        "event_id": receipt.event_id,
        "signer_name": receipt.signer_name,
        "relation": receipt.relation,
        "signed_at": wire(receipt.signed_at),
        "signed_digest": receipt.signed_digest,
        "signature_sha256": receipt.signature_sha256,
        "signature_file": _signature(receipt, files, media),
        "device": documents.device_of(session, receipt),
        "stars": receipt.stars,
        "words": receipt.words,
        "unsigned_reason": receipt.unsigned_reason,
    }


def _signature(receipt: Receipt, files: dict[str, bytes], media: Media) -> str | None:
    """As the tablet drew it; None where it is not here as its hash says."""
    sha256 = receipt.signature_sha256
    if sha256 is None or not media.verify(sha256):
        return None
    name = f"signatures/{sha256}"
    files[name] = media.original_path(sha256).read_bytes()
    return name


def _photos(
    session: Session, job_ids: list[str], receipts: list[Receipt], media: Media | None
) -> tuple[list[Json], dict[str, Path]]:
    shown = {
        each.get("photo_id") for receipt in receipts for each in receipt.content.get("photos") or []
    }
    rows = select(Photo).where(Photo.job_id.in_(job_ids)).order_by(Photo.job_id, Photo.taken_at)
    listed: list[Json] = []
    large: dict[str, Path] = {}
    for photo in session.scalars(rows.order_by(Photo.id)):
        if photo.id not in shown:
            continue
        name = None
        if media is not None and media.verify(photo.sha256):
            name = f"photos/{photo.sha256}"
            large[name] = media.original_path(photo.sha256)
        listed.append(_told(photo, name))
    return listed, large


def _told(photo: Photo, file: str | None) -> dict[str, Any]:
    return {
        "photo_id": photo.id,
        "job_id": photo.job_id,
        "slot": photo.slot,
        "sha256": photo.sha256,
        "size": photo.size,
        "taken_at": wire(photo.taken_at),
        "state": photo.state,
        "file": file,
    }


def _documents(
    session: Session, receipts: list[Receipt], files: dict[str, bytes], media: Media
) -> None:
    """The newest PDF of each version and language that was made."""
    by_id = {each.id: each for each in receipts}
    found = select(MadeDocument).where(MadeDocument.receipt_id.in_(by_id))
    for made in session.scalars(found.order_by(MadeDocument.made_at, MadeDocument.id)):
        receipt = by_id[made.receipt_id]
        if media.verify(made.sha256):
            name = f"documents/{receipt.job_id}-v{receipt.version}-{made.language}.pdf"
            files[name] = media.original_path(made.sha256).read_bytes()
