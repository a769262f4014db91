"""Photos that a customer gives: laid aside while the ticket is taken in, added, described, taken away.

The bytes are on the disk, under their hash, before any of this begins. They are examined as all others are;
what cannot be shown stays with its name and the reason, and its original is kept.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from server.actions import customers as customer_acts
from server.actions import sheets, stored_files, unwanted_files
from server.db import audit, customer_photos, customers, photos, tickets
from server.db.customer_photos import REMOVED, WAITING, CustomerPhoto, PhotoLink
from server.db.customers import Customer
from server.db.jobs import Job
from server.db.people import Person
from server.db.tickets import Ticket
from server.domain import customer_photos as rules
from server.domain import errors
from server.domain.photos import Format, Measured
from server.ids import new_id


@dataclass(frozen=True, slots=True)
class Given:
    """A picture that is on the disk already; `name` is what its file was called."""

    sha256: str
    size: int
    mime: Format
    name: str = ""
    note: str = ""


def lay_aside(
    session: Session, by: Person, customer: Customer, given: Given, now: datetime
) -> CustomerPhoto:
    """For a ticket that is not open yet. The same file again is the same photo. Raises `CustomerErased`,
    `PicturesEnough`.
    """
    customer_acts.lasting(session, by, customer)
    waiting = customer_photos.waiting(session, customer.id, by.id)
    for known in waiting:
        if known.sha256 == given.sha256:
            return known
    rules.must_have_room(len(waiting), rules.MOST_WAITING)
    return _keep(session, given, now, customer_id=customer.id, given_by=by.id)


def hand_in(
    session: Session,
    by: Person,
    ticket: Ticket,
    customer_id: str,
    notes: Mapping[str, str],
    now: datetime,
) -> list[CustomerPhoto]:
    """What was laid aside for this ticket goes to it, now that it is open; `notes` by the photo's id.

    `customer_id` is the file that the office had before it when the pictures came.
    """
    found = customer_photos.waiting(session, customer_id, by.id)
    for photo in found:
        photo.ticket_id, photo.customer_id = ticket.id, None
        photo.note = notes.get(photo.id, photo.note)[: rules.MOST_WORDS]
        session.flush()
        _note_given(session, photo, now)
        _compare(session, photo)
    _tell_the_field(session, *found)
    return found


def give(
    session: Session,
    ticket: Ticket,
    given: Given,
    now: datetime,
    *,
    by: Person | None = None,
    link: PhotoLink | None = None,
) -> CustomerPhoto:
    """Puts a picture of the customer's with a ticket: `by` somebody of the office, or by the customer's own
    `link`. The same file again is the same photo, which comes back if it was taken away. Raises
    `CustomerErased`, `PicturesEnough`.
    """
    _lock(session, ticket)
    of_ticket = CustomerPhoto.ticket_id == ticket.id
    known = session.scalar(
        select(CustomerPhoto).where(of_ticket, CustomerPhoto.sha256 == given.sha256)
    )
    who = by.id if by else None
    if known is not None:
        _again(session, known, given, who, now)
        return known
    rules.must_have_room(customer_photos.count(session, ticket.id), rules.MOST_OF_TICKET)
    if link is not None:
        rules.must_have_room(customer_photos.count(session, ticket.id, link.id), rules.MOST_OF_LINK)
    link_id = link.id if link else None
    photo = _keep(session, given, now, ticket_id=ticket.id, given_by=who, link_id=link_id)
    _note_given(session, photo, now)
    return photo


def _lock(session: Session, ticket: Ticket) -> None:
    """The same file from two hands comes one after the other, and nobody erases the customer meanwhile."""
    tickets.lock(session, ticket.id)
    customers.hold_in_place(session, ticket.customer_id)
    if session.get_one(Customer, ticket.customer_id).erased_at is not None:
        raise errors.CustomerErased()


def _keep(session: Session, given: Given, now: datetime, **whose: str | None) -> CustomerPhoto:
    photo = CustomerPhoto(
        id=new_id(),
        sha256=given.sha256,
        size=given.size,
        mime=given.mime,
        name=given.name,
        note=given.note[: rules.MOST_WORDS],
        given_at=now,
        state="stored",
        rev=1,
        **whose,
    )
    session.add(photo)
    session.flush()
    stored_files.note_stored(session, given.sha256, given.size, photo.given_by, now)
    return photo


def _note_given(session: Session, photo: CustomerPhoto, now: datetime) -> None:
    details = {"link": photo.link_id} if photo.link_id else {}
    audit.record(
        session, photo.given_by, "customer_photo.given", photo.id, now,
        ticket=photo.ticket_id, **details,
    )  # fmt: skip


def _again(
    session: Session, photo: CustomerPhoto, given: Given, who: str | None, now: datetime
) -> None:
    """A note that nobody has written yet is taken along; what lies there is left as it is."""
    if given.note and not photo.note:
        photo.note = given.note[: rules.MOST_WORDS]
        photo.rev += 1
    if photo.state == "erased":
        photo.state, photo.name = "stored", given.name
        stored_files.note_stored(session, given.sha256, given.size, who, now)
    _bring_back(session, photo, who, now)


def describe(session: Session, by: Person, photo: CustomerPhoto, note: str, now: datetime) -> None:
    """What it shows, in somebody's words."""
    if note == photo.note:
        return
    photo.note = note[: rules.MOST_WORDS]
    photo.rev += 1
    if photo.ticket_id is not None:
        audit.record(
            session, by.id, "customer_photo.described", photo.id, now,
            ticket=photo.ticket_id, changed=["note"],
        )  # fmt: skip
        _tell_the_field(session, photo)


