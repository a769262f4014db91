"""Where the demo keeps its data, how far it has come, and how it starts afresh.

Below DOORSTEP_DEMO_HOME (`var/demo`): the database, `media`, `tablets`, `pictures` and the logs of server and
worker. DATABASE_URL may name another database; one that was not filled by the demo is never touched.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from server.config import Config, ConfigError
from server.db import migrate
from server.db.engine import Database
from server.db.house import HouseFact
from server.db.people import Person

MARK = "demo"
DATABASE = "doorstep.db"
ROOMY = 1024**3  # bytes
MEMORY = Path("/dev/shm")

Fill = Callable[[Config, Path], None]
"""Fills the database of a config; tablets go into the folder."""


@dataclass(frozen=True)
class Home:
    """One place of demo data."""

    root: Path
    given_url: str | None
    environment: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Home":
        root = Path(env.get("DOORSTEP_DEMO_HOME") or "var/demo").absolute()
        return cls(root, env.get("DATABASE_URL") or None, env)

    @property
    def database_url(self) -> str:
        return self.given_url or f"sqlite:///{self.root / DATABASE}"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def tablets(self) -> Path:
        return self.root / "tablets"

    @property
    def pictures(self) -> Path:
        return self.root / "pictures"

    def for_server(self) -> dict[str, str]:
        """The environment of a server in demo mode on this data."""
        demo = {
            "DATABASE_URL": self.database_url,
            "DOORSTEP_MEDIA": str(self.media),
            "DOORSTEP_DEMO": "true",
        }
        return {**self.environment, **demo}

    def config(self) -> Config:
        """Raises `ConfigError`."""
        return Config.from_env(self.for_server())

    @contextmanager
    def taken(self) -> Iterator[None]:
        """This data is ours alone. Raises `ConfigError` while another demo runs on it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ConfigError(f"Another demo runs on the data in {self.root}.") from None
            yield

    # How far it has come.

    def story(self) -> dict[str, Any] | None:
        """What the story came to; None while it has not been told, or nothing is filled in."""
        mark = self._mark()
        told: dict[str, Any] | None = mark.get("story") if mark else None
        return told

    def is_filled(self) -> bool:
        """Raises `ConfigError` for a database that somebody else lives in, or that does not answer."""
        mark = self._mark()
        return mark is not None and bool(mark.get("is_filled"))

    def note(self, **facts: Any) -> None:
        """Writes down how far the demo has come."""
        known = self._mark() or {}
        fact = HouseFact(name=MARK, value=json.dumps({**known, **facts}, ensure_ascii=False))
        self._with_database(lambda database: database.write(lambda session: session.merge(fact)))

    def _mark(self) -> dict[str, Any] | None:
        if self.given_url is None and not (self.root / DATABASE).exists():
            return None
        return self._with_database(_mark_in)

    def _with_database(self, act: Callable[[Database], Any]) -> Any:
        database = Database(self.database_url)
        try:
            return act(database)
        except SQLAlchemyError as failure:
            why = failure.__cause__ or failure
            raise ConfigError(f"The database of the demo cannot be used: {why}") from failure
        finally:
            database.close()

    # Filling and starting afresh.

    def fill(self, fill: Fill) -> None:
        """Fills everything in where it is fast, and moves it to its place when it is whole."""
        self.clear()
        with _workshop(self.root) as workshop:
            url = self.given_url or f"sqlite:///{workshop / DATABASE}"
            migrate.upgrade(url)
            there = replace(self, given_url=url)
            there.note(is_filled=False)
            config = replace(self.config(), database_url=url, media=workshop / "media")
            fill(config, workshop / "tablets")
            there.note(is_filled=True)
            self._move_in(workshop)

    def _move_in(self, workshop: Path) -> None:
        for name in ("media", "tablets", DATABASE):
            if (workshop / name).exists():
                shutil.move(workshop / name, self.root / name)

    def clear(self) -> None:
        """Removes what the demo made here, and nothing else. Raises `ConfigError` as `is_filled`."""
        if self.given_url is not None:
            self._mark()
            self._with_database(_empty)
        for file in self.root.glob(f"{DATABASE}*"):  # with its log and its locks
            file.unlink()
        for folder in (self.media, self.tablets, self.pictures):
            shutil.rmtree(folder, ignore_errors=True)


def _mark_in(database: Database) -> dict[str, Any] | None:
    """The demo's own mark in a database; None in an empty one."""
    if not inspect(database.engine).has_table(HouseFact.__tablename__):
        if inspect(database.engine).get_table_names():
            raise ConfigError(
                "DATABASE_URL names a database with other tables. It stays untouched."
            )
        return None

    def read(session: Any) -> tuple[str | None, bool]:
        fact = session.get(HouseFact, MARK)
        return fact and fact.value, session.scalars(select(Person.id).limit(1)).first() is not None

    value, has_people = database.read(read)
    if value is None and has_people:
        raise ConfigError(
            "DATABASE_URL names a database that people work with. The demo does not touch it; "
            "give it an empty one."
        )
    found: dict[str, Any] | None = json.loads(value) if value else None
    return found


def _empty(database: Database) -> None:
    """Drops every table."""
    known = MetaData()
    known.reflect(database.engine)
    known.drop_all(database.engine)


@contextmanager
def _workshop(root: Path) -> Iterator[Path]:
    """A folder to fill: in memory where there is room, since thousands of flushes cost nothing there."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOMY
    with tempfile.TemporaryDirectory(
        prefix="doorstep-demo-", dir=MEMORY if roomy else root
    ) as folder:
        yield Path(folder)
