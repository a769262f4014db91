"""What every test may ask for. This part: databases, on SQLite or on PostgreSQL.

Each test that asks for a database gets its own, made by copying one that was migrated once.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.postgres import Postgres

TEMPLATE = "doorstep_template"
ROOMY = 2 * 1024**3  # bytes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="where the tests keep their data; postgresql runs only tests that have data",
    )


def pytest_configure() -> None:
    """Let pytest keep `tmp_path` in memory, too."""
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what never reaches a database: it would only be said twice."""
    if config.getoption("--database") == "sqlite":
        return
    reaching = [item for item in items if "database_server" in getattr(item, "fixturenames", ())]
    others = [item for item in items if item not in set(reaching)]
    config.hook.pytest_deselected(items=others)
    items[:] = reaching


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
