"""A whole Doorstep in one folder, for the proofs that spoil the disk below it.

Database (SQLite, unless an address is given) and media lie in the folder; logs lie elsewhere, because they
are read when the folder is gone.
"""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from server.app import create_app
from server.config import Config
from server.db import migrate
from server.db.engine import Database
from server.db.events import FieldEvent
from server.db.photos import Blob
from server.files import Media
from tests import people
from tests.conftest import HandClock
from tests.live import Command, LiveServer, environment
from tests.office import Office

SECRET = "only for tests, and for nothing else"


class NowClock(HandClock):
    """The computer's clock, for an office that has one."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Premises:
    """Where one Doorstep lives: `config` names its database and media."""

    def __init__(self, folder: Path, logs: Path, database_url: str | None = None) -> None:
        self.logs = logs
        self.config = Config(
            database_url=database_url or f"sqlite:///{folder / 'doorstep.db'}",
            media=folder / "media",
            secret=SECRET,
            disk_reserve_mb=0,
            second_factor=False,
        )
        self._starts = 0

    def moves_in(self, jobs: dict[people.Character, int]) -> dict[people.Character, list[str]]:
        """Makes the database, lets the cast move in and issues so many jobs to each; returns their ids.

        Many, for whoever writes much: what a job shows grows with every event.
        """
        migrate.upgrade(self.config.database_url)
        self.config.media.mkdir(parents=True, exist_ok=True)
        app = create_app(self.config)
        database = app.extensions["doorstep"].database
        database.write(people.move_in)
        office = Office(app, NowClock())
        no_window = {"window_start": None, "window_end": None}
        issued = {
            who: [office.issues_a_job(who, **no_window) for _ in range(many)]
            for who, many in jobs.items()
        }
        database.close()
        return issued

    def holds(self) -> tuple[set[str], set[str]]:
        """The ids of all events, and the hashes of all files that are here with these very bytes."""
        media = Media(self.config.media)
        with closing(Database(self.config.database_url)) as database:
            events = database.read(lambda s: set(s.scalars(select(FieldEvent.id))))
            blobs = database.read(lambda s: set(s.scalars(select(Blob.sha256))))
        return events, {each for each in blobs if media.verify(each)}

    def serve(self, **env: str) -> LiveServer:
        """The web server; use it as a context manager."""
        return LiveServer(self.config, self._log("serve"), **env)

    def work(self, **env: str) -> Command:
        """The worker, which begins at once."""
        return Command(["worker"], environment(self.config, **env), self._log("worker"))

    def _log(self, name: str) -> Path:
        self._starts += 1
        return self.logs / f"{name}-{self._starts}.log"
