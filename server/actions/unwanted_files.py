"""Files that are to be removed for good: which of them something still shows, and what becomes of the others.

The same picture may have come for two customers, or from the field and from the customer.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from server.db import house
from server.db.customer_photos import CustomerPhoto
from server.db.customers import Customer
from server.db.jobs import Job
from server.db.photos import Blob, Photo
from server.db.tickets import Ticket

AT_ONCE = 200  # hashes of one question


def _of_field() -> Select[str, str]:
    """(SHA-256, ticket) of the photos of customers who were not erased."""
    shown = select(Photo.sha256, Job.ticket_id).join(Job, Job.id == Photo.job_id)
    of_whom = shown.join(Ticket, Ticket.id == Job.ticket_id)
    return of_whom.join(Customer, Customer.id == Ticket.customer_id).where(
        Customer.erased_at.is_(None)
    )


def _given() -> Select[str, str | None]:
    """The same of what such customers gave themselves; without a ticket while it is being taken in."""
    shown = select(CustomerPhoto.sha256, CustomerPhoto.ticket_id)
    whose = func.coalesce(Ticket.customer_id, CustomerPhoto.customer_id)
    of_whom = shown.outerjoin(Ticket, Ticket.id == CustomerPhoto.ticket_id).join(
        Customer, Customer.id == whose
    )
    return of_whom.where(Customer.erased_at.is_(None), CustomerPhoto.state != "erased")


def is_wanted(session: Session, sha256: str) -> bool:
    """Whether anything that was not erased shows the file."""
    questions = (
        _of_field().where(Photo.sha256 == sha256),
        _given().where(CustomerPhoto.sha256 == sha256),
    )
    return any(session.execute(each.limit(1)).first() is not None for each in questions)


def shown_elsewhere(
    session: Session, hashes: Iterable[str], ticket_ids: Iterable[str], customer_ids: Iterable[str]
) -> set[str]:
    """Those of the files that something shows besides these tickets of these customers."""
    ours, found = set(ticket_ids), set()
    theirs = CustomerPhoto.ticket_id.is_not(None) | CustomerPhoto.customer_id.not_in(
        list(customer_ids)
    )
    every = sorted(hashes)
    for some in (every[at : at + AT_ONCE] for at in range(0, len(every), AT_ONCE)):
        for question in (
            _of_field().where(Photo.sha256.in_(some)),
            _given().where(CustomerPhoto.sha256.in_(some), theirs),
        ):
            found |= {sha256 for sha256, its_id in session.execute(question) if its_id not in ours}
    return found


def let_go(session: Session, sha256: str, now: datetime) -> None:
    """Asks for the bytes to be removed, unless something shows them; the row says at once that they are gone."""
    session.flush()
    blob = session.get(Blob, sha256)
    if blob is None or is_wanted(session, sha256):
        return
    blob.erased_at = blob.erased_at or now
    house.ask_for(session, "file.erase", sha256, now)


def keep(session: Session, sha256: str) -> None:
    """Somebody wants it after all."""
    blob = session.get(Blob, sha256)
    if blob is not None:
        blob.erased_at = None
