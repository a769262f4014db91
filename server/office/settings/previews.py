"""A checklist as the tablet shows it: its own style, its own order, and the rules of the domain for which
steps follow an answer. What is answered stands in the address, so nothing is kept.
"""

from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from flask_babel import refresh
from sqlalchemy.orm import Session

from server.auth import needs
from server.db import settings as rows
from server.domain import checklists
from server.office.settings.checklists import name_of, published_of
from server.office.settings.places import place
from server.transactions import reads

Document = dict[str, Any]

FRAMED = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)
LONGEST_ANSWER = 4_000


def register(blp: Blueprint) -> None:
    blp.get("/settings/checklists/<template>/tablet")(show_on_tablet)


@reads
@needs("setting.read")
def show_on_tablet(session: Session, template: str) -> Response:
    """The draft where there is one, else what is published, in the language that is asked for."""
    name, where = name_of(template), place(session)
    draft = rows.draft(session, name, where.branch_id)
    document: Document = draft.value if draft else published_of(session, name, where)
    _speak("zh" if request.args.get("language") == "zh" else "en")
    typed = _typed()
    answers = {each["step_id"]: _answer(each, typed) for each in document["steps"]}
    answers = {step_id: given for step_id, given in answers.items() if given is not None}
    shown = checklists.shown_steps(document, answers)
    page = render_template(
        "office/settings_tablet.html",
        name=name,
        template=template,
        place=where,
        document=document,
        steps=shown,
        slots=document["slots"],
        typed=typed,
        answers=answers,
        problems=checklists.problems(document, answers),
        missing=checklists.missing(document, answers, {}),
        slot_of=checklists.slot_of,
    )
    answer = make_response(page)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"  # it stands in our own page
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


def _speak(language: str) -> None:
    """The frame may speak another language than the page around it: installers read both."""
    g.language = language
    refresh()


def _typed() -> dict[str, str]:
    found = {
        name.removeprefix("a."): text.replace("\x00", "")[:LONGEST_ANSWER]
        for name, text in request.args.items()
        if name.startswith("a.")
    }
    return {name: text for name, text in found.items() if text}


def _answer(step: Document, typed: dict[str, str]) -> Any:
    """What the tablet would make of it: a number with a comma is a number, what is none stays text."""
    text = typed.get(step["step_id"])
    if text is None or step["kind"] == "photo":
        return None
    if step["kind"] == "yes_no":
        return {"yes": True, "no": False}.get(text)
    if step["kind"] != "number":
        return text
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return text
