"""For customers: what a signed link opens, without an account, under /c."""

from typing import Any

from flask import Blueprint, Flask

from server import errors
from server.portal import (
    acts,
    customer_photos,
    files,
    place_photos,
    problems,
    proofs,
    retakes,
    signing,
    tickets,
)
from server.portal.words import WORDS


def register(app: Flask) -> None:
    errors.tell_otherwise(app, "c", problems.tell)
    portal = Blueprint("portal", __name__, url_prefix="/c", template_folder="templates")
    for page in (proofs, files, customer_photos, retakes, signing, acts, place_photos, tickets):
        portal.register_blueprint(page.blp)
    portal.app_context_processor(_what_every_page_knows)
    app.register_blueprint(portal)


def _what_every_page_knows() -> dict[str, Any]:
    return {"portal_file": files.address, "has_words": WORDS.__contains__}
