"""Who comes by a link: the link is opened, the steps are counted, a form proves which page it is from.

Nobody has an account here. Looking writes nothing, so that a mail scanner that follows every link changes
nothing; an act is a form with a mark that only a page behind this very link carries.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from flask import Response, g, make_response, request, url_for
from sqlalchemy.orm import Session

from server import signed_links
from server.actions import customer_acts, customer_links, sign_ins
from server.actions.customer_links import Opened
from server.domain import customer_links as rules
from server.domain import errors
from server.domain.errors import Language
from server.house import house

FORM = "customer form"
LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}

# How much is taken of whom: looks in a minute, kept in this process; acts and wrong links in a quarter of
# an hour, kept in a table that all processes share. Many people of a town share one address.
LOOKS_PER_LINK, LOOKS_PER_ADDRESS, A_MINUTE = 120, 1_200, 60.0
ACTS_PER_LINK, ACTS_PER_ADDRESS, WRONG_PER_ADDRESS = 40, 400, 200

T = TypeVar("T")


class _Looks:
    """Counts by subject, within the present minute."""

    MOST = 20_000  # subjects

    def __init__(self) -> None:
        self._lock, self._minute, self._counts = Lock(), 0, dict[str, int]()

    def count(self, subject: str, most: int) -> None:
        """Raises `TooMany` after too many of them."""
        minute = int(time.monotonic() / A_MINUTE)
        with self._lock:
            if minute != self._minute or len(self._counts) > self.MOST:
                self._minute = minute
                self._counts.clear()
            self._counts[subject] = count = self._counts.get(subject, 0) + 1
        if count > most:
            raise errors.TooMany(retry_after_s=int(A_MINUTE))


_looks = _Looks()


def look(purpose: str, token: str, show: Callable[[Session, Opened], T], act: str = "look") -> T:
    """Opens a link and shows what is behind it; raises as `_open` does."""
    _looks.count(f"from:{_address()}", LOOKS_PER_ADDRESS)
    _looks.count(f"link:{token[:40]}", LOOKS_PER_LINK)
    try:
        return house().database.read(
            lambda session: show(session, _open(session, purpose, token, act))
        )
    except (errors.NotFound, errors.CustomerLinkOver):
        _note_wrong()
        raise


def act(purpose: str, token: str, do: Callable[[Session, Opened], T]) -> T:
    """Does something by a link, in one transaction that holds its ticket."""
    now = house().clock()

    def counted(session: Session) -> T:
        opened = _open(session, purpose, token, purpose)
        if opened.link.made_for == rules.MadeFor.PREVIEW:
            raise errors.NotAllowed(act="preview")
        subjects = {
            f"link:{opened.link.id}": ACTS_PER_LINK,
            f"acts-from:{_address()}": ACTS_PER_ADDRESS,
        }
        sign_ins.must_not_be_guessing(session, subjects, now)
        sign_ins.note_guess(session, subjects, now)
        customer_acts.lock(session, opened.ticket)
        session.info["request_id"] = g.get("request_id")
        return do(session, opened)

    if not _is_of_this_page(purpose, token):
        look(purpose, token, lambda _session, _opened: None, purpose)  # a wrong link is told first
        raise errors.RequestForged()
    try:
        return house().database.write(counted)
    except (errors.NotFound, errors.CustomerLinkOver):
        _note_wrong()
        raise


def _open(session: Session, purpose: str, token: str, act: str) -> Opened:
    """Raises `NotFound`, `CustomerLinkOver`; a link for something else is none of ours, either."""
    here = house()
    if not rules.is_for(purpose, act):
        raise errors.NotFound()
    try:
        opened = customer_links.opened(session, here.config.secret, purpose, token, here.clock())
    except errors.CustomerLinkOver as over:
        g.customer_language = over.details["language"]
        raise
    g.customer_language = opened.customer.language
    return opened


def _note_wrong() -> None:
    """Counts a link that opens nothing. Raises `TooMany` after very many from one address."""
    now = house().clock()
    subjects = {f"links-from:{_address()}": WRONG_PER_ADDRESS}
    house().database.read(lambda session: sign_ins.must_not_be_guessing(session, subjects, now))
    house().database.write(lambda session: sign_ins.note_guess(session, subjects, now))


def _address() -> str:
    return (request.remote_addr or "")[:100]


def proof(purpose: str, token: str) -> str:
    """What a form of the pages behind this link carries."""
    return signed_links.token(house().config.secret, FORM, f"{purpose}/{token}").rpartition(".")[2]


def _is_of_this_page(purpose: str, token: str) -> bool:
    said = f"{purpose}/{token}.{request.form.get('proof', '')}"
    return signed_links.id_in(house().config.secret, FORM, said) is not None


def language() -> Language:
    """That of the customer; whoever opens the page may ask for the other one."""
    asked = request.values.get("language", "")
    return LANGUAGES.get(asked) or LANGUAGES.get(g.get("customer_language", "zh"), "en")


def there(endpoint: str, **values: Any) -> str:
    """The address of another page behind the same link, in the language that was asked for."""
    known: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if (asked := request.values.get("language")) in LANGUAGES:
        known["language"] = asked
    return url_for(f"portal.{endpoint}", **known)


def answer(html: str, status: int = 200) -> Response:
    made = make_response(html, status)
    made.headers["Cache-Control"] = "no-store"
    return made
