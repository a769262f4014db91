"""A tablet with the TypeScript app: its own modules in a room of Node.js, without the screens.

What the judge sees of its store is written into a database that has the companion's tables: the same judge
looks at both clients with the same questions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pysqlite3

from server.domain.errors import DoorstepError
from tests.people import Character
from tests.sync.simulation.apps import Came, TabletApp
from tests.sync.simulation.devices import SIGNED_OUT, Device
from tests.sync.simulation.rooms import TabletFailure
from tests.sync.simulation.sights import Sight

if TYPE_CHECKING:
    from field_client import Report
    from tests.sync.simulation.world import World

KNOWN = frozenset({
    "job_not_here", "job_read_only", "disk_full", "not_here", "not_valid", "something_missing",
    "server_busy", "network_down", "foreign_answer", *SIGNED_OUT,
})  # fmt: skip


class TabletDevice(Device):
    steps_of_work, steps_of_a_sync, steps_of_a_sign_in = 60, 250, 35
    is_emptied_by_the_office = True

    def __init__(
        self, world: "World", number: int, home: Path, users: list[Character], dice: Random
    ) -> None:
        super().__init__(world, number, home, users, dice)
        self.room = world.town.room
        home.mkdir(exist_ok=True)
        self._sight = Sight(self.file)

    @property
    def file(self) -> Path:
        return self.home / "seen.sqlite3"

    @property
    def _name(self) -> str:
        return str(self.home)

    def off(self) -> None:
        self.room.order(self._name, "off")

    @contextmanager
    def _on(self) -> Iterator[TabletApp]:
        yield TabletApp(self.room, self._name, self, self.user.username)

    def _dies(self, *, without_power: bool) -> None:
        if without_power:
            self.room.order(self._name, "loses power")

    def _bears(self, problem: DoorstepError) -> None:
        if isinstance(problem, TabletFailure) and (problem.code in KNOWN or problem.is_said):
            if problem.code in SIGNED_OUT:
                self.world.is_signed_out(self, self.user)
            return
        raise problem

    def _hears(self, report: "Report | Came") -> None:
        super()._hears(report)
        if isinstance(report, Came) and report.has_left:
            self.world.trace.say(f"tablet {self.number}: emptied")
            for user in self.users:
                self.world.is_signed_out(self, user)

    # Its store, from outside.

    def _look(self) -> None:
        self._sight.note(self.room.order(self._name, "look"))

    def new_rows(self) -> list[tuple[str, str, str, str, str]]:
        self._look()
        return super().new_rows()

    def looks(self) -> pysqlite3.Connection:
        self._look()
        return super().looks()

    def size_of(self, sha256: str) -> int | None:
        return self._bytes(sha256)[1]

    def digest_of(self, sha256: str) -> str | None:
        return self._bytes(sha256)[0]

    def _bytes(self, sha256: str) -> tuple[str | None, int | None]:
        look = self.looks()
        try:
            found = look.execute("SELECT digest, size FROM bytes WHERE sha256 = ?", [sha256])
            return found.fetchone() or (None, None)
        finally:
            look.close()

    # What others do to it.

    def is_copied_to(self, folder: Path) -> None:
        self.room.order(str(folder), "copy", self._name, self._chance())
        folder.mkdir()

    def is_replaced_by(self, folder: Path) -> None:
        self.room.order(self._name, "copy", str(folder), self._chance())
        self._sight.forget()
        self.last_place = 0

    def _chance(self) -> str:
        return str(self.clock.random.getrandbits(64))

    def is_given(self, person_id: str, job_id: str, envelope: dict[str, Any]) -> None:
        self.room.order(self._name, "poison", person_id, envelope, job_id)
        self._look()
