"""Photos of the place, or of what is broken, by a link to act: they stand with the ticket, as those that the
office puts in.
"""

from functools import partial

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from server import pictures
from server.actions import customer_photos
from server.actions.customer_links import Opened
from server.auth import is_open
from server.db import customer_photos as rows
from server.domain import customer_photos as rules
from server.domain import errors
from server.house import house
from server.portal import acts, tickets, visitors

blp = Blueprint("place_photos", __name__)

# Why a picture is not taken, in our words for customers.
REFUSED: dict[type[errors.DoorstepError], str] = {
    errors.PictureTooHeavy: "too_large",
    errors.PicturesEnough: "photos_enough",
}


@blp.post("/act/<token>/photo")
@is_open
def give(token: str) -> Response:
    """The bytes are on the disk before anybody is told of them; the same picture again is the same one."""
    visitors.look(acts.ACT, token, lambda _session, _opened: None, acts.ACT)  # nothing for nobody
    brought = pictures.bring(request.files.getlist("photo")[:1], _note())

    def keep(session: Session, opened: Opened) -> Response:
        problem = "nothing" if not brought.refused else _why(brought.refused[0].failure)
        try:
            if brought.given:
                customer_photos.give(session, opened.ticket, brought.given[0], house().clock())
                opened.link.used_at = house().clock()
                return acts.done(token, "photo")
        except errors.PicturesEnough as enough:
            problem = _why(enough)
        show = partial(tickets.page, purpose=acts.ACT, token=token)
        return show(session, opened, problem=problem, of="photo", status=422)

    return visitors.act(acts.ACT, token, keep)


def _why(failure: errors.DoorstepError) -> str:
    return next((REFUSED[each] for each in type(failure).__mro__ if each in REFUSED), "no_picture")


def _note() -> str:
    said = "".join(each if each.isprintable() else " " for each in request.form.get("note", ""))
    return said.encode("utf-8", "ignore").decode().strip()[: rules.MOST_WORDS]


@blp.get("/act/<token>/photo/<photo_id>")
@is_open
def show(token: str, photo_id: str) -> Response:
    """One that the customer sent, small."""

    def found(session: Session, opened: Opened) -> Response:
        photo = session.get(rows.CustomerPhoto, photo_id)
        is_theirs = photo is not None and photo.ticket_id == opened.ticket.id
        if photo is None or not is_theirs or photo.given_by is not None or photo.removed_at:
            raise errors.NotFound()
        return pictures.derived(photo, "thumb")

    return visitors.look(acts.ACT, token, found, acts.ACT)
