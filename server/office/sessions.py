"""Who sits at the browser: a cookie that no script reads, an idle lock, and a token against forgery.

The cookie holds a signed token that is bound to a sign-in, as an access token is; whether that sign-in
still counts is asked of the database at every request. Whoever does nothing for half an hour is asked for
the password again; a page that looks for news by itself does not count as doing something.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, request

from server import auth
from server.actions import sign_ins
from server.db.lookups import Lookups
from server.db.people import Person
from server.domain import errors
from server.house import house

COOKIE = "doorstep_office"
PATH = "/office"
IDLE = timedelta(minutes=30)
WORKING_DAY = timedelta(hours=12)  # after which the password is asked for whatever happened
PROLONGED_EACH = timedelta(minutes=1)
BY_ITSELF = "X-By-Itself"  # the header of requests that nobody's hand has made
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


def begin(person: Person, *, with_code: bool = False) -> None:
    """Starts a sign-in; its cookie leaves with this answer."""
    now = house().clock()
    link = house().database.write(
        lambda session: sign_ins.start(
            session, person.id, None, WORKING_DAY, now, with_code=with_code
        )
    )
    g.office = {"sub": person.id, "chain": link.chain_id, "since": int(now.timestamp())}
    g.office_is_new = True


def end() -> None:
    """The cookie is taken away with this answer."""
    g.office = None
    g.office_is_new = True


def resume() -> None:
    """Before every page: puts the person behind the cookie in their place, if there is one.

    Raises `RequestForged` for an act that the cookie was sent along with, but no page of ours has asked for.
    """
    _ignore_the_proxy()
    _must_come_from_here()
    g.office = claims = _claims(request.cookies.get(COOKIE))
    if claims is None:
        return
    try:
        with Lookups(house().database) as asked:
            g.caller = sign_ins.caller(asked, claims["sub"], claims["chain"])
    except (errors.TokenInvalid, errors.TokenRevoked):
        end()
        return
    if request.method not in READING:
        _must_be_asked_for_by_a_page()


def _must_come_from_here() -> None:
    """A browser says where an act comes from; another site's is refused, also before the sign-in."""
    if request.method not in READING and _is_from_elsewhere():
        raise errors.RequestForged()


def _is_from_elsewhere() -> bool:
    """Old browsers, and all of them without TLS, name only the site: `Origin`."""
    said = request.headers.get("Sec-Fetch-Site")
    if said is not None:
        return said in ("cross-site", "same-site")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def _ignore_the_proxy() -> None:
    """A password that a proxy in front of us has asked for is none of ours."""
    if not request.headers.get("Authorization", "Bearer ").startswith("Bearer "):
        del request.environ["HTTP_AUTHORIZATION"]


def _must_be_asked_for_by_a_page() -> None:
    said = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not hmac.compare_digest(said.encode(), csrf_token().encode()):
        raise errors.RequestForged()


def csrf_token() -> str:
    """What every form of this sign-in carries: a MAC over it, so nothing has to be kept."""
    claims = g.get("office")
    if not claims:
        return ""
    said = f"csrf:{claims['chain']}".encode()
    return hmac.new(house().config.secret.encode(), said, hashlib.sha256).hexdigest()


def _claims(token: str | None) -> dict[str, Any] | None:
    """What the cookie says; None for one that is not ours or that has been idle for too long."""
    if token is None:
        return None
    claims = auth.claims_in(token)
    if claims is None:
        return None
    now = house().clock().timestamp()
    is_of_the_office = claims.get("at") == "office"
    return claims if is_of_the_office and claims["exp"] > now else None


def prolong(answer: Response) -> Response:
    """After every page: the cookie lasts another half hour, if a hand has asked for the page."""
    claims = g.get("office")
    if claims is None:
        if g.get("office_is_new"):
            answer.delete_cookie(COOKIE, path=PATH)
        return answer
    now = house().clock()
    is_recent = now.timestamp() - claims.get("iat", 0) < PROLONGED_EACH.total_seconds()
    if g.get("office_is_new") or not (is_recent or request.headers.get(BY_ITSELF)):
        _set_cookie(answer, _renewed(claims))
    return answer


def _renewed(claims: dict[str, Any]) -> str:
    now = house().clock()
    ends = min(int((now + IDLE).timestamp()), claims["since"] + int(WORKING_DAY.total_seconds()))
    said = {
        "at": "office",
        "chain": claims["chain"],
        "device": None,
        "since": claims["since"],
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": ends,
    }
    return auth.token_with(claims["sub"], said)


def _set_cookie(answer: Response, token: str) -> None:
    answer.set_cookie(
        COOKIE, token, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure
    )
