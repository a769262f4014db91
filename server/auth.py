"""Who is asking: tokens on the wire, the person behind them, and what the role allows.

Tokens are flask-jwt-extended's; whether one still counts is asked of the database at every request, so
that a revocation bites at once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, TypeVar

from flask import Flask, g, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    decode_token,
    get_jwt,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException, NoAuthorizationError
from jwt.exceptions import PyJWTError

from server import passwords
from server.actions import second_factors, sign_ins
from server.actions.sign_ins import Caller
from server.config import DEMO_PASSWORD, Config
from server.db.lookups import Lookups
from server.db.people import Person, SignIn
from server.domain import errors
from server.domain.people import OFFICE_ROLES, WITHOUT_CODE, must
from server.house import house
from server.requests import said

View = TypeVar("View", bound=Callable[..., Any])

NEEDS = "doorstep_needs"  # the attribute of a view that names its permission


FOREVER_S = 10**11
TOKENS_REMEMBERED = 2_000  # in each process; a token takes about 1 KB


def register(app: Flask, config: Config) -> None:
    """Sets flask-jwt-extended up. It asks the computer for the time; we ask the house, so it is given
    a leeway of all time, and `_claims` decides what has expired."""
    app.config.update(
        JWT_SECRET_KEY=config.secret,
        JWT_ALGORITHM="HS256",
        JWT_TOKEN_LOCATION=["headers"],
        JWT_COOKIE_CSRF_PROTECT=False,  # no cookies; and its claim would make every token another
        JWT_DECODE_LEEWAY=FOREVER_S,
    )
    JWTManager(app)


def by_password(username: str, password: str) -> Person:
    """Whom this name and this password belong to.

    Raises `WrongPassword`, and `TooMany` after too many of them for the name or from the address.
    """
    with counting_guesses(username) as guess:
        person = house().database.read(lambda s: sign_ins.person_by_name(s, username))
        if not _fits(password, person):
            guess()
            raise errors.WrongPassword()
    assert person is not None, "only a person's password fits"
    return person


def _fits(password: str, person: Person | None) -> bool:
    if not passwords.is_right(password, person.password_hash if person else None):
        return False
    is_allowed = house().config.is_demo or password != DEMO_PASSWORD
    return is_allowed and person is not None and person.is_active


def needs_a_code(person: Person) -> bool:
    """Whether a second factor is asked of this person."""
    return person.role in OFFICE_ROLES and house().config.second_factor


def must_fit(person: Person, code: str) -> None:
    """Takes a code of the authenticator app, or a recovery code. Raises `WrongCode`, counted as a password
    that does not fit is, and `TooMany`.
    """
    database, now, secret = house().database, house().clock(), house().config.secret
    with counting_guesses(person.username) as guess:
        if not database.write(lambda s: second_factors.check(s, secret, person.id, code, now)):
            guess()
            raise errors.WrongCode()


@contextmanager
def counting_guesses(username: str) -> Iterator[Callable[[], None]]:
    """Hands out a function that counts one failure for the name and the address.

    Raises `TooMany` after too many of them.
    """
    database, now = house().database, house().clock()
    subjects = sign_ins.guess_subjects(username, request.remote_addr or "")
    database.read(lambda s: sign_ins.must_not_be_guessing(s, subjects, now))
    yield lambda: database.write(lambda s: sign_ins.note_guess(s, subjects, now))


def token_pair(link: SignIn) -> dict[str, Any]:
    """The tokens of one link of a chain; the same link always gives the same refresh token."""
    now, life = house().clock(), house().config.access_life
    bound = {"chain": link.chain_id, "device": link.device_id}
    access = {**bound, **_valid(now, now + life)}
    refresh = {**bound, **_valid(link.issued_at, link.expires_at), "jti": link.id}
    return {
        "access_token": create_access_token(link.person_id, additional_claims=access),
        "refresh_token": create_refresh_token(link.person_id, additional_claims=refresh),
        "expires_in": int(life.total_seconds()),
    }


def _valid(since: datetime, until: datetime) -> dict[str, int]:
    begin, end = int(since.timestamp()), int(until.timestamp())
    return {"iat": begin, "nbf": begin, "exp": end}


def token_with(person_id: str, claims: dict[str, Any]) -> str:
    """A token for a place that keeps it by itself, such as a cookie."""
    return create_access_token(person_id, additional_claims=claims)


def claims_in(token: str) -> dict[str, Any] | None:
    """What such a token says, however old it is; None for one that we have not made."""
    try:
        claims: dict[str, Any] = decode_token(token)
    except (JWTExtendedException, PyJWTError, ValueError, RecursionError):
        return None
    return claims


def _claims(*, refresh: bool = False) -> Mapping[str, Any]:
    """What the token of this request says; raises `NotSignedIn`, `TokenInvalid` or `TokenExpired`."""
    here = house()
    try:
        claims = _signed(said("Authorization") or "", here.config.secret, refresh)
    except NoAuthorizationError as without:
        raise errors.NotSignedIn() from without
    except (JWTExtendedException, PyJWTError, ValueError, RecursionError) as bad:
        raise errors.TokenInvalid() from bad
    if claims.get("exp", 0) <= here.clock().timestamp():
        raise errors.TokenExpired()
    return claims


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _signed(authorization: str, secret: str, refresh: bool) -> Mapping[str, Any]:
    """What the token of this request says, its signature checked.

    A signature that was right stays right, so it is remembered under the very text that carried it;
    whether the token has expired or was revoked is asked at every request.
    """
    verify_jwt_in_request(refresh=refresh)
    return get_jwt()


def refresh_link() -> str:
    """The id of the refresh token that this request carries.

    Raises `DeviceUnknown` for one that is bound to another device than `Sync-Device` names.
    """
    claims = _claims(refresh=True)
    bound_to = claims.get("device")
    if bound_to is not None and request.headers.get("Sync-Device") != bound_to:
        raise errors.DeviceUnknown()
    return str(claims["jti"])


def caller() -> Caller:
    """Who sends this request; raises `NotSignedIn` and its kin."""
    found: Caller | None = g.get("caller")
    if found is None:
        claims = _claims()
        with Lookups(house().database) as asked:
            found = sign_ins.caller(asked, claims["sub"], str(claims.get("chain")))
        g.caller = found
    return found


def caller_if_any() -> Caller | None:
    """Who sends this request, if a good token came along."""
    if "Authorization" not in request.headers and "caller" not in g:
        return None
    return caller()


def me() -> Person:
    """The person behind this request, in full."""
    if "me" not in g:
        person_id = caller().person.id
        g.me = house().database.read(lambda session: session.get_one(Person, person_id))
    found: Person = g.me
    return found


def me_if_any() -> Person | None:
    return me() if caller_if_any() is not None else None


def needs(act: str) -> Callable[[View], View]:
    """Lets a view run only for roles that may do `act` (server/domain/people.py)."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            must(caller().person.role, act)
            _must_have_come_with_a_code(act)
            return view(*args, **kwargs)

        setattr(guarded, NEEDS, act)
        return guarded  # type: ignore[return-value]

    return guard


def _must_have_come_with_a_code(act: str) -> None:
    """Whoever sits in the office has shown a second factor when signing in. Raises `SecondFactorRequired`.

    A sign-in of before, such as that of an installer who has become a dispatcher meanwhile, still delivers.
    """
    if act not in WITHOUT_CODE and lacks_a_code():
        raise errors.SecondFactorRequired()


def lacks_a_code() -> bool:
    """Whether whoever sends this request has shown no second factor, though the role asks for one."""
    who = caller()
    is_asked = who.person.role in OFFICE_ROLES and house().config.second_factor
    return is_asked and not who.with_code


def is_open(view: View) -> View:
    """Marks a view that needs no sign-in."""
    setattr(view, NEEDS, None)
    return view
