"""Cuts the power under a running server, a companion and a tablet, again and again, and counts what is lost.

`python -m tests.faults.power_cuts [--rounds N] [--seed N] [--only sqlite|postgresql|companion|tablet]` needs
root, because it mounts a disk of its own (disks.py), and says so when it was not run.

The server's disk holds database and media of a real `doorstep serve` (two processes) and `doorstep worker`;
four real companions with stores elsewhere capture, push and upload all the time. After a random while the
disk stops, everything that ran on it is killed, the disk is mounted again from what had reached it, and the
server starts anew: every event and photo that any tablet was ever told is kept must be there, byte for byte,
and the tablets must be able to send all the rest. The companion's disk holds the stores of two companions
that capture; whatever they reported as saved must be there. The tablet's disk holds the profile of a real
Chromium with the real app (browser_disk.py): what it called saved must be there, open by the PIN, and reach
the office once.

In a control round flushes do nothing (shim.py; on PostgreSQL fsync=off). It must lose something: else the cut
would prove nothing. The tablet has a second control, in which the app does not ask the browser to be strict.
"""

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from field_client import Companion
from server.db.engine import Database, sqlite_driver
from tests import people
from tests.faults import disks, shim
from tests.faults.browser_disk import Handheld
from tests.faults.clusters import Cluster
from tests.faults.companion_disk import missing
from tests.faults.crews import MEMBERS, Crew
from tests.faults.disks import Disk, end_at_once, freeze
from tests.faults.premises import Premises
from tests.faults.shim import Faults
from tests.field_client.device import tablet
from tests.live import ROOT, LiveServer, Running

ROUNDS = 5
KEPT_BEFORE = (1, 40)  # how much the server has acknowledged in a round before the power goes
SAID_BEFORE = (1, 150)  # how much the companions have saved
JOBS = 3  # for each person
Lies = dict[str, str]
"""What lets every flush of a process do nothing; empty in the rounds that count."""


@dataclass
class Tally:
    """What came of the cuts under one subject."""

    subject: str
    cuts: int = 0
    events: int = 0
    photos: int = 0
    lost_events: int = 0
    lost_photos: int = 0
    remark: str = ""

    @property
    def lost(self) -> int:
        return self.lost_events + self.lost_photos

    def __str__(self) -> str:
        cells = (
            self.subject,
            self.cuts,
            self.events,
            self.photos,
            self.lost_events,
            self.lost_photos,
        )
        return f"| {' | '.join(map(str, cells))} |"


HEAD = (
    "| under | cuts | events acknowledged | photos acknowledged | events lost | photos lost |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: |"
)


# The server.


class ServerRoom:
    """A server, its worker and its database on one disk, and a crew outside."""

    def __init__(self, disk: Disk, folder: Path, database: str, lies: Lies) -> None:
        self.disk, self.lies = disk, lies
        self.cluster: Cluster | None = None
        if database == "postgresql":
            self.cluster = Cluster(disk.root / "postgresql", is_durable=not lies)
        self.premises = Premises(disk.root, folder, self.cluster.url if self.cluster else None)
        self.crew = Crew(folder)
        self._running: list[Running] = []

    def moves_in(self) -> None:
        """Everything that is there before the first cut, and safely so."""
        if self.cluster is not None:
            self.cluster.create()
        self.premises.moves_in(dict.fromkeys(MEMBERS, JOBS))
        self.starts()
        self.crew.signs_in(self.server.address)
        self.disk.settle()

    def starts(self) -> None:
        """Raises RuntimeError when it does not."""
        if self.cluster is not None and self.cluster.process is None:
            self.cluster.start()
        server = self.premises.serve(**self.lies)
        self._running.append(server.process)
        server.__enter__()
        self._running.append(self.premises.work(**self.lies).process)
        self.crew.finds(server.address)
        self.server: LiveServer = server

    def loses_power(self) -> None:
        cluster = [self.cluster.process] if self.cluster and self.cluster.process else []
        freeze(each.pid for each in [*self._running, *cluster])
        self.disk.cut()
        for process in self._running:
            end_at_once(process)
        self._running.clear()
        if self.cluster is not None:
            self.cluster.end()
        self.crew.stops_work()
        self.disk.mounted_again()

    def lost(self) -> tuple[set[str], set[str]]:
        """Events and photos that some tablet was told are kept, and that are not."""
        with closing(Database(self.premises.config.database_url)) as database:
            if database.is_sqlite:
                _must_be_whole(database)
        events, photos = self.premises.holds()
        return self.crew.events - events, self.crew.photos - photos

    def close(self) -> None:
        for process in self._running:
            end_at_once(process)
        self.crew.close()
        if self.cluster is not None:
            self.cluster.close()


