"""The transaction around a view, and the answers kept for requests that come twice.

`@reads` and `@writes` stand outermost, right under the route: they hand the session to the view as its
first argument, build the answer inside the transaction and commit before it leaves. A view may run a
second time (PostgreSQL deadlocks), so it touches nothing but its session.

A form of a page that creates something carries a key of its own in a hidden field: sent twice, by a double
click or after a cut, it is done once and leads to the same place.
"""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, g, make_response, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from server.auth import me_if_any
from server.db.house import KeptAnswer
from server.domain import errors
from server.house import house

View = Callable[..., Any]

PAGES, FORM_KEY = "/office/", "form_key"
KEPT_HEADERS = ("ETag", "Location", "Content-Type")


def reads(view: View) -> View:
    """Runs the view on a snapshot that cannot write."""

    @wraps(view)
    def in_transaction(*args: Any, **kwargs: Any) -> Any:
        me_if_any()  # before a connection is held: asking needs one of its own
        return house().database.read(lambda session: make_response(view(session, *args, **kwargs)))

    return in_transaction


def writes(view: View) -> View:
    """Runs the view in one transaction; honours `Idempotency-Key` on POST, and the key of a form."""

    @wraps(view)
    def in_transaction(*args: Any, **kwargs: Any) -> Any:
        who = me_if_any()  # before a writer's turn is taken
        key, is_of_a_form = _key_of_this_request()

        def act(session: Session) -> Response:
            session.info["request_id"] = g.get("request_id")
            if key is None or who is None:
                return make_response(view(session, *args, **kwargs))
            kept = session.get(KeptAnswer, (who.id, key))
            if kept is not None:
                return _again(kept, errors.FormSentAlready if is_of_a_form else errors.KeyReused)
            if is_of_a_form:
                return _once(session, who.id, key, lambda: view(session, *args, **kwargs))
            answer = make_response(view(session, *args, **kwargs))
            session.add(_keep(who.id, key, answer))
            return answer

        try:
            return house().database.write(act)
        except (IntegrityError, errors.AlreadyThere) as clash:
            if key is not None:  # its twin may have been faster
                return _at_second_try(act)
            raise _as_conflict(clash) from clash

    return in_transaction


def _key_of_this_request() -> tuple[str | None, bool]:
    """Under what its answer is kept, if at all, and whether a form of a page carries it."""
    if request.method != "POST":
        return None, False
    said = request.headers.get("Idempotency-Key")
    is_of_a_form = said is None and request.path.startswith(PAGES)
    key = request.form.get(FORM_KEY) if is_of_a_form else said
    return (None if key is None else _key(key)), is_of_a_form


def _once(session: Session, person_id: str, key: str, act: Callable[[], Any]) -> Response:
    """What a form asks for, its key taken first: a twin waits for it. A form that comes back to be mended
    has done nothing, and neither has its key.
    """
    kept = _keep(person_id, key, Response())
    session.add(kept)
    session.flush()
    answer = make_response(act())
    if answer.status_code == 303:
        kept.status, kept.headers = answer.status_code, _kept_headers(answer)
    else:
        session.delete(kept)
    return answer


def _at_second_try(act: Callable[[Session], Response]) -> Response:
    """The answer that its twin was given meanwhile, or the same failure again."""
    try:
        return house().database.write(act)
    except IntegrityError as clash:
        raise errors.Conflict() from clash


def _as_conflict(clash: Exception) -> errors.DoorstepError:
    return clash if isinstance(clash, errors.DoorstepError) else errors.Conflict()


def _key(key: str) -> str:
    if not re.fullmatch(r"[!-~]{1,255}", key):
        raise errors.BadRequest(header="Idempotency-Key")
    return key


def _fingerprint() -> str:
    said = f"{request.method} {request.path}\n".encode() + request.get_data()
    return hashlib.sha256(said).hexdigest()


def _keep(person_id: str, key: str, answer: Response) -> KeptAnswer:
    return KeptAnswer(
        person_id=person_id,
        key=key,
        fingerprint=_fingerprint(),
        status=answer.status_code,
        body=answer.get_data(as_text=True),
        headers=_kept_headers(answer),
        at=house().clock(),
    )


def _kept_headers(answer: Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}


def _again(kept: KeptAnswer, reused: type[errors.DoorstepError]) -> Response:
    """The answer that was given; raises `reused` where something else was asked for."""
    if kept.fingerprint != _fingerprint():
        raise reused()
    answer = current_app.response_class(kept.body, kept.status, kept.headers)
    answer.headers["Idempotent-Replayed"] = "true"
    return answer
