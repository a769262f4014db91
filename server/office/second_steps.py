"""The second step at the door: a code of the authenticator app, after it was set up once.

Between the two steps a cookie says whose password was right. It is no sign-in: it opens these pages for ten
minutes, and nothing else.
"""

from io import BytesIO
from typing import Any

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server import auth
from server import errors as wire
from server.actions import second_factors
from server.auth import is_open, me, needs
from server.db.people import Person
from server.db.second_factors import SecondFactor
from server.domain import errors
from server.house import house
from server.office import answers, forms, sessions, wording
from server.transactions import reads

blp = Blueprint("second_steps", __name__)

COOKIE = "doorstep_half"
LIFE_S = 600


def ask_for_a_code(person: Person, goes_to: str | None) -> AnyResponse:
    """After the password: on to the page that asks for the code, or the one that sets it up."""
    now = int(house().clock().timestamp())
    claims = {"at": "half", "iat": now, "nbf": now, "exp": now + LIFE_S}
    answer = _to_the_next_page(person, goes_to)
    answer.set_cookie(
        COOKIE,
        auth.token_with(person.id, claims),
        path=sessions.PATH,
        max_age=LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def _to_the_next_page(person: Person, goes_to: str | None) -> AnyResponse:
    is_set_up = house().database.read(lambda s: second_factors.is_set_up(s, person.id))
    page = "code" if is_set_up else "set_up"
    return answers.go_to(f"office.second_steps.{page}", next=goes_to)


def _half_way() -> Person:
    """Whose password was right a moment ago; raises `NotSignedIn`, which leads to the door."""
    claims = auth.claims_in(request.cookies.get(COOKIE, "")) or {}
    is_recent = claims.get("exp", 0) > house().clock().timestamp()
    if claims.get("at") != "half" or not is_recent:
        raise errors.NotSignedIn()
    person = house().database.read(lambda s: s.get(Person, claims["sub"]))
    if person is None or not person.is_active:
        raise errors.NotSignedIn()
    return person


# The code, at every sign-in.


@blp.get("/sign-in/code")
@is_open
def code() -> AnyResponse:
    person = _half_way()
    return _asked("office/code.html", person)


@blp.post("/sign-in/code")
@is_open
def check() -> AnyResponse:
    person = _half_way()
    try:
        auth.must_fit(person, forms.words_in(request.form, "code"))
    except errors.DoorstepError as failure:
        return _asked("office/code.html", person, failure)
    return _come_in(person, redirect(_goes_to() or url_for("office.today.show"), code=303))


def _asked(
    page: str, person: Person, failure: errors.DoorstepError | None = None, **more: Any
) -> Response:
    sentence = failure.sentence(wording.language()) if failure else ""
    html = render_template(
        page, person=person, goes_to=_goes_to(), failure=failure, sentence=sentence, **more
    )
    answer = make_response(html, wire.status_of(failure) if failure else 200)
    if failure is not None and failure.retry_after_s is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_s)
    return answer


def _goes_to() -> str | None:
    return answers.inside(request.values.get("next"))


def _come_in(person: Person, answer: AnyResponse) -> AnyResponse:
    sessions.begin(person, with_code=True)
    answer.delete_cookie(COOKIE, path=sessions.PATH)
    return answer


# Setting it up, once.


@blp.get("/sign-in/set-up")
@is_open
def set_up() -> AnyResponse:
    return _shown(_half_way())


def _shown(person: Person, failure: errors.DoorstepError | None = None) -> AnyResponse:
    try:
        secret = _waiting(person).secret
    except errors.Conflict:  # set up meanwhile, in another window
        return _to_the_next_page(person, _goes_to())
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return _asked("office/set_up.html", person, failure, groups=groups)


def _waiting(person: Person) -> second_factors.SetUp:
    now, secret = house().clock(), house().config.secret
    return house().database.write(lambda s: second_factors.set_up(s, secret, person, now))


@blp.get("/sign-in/qr.svg")
@is_open
def qr() -> Response:
    """What an authenticator app reads: shown to nobody else, kept nowhere."""
    try:
        address = _waiting(_half_way()).address
    except errors.Conflict:
        raise errors.NotFound() from None
    file = BytesIO()
    segno.make(address, micro=False).save(
        file, kind="svg", scale=5, dark="#000", light="#fff", xmldecl=False
    )
    return Response(
        file.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "no-store"}
    )


@blp.post("/sign-in/set-up")
@is_open
def confirm() -> AnyResponse:
    """The first code shows that the app has the key; the recovery codes are shown this once."""
    person = _half_way()
    said = forms.words_in(request.form, "code")
    database, now, secret = house().database, house().clock(), house().config.secret
    try:
        with auth.counting_guesses(person.username) as guess:
            codes = database.write(
                lambda s: second_factors.confirm(s, secret, person.id, said, now)
            )
            if codes is None:
                guess()
                raise errors.WrongCode()
    except errors.Conflict:
        return _to_the_next_page(person, _goes_to())
    except errors.DoorstepError as failure:
        return _shown(person, failure)
    return _come_in(person, _recovery(codes))


def _recovery(codes: list[str]) -> Response:
    goes_to = _goes_to() or url_for("office.today.show")
    return make_response(render_template("office/recovery.html", codes=codes, goes_to=goes_to))


# Later: how many recovery codes are left, and new ones.


@blp.get("/second-factor")
@reads
@needs("office.enter")
def show(session: Session) -> str:
    """One's own."""
    return _own(session.get(SecondFactor, me().id))


def _own(found: SecondFactor | None, failure: errors.DoorstepError | None = None) -> str:
    return render_template(
        "office/second_factor.html",
        factor=found,
        failure=failure,
        sentence=failure.sentence(wording.language()) if failure else "",
    )


@blp.post("/second-factor/recovery")
@needs("office.enter")
def renew() -> AnyResponse | tuple[str, int]:
    """New recovery codes, for a code of the app: whoever sits down at an open desk gets none."""
    database, now, secret = house().database, house().clock(), house().config.secret
    person = me()
    try:
        auth.must_fit(person, forms.words_in(request.form, "code"))
    except errors.DoorstepError as failure:
        found = database.read(lambda s: s.get(SecondFactor, person.id))
        return _own(found, failure), wire.status_of(failure)
    codes = database.write(lambda s: second_factors.renew_recovery(s, secret, person.id, now))
    return _recovery(codes)
