"""The server: the real app through its WSGI door, its worker, its backups; it dies and comes up again."""

import io
import logging
import shutil
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import pysqlite3
from flask import Flask
from sqlalchemy import Engine, event

from server.actions import beginnings, documents
from server.app import create_app, furnish
from server.config import Config
from server.db.engine import Database
from server.domain import errors
from server.files import Media
from server.house import House
from server.images import Examined, Examiner, Limits, derive
from server.worker import Worker
from tests.sync.simulation.clocks import WorldClock
from tests.sync.simulation.machines import Killed, Machine, connections_of

SECRET = "only for simulations, and nothing else"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it leaves the server; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class LocalExaminer(Examiner):
    """Examines in this process, by the code that the guarded child runs."""

    def examine(self, path: Path) -> Examined:
        try:
            return Examined(*derive.examine(path, Limits()))
        except (errors.DoorstepError, FileNotFoundError):
            raise
        except Exception as failure:  # as the child answers for whatever a decoder raises
            raise errors.NotAnImage() from failure


class Building:
    """What is made once a process: the app, and the `Database` with its compiled statements."""

    def __init__(self, folder: Path) -> None:
        (folder / "locks").mkdir(parents=True, exist_ok=True)
        self._name = str(folder / "locks" / "anywhere.sqlite3")
        self.config = Config(
            database_url=f"sqlite:///{self._name}",
            media=folder / "nowhere",
            secret=SECRET,
            second_factor=False,
        )
        self.app: Flask = create_app(self.config)
        self.database = Database(self.config.database_url)
        self.file: Path | None = None
        self.machine = Machine("nobody")
        event.listen(Engine, "do_connect", self._go_there)
        self.complaints = Complaints(self)
        log = logging.getLogger("doorstep")
        log.addHandler(self.complaints)
        log.propagate = False

    def _go_there(
        self, _dialect: object, _record: object, where: list[Any], names: dict[str, Any]
    ) -> None:
        if self._name in where:
            assert self.file is not None
            where[0] = str(self.file)
            names["factory"] = connections_of(self.machine)

    def close(self) -> None:
        self.database.close()
        event.remove(Engine, "do_connect", self._go_there)
        log = logging.getLogger("doorstep")
        log.removeHandler(self.complaints)
        log.propagate = True


class Complaints(logging.Handler):
    """What the server calls its own failures: faults of the code, unless its disk was full."""

    def __init__(self, building: "Building") -> None:
        super().__init__(logging.ERROR)
        self._building = building
        self.heard: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if self._building.machine.is_full:
            return
        failure = record.exc_info[1] if record.exc_info else None
        fields = getattr(record, "fields", {})
        told = f"{record.getMessage()} {failure!r} {fields.get('failure', '')}"
        where = traceback.format_tb(failure.__traceback__)[-1] if failure else ""
        self.heard[f"{told} {where}".strip()[:600]] += 1


class Server:
    """One server of one world, over the files in `home`."""

    def __init__(
        self, building: Building, home: Path, clock: WorldClock, dice: Random, keep_days: int
    ) -> None:
        self.building, self.home, self.clock, self.dice = building, home, clock, dice
        self.machine = Machine("server")
        self.config = replace(building.config, media=home / "media", keep_days=keep_days)
        self.backups: list[tuple[datetime, Path]] = []
        self.starts()

    @property
    def file(self) -> Path:
        return self.home / "doorstep.sqlite3"

    @property
    def media(self) -> Media:
        return self.house.media

    # Going up and down.

    def starts(self) -> None:
        """From what lies on the disk; nothing is remembered."""
        self.building.database.close()
        self.building.file, self.building.machine = self.file, self.machine
        self.machine.starts_again()
        database = self.building.database
        made = _furnished(self.building.app, self.config, self.clock)
        database.before_commit[:] = made.database.before_commit
        media = Media(self.config.media, reserve_bytes=0, before_step=self.machine.before_step)
        self.house = House(self.config, database, media, self.clock)
        self.building.app.extensions["doorstep"] = self.house

    def stops(self) -> None:
        self.building.database.close()

    def loses_power(self) -> int:
        hit = self.machine.loses_power(self.dice)
        self.starts()
        return hit

    # What it does.

    def answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        promised: int | None = None,
    ) -> Said:
        """One request through the WSGI door; `promised` bytes of a body of which less comes.

        Raises Killed when the server dies over it; it has to be started again then.
        """
        self.clock.go_on(milliseconds=40)
        environ = _environ(method, path, headers, body, promised)
        answered: list[Any] = []

        def start(status: str, given: list[tuple[str, str]], _trouble: Any = None) -> Any:
            answered[:] = [int(status[:3]), given]
            return answered.append

        pieces = self.building.app.wsgi_app(environ, start)
        try:
            content = b"".join(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()
        return Said(answered[0], {name.lower(): text for name, text in answered[1]}, content)

    def works(self, at_most: int = 50) -> int:
        """The worker keeps house and does what is due; returns how many tasks. Raises Killed.

        It draws no receipts: no tablet hangs on their PDFs.
        """
        with LocalExaminer() as examiner:
            worker = Worker(self.house, examiner, leaves={documents.MAKE})
            worker.keep_house()
            done = 0
            while done < at_most and worker.do_one():
                done += 1
            return done

    # Backups.

    def is_backed_up(self) -> None:
        """A copy of everything, as it is between two requests."""
        folder = self.home / f"backup-{len(self.backups)}"
        folder.mkdir()
        _copy_database(self.file, folder / "doorstep.sqlite3")
        if self.config.media.exists():
            shutil.copytree(self.config.media, folder / "media")
        self.backups.append((self.clock(), folder))

    def young_backups(self, now: datetime, keep_days: int) -> list[Path]:
        """Those from within the keep time: what came later, tablets still hold."""
        youngest = now - timedelta(days=keep_days - 1)
        return [folder for at, folder in self.backups if at > youngest]

    def is_restored(self, backup: Path) -> str:
        """From a backup, in another life; returns its epoch."""
        self.stops()
        for name in ("doorstep.sqlite3", "doorstep.sqlite3-wal", "doorstep.sqlite3-shm"):
            (self.home / name).unlink(missing_ok=True)
        shutil.rmtree(self.config.media, ignore_errors=True)
        shutil.copyfile(backup / "doorstep.sqlite3", self.file)
        if (backup / "media").exists():
            shutil.copytree(backup / "media", self.config.media)
        self.machine.disk = type(self.machine.disk)()
        self.starts()
        return self.house.database.write(
            lambda session: beginnings.new_epoch(session, self.clock())
        )


def _furnished(app: Flask, config: Config, clock: WorldClock) -> House:
    made = furnish(app, config, clock)
    made.database.close()
    return made


def _copy_database(source: Path, target: Path) -> None:
    here, there = pysqlite3.connect(str(source)), pysqlite3.connect(str(target))
    try:
        here.backup(there)
    finally:
        here.close()
        there.close()


def _environ(
    method: str, path: str, headers: Mapping[str, str], body: bytes, promised: int | None
) -> dict[str, Any]:
    where, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(where, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "office.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body) if promised is None else promised),
    }
    for name, text in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return environ


__all__ = ["Building", "Complaints", "Killed", "Said", "Server"]
