"""One photo from a customer: the page behind the link, and the picture that comes by it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session

from server import signed_links
from server.actions import retakes
from server.auth import is_open
from server.db.customers import Customer
from server.db.jobs import Job
from server.db.people import Organisation
from server.db.photos import Photo
from server.db.tickets import Ticket
from server.domain import errors, receipts
from server.domain import photos as photo_rules
from server.domain.errors import Language
from server.house import house
from server.portal.words import words_in

blp = Blueprint("retakes", __name__)

LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}


@blp.get("/<token>")
@is_open
def show(token: str) -> Response:
    """What is asked for, and a camera; raises `LinkOver`, also for a link that is none of ours."""
    photo_id = _id_in(token)
    return house().database.read(lambda session: _page(session, _asked(session, photo_id)))


@blp.post("/<token>")
@is_open
def take(token: str) -> Response | tuple[Response, int]:
    """Takes one picture. The bytes are on the disk before anybody is told of them."""
    photo_id = _id_in(token)
    house().database.read(lambda session: _asked(session, photo_id))  # nothing is kept for nobody
    content = _content()
    mime = photo_rules.sniff(content[: photo_rules.HEAD_BYTES])
    if mime is None or not 0 < len(content) <= retakes.MOST_BYTES:
        why = "nothing" if not content else "no_picture" if mime is None else "too_large"
        again = house().database.read(
            lambda session: _page(session, _asked(session, photo_id), problem=why)
        )
        return again, 422
    house().media.check_room(len(content))
    sent = retakes.Sent(house().media.put(content), len(content), mime)

    def keep(session: Session) -> Response:
        asked = retakes.asked_for(session, photo_id, house().clock(), to_change=True)
        retakes.answer(session, asked, sent, house().clock())
        return _page(session, asked, is_done=True)

    return house().database.write(keep)


def _content() -> bytes:
    file = request.files.get("photo")
    if file is None:
        return b""
    with file.stream:
        return file.read()


def _id_in(token: str) -> str:
    its_id = signed_links.id_in(house().config.secret, retakes.PURPOSE, token)
    if its_id is None:
        raise errors.LinkOver()
    return its_id


def _asked(session: Session, photo_id: str) -> Photo:
    return retakes.asked_for(session, photo_id, house().clock())


def _page(session: Session, photo: Photo, **more: Any) -> Response:
    job = session.get_one(Job, photo.job_id)
    ticket = session.get_one(Ticket, job.ticket_id)
    language = _language(session.get_one(Customer, ticket.customer_id).language)
    words = words_in(language)
    told = {
        "shop": session.get_one(Organisation, job.branch_id).name,
        "slot": _slot(job, photo.slot, language),
        "reason": photo.verdict_reason,
        "until": _when(photo.answer_by, job.time_zone),
    }
    return answer(
        render_template("portal/retake.html", **told, **more, words=words, language=language)
    )


def _language(of_customer: str) -> Language:
    """Whoever opens it may ask for the other one."""
    asked = request.args.get("language", of_customer)
    return LANGUAGES.get(asked, "en")


def _slot(job: Job, slot: str, language: Language) -> str:
    sheet = {"slots": job.slots, "checklist": job.checklist}
    return receipts.slot_labels(sheet, language).get(slot, slot)


def _when(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if at else ""


def answer(html: str) -> Response:
    """A page that no cache keeps: whoever has the phone next does not find it."""
    made = make_response(html)
    made.headers["Cache-Control"] = "no-store"
    return made