def remove(session: Session, by: Person, photo: CustomerPhoto, now: datetime) -> None:
    """Takes it from its ticket; for 30 days it can come back. One that waits for its ticket just goes."""
    if photo.ticket_id is None:
        _forget_waiting(session, photo, now)
    elif photo.removed_at is None:
        photo.removed_at, photo.removed_by = now, by.id
        photo.rev += 1
        audit.record(
            session, by.id, "customer_photo.removed", photo.id, now, ticket=photo.ticket_id
        )
        _tell_the_field(session, photo)


def bring_back(session: Session, by: Person, photo: CustomerPhoto, now: datetime) -> None:
    """Raises `StepNotPossible` once its file is gone."""
    if photo.state == "erased":
        raise errors.StepNotPossible(state=photo.state)
    _bring_back(session, photo, by.id, now)


def _bring_back(session: Session, photo: CustomerPhoto, who: str | None, now: datetime) -> None:
    if photo.removed_at is not None:
        photo.removed_at = photo.removed_by = None
        photo.rev += 1
        audit.record(
            session, who, "customer_photo.brought_back", photo.id, now, ticket=photo.ticket_id
        )
        _tell_the_field(session, photo)


def _tell_the_field(session: Session, *changed: CustomerPhoto) -> None:
    """Whoever goes there sees them on the sheet of the job, once they were examined."""
    for ticket_id in {each.ticket_id for each in changed if each.state == "checked"}:
        sheets.touch(session, Job.ticket_id == ticket_id)


# The examination.


def waiting_for(session: Session, sha256: str) -> list[CustomerPhoto]:
    """Those of this file that nobody has looked at yet."""
    found = select(CustomerPhoto).where(
        CustomerPhoto.sha256 == sha256, CustomerPhoto.state == "stored"
    )
    return list(session.scalars(found.order_by(CustomerPhoto.id)))


def examine(session: Session, sha256: str, measured: Measured) -> None:
    """Writes down what was measured. Safe to repeat."""
    for photo in waiting_for(session, sha256):
        photo.state = "checked"
        photo.measured = _as_document(measured)
        customer_photos.remember_look(session, photo, measured.hash)
        session.flush()
        _compare(session, photo)
        _tell_the_field(session, photo)


def give_up(session: Session, sha256: str, why: errors.DoorstepError) -> None:
    """It cannot be shown as a picture; its name stays, with the reason."""
    for photo in waiting_for(session, sha256):
        photo.state, photo.measured = "unreadable", {"refused": why.code, **why.details}


def _as_document(measured: Measured) -> dict[str, Any]:
    found = asdict(measured)
    found["taken_at"] = measured.taken_at.isoformat() if measured.taken_at else None
    found["position"] = list(measured.position) if measured.position else None
    return found


def _compare(session: Session, photo: CustomerPhoto) -> None:
    """Whether the same picture came from the field, or was given for another ticket before."""
    if photo.hash is None or photo.ticket_id is None:
        return
    of_field = [each for each in photos.lookalikes(session, photo.hash) if each.state == "checked"]
    photo.seen_in = of_field[0].id if of_field else None
    given = [
        each
        for each in customer_photos.lookalikes(session, photo.hash)
        if each.ticket_id not in (None, photo.ticket_id) and each.removed_at is None
    ]
    photo.seen_with = given[0].id if given else None


# What nobody needs any more.


def are_forgettable(session: Session, now: datetime) -> bool:
    return any(session.scalars(each.limit(1)).first() is not None for each in _over(now))


def _over(now: datetime) -> tuple[Select[CustomerPhoto], Select[CustomerPhoto]]:
    """Those whose ticket was never opened, and those that were taken away long ago."""
    leftover = select(CustomerPhoto).where(
        text(f"customer_photos.{WAITING}"),
        CustomerPhoto.given_at < now - rules.WAITS_FOR_ITS_TICKET,
    )
    removed = select(CustomerPhoto).where(
        text(f"customer_photos.{REMOVED}"), CustomerPhoto.removed_at < now - rules.CAN_COME_BACK
    )
    return leftover, removed


def forget(session: Session, now: datetime) -> None:
    """Their files go, unless something else shows the same."""
    never, gone = (list(session.scalars(each)) for each in _over(now))
    for photo in never:
        _forget_waiting(session, photo, now)
    for photo in gone:
        empty(session, photo)
        unwanted_files.let_go(session, photo.sha256, now)


def _forget_waiting(session: Session, photo: CustomerPhoto, now: datetime) -> None:
    customer_photos.forget_look(session, photo)
    session.delete(photo)
    session.flush()
    unwanted_files.let_go(session, photo.sha256, now)


def empty(session: Session, photo: CustomerPhoto) -> None:
    """That something was given, when and by whom stays; what it shows does not."""
    customer_photos.forget_look(session, photo)
    photo.name = photo.note = ""
    photo.measured = photo.seen_in = photo.seen_with = None
    photo.state = "erased"
    photo.rev += 1
