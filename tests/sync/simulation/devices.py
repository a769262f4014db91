"""A tablet: a real companion over a real store, in a machine that may die under it."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar

import pysqlite3

from field_client import Companion, crashes, errors
from field_client.store import Store
from server.domain.errors import DoorstepError
from tests.people import PASSWORD, Character
from tests.sync.simulation import faults
from tests.sync.simulation.clocks import TabletClock
from tests.sync.simulation.ledger import read_store
from tests.sync.simulation.machines import Killed, Machine, connections_of
from tests.sync.simulation.network import Line
from tests.sync.simulation.town import OFFICE

if TYPE_CHECKING:
    from tests.sync.simulation.world import World

T = TypeVar("T")

STEPS_OF_A_CAPTURE, STEPS_OF_A_SYNC = 120, 500


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


class Tablet(Companion):
    """The companion as it is, over that store."""

    open_store = _Store


class Device:
    """One tablet of the world, on or off, and who works with it."""

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
        self.last_place = 0
        self._tablet: Tablet | None = None

    @property
    def file(self) -> Path:
        return self.home / "store.sqlite3"

    @property
    def older_copy(self) -> Path:
        """Where somebody keeps a copy of its folder, if somebody does."""
        return self.world.home / f"older-{self.number}"

    def off(self) -> None:
        if self._tablet is not None:
            self._tablet.close()
            self._tablet = None

    def hand_to(self, user: Character) -> None:
        if user is not self.user:
            self.off()
            self.user = user

    def _on(self) -> Tablet:
        if self._tablet is None:
            self._tablet = Tablet(
                self.home, transport=self.line, clock=self.clock, person=self.user.username
            )
        return self._tablet

    def does(self, what: str, act: Callable[[Tablet], T], *, steps: int) -> T | None:
        """One act of its user, which something may go wrong with. None where it did."""
        fault = self.world.faults.draw(faults.TABLET)
        self._prepare(fault, steps)
        self.is_busy = True
        try:
            with crashes.witnessed(self.machine):
                return act(self._on())
        except Killed as death:
            self._dies(fault or "", death)
        except DoorstepError as problem:
            self.off_after(problem, what)
        finally:
            self.is_busy = False
            self.machine.put_out()
            if self.machine.make_room() and fault == "disk full on the tablet":
                self.world.faults.strike(fault)
            self.machine.was_refused = False
            self.world.look_at(self)
        return None

    def off_after(self, problem: DoorstepError, what: str) -> None:
        self.world.trace.say(f"tablet {self.number}: {what} -> {problem.code}")
        known = (
            errors.JobUnknown, errors.JobReadOnly, errors.SignInNeeded, errors.DiskFull,
            errors.NotHere, errors.NotValid, errors.SomethingMissing, errors.ServerBusy,
            errors.NetworkDown, errors.ServerSaid,
        )  # fmt: skip
        if not isinstance(problem, known):
            raise problem

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

    def _dies(self, fault: str, death: Killed) -> None:
        self.world.faults.strike(fault)
        self.world.trace.say(f"tablet {self.number}: {fault} at {death}")
        self.off()
        if fault == "tablet loses power":
            self.machine.loses_power(self.world.dice)
        self.machine.starts_again()

    # What its user does with it.

    def syncs(self) -> None:
        # A sign-out is only expected where something happened that ends a sign-in.
        def act(tablet: Tablet) -> None:
            report = tablet.sync(patience_s=8)
            problem = report.problem.code if report.problem else "done"
            self.world.trace.say(
                f"tablet {self.number}: synced as {self.user.username}: {problem} "
                f"{sorted(report.by_status.items())} {report.changes} {report.files}"
            )
            if isinstance(report.problem, errors.SignInNeeded):
                self.world.is_signed_out(self)

        self.does("sync", act, steps=STEPS_OF_A_SYNC)

    def signs_in(self) -> None:
        def act(tablet: Tablet) -> None:
            tablet.login(self.user.username, PASSWORD, OFFICE)
            self.is_signed_out.discard(self.user.username)

        self.does("sign in", act, steps=STEPS_OF_A_CAPTURE)
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

    def is_copied_to(self, folder: Path) -> None:
        self.off()
        shutil.copytree(self.home, folder, ignore=shutil.ignore_patterns("sync.lock"))

    def is_replaced_by(self, folder: Path) -> None:
        """Somebody puts an older copy of the folder back."""
        self.off()
        shutil.rmtree(self.home)
        shutil.copytree(folder, self.home)
        self.machine.disk = type(self.machine.disk)()
        self.last_place = 0

    def holds(self, sha256: str) -> Path:
        return self.home / "blobs" / sha256[:2] / sha256

    def delete(self) -> None:
        self.off()
        with suppress(FileNotFoundError):
            shutil.rmtree(self.home)
