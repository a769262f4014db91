"""`doorstep serve`: the web server (gunicorn, threads), for a database that is up to date.

HOST (127.0.0.1), PORT (8000), WORKERS (2 processes) and THREADS (4 in each) come from the environment.
"""

import re
from collections.abc import Mapping
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import SQLAlchemyError

from server.app import create_app
from server.config import Config, ConfigError
from server.db import migrate
from server.db.engine import Database
from server.requests import set_up_logging

SETTINGS: dict[str, Any] = {
    "worker_class": "gthread",
    "timeout": 120,  # seconds without a sign of life from a process; a slow upload is none of that
    "graceful_timeout": 30,
    "keepalive": 15,
    "backlog": 512,
    "limit_request_line": 4094,
    "limit_request_fields": 60,
    "limit_request_field_size": 8190,
    "preload_app": False,  # each process opens its own database connections
    "loglevel": "warning",
    "control_socket_disable": True,
}


def serve(config: Config, env: Mapping[str, str]) -> int:
    """Serves until it is asked to stop. Raises `ConfigError` where that cannot go well."""
    set_up_logging(config.log_level)
    _must_be_up_to_date(config)
    config.media.mkdir(parents=True, exist_ok=True)
    host, port = env.get("HOST") or "127.0.0.1", _number(env, "PORT", 8000, 65_535)
    settings = {
        **SETTINGS,
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": _number(env, "WORKERS", 2, 64),
        "threads": _number(env, "THREADS", 4, 256),
    }
    _Server(config, settings).run()
    return 0


def _must_be_up_to_date(config: Config) -> None:
    database = Database(config.database_url)
    try:
        is_current = migrate.is_current(database)
    except SQLAlchemyError as failure:
        raise ConfigError(
            f"The database cannot be opened: {failure.__cause__ or failure}"
        ) from failure
    finally:
        database.close()
    if not is_current:
        raise ConfigError("The database is not up to date. Run: doorstep migrate")


def _number(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= most:
        raise ConfigError(f"{name} must be a whole number from 1 to {most}, not {text!r}.")
    return int(text)


class _Server(BaseApplication):
    """gunicorn with our settings and no file or command line of its own."""

    def __init__(self, config: Config, settings: dict[str, Any]) -> None:
        self._config, self._settings = config, settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._config)
