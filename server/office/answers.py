"""How the office answers: whole pages, fragments for htmx, and failures in words with what to do."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from server import errors as wire
from server.auth import caller_if_any, lacks_a_code, me_if_any
from server.domain import errors
from server.domain.people import may
from server.house import house
from server.ids import new_id
from server.office import sections, sessions, static_files, told
from server.office.wording import language

DONE, DONE_S = "doorstep_done", 60  # a cookie for the page's own script, and its life in seconds
JSON_TYPES = ("application/problem+json", "application/json")


def what_every_page_knows() -> dict[str, Any]:
    """The names that templates use without being handed them."""
    person = None if caller_if_any() is None or lacks_a_code() else me_if_any()
    return {
        "me": person,
        "sections": sections.of,
        "may": lambda act: person is not None and may(person.role, act),
        "csrf_token": sessions.csrf_token(),
        "new_key": new_id,
        "static_file": static_files.address,
        "language": language(),
        "is_demo": house().config.is_demo,
        "now": house().clock(),
        "what_was_done": told.said,
    }


def is_fragment() -> bool:
    """Asked for by htmx, to be put into a page that stands already."""
    return request.headers.get("HX-Request") == "true"


def problem(failure: errors.DoorstepError, status: int) -> Response:
    """A page that says what happened; the door for whoever is not signed in."""
    best = request.accept_mimetypes.best_match(["text/html", *JSON_TYPES], default="text/html")
    if best != "text/html":
        return wire.details(failure, status)
    if isinstance(failure, errors.NotSignedIn) and not isinstance(failure, errors.WrongPassword):
        return _to_the_door()
    page = "office/problem_fragment.html" if is_fragment() else "office/problem.html"
    sentence = failure.sentence(language())
    answer = make_response(
        render_template(page, failure=failure, sentence=sentence, request_id=g.get("request_id")),
        status,
    )
    if is_fragment():
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#notices", "innerHTML"
    if failure.retry_after_s is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_s)
    return answer


def _to_the_door() -> Response:
    door = url_for("office.entrance.door", next=_where_we_are())
    if is_fragment():
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = door
        return answer
    return make_response(redirect(door, code=303))


def _where_we_are() -> str | None:
    """The page to come back to; an act is not repeated by itself, so it comes back to its page."""
    if request.method == "GET" and not is_fragment():
        return request.full_path.rstrip("?")
    address = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    return inside(address.path + ("?" + address.query if address.query else ""))


def inside(address: str | None) -> str | None:
    """The address, if it is one of the office's own: nobody is sent elsewhere after signing in."""
    is_ours = address is not None and (address == "/office" or address.startswith("/office/"))
    is_plain = is_ours and "\\" not in str(address) and str(address).isprintable()
    return address if is_plain else None


def keep_out_of_caches(answer: Response) -> Response:
    """A page shows people and their homes; the pictures and the style say themselves how long they last."""
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def tell_our_own_pages(answer: Response) -> Response:
    """Whoever signs in again, or reads that something failed, is brought back to where they were: for that
    our own pages must learn where somebody comes from. Other sites still learn nothing.
    """
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    return answer


def tell_that_it_is_done(answer: Response) -> Response:
    """After an act that went well: the page that comes next forgets what was typed for it."""
    is_act = request.method == "POST" and g.get("office") and not g.get("office_is_new")
    if is_act and answer.status_code == 303:
        answer.set_cookie(DONE, "1", path=sessions.PATH, max_age=DONE_S, samesite="Lax")
    return answer


def go_to(endpoint: str, **values: Any) -> AnyResponse:
    """After an act: the page that shows what came of it."""
    return redirect(url_for(endpoint, **values), code=303)
