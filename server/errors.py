"""Failures on the wire: which HTTP status each kind has, and the shape in which it is told.

Problem details (RFC 9457) with our stable `code`. What nobody foresaw is a 500 whose text gives nothing
away; its traceback goes to the log under the request id.
"""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from server.domain import errors

log = logging.getLogger("doorstep")

# The nearest kind above an error decides.
STATUS: dict[type[errors.DoorstepError], int] = {
    errors.BadRequest: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.ChangedMeanwhile: 412,
    errors.TooLarge: 413,
    errors.Unsupported: 415,
    errors.Invalid: 422,
    errors.Locked: 423,
    errors.ClientTooOld: 426,
    errors.VersionMissing: 428,
    errors.TooMany: 429,
    errors.ChecksumMismatch: 460,
    errors.Busy: 503,
    errors.StorageFull: 507,
}

# What the framework itself refuses, in our words.
_OF_HTTP: dict[int, type[errors.DoorstepError]] = {
    400: errors.BadRequest,
    404: errors.NotFound,
    413: errors.TooLarge,
    415: errors.Unsupported,
    429: errors.TooMany,
}


def status_of(failure: errors.DoorstepError | type[errors.DoorstepError]) -> int:
    kind = failure if isinstance(failure, type) else type(failure)
    return next((STATUS[each] for each in kind.__mro__ if each in STATUS), 500)


def language() -> errors.Language:
    """The language to speak: what the caller asks for, English otherwise."""
    for spoken, quality in request.accept_languages:  # the best first
        word = spoken.casefold().split("-")[0]
        if quality and word in ("en", "zh"):
            return "zh" if word == "zh" else "en"
    return "en"


TellProblem = Callable[[errors.DoorstepError, int], Response]
TELLERS = "doorstep_tellers"  # of an app: how the failures of a part of it are told


def problem(failure: errors.DoorstepError, status: int | None = None) -> Response:
    """The answer that tells of a failure, as whoever answers this request does: pages tell on pages."""
    part = request.path.split("/", 2)[1:2]
    tell: TellProblem = current_app.extensions[TELLERS].get("".join(part), details)
    return tell(failure, status or status_of(failure))


def tell_otherwise(app: Flask, part: str, tell: TellProblem) -> None:
    """From now on failures of the addresses under `/part` are told in this way, whatever raised them."""
    app.extensions[TELLERS][part] = tell


def details(failure: errors.DoorstepError, status: int) -> Response:
    """Problem details, with `Retry-After` where waiting helps."""
    more = dict(failure.details)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": type(failure).__name__,
        "status": status,
        "detail": failure.sentence(language()),
        "code": failure.code,
    }
    if "errors" in more:
        body["errors"] = more.pop("errors")
    if more:
        body["details"] = more
    if failure.retry_after_s is not None:
        body["retry_after_s"] = failure.retry_after_s
    if "request_id" in g:
        body["request_id"] = g.request_id
    answer = Response(
        current_app.json.dumps(body), status=status, mimetype="application/problem+json"
    )
    if failure.retry_after_s is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_s)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def register(app: Flask) -> None:
    """Every failure leaves the house through here."""
    app.extensions[TELLERS] = {}
    app.register_error_handler(errors.DoorstepError, problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(NoConnection, _database_away)
    app.register_error_handler(RecursionError, _nested_too_deep)
    app.register_error_handler(Exception, _unforeseen)


def _http_problem(failure: HTTPException) -> Response:
    status = failure.code or 500
    answer = problem(_translated(failure, status), status)
    if status == 405 and getattr(failure, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(failure.valid_methods))  # type: ignore[attr-defined]
    return answer


def _translated(failure: HTTPException, status: int) -> errors.DoorstepError:
    if status == 422 and hasattr(failure, "data"):
        return errors.Invalid(errors=failure.data.get("messages", {}))
    if status == 405:
        return errors.MethodNotAllowed()
    return _OF_HTTP.get(status, errors.DoorstepError if status >= 500 else errors.BadRequest)()


def _nested_too_deep(failure: RecursionError) -> Response:
    """JSON that nests deeper than anybody reads; the log tells where, should it be our own doing."""
    log.warning("nested too deep", exc_info=failure, extra={"fields": _about()})
    return problem(errors.BadRequest())


def _database_away(failure: OperationalError | NoConnection) -> Response:
    """The database is not there, is full, or has no connection left: it will be tried again."""
    log.error("the database did not do it", exc_info=failure, extra={"fields": _about()})
    return problem(errors.Busy(retry_after_s=5))


def _about() -> dict[str, Any]:
    """What the log may say of a request."""
    return {"request_id": g.get("request_id"), "route": str(request.url_rule or "(none)")}


def _unforeseen(failure: Exception) -> Response:
    log.exception("unforeseen failure", extra={"fields": _about()})
    return problem(errors.DoorstepError(), 500)
