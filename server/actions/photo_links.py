"""Links by which a customer sends photos for a ticket: made on the phone, for a week, and taken back."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.db import audit, customer_photos
from server.db.customer_photos import PhotoLink
from server.db.customers import Customer
from server.db.people import Person
from server.db.tickets import Ticket
from server.domain import customer_photos as rules
from server.domain import errors
from server.ids import new_id

PURPOSE = "photos"  # of the signed link
OVER = ("closed", "cancelled")


def make(session: Session, by: Person, ticket: Ticket, now: datetime) -> PhotoLink:
    """The one that is open, or a new one: who asks twice on the phone gets the same. Raises
    `StepNotPossible` for a ticket that is over.
    """
    if ticket.state in OVER:
        raise errors.StepNotPossible(state=ticket.state)
    for known in open_ones(session, ticket, now):
        return known
    link = PhotoLink(
        id=new_id(), ticket_id=ticket.id, made_at=now, made_by=by.id, until=now + rules.LINK_LASTS
    )
    session.add(link)
    audit.record(session, by.id, "photo_link.made", link.id, now, ticket=ticket.id)
    return link


def open_ones(session: Session, ticket: Ticket, now: datetime) -> list[PhotoLink]:
    """Those that a customer can still use."""
    if ticket.state in OVER:
        return []
    links = customer_photos.links_of(session, ticket.id)
    return [each for each in links if rules.is_open(each.until, each.revoked_at, now)]


def revoke(session: Session, by: Person, link: PhotoLink, now: datetime) -> None:
    """What came by it stays. Safe to repeat."""
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = now, by.id
        audit.record(session, by.id, "photo_link.revoked", link.id, now, ticket=link.ticket_id)


def behind(session: Session, link_id: str, now: datetime) -> tuple[PhotoLink, Ticket]:
    """The link and its ticket, as whoever holds it finds them. Raises `LinkOver` once it does not count any
    more: its time is over, the office took it back, the ticket or the customer is gone.
    """
    link = session.get(PhotoLink, link_id)
    if link is None or not rules.is_open(link.until, link.revoked_at, now):
        raise errors.LinkOver()
    ticket = session.get_one(Ticket, link.ticket_id)
    customer = session.get_one(Customer, ticket.customer_id)
    if ticket.state in OVER or customer.erased_at is not None:
        raise errors.LinkOver()
    return link, ticket
