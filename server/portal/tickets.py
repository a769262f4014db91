"""The customer's page: where things stand, who comes, what was done; to look at and to keep."""

import hashlib
from functools import partial
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from server import pictures, receipt_files, signed_links
from server.actions import customer_links, retakes
from server.actions.customer_links import Opened
from server.auth import is_open
from server.db.customer_links import CustomerLink
from server.db.jobs import Job
from server.db.receipts import Receipt
from server.domain import calendar_files, errors, receipts
from server.domain.calendar_files import Appointment
from server.domain.errors import Language
from server.files import Derivative
from server.house import house
from server.portal import stories, times, visitors
from server.portal.words import said, words_in

blp = Blueprint("tickets", __name__)

VARIANTS: dict[str, Derivative] = {"thumb": "thumb", "large": "large"}
LEGS = ("appointment", "travelling", "on_site", "done")  # the way of a visit, as the page draws it


@blp.get("/<purpose>/<token>")
@is_open
def show(purpose: str, token: str) -> Response:
    return visitors.look(purpose, token, partial(page, purpose=purpose, token=token))


def page(
    session: Session, opened: Opened, *, purpose: str, token: str, status: int = 200, **more: Any
) -> Response:
    """The whole page; `more` is what an act has to tell: `done`, or `problem` with what was typed."""
    told = {**_told(session, opened, purpose, token), **more}
    html = render_template("portal/ticket.html", **told)
    return visitors.answer(html, status)


def _told(session: Session, opened: Opened, purpose: str, token: str) -> dict[str, Any]:
    language = visitors.language()
    story = stories.of(session, opened, language)
    return {
        **frame(opened, purpose, token),
        "story": story,
        "zone": story.zone,
        "legs": LEGS,
        "slot_of": partial(_slot, session, language),
        "retake_links": _retake_links(story) if purpose == "act" else [],
        "masked": times.masked_phone,
        "place": _place(story),
    }


def frame(opened: Opened, purpose: str, token: str) -> dict[str, Any]:
    """What all pages behind a link know."""
    language, now = visitors.language(), house().clock()
    return {
        "language": language,
        "words": words_in(language),
        "there": partial(visitors.there, purpose=purpose, token=token),
        "branch": opened.branch,
        "zone": opened.branch.time_zone,
        "ticket": opened.ticket,
        "customer": opened.customer,
        "link": opened.link,
        "is_preview": opened.link.made_for == "preview",
        "may_act": purpose == "act",
        "proof": visitors.proof(purpose, token),
        "window": partial(times.window, language=language, now=now),
        "moment": partial(times.moment, language=language, now=now),
        "day": partial(times.day, language=language, now=now),
        "clock": times.clock,
        "done": None,
        "problem": None,
        "typed": request.form,
    }


def _slot(session: Session, language: Language, photo: Any) -> str:
    job = session.get_one(Job, photo.job_id)
    sheet = {"slots": job.slots, "checklist": job.checklist}
    return receipts.slot_labels(sheet, language).get(photo.slot, photo.slot)


def _retake_links(story: stories.Story) -> list[tuple[str, str]]:
    """(reason, address) of each picture that the office asks this customer for."""
    secret = house().config.secret
    return [
        (each.verdict_reason, f"/c/{signed_links.token(secret, retakes.PURPOSE, each.id)}")
        for each in story.retakes
    ]


# Live, without loading the page again.


@blp.get("/<purpose>/<token>/news")
@is_open
def news(purpose: str, token: str) -> Response:
    """The part of the page that moves by itself; 304 while nothing did."""

    def show_it(session: Session, opened: Opened) -> Response:
        told = _told(session, opened, purpose, token)
        html = render_template("portal/standing.html", **told)
        answer = visitors.answer(html)
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.set_etag(hashlib.sha256(html.encode()).hexdigest()[:24])
        answer.make_conditional(request)
        return answer

    return visitors.look(purpose, token, show_it)


