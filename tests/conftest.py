"""What every test may ask for: databases, on SQLite or on PostgreSQL, and the running app.

Each test that asks for a database gets its own, made by copying one that was migrated once.
"""

from __future__ import annotations

import dataclasses
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import people

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.client import Client
    from tests.live import LiveServer
    from tests.postgres import Postgres

TEMPLATE = "doorstep_template"
ROOMY = 2 * 1024**3  # bytes
# A process that serves freezes what it has; one that only tests goes on adding to it.
SELDOM = (20_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="where the tests keep their data; postgresql runs only tests that have data",
    )


def pytest_configure() -> None:
    """Let pytest keep `tmp_path` in memory, too, and the collector look less often at all that stays."""
    gc.set_threshold(*SELDOM)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(fast_folder()))


def fast_folder() -> Path:
    """Linux's disk in memory when it is roomy: a new PostgreSQL database takes 0.02 s there
    and has been seen to take 0.4 s on a disk. Containers often have only 64 MB of it."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOMY:
        return memory
    # Not the long path of tempfile on macOS, which leaves no room for a socket's name.
    return Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


# Reach a database and do not hang on which one it is: once is enough.
ON_SQLITE_ONLY = (
    "tests/demo/",
    "tests/documents/",
    "tests/field_client/",
    "tests/sync/test_bad_network.py",
    "tests/sync/test_entrance.py",
    "tests/sync/test_slow_senders.py",
    "tests/sync/test_tablet_core.py",
    "tests/sync/test_tus_exchanges.py",
    "tests/sync/test_tus_peers.py",
    "tests/test_permissions.py",
    "tests/test_serving.py",
)
# Looks for input that falls through; PostgreSQL is the stricter of the two.
ON_POSTGRESQL_ONLY = ("tests/api/test_schemathesis.py", "tests/pages/test_bad_input.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What would only be said twice is said once, unless a file is asked for by its name.

    On PostgreSQL that is also whatever never reaches a database.
    """
    is_sqlite = config.getoption("--database") == "sqlite"
    elsewhere = ON_POSTGRESQL_ONLY if is_sqlite else ON_SQLITE_ONLY
    asked = [word.partition("::")[0] for word in config.args if ".py" in word]
    left_out = [
        item
        for item in items
        if (not is_sqlite and "database_server" not in getattr(item, "fixturenames", ()))
        or (item.nodeid.startswith(elsewhere) and not any(map(item.nodeid.startswith, asked)))
    ]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """ "sqlite" or "postgresql"."""
    return request.config.getoption("--database")


@pytest.fixture(scope="session")
def database_server(database_kind: str) -> Iterator[Postgres | None]:
    """The PostgreSQL of this session; None on SQLite, which needs no server."""
    if database_kind == "sqlite":
        yield None
        return
    from tests.postgres import Postgres  # not importable on Windows

    with Postgres(fast_folder()) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(
    database_server: Postgres | None, tmp_path_factory: pytest.TempPathFactory
) -> Path | str:
    """A migrated database without rows, to be copied: a file on SQLite, a name on PostgreSQL."""
    from server.db import migrate

    if database_server:
        migrate.upgrade(database_server.create_database(TEMPLATE))
        return TEMPLATE
    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrate.upgrade(sqlite_url(file))
    move_log_into_file(file)
    return file


@pytest.fixture
def fresh_database_url(
    new_database: Callable[[Path | str | None], str], migrated_template: Path | str
) -> str:
    """The address of this test's own database, migrated and without rows."""
    return new_database(migrated_template)


@pytest.fixture
def empty_database_url(new_database: Callable[[Path | str | None], str]) -> str:
    """The address of a database of this test's own without any table, for tests of migrations."""
    return new_database(None)


@pytest.fixture
def new_database(
    database_server: Postgres | None, tmp_path: Path
) -> Iterator[Callable[[Path | str | None], str]]:
    """Makes databases: a function of a template, or None for an empty one, to an address."""
    on_server: list[str] = []

    def make(template: Path | str | None = None) -> str:
        if database_server:
            on_server.append(f"test_{next(NUMBERS)}")
            return database_server.create_database(on_server[-1], str(template or "template0"))
        file = tmp_path / f"doorstep-{next(NUMBERS)}.sqlite3"
        if template:
            shutil.copyfile(template, file)
        return sqlite_url(file)

    yield make
    for name in on_server:
        assert database_server
        database_server.drop_database(name)


NUMBERS = itertools.count(1)


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def move_log_into_file(file: Path) -> None:
    """After this the file alone is the whole database, and copying it copies everything."""
    import pysqlite3

    connection = pysqlite3.connect(str(file))
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()


# The running app. It is made once; each test has its own database, with the cast in it.


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = people.NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **how_far: float) -> None:
        """For example `clock.go_on(minutes=5)`."""
        self.now += timedelta(**how_far)


