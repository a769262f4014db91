"""The office's door: signing in and out, and the language in which to be spoken to."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import auth
from server import errors as wire
from server.actions import sign_ins
from server.auth import caller, is_open, me, needs
from server.db.people import Chain, Person
from server.domain import errors
from server.domain.people import must
from server.house import house
from server.office import answers, forms, second_steps, sessions, wording
from server.transactions import writes

blp = Blueprint("entrance", __name__)

A_YEAR = 365 * 24 * 3600  # seconds


@blp.get("/<path:anything>")
@is_open
def nowhere(anything: str) -> AnyResponse:
    """An address that is none: said on a page, where the way back stands."""
    raise errors.NotFound()


@blp.get("/sign-in")
@is_open
def door() -> AnyResponse:
    if auth.caller_if_any() is not None and not auth.lacks_a_code():
        return answers.go_to("office.today.show")
    return _door(200)


def _door(status: int, failure: errors.DoorstepError | None = None) -> Response:
    said = failure.sentence(wording.language()) if failure else None
    page = render_template(
        "office/door.html",
        username=request.form.get("username", ""),
        goes_to=answers.inside(request.values.get("next")),
        failure=failure,
        sentence=said,
    )
    return make_response(page, status)


@blp.post("/sign-in")
@is_open
def sign_in() -> AnyResponse:
    """Raises nothing at people: what is wrong stands on the page, with the name that they typed."""
    try:
        username = forms.words_in(request.form, "username")
        person = auth.by_password(username, request.form.get("password", ""))
        must(person.role, "office.enter")
    except errors.DoorstepError as failure:
        answer = _door(wire.status_of(failure), failure)
        if failure.retry_after_s is not None:
            answer.headers["Retry-After"] = str(failure.retry_after_s)
        return answer
    goes_to = answers.inside(request.form.get("next"))
    if auth.needs_a_code(person):
        return second_steps.ask_for_a_code(person, goes_to)
    sessions.begin(person)
    return redirect(goes_to or url_for("office.today.show"), code=303)


@blp.post("/sign-out")
@writes
@needs("office.enter")
def sign_out(session: Session) -> AnyResponse:
    chain = session.get_one(Chain, caller().chain_id)
    sign_ins.end(session, chain, "signed_out", me().id, house().clock())
    sessions.end()
    return answers.go_to("office.entrance.door")


@blp.post("/language")
@is_open
def speak() -> AnyResponse:
    """From now on in this language: for the person, and on this browser before anybody signs in."""
    wanted = "zh" if request.form.get("language") == "zh" else "en"
    person = auth.me_if_any()
    if person is not None:
        house().database.write(lambda session: _note_language(session, person.id, wanted))
    goes_to = answers.inside(request.form.get("next")) or url_for("office.today.show")
    answer = make_response(redirect(goes_to, code=303))
    answer.set_cookie(wording.COOKIE, wanted, path="/office", max_age=A_YEAR, samesite="Lax")
    return answer


def _note_language(session: Session, person_id: str, wanted: str) -> None:
    session.get_one(Person, person_id).language = wanted
