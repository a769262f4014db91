"""What the customer sent: shown with the ticket, added, described, taken away, and asked for by a link."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import pictures, signed_links
from server.actions import customer_photos as acts
from server.actions import photo_links
from server.auth import me, needs
from server.db import customer_photos, photos, sights, tickets
from server.db.customer_photos import CustomerPhoto, PhotoLink
from server.db.people import names_of
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.domain import customer_photos as rules
from server.domain import errors
from server.files import Derivative
from server.house import house
from server.office import answers, forms, told
from server.office.wording import language
from server.pictures import Brought, Refused
from server.schemas import Shape, Text
from server.transactions import reads, writes

blp = Blueprint("customer_photos", __name__)

VARIANTS: dict[str, Derivative] = {"thumb": "thumb", "large": "large"}
NAMED = 5  # refused files that one notice names


class Note(Shape):
    note = Text(rules.MOST_WORDS)
    was_note = Text(rules.MOST_WORDS)


@dataclass(frozen=True, slots=True)
class Given:
    """What a page shows of the photos of one ticket or more, read in a few questions."""

    shown: list[CustomerPhoto]
    removed: list[CustomerPhoto]
    names: dict[str | None, str]
    twins: dict[str, Photo]
    others: dict[str, str]

    def of(self, ticket_id: str) -> list[CustomerPhoto]:
        return [each for each in self.shown if each.ticket_id == ticket_id]


def given(session: Session, found: Sequence[CustomerPhoto]) -> Given:
    """`twins` are photos from the field that look the same, `others` the tickets for which the same was given,
    as far as the person may see them.
    """
    people = {each.given_by for each in found} | {each.removed_by for each in found}
    return Given(
        [each for each in found if each.removed_at is None],
        [each for each in found if each.removed_at is not None],
        names_of(session, {each for each in people if each}),
        _twins(session, {each.seen_in for each in found if each.seen_in}),
        _others(session, {each.seen_with for each in found if each.seen_with}),
    )


def _twins(session: Session, ids: set[str]) -> dict[str, Photo]:
    if not ids:
        return {}
    found = photos.visible_to(me(), house().clock()).where(Photo.id.in_(ids))
    return {each.id: each for each in session.scalars(found)}


def _others(session: Session, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    seen = tickets.visible_to(me()).where(Ticket.id == CustomerPhoto.ticket_id)
    found = select(CustomerPhoto.id, CustomerPhoto.ticket_id).where(
        CustomerPhoto.id.in_(ids), seen.exists()
    )
    return {its_id: str(ticket_id) for its_id, ticket_id in session.execute(found)}


def of_ticket(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the section of the ticket's page needs."""
    now = house().clock()
    return {
        "given": given(session, customer_photos.of_ticket(session, ticket.id)),
        "photo_links": [
            (each, address_of(each)) for each in photo_links.open_ones(session, ticket, now)
        ],
    }


def address_of(link: PhotoLink) -> str:
    """What the customer is sent."""
    token = signed_links.token(house().config.secret, photo_links.PURPOSE, link.id)
    return f"{request.host_url.rstrip('/')}/c/photos/{token}"


# The pictures themselves.


@blp.get("/customer-photos/<customer_photo_id>/<variant>")
@reads
@needs("photo.read")
def show(session: Session, customer_photo_id: str, variant: str) -> Response:
    if variant not in VARIANTS:
        raise errors.NotFound()
    photo = customer_photos.get_for(session, me(), customer_photo_id, house().clock())
    return pictures.derived(photo, VARIANTS[variant])


@blp.get("/customer-photos/<customer_photo_id>")
@reads
@needs("photo.read")
def look(session: Session, customer_photo_id: str) -> str:
    """Whether it can be seen by now; the page asks while it is being examined."""
    photo = customer_photos.get_for(session, me(), customer_photo_id, house().clock())
    return render_template("office/customer_photo.html", photo=photo)


# What is done with them.


@blp.post("/tickets/<ticket_id>/customer-photos")
@needs("ticket.write")
def add(ticket_id: str) -> AnyResponse:
    """Several at once; what is refused is told by name, and keeps no other one out."""
    house().database.read(lambda session: tickets.get_for(session, me(), ticket_id))
    note = forms.read(Note).get("note", "")
    brought = pictures.bring(request.files.getlist("photos"), note)
    answer: AnyResponse = _add(ticket_id, brought)
    return answer


@writes
def _add(session: Session, ticket_id: str, brought: Brought) -> AnyResponse | str:
    ticket = tickets.get_for(session, me(), ticket_id)
    refused = list(brought.refused)
    for each in brought.given:
        try:
            acts.give(session, ticket, each, house().clock(), by=me())
        except errors.PicturesEnough as enough:
            refused.append(Refused(each.name, enough))
    if answers.is_fragment():
        return section(session, ticket, refused)
    tell_refused(refused)
    return answers.go_to("office.tickets.show", ticket_id=ticket.id, _anchor="from-customer")


