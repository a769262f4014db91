"""The restore drill with the real thing: `doorstep serve`, `backup` and `restore` in processes of their
own, companions over HTTP, a backup while they push, the machine killed and thrown away.

    python -m tests.drills.restore [--database sqlite|postgresql|both] [--tablets 4] [--visits 6]

Prints what was done and exits with 1 if anything that the office had acknowledged is lost or doubled.
"""

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from field_client import Answer, Companion
from field_client.errors import SignInNeeded
from field_client.transport import HttpTransport
from server.app import create_app
from server.clock import utc_now
from server.config import Config
from server.db import migrate
from server.db.people import Person
from server.domain.people import Role
from server.house import House
from tests import people, pictures
from tests.ledgers import Ledger, ledger_of
from tests.live import COMMAND, ROOT, LiveServer, environment
from tests.office import Office
from tests.people import Character

KEY = "the key of the drill, which nobody else has"
SECRET = "the secret of the drill, and of nothing else"
PATIENCE_S = 120.0

NewDatabase = Callable[[], str]


@dataclass
class Pushes:
    """How long the answers to pushes took, in seconds: beside a backup, and otherwise."""

    quiet: list[float] = field(default_factory=list)
    beside_backup: list[float] = field(default_factory=list)
    is_beside_backup: bool = False

    def note(self, took: float) -> None:
        (self.beside_backup if self.is_beside_backup else self.quiet).append(took)


@dataclass(frozen=True)
class Outcome:
    """What the drill found; both lists are empty when all is well."""

    lost: list[str]
    doubled: list[str]
    figures: dict[str, Any]


class Line:
    """Between a tablet and whatever machine the house is at the moment."""

    def __init__(self, drill: "Drill") -> None:
        self._drill = drill

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        wire = HttpTransport(self._drill.address)
        begun = time.monotonic()
        try:
            return wire.request(method, path, headers, body)
        finally:
            wire.close()
            if path.endswith("/push"):
                self._drill.pushes.note(time.monotonic() - begun)

    def close(self) -> None:
        pass


