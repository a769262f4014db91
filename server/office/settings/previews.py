"""A checklist as the tablet shows it: the tablet's own screens, which set-up builds apart from the app
(`field_client/tablet/preview`), with the draft as it stands. What is answered stays in the frame.
"""

from typing import Any

from flask import Blueprint, Response, g, make_response, render_template, request
from flask_babel import refresh
from sqlalchemy.orm import Session

from server.auth import needs
from server.db import settings as rows
from server.office.settings.checklists import name_of, published_of
from server.office.settings.places import place
from server.transactions import reads

Document = dict[str, Any]

FRAMED = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)


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
    shown = {
        "language": g.language,
        "slots": document["slots"],
        "checklist": {"name": template, "version": 0, "steps": document["steps"]},
    }
    page = render_template("office/settings_tablet.html", shown=shown)
    answer = make_response(page)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"  # it stands in our own page
    answer.headers["Content-Security-Policy"] = FRAMED
    return answer


def _speak(language: str) -> None:
    """The frame may speak another language than the page around it: installers read both."""
    g.language = language
    refresh()
