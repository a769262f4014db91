"""What a tablet is told about a job: the office's sheet, revision by revision, and the live part."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from server.db import customer_photos
from server.db.customer_acts import notes_of
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Job, Sheet, crew_of, current_visit
from server.db.parts import Part
from server.db.people import Organisation, Person
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.db.working_sets import WorkingSet
from server.domain.verdicts import AskedOf

HISTORY_JOBS = 5  # earlier trips that a tablet carries
HISTORY_PHOTOS = 6  # pictures of each
CUSTOMER_PHOTOS = 12  # the newest of what the customer sent


def revise(session: Session, job: Job, now: datetime) -> None:
    """Makes a new revision where anything on the sheet differs from the last one."""
    content = sheet(session, job)
    last = session.get(Sheet, (job.id, job.rev))
    if last is not None and last.content == {**content, "rev": job.rev}:
        return
    job.rev += 1
    session.add(Sheet(job_id=job.id, rev=job.rev, content={**content, "rev": job.rev}, made_at=now))
    session.flush()


def render(work: WorkingSet, job: Job) -> str:
    """The whole job as ready JSON: the newest sheet, as it stands in its row, and the live part."""
    sheet = work.sheet_text(job, job.rev)
    assert sheet is not None, "a job is issued together with its sheet"
    return sheet[:-1] + "," + json.dumps(live(work, job), separators=(",", ":"))[1:]


def missing_less(document: str, missing: dict[str, Any]) -> str:
    """A rendered job of which nothing else has changed, as `render` would make it again."""
    return json.dumps({**json.loads(document), "missing": missing}, separators=(",", ":"))


def sheet(session: Session, job: Job) -> dict[str, Any]:
    """All that the office wrote and that is needed on site."""
    ticket = session.get_one(Ticket, job.ticket_id)
    customer = session.get_one(Customer, ticket.customer_id)
    return {
        "id": job.id,
        "work": job.work,
        "priority": job.priority,
        "ticket": _ticket(ticket),
        "shop": _some(session.get_one(Organisation, job.branch_id), "id", "name", "phone"),
        "customer": _some(customer, "id", "name", "phone", "language"),
        "site": _site(session, job),
        "asset": _asset(session.get(Asset, job.asset_id)) if job.asset_id else None,
        "window": {
            "start": _time(job.window_start),
            "end": _time(job.window_end),
            "time_zone": job.time_zone,
        },
        "assignee": _some(session.get_one(Person, job.assignee_id), "id", "name"),
        "crew": [
            _some(session.get_one(Person, each), "id", "name") for each in crew_of(session, job.id)
        ],
        "slots": job.slots,
        "checklist": job.checklist,
        "planned_parts": [_planned(session, line) for line in job.planned_parts],
        "notes": job.notes,
        "care_card": job.care_card,
        "revisit_of": job.revisit_of,
        "cause": job.cause,
        "history": _history(session, job),
        **_from_customer(session, job),
    }


def live(work: WorkingSet, job: Job) -> dict[str, Any]:
    """What is derived: the state, what has arrived, the visit, verdict, retakes and receipt."""
    receipt = work.receipt(job)
    verdict = {"verdict": job.verdict, "reason": job.verdict_reason, "at": _time(job.verdict_at)}
    return {
        "state": job.state,
        "received": job.received,
        "missing": job.missing or {"events": [], "blobs": []},
        "visit": work.visit(job).content,
        "verdict": verdict if job.verdict else None,
        "retakes": _retakes(work, job),
        "receipt": _some(receipt, "version", "digest", "state") if receipt else None,
    }


_SITE = (
    ("id", "address", "district", "city", "province", "postcode", "country")
    + ("lat", "lon", "time_zone", "access_notes")
)  # fmt: skip


def _site(session: Session, job: Job) -> dict[str, Any]:
    """What the customer wrote by a link stands behind the office's own notes, and says whose it is."""
    site = _some(session.get_one(Site, job.site_id), *_SITE)
    said = [f"客户留言 Customer: {each.words}" for each in notes_of(session, job.ticket_id)]
    return {**site, "access_notes": "\n".join([*filter(None, [site["access_notes"]]), *said])}


def _some(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ticket(ticket: Ticket) -> dict[str, Any]:
    named = _some(ticket, "id", "kind", "category", "summary", "description")
    return {**named, "class": ticket.ticket_class}


def _asset(asset: Asset | None) -> dict[str, Any] | None:
    if asset is None:
        return None
    return {
        **_some(asset, "id", "serial", "order_number"),
        **_some(asset.product, "model", "name", "name_zh", "category"),
        "warranty_until": asset.warranty_until.isoformat() if asset.warranty_until else None,
    }


def _planned(session: Session, line: dict[str, Any]) -> dict[str, Any]:
    part = session.get(Part, line["sku"])
    return {
        "name": part.name if part else line["sku"],
        "name_zh": part.name_zh if part else "",
        "unit_price": part.unit_price if part else 0,
        "currency": part.currency if part else "CNY",
        "charge": "customer",
        **line,
    }


def _history(session: Session, job: Job) -> list[dict[str, Any]]:
    """Earlier trips for the same ticket or the same thing, newest first, with their pictures."""
    same = Job.ticket_id == job.ticket_id
    if job.asset_id:
        same = or_(same, Job.asset_id == job.asset_id)
    earlier = (
        select(Job)
        .where(same, Job.id != job.id, Job.finished_at.is_not(None), Job.issued_at <= job.issued_at)
        .order_by(Job.finished_at.desc())
        .limit(HISTORY_JOBS)
    )
    return [_trip(session, each) for each in session.scalars(earlier)]


def _from_customer(session: Session, job: Job) -> dict[str, Any]:
    """What the customer sent for the ticket, so that it is seen before anybody drives; nothing where there is none."""
    given = customer_photos.of_tickets(session, [job.ticket_id])
    shown = [each for each in given if each.state == "checked"][-CUSTOMER_PHOTOS:]
    told = [{"photo_id": each.id, "note": each.note} for each in shown]
    return {"from_customer": told} if told else {}


def _trip(session: Session, job: Job) -> dict[str, Any]:
    photos = (
        select(Photo)
        .where(Photo.job_id == job.id, Photo.state == "checked", Photo.is_apart.is_(False))
        .order_by(Photo.taken_at)
        .limit(HISTORY_PHOTOS)
    )
    finished = current_visit(session, job).content.get("finished") or {}
    return {
        "job_id": job.id,
        "finished_at": _time(job.finished_at),
        "outcome": job.outcome,
        "cause": job.outcome_cause,
        "words": finished.get("words"),
        "photos": [
            {"photo_id": photo.id, **_some(photo, "slot", "sha256", "size", "mime")}
            for photo in session.scalars(photos)
        ],
    }


def _retakes(work: WorkingSet, job: Job) -> list[dict[str, Any]]:
    asked = [
        photo
        for photo in work.photos_of(job)
        if photo.verdict == "retake"
        and photo.replaced_by is None
        and photo.asked_of != AskedOf.CUSTOMER
    ]
    return [
        {"photo_id": photo.id, "slot": photo.slot, "reason": photo.verdict_reason}
        for photo in sorted(asked, key=lambda photo: photo.id)
    ]
