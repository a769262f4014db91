"""A tablet with the Python companion: its store is a SQLite file, its photos are files."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pysqlite3

from field_client import Companion, crashes, errors
from field_client.store import Store
from server.domain.errors import DoorstepError
from tests.people import Character
from tests.sync.simulation.clocks import TabletClock
from tests.sync.simulation.devices import Device
from tests.sync.simulation.machines import connections_of

if TYPE_CHECKING:
    from tests.sync.simulation.world import World

KNOWN = (
    errors.JobUnknown, errors.JobReadOnly, errors.SignInNeeded, errors.DiskFull,
    errors.NotHere, errors.NotValid, errors.SomethingMissing, errors.ServerBusy,
    errors.NetworkDown, errors.ServerSaid,
)  # fmt: skip


class _Store(Store):
    """A store whose statements pass the machine."""

    def _connect(self, file: Path, busy_wait_s: float) -> pysqlite3.Connection:
        clock = self.clock
        assert isinstance(clock, TabletClock)
        return pysqlite3.connect(
            str(file),
            timeout=busy_wait_s,
            isolation_level=None,
            check_same_thread=False,
            factory=connections_of(clock.machine),
        )


class SimulatedCompanion(Companion):
    """The companion as it is, over that store."""

    open_store = _Store


class CompanionDevice(Device):
    steps_of_work, steps_of_a_sync, steps_of_a_sign_in = 150, 500, 120
    is_emptied_by_the_office = False

    def __init__(
        self, world: "World", number: int, home: Path, users: list[Character], dice: Random
    ) -> None:
        super().__init__(world, number, home, users, dice)
        self._companion: SimulatedCompanion | None = None

    @property
    def file(self) -> Path:
        return self.home / "store.sqlite3"

    def off(self) -> None:
        if self._companion is not None:
            self._companion.close()
            self._companion = None

    @contextmanager
    def _on(self) -> Iterator[SimulatedCompanion]:
        with crashes.witnessed(self.machine):
            if self._companion is None:
                self._companion = SimulatedCompanion(
                    self.home, transport=self.line, clock=self.clock, person=self.user.username
                )
            yield self._companion

    def _dies(self, *, without_power: bool) -> None:
        self.off()
        if without_power:
            self.machine.loses_power(self.world.dice)

    def _bears(self, problem: DoorstepError) -> None:
        if not isinstance(problem, KNOWN):
            raise problem

    def size_of(self, sha256: str) -> int | None:
        try:
            return self._blob(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def digest_of(self, sha256: str) -> str | None:
        try:
            return hashlib.sha256(self._blob(sha256).read_bytes()).hexdigest()
        except FileNotFoundError:
            return None

    def _blob(self, sha256: str) -> Path:
        return self.home / "blobs" / sha256[:2] / sha256

    def is_copied_to(self, folder: Path) -> None:
        self.off()
        shutil.copytree(self.home, folder, ignore=shutil.ignore_patterns("sync.lock"))

    def is_replaced_by(self, folder: Path) -> None:
        self.off()
        shutil.rmtree(self.home)
        shutil.copytree(folder, self.home)
        self.machine.disk = type(self.machine.disk)()
        self.last_place = 0

    def is_given(self, person_id: str, job_id: str, envelope: dict[str, Any]) -> None:
        connection = pysqlite3.connect(str(self.file))
        try:
            seq = connection.execute("SELECT next_seq FROM installation").fetchone()[0]
            connection.execute("UPDATE installation SET next_seq = next_seq + 1")
            connection.execute(
                "INSERT INTO event (event_id, person_id, job_id, kind, seq, body) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    *(envelope["event_id"], person_id, job_id, str(envelope["kind"])),
                    *(seq, json.dumps(envelope)),
                ],
            )
            connection.commit()
        finally:
            connection.close()