class Drill:
    """One drill in a folder of its own."""

    def __init__(
        self, folder: Path, new_database: NewDatabase, *, tablets: int, visits: int
    ) -> None:
        self.folder, self._new_database, self._visits = folder, new_database, visits
        self.crew = [Character(30 + n, f"Tech{n}", Role.INSTALLER) for n in range(tablets)]
        self.pushes, self.address = Pushes(), ""
        self._sizes = iter(range(320, 100_000))
        (folder / "key").write_text(KEY, encoding="utf-8")

    def run(self) -> Outcome:
        old = self._machine("old")
        migrate.upgrade(old.database_url)
        with self._house(old) as house:
            house.database.write(people.move_in)
            house.database.write(self._hire)
            with self._serving(old):
                self._everybody(self._works_and_syncs, self._issue(house))
                known = self._issue(house)  # worked on after the backup, which has the jobs
                backups = [self._backs_up(old), self._backs_up_beside_work(old, house)]
                self._everybody(self._works_and_syncs, known)
                self._everybody(self._works_and_syncs, self._issue(house))
            acknowledged = ledger_of(house.database, house.media)
        self._throw_away(old)
        new = self._machine("new")
        restored = self._doorstep("restore", new)
        with self._house(new) as house, self._serving(new):
            in_backup = ledger_of(house.database, house.media)
            offered = self._everybody(self._offers_again, {who.id: [] for who in self.crew})
            found = ledger_of(house.database, house.media)
            again = self._everybody(self._offers_again, {who.id: [] for who in self.crew})
        figures = self._figures(acknowledged, in_backup, found, backups, restored)
        figures["offered_again"] = sum(offered)
        figures["offered_a_second_time"] = sum(again)
        return Outcome(_lost(acknowledged, found), _doubled(acknowledged, found), figures)

    # The house.

    def _machine(self, name: str) -> Config:
        return Config(
            database_url=self._new_database(),
            media=self.folder / f"media-{name}",
            secret=SECRET,
            second_factor=False,
            disk_reserve_mb=0,
        )

    @contextmanager
    def _house(self, machine: Config) -> Iterator[House]:
        house: House = create_app(machine).extensions["doorstep"]
        yield house
        house.database.close()

    @contextmanager
    def _serving(self, machine: Config) -> Iterator[None]:
        """The server is killed at the end, as the power would."""
        with LiveServer(machine, self.folder / "server.log") as server:
            self.address = server.address
            yield

    def _throw_away(self, machine: Config) -> None:
        shutil.rmtree(machine.media)
        if machine.database_url.startswith("sqlite:///"):
            file = Path(machine.database_url.removeprefix("sqlite:///"))
            for each in file.parent.glob(file.name + "*"):
                each.unlink()

    def _hire(self, session: Any) -> None:
        session.add_all(
            Person(
                id=who.id,
                username=who.username,
                name=who.name,
                role=who.role,
                organisation_id=who.organisation_id,
                password_hash=people.password_hash(),
            )
            for who in self.crew
        )

    def _issue(self, house: House) -> dict[str, list[str]]:
        """Jobs for everybody, by person."""
        app = create_app(house.config)
        app.extensions["doorstep"] = house
        office = Office(app, utc_now)  # type: ignore[arg-type]
        return {
            who.id: [office.issues_a_job(who) for _ in range(self._visits)] for who in self.crew
        }

    def _doorstep(self, command: str, machine: Config) -> dict[str, Any]:
        words = [command, str(self.folder / "backups"), "--json"]
        env = environment(machine, DOORSTEP_BACKUP_KEY_FILE=str(self.folder / "key"))
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            raise RuntimeError(f"doorstep {command} failed: {done.stderr}")
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def _backs_up(self, machine: Config) -> dict[str, Any]:
        return self._doorstep("backup", machine)

    def _backs_up_beside_work(self, machine: Config, house: House) -> dict[str, Any]:
        jobs = self._issue(house)
        self.pushes.is_beside_backup = True
        with ThreadPoolExecutor(1) as beside:
            backup = beside.submit(self._backs_up, machine)
            self._everybody(self._works_and_syncs, jobs)
            self.pushes.is_beside_backup = False
            return backup.result()

    # The field.

    def _everybody(
        self, act: Callable[[Character, list[str]], int], jobs: dict[str, list[str]]
    ) -> list[int]:
        with ThreadPoolExecutor(len(self.crew)) as pool:
            return list(pool.map(lambda who: act(who, jobs[who.id]), self.crew))

    @contextmanager
    def _tablet(self, who: Character) -> Iterator[Companion]:
        home = self.folder / f"tablet-{who.username}"
        is_new = not home.exists()
        with Companion(home, transport=Line(self)) as tablet:
            if is_new:
                tablet.login(who.username, people.PASSWORD, "http://the-house.example")
            yield tablet

    def _works_and_syncs(self, who: Character, jobs: list[str]) -> int:
        with self._tablet(who) as tablet:
            tablet.sync(patience_s=PATIENCE_S)
            for job_id in jobs:
                self._works(tablet, job_id)
                report = tablet.sync(patience_s=PATIENCE_S)
                if not report.is_done:
                    raise RuntimeError(f"{who.name} could not sync: {report}")
        return len(jobs)

    def _works(self, tablet: Companion, job_id: str) -> None:
        tablet.arrive(job_id)
        for slot in ("before", "after"):
            file = tablet.store.home / f"{slot}.jpg"
            file.write_bytes(pictures.jpeg("kitchen_after", size=(next(self._sizes), 480)))
            tablet.photo(job_id, slot, file)
        tablet.check(job_id, "level", True)
        tablet.part(job_id, "HINGE-110", 2)
        tablet.sign(job_id, "王小明")
        tablet.finish(job_id)

    def _offers_again(self, who: Character, _jobs: list[str]) -> int:
        with self._tablet(who) as tablet:
            report = tablet.sync(patience_s=PATIENCE_S)
            if isinstance(report.problem, SignInNeeded):
                tablet.login(who.username, people.PASSWORD)
                report = tablet.sync(patience_s=PATIENCE_S)
            if not report.is_done:
                raise RuntimeError(f"{who.name} could not sync: {report}")
            return sum(report.by_status.values())

    def _figures(
        self,
        acknowledged: Ledger,
        in_backup: Ledger,
        found: Ledger,
        backups: list[dict[str, Any]],
        restored: dict[str, Any],
    ) -> dict[str, Any]:
        return {
            "tablets": len(self.crew),
            "events_acknowledged": len(acknowledged.events),
            "events_in_the_backup": len(in_backup.events),
            "events_in_quarantine": sum(e[1] == "quarantined" for e in found.events.values()),
            "files_acknowledged": len(acknowledged.files),
            "files_in_the_backup": len(in_backup.files),
            "first_backup": _short(backups[0]),
            "backup_beside_work": _short(backups[1]),
            "restore": _short(restored),
            "pushes_ms": {
                "quiet": _milliseconds(self.pushes.quiet),
                "beside_the_backup": _milliseconds(self.pushes.beside_backup),
            },
        }


