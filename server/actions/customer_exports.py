"""Everything that the shop knows of one customer, for the customer to take along: documents and pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.db import audit, consents
from server.db.customer_acts import CustomerAct, MoveRequest
from server.db.customer_photos import CustomerPhoto
from server.db.customers import Asset, Customer, Site
from server.db.jobs import Job, Visit
from server.db.notices import Notice
from server.db.parts import PartRequest, SerialSwap
from server.db.people import Person
from server.db.photos import Photo
from server.db.receipts import Receipt
from server.db.revisits import Revisit
from server.db.tables import Table, values_of
from server.db.tickets import Ticket
from server.domain.notices import WEBHOOK

SHOWN = "checked"  # photos that there is a derivative of

# What the house keeps for itself: how it finds rows, and who of its people did what.
_INWARD = frozenset(
    {"phone_key", "rev", "edition", "document", "missing", "branch_id", "hash"}
    | {"seen_in", "measured", "noted_by", "opened_by", "issued_by", "verdict_by", "decided_by"}
    | {"taken_by", "assignee_id", "visit_id", "event_id", "base_rev", "held_by", "override_reason"}
    | {
        "given_by",
        "removed_by",
        "seen_with",
        "link_id",
        "key",
        "holder",
        "leased_until",
        "endpoint_id",
    }
    | {"skills", "certificates", "checklist", "slots", "doubts", "revisit_id", "is_apart"}
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One photo: where it lies in the export, and the hash of its original."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """`documents` by their path; each is plain JSON values. `pictures` are read one after the other."""

    documents: dict[str, Any]
    pictures: list[Picture]


def export(session: Session, by: Person, customer: Customer, now: datetime) -> Export:
    """Collects it and notes that it was handed out; the bytes of the pictures are read afterwards."""
    tickets = _all(session, Ticket, Ticket.customer_id == customer.id, Ticket.opened_at)
    of_tickets = select(Ticket.id).where(Ticket.customer_id == customer.id)
    jobs = _all(session, Job, Job.ticket_id.in_(of_tickets), Job.issued_at)
    of_jobs = select(Job.id).where(Job.ticket_id.in_(of_tickets))
    photos = _all(session, Photo, Photo.job_id.in_(of_jobs), Photo.taken_at)
    receipts = _all(session, Receipt, Receipt.job_id.in_(of_jobs), Receipt.made_at)
    sites = _all(session, Site, Site.customer_id == customer.id, Site.id)
    of_sites = select(Site.id).where(Site.customer_id == customer.id)
    shown = {photo.id: _path(photo) for photo in photos if photo.state == SHOWN}
    of_customer = _given(session, customer.id)
    given = {each.id: _path_of_given(each) for each in of_customer if each.state == SHOWN}
    documents = {
        "customer.json": {
            **_told(customer),
            "sites": _each(sites),
            "assets": [_asset(each) for each in _assets(session, of_sites)],
            "consents": _each(consents.of_customer(session, customer.id)),
        },
        "tickets.json": _each(tickets),
        "jobs.json": _each(jobs),
        "visits.json": [
            {"job_id": each.job_id, **each.content}
            for each in _all(session, Visit, Visit.job_id.in_(of_jobs), Visit.assigned_at)
        ],
        "revisits.json": _each(
            _all(session, Revisit, Revisit.ticket_id.in_(of_tickets), Revisit.id)
        ),
        "parts.json": {
            "asked_for": _each(
                _all(session, PartRequest, PartRequest.ticket_id.in_(of_tickets), PartRequest.id)
            ),
            "serial_swaps": _each(
                _all(session, SerialSwap, SerialSwap.job_id.in_(of_jobs), SerialSwap.id)
            ),
        },
        "photos.json": [{**_told(each), "file": shown.get(each.id)} for each in photos],
    }
    told = _all(session, Notice, Notice.ticket_id.in_(of_tickets), Notice.made_at)
    documents["notices.json"] = [_told(each) for each in told if each.channel != WEBHOOK]
    documents["customer_page.json"] = {
        "acts": _each(
            _all(session, CustomerAct, CustomerAct.ticket_id.in_(of_tickets), CustomerAct.at)
        ),
        "other_times": _each(
            _all(session, MoveRequest, MoveRequest.ticket_id.in_(of_tickets), MoveRequest.asked_at)
        ),
    }
    documents["customer_photos.json"] = [
        {**_told(each), "file": given.get(each.id)} for each in of_customer
    ]
    documents |= {f"receipts/{each.job_id}-v{each.version}.json": _told(each) for each in receipts}
    pictures = [Picture(shown[each.id], each.sha256) for each in photos if each.id in shown]
    pictures += [Picture(given[each.id], each.sha256) for each in of_customer if each.id in given]
    audit.record(
        session, by.id, "customer.exported", customer.id, now,
        tickets=len(tickets), receipts=len(receipts), photos=len(pictures),
    )  # fmt: skip
    return Export(documents, pictures)


def _all(session: Session, kind: Any, which: Any, order: Any) -> list[Any]:
    return list(session.scalars(select(kind).where(which).order_by(order, kind.id)))


def _given(session: Session, customer_id: str) -> list[CustomerPhoto]:
    """What the customer sent, also what was taken away and is still here, and what waits for its ticket."""
    of_tickets = select(Ticket.id).where(Ticket.customer_id == customer_id)
    theirs = CustomerPhoto.ticket_id.in_(of_tickets) | (CustomerPhoto.customer_id == customer_id)
    return _all(session, CustomerPhoto, theirs, CustomerPhoto.given_at)


def _assets(session: Session, of_sites: Any) -> list[Asset]:
    return list(
        session.scalars(select(Asset).where(Asset.site_id.in_(of_sites)).order_by(Asset.id))
    )


def _asset(asset: Asset) -> dict[str, Any]:
    return {**_told(asset), "model": asset.product.model, "name": asset.product.name}


def _each(rows: Iterable[Table]) -> list[dict[str, Any]]:
    return [_told(row) for row in rows]


def _told(row: Table) -> dict[str, Any]:
    """A row as the customer may read it, times and days as text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in values_of(row).items()
        if name not in _INWARD
    }


def _path(photo: Photo) -> str:
    """Where a photo lies: by job, its own id in its name, so that no two are the same."""
    return f"photos/{photo.job_id}/{photo.taken_at:%Y-%m-%d-%H%M}-{photo.id}.jpg"


def _path_of_given(photo: CustomerPhoto) -> str:
    """Where one lies that the customer sent: by ticket."""
    folder = photo.ticket_id or "not-yet-a-ticket"
    return f"photos/from-the-customer/{folder}/{photo.given_at:%Y-%m-%d-%H%M}-{photo.id}.jpg"