@blp.post("/<purpose>/<token>/seen")
@is_open
def seen(purpose: str, token: str) -> tuple[str, int]:
    """Said by the page's script while it is in sight of somebody."""
    is_new = visitors.look(purpose, token, lambda _session, opened: _is_newly_seen(opened), purpose)
    if is_new:
        house().database.write(lambda session: _note_seen(session, is_new))
    return "", 204


def _is_newly_seen(opened: Opened) -> str | None:
    now = house().clock()
    return opened.link.id if customer_links.is_newly_seen(opened.link, now) else None


def _note_seen(session: Session, link_id: str) -> None:
    session.get_one(CustomerLink, link_id).seen_at = house().clock()


# To keep.


@blp.get("/<purpose>/<token>/photos/<photo_id>/<variant>")
@is_open
def photo(purpose: str, token: str, photo_id: str, variant: str) -> Response:
    """Our own derivative: upright, without position; only of what the page shows."""

    def show_it(session: Session, opened: Opened) -> Response:
        found = stories.shown_photo(session, opened, photo_id) if variant in VARIANTS else None
        if found is None:
            raise errors.NotFound()
        return pictures.derived(found, VARIANTS[variant])

    return visitors.look(purpose, token, show_it)


@blp.get("/<purpose>/<token>/appointment.ics")
@is_open
def appointment(purpose: str, token: str) -> Response:
    def write(session: Session, opened: Opened) -> Response:
        language = visitors.language()
        story = stories.of(session, opened, language)
        job = story.job
        if job is None or job.window_start is None or job.window_end is None:
            raise errors.NotFound()
        file = Appointment(
            uid=f"{job.id}@doorstep",
            sequence=job.edition - 1,
            made_at=house().clock(),
            start=job.window_start,
            end=job.window_end,
            summary=f"{opened.branch.name}: {said('calendar_' + opened.ticket.kind, language)}",
            place=_place(story),
            description=said(
                "calendar_about", language, ticket=opened.ticket.id, phone=opened.branch.phone
            ),
            is_cancelled=job.cancelled_at is not None,
        )
        answer = Response(calendar_files.write(file), mimetype="text/calendar")
        answer.headers["Content-Disposition"] = f'attachment; filename="{job.id}.ics"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return visitors.look(purpose, token, write)


def _place(story: stories.Story) -> str:
    site = story.site
    if site is None:
        return ""
    known = [site.province, site.city, site.district, site.address]
    if not "".join(known).isascii():  # large to small, as it is written in Chinese
        return "".join(known)
    return ", ".join(each for each in reversed(known) if each)


@blp.get("/<purpose>/<token>/receipt.pdf")
@is_open
def document(purpose: str, token: str) -> Response:
    """The PDF, signed by the shop; while it is being made, a page that asks again by itself."""

    def show_it(session: Session, opened: Opened) -> Response:
        language = visitors.language()
        paper = stories.of(session, opened, language).paper
        if paper is None:
            raise errors.NotFound()
        try:
            return receipt_files.pdf(session, paper.receipt, language)
        except errors.DocumentNotReady:
            told = {**frame(opened, purpose, token), "paper": paper}
            waiting = visitors.answer(render_template("portal/document_wait.html", **told), 409)
            waiting.headers["Refresh"] = str(receipt_files.RETRY_S)
            return waiting

    return visitors.look(purpose, token, show_it)


@blp.get("/<purpose>/<token>/receipt")
@is_open
def receipt(purpose: str, token: str) -> Response:
    """The receipt by itself, to read and to print."""

    def show_it(session: Session, opened: Opened) -> Response:
        paper = stories.of(session, opened, visitors.language()).paper
        if paper is None:
            raise errors.NotFound()
        told = {**frame(opened, purpose, token), "paper": paper}
        return visitors.answer(render_template("portal/receipt.html", **told))

    return visitors.look(purpose, token, show_it)


def receipt_to_sign(session: Session, opened: Opened) -> Receipt | None:
    assert opened.link.job_id is not None
    return stories.signing_later.receipt_of(session, opened.link.job_id, opened.ticket.id)
