"""Who is asking: tokens on the wire, the person behind them, and what the role allows.

Tokens are flask-jwt-extended's; whether one still counts is asked of the database at every request, so
that a revocation bites at once.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, g, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    verify_jwt_in_request,
)

from server.actions import sign_ins
from server.actions.sign_ins import Caller
from server.config import Config
from server.db.people import Person, SignIn
from server.domain import errors
from server.domain.people import must
from server.errors import problem
from server.house import house

View = TypeVar("View", bound=Callable[..., Any])

NEEDS = "doorstep_needs"  # the attribute of a view that names its permission


def register(app: Flask, config: Config) -> None:
    """Sets flask-jwt-extended up to speak our errors: 401 and a stable code, never 422."""
    app.config.update(
        JWT_SECRET_KEY=config.secret,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ACCESS_TOKEN_EXPIRES=config.access_life,
        JWT_REFRESH_TOKEN_EXPIRES=config.refresh_life,
        JWT_DECODE_LEEWAY=0,
    )
    tokens = JWTManager(app)
    tokens.expired_token_loader(lambda _header, _claims: problem(errors.TokenExpired()))
    tokens.invalid_token_loader(lambda _why: problem(errors.TokenInvalid()))
    tokens.unauthorized_loader(lambda _why: problem(errors.NotSignedIn()))
    tokens.revoked_token_loader(lambda _header, _claims: problem(errors.TokenRevoked()))


def token_pair(link: SignIn) -> dict[str, Any]:
    """The tokens of one link of a chain; the same link always gives the same refresh token."""
    claims = {"chain": link.chain_id, "device": link.device_id}
    times = {name: int(link.issued_at.timestamp()) for name in ("iat", "nbf")}
    refresh = {**claims, **times, "jti": link.id, "exp": int(link.expires_at.timestamp())}
    return {
        "access_token": create_access_token(link.person_id, additional_claims=claims),
        "refresh_token": create_refresh_token(link.person_id, additional_claims=refresh),
        "expires_in": int(house().config.access_life.total_seconds()),
    }


def refresh_link() -> str:
    """The id of the refresh token that this request carries."""
    verify_jwt_in_request(refresh=True)
    return str(get_jwt()["jti"])


def caller() -> Caller:
    """Who sends this request; raises `NotSignedIn` and its kin."""
    if "caller" not in g:
        verify_jwt_in_request()
        claims = get_jwt()
        g.caller = house().database.read(
            lambda session: sign_ins.caller(session, claims["sub"], str(claims.get("chain")))
        )
    found: Caller = g.caller
    return found


def caller_if_any() -> Caller | None:
    """Who sends this request, if a good token came along."""
    if "Authorization" not in request.headers:
        return None
    return caller()


def me() -> Person:
    return caller().person


def needs(act: str) -> Callable[[View], View]:
    """Lets a view run only for roles that may do `act` (server/domain/people.py)."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            must(me().role, act)
            return view(*args, **kwargs)

        setattr(guarded, NEEDS, act)
        return guarded  # type: ignore[return-value]

    return guard


def is_open(view: View) -> View:
    """Marks a view that needs no sign-in."""
    setattr(view, NEEDS, None)
    return view
