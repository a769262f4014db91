"""For customers: what a signed link opens, without an account, under /c."""

from flask import Blueprint, Flask

from server import errors
from server.portal import proofs, retakes


def register(app: Flask) -> None:
    errors.tell_otherwise(app, "c", retakes.problem)
    portal = Blueprint("portal", __name__, url_prefix="/c", template_folder="templates")
    portal.register_blueprint(retakes.blp)
    portal.register_blueprint(proofs.blp)
    app.register_blueprint(portal)
