"""Signing later: the very receipt, a pad to sign on, and what came of it."""

import base64
import binascii
from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from server.actions import signing_later
from server.actions.customer_links import Opened
from server.actions.signing_later import Came, Signing
from server.auth import is_open
from server.domain import errors, photos
from server.domain import receipts as rules
from server.house import house
from server.portal import stories, tickets, visitors

blp = Blueprint("signing", __name__)

SIGN = "sign"
RELATIONS = ("self", "family", "neighbour", "other")
MOST_BYTES, MOST_WORDS, MOST_NAME = 400_000, 2_000, 200
BEFORE = "data:image/png;base64,"


@blp.get("/sign/<token>")
@is_open
def show(token: str) -> Response:
    return visitors.look(SIGN, token, lambda s, o: _page(s, o, token), SIGN)


def _page(
    session: Session, opened: Opened, token: str, *, status: int = 200, **more: Any
) -> Response:
    receipt = tickets.receipt_to_sign(session, opened)
    if receipt is None or not receipt.content:
        raise errors.NotFound()
    language = visitors.language()
    reservation = more.pop("reservation", None)
    content = signing_later.with_reservation(receipt, reservation)
    paper = stories.paper_of(session, receipt, language, content)
    told = {
        **tickets.frame(opened, SIGN, token),
        "paper": paper,
        "digest": rules.digest(content),
        "agreement": receipt.content.get("agreement"),
        "reservation": reservation or "",
        "relations": RELATIONS,
        **more,
    }
    return visitors.answer(render_template("portal/sign.html", **told), status)


def _said(name: str, most: int) -> str:
    """Raises `Invalid` for too much."""
    said = request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
    if len(said) > most:
        raise errors.Invalid(errors={name: ["too_long"]})
    return said


@blp.post("/sign/<token>/reservation")
@is_open
def reserve(token: str) -> Response:
    """Puts a reservation on the receipt that is in front of somebody; nothing is kept before they sign."""

    def show_it(session: Session, opened: Opened) -> Response:
        try:
            words = _said("reservation", MOST_WORDS)
        except errors.Invalid:
            return _page(session, opened, token, status=422, problem="too_long")
        return _page(session, opened, token, reservation=words or None)

    return visitors.look(SIGN, token, show_it, SIGN)


@blp.post("/sign/<token>")
@is_open
def sign(token: str) -> Response:
    """The bytes of the signature are on the disk before anybody is told of them."""
    picture = _picture()
    if picture is None or not request.form.get("signer_name", "").strip():
        problem = "no_signature" if picture is None else "no_name"
        kept = request.form.get("reservation", "").strip()[:MOST_WORDS] or None
        return visitors.look(
            SIGN,
            token,
            lambda s, o: _page(s, o, token, status=422, problem=problem, reservation=kept),
            SIGN,
        )
    visitors.look(SIGN, token, lambda _session, _opened: None, SIGN)  # nothing is kept for nobody
    house().media.check_room(len(picture))
    said = _signing(house().media.put(picture), len(picture))

    def keep(session: Session, opened: Opened) -> Response:
        came = signing_later.sign(session, opened, said, house().clock())
        session.flush()
        if came in (Came.SIGNED, Came.TWICE):
            return _page(session, opened, token, is_signed=True)
        return _page(session, opened, token, status=409, problem=came.value)

    return visitors.act(SIGN, token, keep)


def _signing(sha256: str, size: int) -> Signing:
    relation = request.form.get("relation", "")
    return Signing(
        digest=request.form.get("digest", "")[:64],
        signer_name=_said("signer_name", MOST_NAME),
        relation=relation if relation in RELATIONS else "other",
        picture_sha256=sha256,
        picture_size=size,
        reservation=_said("reservation", MOST_WORDS) or None,
    )


def _picture() -> bytes | None:
    """The PNG that the pad has drawn; None for what is none."""
    said = request.form.get("signature", "")
    if not said.startswith(BEFORE) or len(said) > MOST_BYTES * 4 // 3:
        return None
    try:
        content = base64.b64decode(said.removeprefix(BEFORE), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if photos.sniff(content[: photos.HEAD_BYTES]) == "image/png" else None
