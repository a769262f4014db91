"""create_app: wires configuration, database, files, sign-in, errors and the API together."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from werkzeug.datastructures import Headers
from werkzeug.middleware.proxy_fix import ProxyFix

from server import api, auth, errors, office, portal, requests, tablet_app
from server.api.json_answers import JsonAnswers
from server.clock import Clock, utc_now
from server.config import Config
from server.db import feed, figures
from server.db.engine import Database
from server.files import Media
from server.house import House


class Answer(Response):
    """An ordinary one leaves with its headers as they are: they are in order already, and its own."""

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        if not 200 <= self.status_code < 300 or not self.is_sequence:
            return super().get_wsgi_headers(environ)
        if self.status_code == 204:
            self.headers.remove("Content-Length")
        else:
            self.headers.setdefault("Content-Length", str(sum(map(len, self.iter_encoded()))))
        return self.headers


class App(Flask):
    """Flask without a question that it puts a dozen times at every request: no view of ours is async."""

    response_class = Answer

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(config: Config, *, clock: Clock = utc_now) -> Flask:
    """The app for one configuration. Opens no connection yet: the first request does."""
    app = App("server", static_folder=None)
    app.json = JsonAnswers(app)
    furnish(app, config, clock)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    requests.register(app)
    errors.register(app)
    auth.register(app, config)
    api.register(app)
    app.register_blueprint(tablet_app.blp)
    office.register(app)
    portal.register(app)
    return app


def furnish(app: Flask, config: Config, clock: Clock) -> House:
    """Puts database, files and clock into the app."""
    database = Database(config.database_url)
    database.before_commit.append(lambda session: _stamp(session, clock))
    house = House(config, database, Media(config.media), clock)
    app.extensions["doorstep"] = house
    return house


def _stamp(session: feed.Session, clock: Clock) -> None:
    figures.mark(session)
    feed.stamp(session, clock())
