"""For devices and integrators: JSON, OpenAPI 3.1, `/api/v1` and `/sync/v1`."""

from flask import Flask
from flask_smorest import Api, Blueprint

from server.api import (
    assets,
    audit,
    certificates,
    customer_photos,
    customers,
    devices,
    exceptions,
    health,
    jobs,
    media,
    movements,
    organisations,
    part_requests,
    parts,
    people,
    photos,
    products,
    receipts,
    reference,
    revisits,
    serial_swaps,
    sign_ins,
    sites,
    stock,
    sync,
    tickets,
    visits,
)
from server.schemas import Problem


class DoorstepApi(Api):
    """flask-smorest without its error pages and page headers: failures leave by server/errors.py."""

    ERROR_SCHEMA = Problem
    DEFAULT_RESPONSE_CONTENT_TYPE: str = "application/json"

    def _register_error_handlers(self, *args: object, **kwargs: object) -> None:
        """Left out on purpose."""

    def _register_pagination_header(self) -> None:
        """Left out on purpose: a list names its next page in the body."""

    def _register_responses(self) -> None:
        """Failures in the reference have the type with which they really leave."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE  # back to that of the class


NOUNS: tuple[Blueprint, ...] = (
    sign_ins.blp,
    organisations.blp,
    people.blp,
    certificates.blp,
    devices.blp,
    customers.blp,
    sites.blp,
    assets.blp,
    products.blp,
    parts.blp,
    movements.blp,
    stock.blp,
    part_requests.blp,
    serial_swaps.blp,
    photos.blp,
    tickets.blp,
    customer_photos.blp,
    jobs.blp,
    visits.blp,
    receipts.blp,
    revisits.blp,
    exceptions.blp,
    audit.blp,
)
SYNC: tuple[Blueprint, ...] = (sync.blp, media.blp)


def register(app: Flask) -> None:
    app.config.update(reference.SETTINGS)
    api = DoorstepApi(app, spec_kwargs={"extra_plugins": [reference.HouseRules(app)]})
    reference.describe(api)
    for blueprint in NOUNS:
        api.register_blueprint(blueprint, url_prefix="/api/v1")
    for blueprint in SYNC:
        api.register_blueprint(blueprint, url_prefix="/sync/v1")
    app.register_blueprint(media.uploads)
    app.register_blueprint(health.blp)
    app.register_blueprint(reference.blp)
