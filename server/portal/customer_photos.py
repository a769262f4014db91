"""Photos from a customer: the page behind the link that they were given on the phone, and what comes by it."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import pictures, signed_links
from server.actions import customer_photos as acts
from server.actions import photo_links
from server.auth import is_open
from server.db import customer_photos
from server.db.customer_photos import CustomerPhoto, PhotoLink
from server.db.customers import Customer, Site
from server.db.people import Organisation
from server.db.tickets import Ticket
from server.domain import customer_photos as rules
from server.domain import errors
from server.house import house
from server.pictures import Brought
from server.portal import retakes
from server.portal.words import said, words_in

blp = Blueprint("customer_photos", __name__)


@blp.get("/photos/<token>")
@is_open
def show(token: str) -> Response:
    """What was sent already, and a camera. Looking changes nothing, however often a mail scanner looks."""
    return house().database.read(lambda session: _page(session, *_behind(session, token)))


@blp.post("/photos/<token>")
@is_open
def take(token: str) -> AnyResponse:
    """Takes one picture with a note, then shows all of them, with room for the next."""
    house().database.read(lambda session: _behind(session, token))  # nothing is kept for nobody
    note = _note()
    brought = pictures.bring(request.files.getlist("photo")[:1], note)
    refused = _refused(brought)
    if refused is not None:
        return house().database.read(
            lambda session: _page(session, *_behind(session, token), problem=refused, note=note)
        )

    def keep(session: Session) -> AnyResponse:
        link, ticket = _behind(session, token)
        acts.give(session, ticket, brought.given[0], house().clock(), link=link)
        there = url_for("portal.customer_photos.show", token=token, language=_spoken())
        return redirect(there, code=303)

    try:
        return house().database.write(keep)
    except errors.PicturesEnough as enough:
        failure = enough
        return house().database.read(
            lambda session: _page(session, *_behind(session, token), problem=failure, note=note)
        )


@blp.get("/photos/<token>/<photo_id>")
@is_open
def picture(token: str, photo_id: str) -> Response:
    """One of those that came by this very link, small."""

    def found(session: Session) -> Response:
        link, _ticket = _behind(session, token)
        photo = session.get(CustomerPhoto, photo_id)
        if photo is None or photo.link_id != link.id or photo.removed_at is not None:
            raise errors.NotFound()
        return pictures.derived(photo, "thumb")

    return house().database.read(found)


def _behind(session: Session, token: str) -> tuple[PhotoLink, Ticket]:
    """Raises `LinkOver`, also for a link that is none of ours."""
    its_id = signed_links.id_in(house().config.secret, photo_links.PURPOSE, token)
    if its_id is None:
        raise errors.LinkOver()
    return photo_links.behind(session, its_id, house().clock())


def _note() -> str:
    typed = "".join(each if each.isprintable() else " " for each in request.form.get("note", ""))
    plain = typed.encode("utf-8", "ignore").decode()
    return plain.strip()[: rules.MOST_WORDS]


def _refused(brought: Brought) -> errors.DoorstepError | None:
    if brought.refused:
        return brought.refused[0].failure
    return None if brought.given else errors.Invalid()


def _spoken() -> str | None:
    """The language that was asked for, to go on in it."""
    asked = request.args.get("language")
    return asked if asked in retakes.LANGUAGES else None


def _page(
    session: Session,
    link: PhotoLink,
    ticket: Ticket,
    *,
    problem: errors.DoorstepError | None = None,
    note: str = "",
) -> Response:
    asked = request.args.get("language", session.get_one(Customer, ticket.customer_id).language)
    language = retakes.LANGUAGES.get(asked, "en")
    sent = customer_photos.of_tickets(session, [ticket.id])
    told: dict[str, Any] = {
        "shop": session.get_one(Organisation, ticket.branch_id).name,
        "sent": [each for each in sent if each.link_id == link.id],
        "until": _when(session, link, ticket),
        "problem": _sentence(problem, language) if problem else "",
        "code": problem.code if problem else "",
        "token": signed_links.token(house().config.secret, photo_links.PURPOSE, link.id),
    }
    words = words_in(language)
    html = render_template(
        "portal/photos.html", **told, note=note, ticket=ticket, words=words, language=language
    )
    answer = retakes.answer(html)
    answer.status_code = 422 if problem else 200
    return answer


def _sentence(problem: errors.DoorstepError, language: errors.Language) -> str:
    return (
        said("nothing", language) if type(problem) is errors.Invalid else problem.sentence(language)
    )


def _when(session: Session, link: PhotoLink, ticket: Ticket) -> str:
    site = session.get(Site, ticket.site_id) if ticket.site_id else None
    zone = site.time_zone if site else session.get_one(Organisation, ticket.branch_id).time_zone
    return link.until.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