def _must_be_whole(database: Database) -> None:
    with closing(sqlite_driver().connect(database.url.database)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
    assert found == [("ok",)], found


def under_server(
    database: str, rounds: int, chance: random.Random, lies: Lies, tally: Tally
) -> None:
    with _disk() as (disk, folder), ExitStack() as opened:
        room = ServerRoom(disk, folder, database, lies)
        opened.callback(room.close)
        room.moves_in()
        for _ in range(rounds):
            room.crew.starts_work()
            room.crew.waits_until_kept(chance.randint(*KEPT_BEFORE))
            room.loses_power()
            tally.cuts += 1
            tally.events, tally.photos = len(room.crew.events), len(room.crew.photos)
            try:
                room.starts()
                events, photos = room.lost()
            except (RuntimeError, AssertionError):
                if not lies:
                    raise
                events, photos = room.crew.events, room.crew.photos  # nothing of it can be read
            tally.lost_events, tally.lost_photos = len(events), len(photos)
            if not lies:
                room.crew.sync()


# The companion.


class Pocket:
    """Two companions on one disk, and what each of them has reported as saved."""

    def __init__(self, disk: Disk, folder: Path, lies: Lies) -> None:
        self.disk, self.lies = disk, lies
        self.homes = [disk.root / f"tablet-{number}" for number in range(2)]
        self._cameras = [folder / f"camera-{number}" for number in range(2)]
        self.saved: list[list[dict[str, Any]]] = [[], []]
        for home, camera in zip(self.homes, self._cameras, strict=True):
            tablet(home, jobs=JOBS).close()
            camera.mkdir()

    def capture_until_cut(self, how_many: int) -> None:
        """The cut comes when the first of the two has said so much."""
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.capturing", str(home), str(camera)],
                cwd=ROOT, env={"PATH": "/usr/bin:/bin", **self.lies}, text=True,
                stdout=subprocess.PIPE,
            )
            for home, camera in zip(self.homes, self._cameras, strict=True)
        ]  # fmt: skip
        try:
            heard = [_stdout(running[0]).readline() for _ in range(how_many)]
            freeze(each.pid for each in running)
            self.disk.cut()
        finally:
            for each in running:
                end_at_once(each)
        for saved, before, each in zip(self.saved, (heard, []), running, strict=True):
            lines = [*before, *_stdout(each).read().splitlines(keepends=True)]
            told = [json.loads(line) for line in lines if line.endswith("\n")]
            saved += [fact for fact in told if "event" in fact]
            _stdout(each).close()
        self.disk.mounted_again()

    def lost(self) -> list[str]:
        gone = []
        for home, saved in zip(self.homes, self.saved, strict=True):
            with closing(Companion(home)) as companion:
                gone += missing(companion, saved)
        return gone


