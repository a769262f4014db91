"""`doorstep serve`: the web server (granian), for a database that is up to date.

HOST (127.0.0.1), PORT (8000), WORKERS (2 processes) and THREADS (4 in each) come from the environment, and
TLS_CERT with TLS_KEY (files in PEM) where no proxy before it speaks HTTPS.
SIGHUP brings in new code and configuration, one process after the other; SIGTERM ends what is under way.
"""

import gc
import re
import signal
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from sqlalchemy.exc import SQLAlchemyError

from server.config import Config, ConfigError
from server.db import migrate
from server.db.engine import Database
from server.entrances import Entrance
from server.requests import MAX_JSON_BODY, MOST_OF, set_up_logging

SETTINGS: dict[str, Any] = {
    "interface": Interfaces.RSGI,
    "factory": True,  # each process makes its own app, with its own database connections
    "http": HTTPModes.http1,
    "websockets": False,
    "http1_settings": HTTP1Settings(
        header_read_timeout=15_000
    ),  # milliseconds, also between requests
    "backlog": 512,
    "backpressure": 512,  # connections that a process holds open at once
    "workers_kill_timeout": 30,  # seconds that requests have to end
    "respawn_failed_workers": True,
    "log_level": LogLevels.warning,
}


def serve(config: Config, env: Mapping[str, str]) -> int:
    """Serves until it is asked to stop. Raises `ConfigError` where that cannot go well."""
    set_up_logging(config.log_level)
    _must_be_up_to_date(config)
    config.media.mkdir(parents=True, exist_ok=True)
    host, port = env.get("HOST") or "127.0.0.1", _number(env, "PORT", 8000, 65_535)
    workers, _threads = _number(env, "WORKERS", 2, 64), _number(env, "THREADS", 4, 256)
    _must_be_free(host, port)
    Server(
        "server.serving:entrance_from_env",
        address=host,
        port=port,
        workers=workers,
        **_tls(env),
        **SETTINGS,
    ).serve()
    return 0


def entrance_from_env() -> Entrance:
    """The app of one server process behind its entrance.

    Until granian listens to signals in this process, they end it: the handlers that it inherits belong
    to its parent, and would swallow a request to stop.
    """
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.SIG_DFL)
    gc.disable()  # nothing of what is loaded now is ever thrown away; `settle` ends this
    from server.app import create_app  # which the process that watches over these never needs

    config = Config.from_env()
    set_up_logging(config.log_level)
    most = max(MAX_JSON_BODY, *MOST_OF.values(), config.max_push_bytes)
    app = create_app(config)
    settle()
    return Entrance(app.wsgi_app, threads=config.threads, most=most)


def settle() -> None:
    """All that is in memory now stays as long as the process: the collector need not walk through it again
    and again, which costs a request that it hits a fifth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.enable()


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


def _tls(env: Mapping[str, str]) -> dict[str, Any]:
    names = {"ssl_cert": "TLS_CERT", "ssl_key": "TLS_KEY"}
    given = {option: Path(env[name]) for option, name in names.items() if env.get(name)}
    if len(given) == 1:
        raise ConfigError("TLS_CERT and TLS_KEY belong together: give both or none.")
    for option, path in given.items():
        if not path.is_file():
            raise ConfigError(f"{names[option]} names no file: {path}")
    return given


def _must_be_free(host: str, port: int) -> None:
    """The processes share the port among themselves, so they would share it with a stranger, too."""
    try:
        (family, *_, address) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as taken:
        raise ConfigError(f"Nobody can listen on {host}, port {port}: {taken.strerror}.") from taken


def _number(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = env.get(name) or str(default)
    if not re.fullmatch(r"\d{1,6}", text) or not 1 <= int(text) <= most:
        raise ConfigError(f"{name} must be a whole number from 1 to {most}, not {text!r}.")
    return int(text)