@pytest.fixture(scope="session")
def town(
    database_server: Postgres | None,
    migrated_template: Path | str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path | str:
    """A database with the organisations and the cast in it, to be copied like the empty one."""
    if database_server:
        _let_the_cast_move_in(database_server.create_database("doorstep_town", TEMPLATE))
        return "doorstep_town"
    file = tmp_path_factory.mktemp("town") / "town.sqlite3"
    shutil.copyfile(migrated_template, file)
    _let_the_cast_move_in(sqlite_url(file))
    move_log_into_file(file)
    return file


def _let_the_cast_move_in(url: str) -> None:
    from server.db.engine import Database

    database = Database(url)
    database.write(people.move_in)
    database.close()


@pytest.fixture(scope="session")
def only_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The one app of this session; tests ask for `app`."""
    from server.app import create_app
    from server.config import Config

    folder = tmp_path_factory.mktemp("app")
    nowhere = sqlite_url(folder / "nowhere.sqlite3")
    config = Config(
        database_url=nowhere,
        media=folder,
        secret="only for tests, and nothing else",
        second_factor=False,  # but where it is the subject
    )
    app = create_app(config)
    app.config["ORDINARY"] = config
    return app


@pytest.fixture(scope="session")
def only_database(
    database_server: Postgres | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:
    """The one `Database` of this session, which goes to wherever the test of the moment has its data.

    It keeps the statements that it has compiled; making them anew was 40 % of the time of a test.
    """
    from sqlalchemy import Engine, event

    file = tmp_path_factory.mktemp("anywhere") / "anywhere.sqlite3"
    name = "doorstep_anywhere" if database_server else str(file)
    shared = Shared(database_server.server_url(name) if database_server else sqlite_url(file))

    def go_there(
        _dialect: object, _record: object, where: list[Any], names: dict[str, Any]
    ) -> None:
        if name in where:
            where[0] = shared.now_at
        elif names.get("dbname") == name:
            names["dbname"] = shared.now_at

    event.listen(Engine, "do_connect", go_there)
    yield shared
    event.remove(Engine, "do_connect", go_there)


class Shared:
    """A `Database`, and where it is at the moment: a file, or a name on the server."""

    def __init__(self, url: str) -> None:
        from server.db.engine import Database

        self.database = Database(url)
        self.now_at: str | None = None

    def moves_to(self, url: str) -> None:
        from server.db.engine import normal_url

        self.now_at = normal_url(url).database


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def app(
    only_app: Flask,
    only_database: Shared,
    town: Path | str,
    new_database: Callable[..., str],
    clock: HandClock,
    tmp_path: Path,
) -> Iterator[Flask]:
    """Doorstep with a database of this test's own, at nine o'clock on a Monday in Shanghai."""
    from server.app import furnish

    config = only_app.config["ORDINARY"]  # whatever the test before has refurnished
    config = dataclasses.replace(config, database_url=new_database(town), media=tmp_path / "media")
    house = furnish(only_app, config, clock)
    only_database.moves_to(config.database_url)
    only_database.database.before_commit[:] = house.database.before_commit
    only_app.extensions["doorstep"] = dataclasses.replace(house, database=only_database.database)
    yield only_app
    only_database.database.close()


@pytest.fixture
def save(app: Flask) -> Callable[..., None]:
    """Writes rows of tests/make.py, in the order in which they are handed over."""

    def save_all(*rows: object) -> None:
        def write(session: Session) -> None:
            for row in rows:
                session.add(row)
                session.flush()

        app.extensions["doorstep"].database.write(write)

    return save_all


@pytest.fixture
def load(app: Flask) -> Callable[..., Any]:
    """Reads with a session: `load(lambda session: session.get(Job, job_id))`."""
    return app.extensions["doorstep"].database.read


@pytest.fixture
def sign_in(app: Flask) -> Callable[[people.Character], Client]:
    """A client on which somebody of the cast has signed in."""
    from flask_jwt_extended import create_access_token

    from tests.client import Client

    def client_of(who: people.Character) -> Client:
        with app.app_context():
            a_year_on = int((people.NOW + timedelta(days=365)).timestamp())
            claims = {"chain": who.chain_id, "device": None, "exp": a_year_on}
            token = create_access_token(who.id, additional_claims=claims)
        client = Client(app, app.response_class, use_cookies=True)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return client_of


@pytest.fixture
def live_server(app: Flask, clock: HandClock, tmp_path: Path) -> Iterator[LiveServer]:
    """A real server in processes of its own, over this test's database and media.

    Its processes have the computer's clock; who signs in for the test does so at the same time.
    """
    clock.now = datetime.now(UTC)
    from tests.live import LiveServer

    config = app.extensions["doorstep"].config
    with LiveServer(config, tmp_path / "server.log", WORKERS="1") as server:
        yield server
