"""Signing in and out: `/api/v1/auth`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server import auth
from server.actions import sign_ins
from server.auth import caller, is_open, needs, refresh_link, token_pair
from server.db.people import Chain, Person
from server.domain import errors
from server.domain.people import MAX_PASSWORD
from server.house import house
from server.schemas import Secret, Shape, Text
from server.transactions import writes

blp = Blueprint("auth", __name__, description="Signing in and out")


class Credentials(Shape):
    username = Text(64, least=1, required=True, metadata={"example": "alice"})
    password = Secret(MAX_PASSWORD, least=1, required=True, metadata={"format": "password"})
    code = Text(
        64,
        metadata={
            "description": "Second factor (TOTP, one-time password) of office roles: the six digits of "
            "the authenticator app, or a recovery code. Installers have none.",
            "example": "492039",
        },
    )


class Me(ma.Schema):
    id = ma.fields.String(required=True)
    username = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    language = ma.fields.String(required=True)
    organisation_id = ma.fields.String(required=True)


class TokenPair(ma.Schema):
    access_token = ma.fields.String(required=True)
    refresh_token = ma.fields.String(required=True)
    expires_in = ma.fields.Integer(required=True, metadata={"description": "seconds"})


class SignedIn(TokenPair):
    person = ma.fields.Nested(Me, required=True)


@blp.route("/auth/login", methods=["POST"])
@is_open
@blp.arguments(Credentials)
@blp.response(200, SignedIn)
def login(form: dict[str, str]) -> Any:
    """Sign in with name and password; office roles add a `code` of their authenticator app.

    Without one their answer is 401 `second_factor_required`; the app is set up at the office's door, once.
    A code is good once; while the refresh token is renewed, no further one is asked for. That token is bound
    to a device by enrolling one (`POST /sync/v1/devices`). After ten failures for a name within 15 minutes
    the answer is 429 with `Retry-After`.
    """
    person = auth.by_password(form["username"], form["password"])
    with_code = auth.needs_a_code(person)
    if with_code:
        _must_fit(person, form.get("code"))
    database, now = house().database, house().clock()
    life = house().config.refresh_life
    link = database.write(
        lambda s: sign_ins.start(s, person.id, None, life, now, with_code=with_code)
    )
    return {**token_pair(link), "person": person}


def _must_fit(person: Person, code: str | None) -> None:
    if not code:
        raise errors.SecondFactorRequired()
    auth.must_fit(person, code)


@blp.route("/auth/refresh", methods=["POST"])
@is_open
@blp.response(200, TokenPair)
@blp.doc(security=[{"refresh": []}])
def refresh() -> Any:
    """Renew a sign-in with its refresh token (as Bearer).

    Rotation is idempotent: a token stays good, and gives the same successor, until that successor has
    been used once. An older one used again ends the whole sign-in (`token_reused`).
    """
    link_id, now = refresh_link(), house().clock()
    life = house().config.refresh_life
    outcome = house().database.write(lambda s: sign_ins.rotate(s, link_id, life, now))
    if isinstance(outcome, errors.DoorstepError):
        raise outcome
    return token_pair(outcome)


@blp.route("/auth/logout", methods=["POST"])
@writes
@needs("profile.read")
@blp.response(204)
def logout(session: Session) -> None:
    """End this sign-in. What waits on the device stays there for the next one."""
    who = caller()
    chain = session.get_one(Chain, who.chain_id)
    sign_ins.end(session, chain, "signed_out", who.person.id, house().clock())


@blp.route("/auth/me")
@needs("profile.read")
@blp.response(200, Me)
def me() -> Person:
    """Who is signed in."""
    return auth.me()