def _stdout(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return process.stdout


def under_companion(rounds: int, chance: random.Random, lies: Lies, tally: Tally) -> None:
    with _disk() as (disk, folder):
        pocket = Pocket(disk, folder, lies)
        disk.settle()
        for _ in range(rounds):
            pocket.capture_until_cut(chance.randint(*SAID_BEFORE))
            tally.cuts += 1
            said = [each for saved in pocket.saved for each in saved]
            tally.events, tally.photos = len(said), sum(1 for each in said if each["file"])
            lost = set(pocket.lost())
            tally.lost_events = sum(1 for each in said if each["event"] in lost)
            tally.lost_photos = sum(1 for each in said if each["file"] in lost)


# The tablet.


def under_tablet(
    rounds: int, chance: random.Random, lies: Lies, tally: Tally, *, is_strict: bool = True
) -> None:
    """By turns a tablet out of its box and one that is older; every third time while it sends."""
    with _disk() as (disk, folder), ExitStack() as opened:
        office = folder / "office"
        office.mkdir()
        premises = Premises(office, folder)
        jobs = premises.moves_in({people.ALICE: rounds})[people.ALICE]
        server = opened.enter_context(premises.serve())
        chromium = opened.enter_context(sync_playwright()).chromium
        tablet = Handheld(disk, premises, chromium, server.address, lies, is_strict=is_strict)
        opened.callback(tablet.ends)
        for number, job_id in enumerate(jobs):
            if number % 2:
                tablet.goes_on()
            else:
                tablet.begins_anew()
            tablet.works_until_cut(job_id, chance, is_offline=number % 3 != 2)
            tally.cuts += 1
            tally.events, tally.photos = tablet.saved()
            tablet.starts_again()
            events, files = tablet.lost()
            tally.lost_events += len(events)
            tally.lost_photos += len(files)
            if not lies and is_strict:
                tablet.delivers()
            tablet.is_put_away()
        tally.remark = f"{tally.subject}: started without a network after {tablet.without_network}."


# The story.


@contextmanager
def _disk() -> Iterator[tuple[Disk, Path]]:
    """A disk, and a folder beside it; both go away in every case."""
    folder = Path(tempfile.mkdtemp(prefix="doorstep-power-"))
    folder.chmod(0o755)  # PostgreSQL runs under another account
    try:
        with Disk(folder) as disk:
            yield disk, folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


Subject = Callable[[int, random.Random, Lies, Tally], None]
SUBJECTS: dict[str, Subject] = {
    "sqlite": lambda *args: under_server("sqlite", *args),
    "postgresql": lambda *args: under_server("postgresql", *args),
    "companion": under_companion,
    "tablet": under_tablet,
}
UNPROTECTED: dict[str, tuple[str, Subject]] = {
    "tablet": ("durability relaxed", partial(under_tablet, is_strict=False))
}
"""What must lose something, too, because a protection of its own was taken away."""


def prove(name: str, rounds: int, seed: int, lies: Lies) -> Tally:
    """The cuts under one subject. Raises AssertionError when it does not work again afterwards."""
    tally = Tally(f"{name}, flushes do nothing" if lies else name)
    SUBJECTS[name](rounds, random.Random(seed), lies, tally)
    return tally


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing was lost and every control lost something."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.power_cuts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="cuts under each subject")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(SUBJECTS))
    args = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing stays mounted
    with tempfile.TemporaryDirectory(prefix="doorstep-power-") as made:
        folder = Path(made)
        reason = disks.why_not(folder)
        if reason:
            print(f"NOT RUN: {reason}. No power was cut and nothing was proven.")
            return 1
        return _prove_all(
            [args.only] if args.only else list(SUBJECTS), args.rounds, args.seed, folder
        )


def _prove_all(names: list[str], rounds: int, seed: int, folder: Path) -> int:
    print(HEAD, flush=True)
    lost, idle = 0, []
    remarks: list[str] = []
    lies = _lies(folder)
    for name in names:
        tally = prove(name, rounds, seed, {})
        print(tally, flush=True)
        lost += tally.lost
        remarks += [tally.remark] if tally.remark else []
        if lies:
            control = prove(name, 1, seed, lies)
            print(control, flush=True)
            idle += [] if control.lost else [control.subject]
        if name in UNPROTECTED:
            word, subject = UNPROTECTED[name]
            control = Tally(f"{name}, {word}")
            subject(1, random.Random(seed), {}, control)
            print(control, flush=True)
            idle += [] if control.lost else [control.subject]
    print(*remarks, sep="\n")
    if not lies:
        print(f"\nNO CONTROL: {shim.why_not()}.")
    for name in idle:
        print(f"\nThe control of {name} lost nothing: the cut proves nothing there.")
    print(f"\nLost of what was acknowledged: {lost}")
    return 1 if lost or idle or not lies else 0


def _lies(folder: Path) -> Lies:
    """Empty where there is no compiler."""
    if shim.why_not():
        return {}
    faults = Faults(shim.build(folder), folder / "faults", folder)
    faults.lie()
    return faults.environment


if __name__ == "__main__":
    sys.exit(main())