def _short(told: dict[str, Any]) -> dict[str, Any]:
    names = ("rows", "files", "bytes", "copied", "bytes_copied", "seconds")
    return {name: told[name] for name in names if name in told}


def _milliseconds(took: list[float]) -> dict[str, float]:
    return {
        "count": len(took),
        "median": round(1000 * statistics.median(took), 1),
        "longest": round(1000 * max(took), 1),
    }


def _lost(acknowledged: Ledger, found: Ledger) -> list[str]:
    """Acknowledged and not there, or not what it was. Work on jobs that the backup does not have is kept
    in quarantine, where its effects wait for a person."""
    lost = [f"event {key}" for key in acknowledged.events if key not in found.events]
    changed = [
        f"event {key} says something else"
        for key, event in acknowledged.events.items()
        if key in found.events and found.events[key][3] != event[3]
    ]
    files = [f"file {key}" for key in acknowledged.files if not found.files.get(key)]
    before, after = _of_known_jobs(acknowledged, found)
    effects = [str(each) for each in before if each not in after]
    return [*lost, *changed, *files, *effects]


def _doubled(acknowledged: Ledger, found: Ledger) -> list[str]:
    more = [f"event {key}" for key in found.events if key not in acknowledged.events]
    before, after = _of_known_jobs(acknowledged, found)
    return more + [str(each) for each in after if after.count(each) > before.count(each)]


def _of_known_jobs(acknowledged: Ledger, found: Ledger) -> tuple[list[Any], list[Any]]:
    """Movements, receipts and photos of the jobs whose events were not all put aside."""
    known = {event[0] for event in found.events.values() if event[1] == "applied"}
    parts = [ledger.of_jobs(*known) for ledger in (acknowledged, found)]
    before, after = ([*p.movements, *p.receipts, *p.photos.items()] for p in parts)
    return before, after


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills.restore", description=__doc__)
    kinds = ("sqlite", "postgresql")
    parser.add_argument("--database", choices=(*kinds, "both"), default="both")
    parser.add_argument("--tablets", type=int, default=4)
    parser.add_argument("--visits", type=int, default=6, help="of each tablet in each of 4 parts")
    chosen = parser.parse_args(arguments)
    # Asked to stop, it leaves no server behind.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    failed = False
    for kind in kinds if chosen.database == "both" else (chosen.database,):
        with tempfile.TemporaryDirectory(prefix="doorstep-drill-") as folder:
            outcome = _run(kind, Path(folder), chosen.tablets, chosen.visits)
        print(f"{kind}: {len(outcome.lost)} lost, {len(outcome.doubled)} doubled")
        print(json.dumps(outcome.figures, indent=2))
        for each in (*outcome.lost, *outcome.doubled):
            print(f"  {each}", file=sys.stderr)
        failed |= bool(outcome.lost or outcome.doubled)
    return 1 if failed else 0


def _run(kind: str, folder: Path, tablets: int, visits: int) -> Outcome:
    names = iter(range(1, 100))
    if kind == "sqlite":
        return Drill(
            folder,
            lambda: f"sqlite:///{folder}/doorstep-{next(names)}.db",
            tablets=tablets,
            visits=visits,
        ).run()
    from tests.postgres import Postgres

    with Postgres() as server:
        return Drill(
            folder,
            lambda: server.create_database(f"drill_{next(names)}"),
            tablets=tablets,
            visits=visits,
        ).run()


if __name__ == "__main__":
    raise SystemExit(main())
