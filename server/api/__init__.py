"""For devices and integrators: JSON, OpenAPI 3.1, `/api/v1` and `/sync/v1`."""

from flask import Flask
from flask_smorest import Api, Blueprint

from server.api import health, reference, sign_ins
from server.api.schemas import Problem


class DoorstepApi(Api):
    """flask-smorest without its error pages: failures leave through server/errors.py."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self, *args: object, **kwargs: object) -> None:
        """Left out on purpose."""


NOUNS: tuple[Blueprint, ...] = (sign_ins.blp,)


def register(app: Flask) -> None:
    app.config.update(reference.SETTINGS)
    api = DoorstepApi(app)
    reference.describe(api)
    for blueprint in NOUNS:
        api.register_blueprint(blueprint, url_prefix="/api/v1")
    app.register_blueprint(health.blp)
    app.register_blueprint(reference.blp)
