"""A tablet, on or off, in a machine that may die under it: what its user does with it, and how it is looked at.

Which client runs on it stands in `companions` and `tablets`; the world and the judge know only this.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pysqlite3

from server.domain.errors import DoorstepError
from tests.people import PASSWORD, Character
from tests.sync.simulation import faults
from tests.sync.simulation.clocks import TabletClock
from tests.sync.simulation.ledger import read_store
from tests.sync.simulation.machines import Killed, Machine
from tests.sync.simulation.network import Line
from tests.sync.simulation.town import OFFICE

if TYPE_CHECKING:
    from field_client import Report
    from tests.sync.simulation.apps import Came
    from tests.sync.simulation.working import Tablet
    from tests.sync.simulation.world import World

SIGNED_OUT = ("sign_in_needed", "device_lost")


class Device(ABC):
    """One tablet of the world, and who works with it."""

    # How many places to die at an act of the day and a sync have, about.
    steps_of_work: int
    steps_of_a_sync: int
    steps_of_a_sign_in: int

    def __init__(
        self, world: "World", number: int, home: Path, users: list[Character], dice: Random
    ) -> None:
        self.world, self.number, self.home, self.users = world, number, home, users
        self.machine = Machine(f"tablet {number}")
        self.clock = TabletClock(world.clock, dice, self.machine)
        self.line = Line(world, self)
        self.user = users[0]
        self.is_busy = False
        self.is_signed_out: set[str] = set()  # usernames, for a reason
        self.identities: set[str] = set()  # every device id that its store ever had
        self.last_place = 0

    @property
    @abstractmethod
    def file(self) -> Path:
        """A database with its store, or with what is seen of it."""

    @property
    def older_copy(self) -> Path:
        """Where somebody keeps a copy of its folder, if somebody does."""
        return self.world.home / f"older-{self.number}"

    @abstractmethod
    def off(self) -> None:
        """Its app is closed as it should be."""

    @abstractmethod
    def _on(self) -> "AbstractContextManager[Tablet]":
        """While the block runs, its app is open and its machine may die."""

    @abstractmethod
    def _dies(self, *, without_power: bool) -> None:
        """What was only in its memory is gone, and without power what was not flushed."""

    def hand_to(self, user: Character) -> None:
        if user is not self.user:
            self.off()
            self.user = user

    def does(self, what: str, act: "Callable[[Tablet], object]", *, steps: int) -> None:
        """One act of its user, which something may go wrong with."""
        fault = self.world.faults.draw(faults.TABLET)
        self._prepare(fault, steps)
        self.is_busy = True
        try:
            with self._on() as tablet:
                act(tablet)
        except Killed as death:
            self.world.faults.strike(fault or "")
            self.world.trace.say(f"tablet {self.number}: {fault} at {death}")
            self._dies(without_power=fault == "tablet loses power")
            self.machine.starts_again()
        except DoorstepError as problem:
            self.world.trace.say(f"tablet {self.number}: {what} -> {problem.code}")
            self._bears(problem)
        finally:
            self.is_busy = False
            self.machine.put_out()
            if self.machine.make_room() and fault == "disk full on the tablet":
                self.world.faults.strike(fault)
            self.machine.was_refused = False
            self.world.look_at(self)

    @abstractmethod
    def _bears(self, problem: DoorstepError) -> None:
        """Raises what should not have come of an act."""

    def _prepare(self, fault: str | None, steps: int) -> None:
        if fault in ("tablet killed", "tablet loses power"):
            self.machine.light(self.world.dice.randrange(1, steps))
        elif fault == "disk full on the tablet":
            self.machine.fill_up()
        elif fault == "clock set wrong":
            self.world.faults.strike(fault)
            self.clock.is_off_by = timedelta(seconds=self.world.dice.uniform(-90, 90) * 86400)
        elif fault == "poison in the queue":
            self.world.poison(self)

    # What its user does with it.

    def syncs(self) -> None:
        def act(tablet: "Tablet") -> None:
            self._hears(tablet.sync(patience_s=8))

        self.does("sync", act, steps=self.steps_of_a_sync)

    def _hears(self, report: "Report | Came") -> None:
        problem = report.problem.code if report.problem else "done"
        self.world.trace.say(
            f"tablet {self.number}: synced as {self.user.username}: {problem} "
            f"{sorted(report.by_status.items())} {report.changes} {report.files}"
        )
        if problem in SIGNED_OUT:
            self.world.is_signed_out(self, self.user)

    def signs_in(self) -> None:
        def act(tablet: "Tablet") -> None:
            tablet.login(self.user.username, PASSWORD, OFFICE)
            self.is_signed_out.discard(self.user.username)

        self.does("sign in", act, steps=self.steps_of_a_sign_in)
        self.off()

    # Its store, from outside.

    def new_rows(self) -> list[tuple[str, str, str, str, str]]:
        """Events that came into the store since it was last looked at."""
        rows = read_store(str(self.file), self.last_place)
        if rows:
            self.last_place = rows[-1][0]
        return [row[1:] for row in rows]

    def looks(self) -> pysqlite3.Connection:
        """A connection of one's own that only reads; the caller closes it."""
        return pysqlite3.connect(f"file:{self.file}?mode=ro", uri=True)

    def event_ids(self) -> set[str]:
        look = self.looks()
        try:
            return {row[0] for row in look.execute("SELECT event_id FROM event")}
        finally:
            look.close()

    @property
    @abstractmethod
    def is_emptied_by_the_office(self) -> bool:
        """Whether its app clears a tablet that was taken out of service."""

    @abstractmethod
    def size_of(self, sha256: str) -> int | None:
        """How many bytes of a file lie here."""

    @abstractmethod
    def digest_of(self, sha256: str) -> str | None:
        """The hash of the bytes that lie here under this one."""

    # What others do to it.

    @abstractmethod
    def is_copied_to(self, folder: Path) -> None:
        """A second tablet with the same store, or a copy that somebody keeps."""

    @abstractmethod
    def is_replaced_by(self, folder: Path) -> None:
        """Somebody puts an older copy of the store back."""

    @abstractmethod
    def is_given(self, person_id: str, job_id: str, envelope: dict[str, Any]) -> None:
        """An event that no sound app would write stands in its queue."""