def section(session: Session, ticket: Ticket, refused: Iterable[Refused] = ()) -> str:
    return render_template(
        "office/customer_photos.html",
        ticket=ticket,
        refused=[told_of(each) for each in refused],
        **of_ticket(session, ticket),
    )


def told_of(refused: Refused) -> dict[str, str]:
    """A file that was not taken: its name, a sentence, and the code to read out."""
    failure = refused.failure
    return {
        "name": refused.name or _("without a name"),
        "sentence": failure.sentence(language()),
        "code": failure.code,
    }


def tell_refused(refused: Sequence[Refused]) -> None:
    """On the page that comes next."""
    if not refused:
        return
    named = [f"{each.name or '?'} ({each.failure.code})" for each in refused[:NAMED]]
    more = [f"+ {len(refused) - NAMED}"] if len(refused) > NAMED else []
    told.tell("photos_refused", ", ".join([*named, *more]))


def sentence(photo: CustomerPhoto) -> str:
    """Why it cannot be shown, in words."""
    kinds = {each.code: each for each in REFUSALS}
    kind = kinds.get(photo.refused or "", errors.NotAnImage)
    details = {name: value for name, value in (photo.measured or {}).items() if name != "refused"}
    return kind(**details).sentence(language())


REFUSALS = (errors.NotAnImage, errors.ImageTooLarge, errors.ImageTooCostly)


@blp.app_context_processor
def _words() -> dict[str, Any]:
    return {"why_not_shown": sentence}


@blp.post("/customer-photos/<customer_photo_id>/note")
@writes
@needs("ticket.write")
def describe(session: Session, customer_photo_id: str) -> AnyResponse | tuple[str, int]:
    """Who came between keeps their words: both are shown."""
    photo = _to_change(session, customer_photo_id)
    form = forms.read(Note, keep_empty=("note", "was_note"))
    wanted, was = form.get("note", ""), form.get("was_note", "")
    if photo.note not in (was, wanted):
        page = render_template("office/customer_photo_note.html", photo=photo, wanted=wanted)
        return page, 409
    acts.describe(session, me(), photo, wanted, house().clock())
    return _back_to(photo)


@blp.post("/customer-photos/<customer_photo_id>/remove")
@writes
@needs("ticket.write")
def remove(session: Session, customer_photo_id: str) -> AnyResponse:
    photo = _to_change(session, customer_photo_id)
    its_ticket, its_customer = photo.ticket_id, photo.customer_id
    acts.remove(session, me(), photo, house().clock())
    if its_ticket is None:
        return answers.go_to("office.intake.fill_in", customer_id=its_customer)
    told.tell("photo_removed", its_ticket)
    return _back_to(photo)


@blp.post("/customer-photos/<customer_photo_id>/bring-back")
@writes
@needs("ticket.write")
def bring_back(session: Session, customer_photo_id: str) -> AnyResponse:
    photo = _to_change(session, customer_photo_id)
    acts.bring_back(session, me(), photo, house().clock())
    return _back_to(photo)


def _to_change(session: Session, photo_id: str) -> CustomerPhoto:
    photo = customer_photos.get_for(session, me(), photo_id, house().clock())
    session.refresh(photo, with_for_update=True)
    return photo


def _back_to(photo: CustomerPhoto) -> AnyResponse:
    if photo.ticket_id is None:
        return answers.go_to("office.intake.fill_in", customer_id=photo.customer_id)
    return answers.go_to("office.tickets.show", ticket_id=photo.ticket_id, _anchor="from-customer")


# Links.


@blp.post("/tickets/<ticket_id>/photo-link")
@writes
@needs("ticket.write")
def make_link(session: Session, ticket_id: str) -> AnyResponse:
    ticket = tickets.get_for(session, me(), ticket_id, to_change=True)
    photo_links.make(session, me(), ticket, house().clock())
    return answers.go_to("office.tickets.show", ticket_id=ticket.id, _anchor="from-customer")


@blp.post("/photo-links/<photo_link_id>/revoke")
@writes
@needs("ticket.write")
def revoke(session: Session, photo_link_id: str) -> AnyResponse:
    seen = tickets.visible_to(me()).where(Ticket.id == PhotoLink.ticket_id)
    link = sights.one(
        session, select(PhotoLink).where(PhotoLink.id == photo_link_id, seen.exists())
    )
    photo_links.revoke(session, me(), link, house().clock())
    return answers.go_to("office.tickets.show", ticket_id=link.ticket_id, _anchor="from-customer")
