"""One world: a shop for some days, from one seed, with everything that goes wrong in them."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pysqlite3

from field_client.errors import NetworkDown
from server.ids import ids_from
from tests.people import Character
from tests.sync.simulation import events, faults, invariants, liveness, working
from tests.sync.simulation.clocks import Ids, WorldClock
from tests.sync.simulation.companions import CompanionDevice
from tests.sync.simulation.devices import Device
from tests.sync.simulation.dispatchers import Office
from tests.sync.simulation.ledger import Ledger
from tests.sync.simulation.machines import Killed
from tests.sync.simulation.network import Request
from tests.sync.simulation.server import Said, Server
from tests.sync.simulation.tablets import TabletDevice
from tests.sync.simulation.town import INSTALLERS, Town, users_of
from tests.sync.simulation.traces import Trace

CHUNK_BYTES = 4096  # so that small pictures travel in several pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How large a world is, and how rough. `weights` are factors on the chances of faults."""

    first: int = 0  # the number of its first tablet; every fourth has two users
    tablets: int = 20
    days: int = 5
    keep_days: int = 14
    jobs_a_day: float = 1.3
    weights: Mapping[str, float] = field(default_factory=dict)
    rounds: int = 11  # bits of work and syncs of each tablet a day


class World:
    """Runs once: `run()`. Raises Violation."""

    def __init__(self, town: Town, folder: Path, seed: str, plan: Plan) -> None:
        self.town, self.home, self.seed, self.plan = town, folder, seed, plan
        self.dice = Random(seed)
        self.clock = WorldClock(town.clock())
        self.trace = Trace()
        self.ledger = Ledger()
        self.faults = faults.Faults(Random(f"{seed} faults"), plan.weights)
        self.office = Office(self)
        self.devices: list[Device] = []
        self.late: list[tuple[datetime, int, Request]] = []
        self.may_be_signed_out: set[tuple[int, str]] = set()
        self.disabled: set[str] = set()
        self.revoked: set[str] = set()
        self.is_updated = False
        self.events_on: dict[int, int] = {}
        self.checked_files: set[str] = set()
        self.checked: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.epoch = ""
        self.stack = ExitStack()
        self._marks = 0
        self._view: pysqlite3.Connection | None = None
        self._depth = 0

    def run(self) -> None:
        with self.opened():
            for day in range(self.plan.days):
                self._spend_a_day(day)
            liveness.heal(self)
            self._count_what_was_done()

    @contextmanager
    def opened(self) -> Iterator[None]:
        """While the block runs, its server and its tablets are there."""
        with self.stack, ids_from(Ids(self.clock, Random(f"{self.seed} ids"))), _small_measures():
            self._begin()
            try:
                yield
            finally:
                self._end()

    def _begin(self) -> None:
        self.town.copy_server(self.home / "server")
        self.server = Server(
            self.town.building,
            self.home / "server",
            self.clock,
            Random(f"{self.seed} server"),
            self.plan.keep_days,
        )
        for number in range(self.plan.first, self.plan.first + self.plan.tablets):
            home = self.home / f"tablet-{number}"
            self.town.copy_tablet(number, home, f"{self.seed} app {number}")
            self.add_device(home, number)
        self.note_epoch()

    def _end(self) -> None:
        for device in self.devices:
            device.off()
        self.town.forget_tablets(self.home)
        self.close_view()
        self.server.stops()

    def _count_what_was_done(self) -> None:
        self.done["events captured"] = len(self.ledger.facts)
        self.done["files captured"] = len(self.ledger.pictures)
        for state, received, times in self.server_view().execute(
            "SELECT state, received, count(*) FROM jobs GROUP BY state, received"
        ):
            self.done[f"jobs {state}"] += times
            self.done["jobs with all proof"] += times if received == "complete" else 0
        for status, times in self.server_view().execute(
            "SELECT status, count(*) FROM field_events GROUP BY status"
        ):
            self.done[f"events {status}"] += times

    def add_device(self, home: Path, number: int) -> Device:
        """A tablet of the town, or (with a number beyond) a copy of one."""
        own = len(self.devices)
        dice = Random(f"{self.seed} tablet {own}")
        kind = TabletDevice if self.town.is_tablet(number) else CompanionDevice
        device = kind(self, own, home, users_of(number), dice)
        self.devices.append(device)
        return device

    # A day.

    def _spend_a_day(self, day: int) -> None:
        self.trace.say(f"day {day}")
        for device in self.devices[: self.plan.tablets]:
            for _ in range(int(self.plan.jobs_a_day + self.dice.random())):
                self._issue_a_job(device)
        self.server.is_backed_up()
        for device in self.devices:
            if not device.older_copy.exists() and self.dice.random() < 0.3:
                device.is_copied_to(device.older_copy)
        self.clock.go_on(hours=1)
        todo = [device for device in self.devices for _ in range(self.plan.rounds)]
        self.dice.shuffle(todo)
        for device in todo:
            self._step(device)
        for device in list(self.devices):
            if self.dice.random() < 0.8:
                self.sync(device)
        self.let_the_worker_work()
        self.check_step()
        invariants.check_all(self)
        self.clock.go_on(hours=self.dice.choice([12, 12, 12, 36, 24 * 6]))
        if self.dice.random() < 0.08:
            self.faults.strike("weeks offline")
            self.clock.go_on(days=21)

    def _issue_a_job(self, device: Device) -> None:
        to = self.dice.choice(device.users)
        crew = (
            [self.dice.choice(INSTALLERS[: self.plan.tablets])] if self.dice.random() < 0.1 else []
        )
        crew = [each for each in crew if each is not to]
        if self.office.issues(to, crew) and crew:
            self.faults.strike("two people on one job")

    def _step(self, device: Device) -> None:
        self.trace.steps += 1
        self.clock.go_on(seconds=self.dice.uniform(1, 90))
        self._deliver_late()
        if (fault := self.faults.draw(faults.WORLD)) is not None:
            events.happens(self, fault)
        if self.dice.random() < 0.04:
            self.let_the_worker_work()
        if len(device.users) > 1 and self.dice.random() < 0.15:
            self.faults.strike("two people on one tablet")
            device.hand_to(device.users[0] if device.user is device.users[1] else device.users[1])
        if self.dice.random() < 0.35:
            self.sync(device)
        else:
            working.works(device, self.dice)
        self.check_step()

    def sync(self, device: Device) -> None:
        if device.user.username in device.is_signed_out:
            if device.user.id in self.disabled:
                return
            device.signs_in()
        device.syncs()

    def let_the_worker_work(self) -> None:
        try:
            self.server.works()
        except Killed:
            self.server_died("worker killed")
        finally:
            self.server.machine.put_out()

    def interrupt(self, device: Device) -> None:
        """Somebody else does something between two requests of this tablet."""
        if self._depth:
            return
        self._depth += 1
        try:
            self.faults.strike("interrupted by somebody else")
            if self.dice.random() < 0.6 and (fault := events.any_of_the_office(self)):
                events.happens(self, fault)
            others = [each for each in self.devices if not each.is_busy]
            if others and self.dice.random() < 0.4:
                self.sync(self.dice.choice(others))
        finally:
            self._depth -= 1

    def is_restored_now(self) -> None:
        if events.restore(self):
            self.trace.say("server restored in the middle of a sync")
            self.faults.strike("server restored in the middle of a sync")

    def check_step(self) -> None:
        touched, self.ledger.touched = sorted(self.ledger.touched), set()
        for job_id in touched:
            invariants.check_job(self, job_id)
        invariants.check_files(self)

    # Requests.

    def serve(
        self, asked: Request, *, trouble: str | None = None, promised: int | None = None
    ) -> Said:
        """Brings a tablet's request to the server. Raises NetworkDown where it died over it."""
        said = self._answer(asked.method, asked.path, asked.headers, asked.body, trouble, promised)
        if said is None:
            raise NetworkDown(why="server down")
        if said.status == 401 and b"token_expired" in said.body:
            self.faults.strike("token expired")
        invariants.check_answer(self, asked, said, is_whole=promised is None)
        if asked.method in ("PATCH", "POST") and "/media/" in asked.path:
            self.touch_uploads(asked.sender)
        return said

    def serve_office(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Said | None:
        """A request from the office; None where the server died over it."""
        table = {name: faults.NETWORK[name] for name in ("server killed", "server loses power")}
        return self._answer(method, path, headers, body, self.faults.draw(table), None)

    def _answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        trouble: str | None,
        promised: int | None,
    ) -> Said | None:
        machine = self.server.machine
        if trouble == "disk full on the server":
            machine.fill_up()
        elif trouble is not None:
            machine.light(self.dice.randrange(1, self.dice.choice([5, 20, 80])))
        try:
            return self.server.answer(method, path, headers, body, promised=promised)
        except Killed as death:
            self.trace.say(f"server: {trouble} at {death} ({method} {path.partition('?')[0]})")
            self.server_died(trouble or "server killed")
            return None
        finally:
            machine.put_out()
            if machine.make_room():
                self.faults.strike("disk full on the server")
            machine.was_refused = False

    def server_died(self, fault: str) -> None:
        self.faults.strike(fault)
        self.close_view()
        if fault == "server loses power":
            self.server.loses_power()
            self.checked_files.clear()
        else:
            self.server.starts()

    def comes_later(self, asked: Request, days: float) -> None:
        self.late.append((self.clock() + timedelta(days=days), len(self.late), asked))
        if asked.path.endswith("/auth/refresh"):
            self.may_be_signed_out |= {(asked.number, u.username) for u in INSTALLERS}

    def _deliver_late(self) -> None:
        now = self.clock()
        due = [each for each in self.late if each[0] <= now]
        self.late = [each for each in self.late if each[0] > now]
        for _, _, asked in due:
            try:
                said = self.serve(asked)
            except NetworkDown:
                continue
            self.trace.say(f"tablet {asked.number}: late {asked.line} -> {said.status}")

    # What the oracle asks for.

    def server_view(self) -> pysqlite3.Connection:
        """A connection to the server's file that only reads."""
        if self._view is None:
            self._view = pysqlite3.connect(f"file:{self.server.file}?mode=ro", uri=True)
        return self._view

    def close_view(self) -> None:
        if self._view is not None:
            self._view.close()
            self._view = None

    def note_epoch(self) -> None:
        found = self.server_view().execute("SELECT value FROM house WHERE name = 'epoch'")
        self.epoch = str(found.fetchone()[0])

    @property
    def people(self) -> list[Character]:
        """Who works with the tablets of this world."""
        return list(dict.fromkeys(user for device in self.devices for user in device.users))

    def is_revoked(self, device: Device) -> bool:
        return bool(self._ids_of(device) & self.revoked)

    def _ids_of(self, device: Device) -> set[str]:
        look = device.looks()
        try:
            ids = look.execute(
                "SELECT device_id FROM person UNION SELECT device_id FROM installation"
            )
            return {row[0] for row in ids}
        finally:
            look.close()

    def was_revoked(self, device: Device) -> bool:
        """Whether the office has ever taken it out of service, whoever it is by now."""
        return bool(device.identities & self.revoked)

    def touch(self, job_id: str) -> None:
        self.ledger.touched.add(job_id)

    def touch_uploads(self, _sender: str | None) -> None:
        """A file may have made jobs complete."""
        for (job_id,) in self.server_view().execute(
            "SELECT id FROM jobs WHERE received = 'complete' AND state IN ('finished', 'rework')"
        ):
            self.ledger.touched.add(job_id)

    def mark(self, words: str) -> str:
        """Words like no others, by which an effect is found again."""
        self._marks += 1
        return f"{words} {self._marks}"

    def look_at(self, device: Device) -> None:
        """Notes what came into a tablet's store, and checks what is in it."""
        self.ledger.note_store(device.number, device.new_rows())
        if device.is_emptied_by_the_office:
            device.identities |= self._ids_of(device)
            invariants.check_leaving(self, device)
        invariants.check_device(self, device)

    def poison(self, device: Device) -> None:
        events.poison(self, device)

    def is_signed_out(self, device: Device, user: Character) -> None:
        """Fine where something happened that ends a sign-in; a lost answer never does."""
        who = (device.number, user.username)
        if who not in self.may_be_signed_out and user.id not in self.disabled:
            raise invariants.Violation("L1", f"tablet {who} was signed out for no reason")
        device.is_signed_out.add(user.username)


MEASURES = {
    "WAIT_S": 0.0,  # nobody waits for a turn in a world of one thread
    "LOOK_S": 1e9,  # and nobody looks up from an upload because this computer was slow
    "CHUNK_BYTES": CHUNK_BYTES,
}


@contextmanager
def _small_measures() -> Iterator[None]:
    """Measures of the server's doors, wherever they stand, that would bring real time into the world."""
    doors = [door for name, door in sorted(sys.modules.items()) if name.startswith("server.")]
    before = [
        (door, name, vars(door)[name]) for door in doors for name in MEASURES if name in vars(door)
    ]
    assert {name for _, name, _ in before} == set(MEASURES), "a measure has gone"
    for door, name, _ in before:
        setattr(door, name, MEASURES[name])
    try:
        yield
    finally:
        for door, name, value in before:
            setattr(door, name, value)
