"""How customers are told that something does not go: one calm page, with what to do."""

from flask import Response, g, render_template

from server import errors as wire
from server.domain import errors
from server.domain.errors import Language
from server.portal import visitors
from server.portal.words import said

# What a customer reads instead of our own sentence.
TOLD: dict[type[errors.DoorstepError], str] = {
    errors.TooLarge: "too_large",
    errors.RequestForged: "form_old",
    errors.TooMany: "too_many",
    errors.NotAllowed: "preview_only",
}


def tell(failure: errors.DoorstepError, status: int) -> Response:
    """For somebody who has never heard of us; they may be cut off, or late."""
    language = visitors.language() if "customer_language" in g else wire.language()
    page = render_template(
        "portal/over.html",
        sentence=_sentence(failure, language),
        todo=_todo(failure, language),
        shop=failure.details.get("shop", "Doorstep"),
        language=language,
    )
    answer = visitors.answer(page, status)
    if failure.retry_after_s is not None:
        answer.headers["Retry-After"] = str(failure.retry_after_s)
    return answer


def _sentence(failure: errors.DoorstepError, language: Language) -> str:
    if isinstance(failure, errors.CustomerLinkOver):
        return said(f"link_{failure.details.get('why', 'gone')}", language)
    if isinstance(failure, errors.NotFound):
        return said("link_unknown", language)
    code = next((TOLD[each] for each in type(failure).__mro__ if each in TOLD), None)
    return said(code, language) if code else failure.sentence(language)


def _todo(failure: errors.DoorstepError, language: Language) -> str:
    """Whom to call: the branch, where the link was ours."""
    if isinstance(failure, errors.CustomerLinkOver) and failure.details.get("phone"):
        shop, phone = failure.details["shop"], failure.details["phone"]
        return said("call_shop", language, shop=shop, phone=phone)
    return said("call_us", language) if isinstance(failure, errors.NotFound) else ""
