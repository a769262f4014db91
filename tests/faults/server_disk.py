"""The server's disk fails under a push, an upload and the worker's examination of a photo.

One server and one worker live through the whole sweep. After each failure the tablet tries again, as it
would; then everything that was ever acknowledged must be there, and its bytes right.
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import update

from server.app import create_app
from server.clock import utc_now
from server.config import Config
from server.db.engine import Database
from server.db.house import Task
from server.db.photos import Photo, Upload
from server.files import Media
from server.ids import new_id
from server.worker import run_once
from tests import people
from tests.events import Event, Lane
from tests.faults.devices import Device, Told, picture, sha256
from tests.faults.premises import Premises
from tests.faults.shim import Faults
from tests.live import ROOT, LiveServer, environment

TRIES = 3
JOBS = 60
AT_ONCE = 4
PUSHES = ("push", "pushes at once")
KNOWN = {"busy": 503, "storage_full": 507, "internal": 500, "locked": 423}
"""What a tablet may be told when a disk fails, with its status. HEAD has no body and tells the status."""


@dataclass
class Acknowledged:
    """What the server has said it keeps."""

    events: list[Event] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)


class Subject:
    """The server, seen by one tablet. `faults` strike the web server, `faults_of_worker` the worker."""

    steps = ("push", "pushes at once", "upload at once", "upload in pieces", "examine")

    def __init__(self, premises: Premises, server: LiveServer, worker: "Worker", jobs: list[str],
                 faults: Faults, faults_of_worker: Faults) -> None:  # fmt: skip
        self.premises, self.server, self.worker = premises, server, worker
        self.device = Device(server.address, people.ALICE)
        self._lanes = cycle([self.device.lane(each) for each in jobs])
        self.media = Media(premises.config.media)
        self.database = Database(premises.config.database_url)
        self.acknowledged = Acknowledged()
        self._faults, self._faults_of_worker = faults, faults_of_worker

    def close(self) -> None:
        self.device.close()
        self.database.close()

    def faults(self, step: str) -> Faults:
        return self._faults_of_worker if step == "examine" else self._faults

    def prepare(self, step: str) -> Any:
        """What the step needs, with a disk that is well."""
        if step == "push":
            return [self._two_events()]
        if step == "pushes at once":
            return [self._two_events() for _ in range(AT_ONCE)]
        content = picture()
        announced = self._photo(content, next(self._lanes))
        assert self.device.push([announced]).is_done
        self.acknowledged.events.append(announced)
        if step == "examine":
            assert self.device.upload_at_once(content).is_done
            self.acknowledged.files.append(content)
        return content

    def act(self, step: str, subject: Any) -> str:
        """Does the step once; returns what the caller was told, "" when it is done."""
        if step == "examine":
            return self.worker.works() or ("" if self._is_done(step, subject) else "it rests")
        if step in PUSHES:
            return self._push_all(subject)
        upload = {
            "upload at once": self.device.upload_at_once,
            "upload in pieces": self.device.upload_in_pieces,
        }
        said = upload[step](subject)
        if said.is_done and not said.code:
            self.acknowledged.files.append(subject)
        return _words(said)

    def _push_all(self, batches: list[list[Event]]) -> str:
        """All at the same time, each with an answer of its own; returns the first refusal."""
        with ThreadPoolExecutor(len(batches)) as senders:
            answers = list(senders.map(self.device.push, batches))
        for said, events in zip(answers, batches, strict=True):
            if said.is_done:
                self._note_results(said, events)
        return next(filter(None, map(_words, answers)), "")

    def settle(self, step: str, subject: Any) -> int:
        """Half a minute later, the disk is well again: how many tries it takes until the step is done."""
        self._let_leases_run_out()
        for tries in range(1, TRIES + 1):
            if step == "examine":
                self.worker.goes_on_by(3600)
            if not self.act(step, subject) and self._is_done(step, subject):
                return tries
        raise AssertionError(f"{step} does not recover")

    def lost(self) -> list[str]:
        """What was acknowledged and is not there: event ids and hashes. Looks once at each."""
        seen, self.acknowledged = self.acknowledged, Acknowledged()
        gone = []
        if seen.events:
            known = self.device.knows(seen.events)
            gone = [
                e["event_id"] for e, s in zip(seen.events, known, strict=True) if s == "unknown"
            ]
        for content in seen.files:
            is_known = self.device.state_of(content)["state"] == "stored"
            if not is_known or not self.media.verify(sha256(content)):
                gone.append(sha256(content))
        return gone

    def _let_leases_run_out(self) -> None:
        """A turn that could not be given back ends by itself after 30 s. The server has the computer's
        clock, so the time that a tablet would wait is taken off the row."""
        long_ago = utc_now() - timedelta(minutes=1)
        held = update(Upload).where(Upload.held_until.is_not(None)).values(held_until=long_ago)
        self.database.write(lambda session: session.execute(held))

    def _is_done(self, step: str, content: Any) -> bool:
        """An examined photo is checked, has its copies, and nothing was held against it."""
        if step != "examine":
            return True
        name = sha256(content)
        states = self.database.read(
            lambda s: [each.state for each in s.query(Photo).filter_by(sha256=name)]
        )
        copies = [self.media.derived_path(name, size) for size in ("large", "thumb")]
        assert "refused" not in states, "a good photo was refused because the disk failed"
        aside = self.database.read(
            lambda s: s.query(Task).filter(Task.failed_at.is_not(None)).count()
        )
        assert aside == 0, "a task was put aside"
        return states == ["checked"] and all(each.is_file() for each in copies)

    def _note_results(self, said: Told, events: list[Event]) -> None:
        results = said.answer.json()["results"]
        assert {each["status"] for each in results} <= {"applied", "recorded"}, results
        self.acknowledged.events += events

    def _two_events(self) -> list[Event]:
        lane = next(self._lanes)
        return [lane.add("note.added"), self._photo(picture(), lane)]

    def _photo(self, content: bytes, lane: Lane) -> Event:
        facts = {"sha256": sha256(content), "size": len(content), "mime": "image/jpeg"}
        seen = {"width": 160, "height": 160, "source": "camera", "slot": "after"}
        return lane.add("photo.taken", {"photo_id": new_id(), **facts, **seen})


def _words(said: Told) -> str:
    """What a caller was told, "" when it is done. Raises AssertionError for what no tablet knows."""
    if said.is_done and not said.code:
        return ""
    assert said.code == "(HEAD)" or KNOWN.get(said.code) == said.status, said.answer.text
    return said.words


class Worker:
    """The worker's own code in a process that does all that is due when it is told to."""

    def __init__(self, premises: Premises, faults: Faults, log: Path) -> None:
        env = environment(premises.config, **faults.environment)
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server_disk"],
            cwd=ROOT, env=env, text=True, stderr=self._log,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.ahead_s = 0

    def goes_on_by(self, seconds: int) -> None:
        """So much later: what failed has rested."""
        self.ahead_s += seconds

    def works(self) -> str:
        """ "" or what it stumbled over. Raises AssertionError when it has died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{self.ahead_s}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said, "the worker has died"
        return said.strip()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(30)
        self._log.close()


@contextmanager
def subject(folder: Path, library: Path, jobs: int = JOBS) -> Iterator[Subject]:
    """A server and a worker over a disk that can be made to fail."""
    below = folder / "disk"
    below.mkdir()
    premises = Premises(below, folder)
    job_ids = premises.moves_in({people.ALICE: jobs})[people.ALICE]
    faults = Faults(library, folder / "faults-of-server", below)
    faults_of_worker = Faults(library, folder / "faults-of-worker", below)
    with ExitStack() as opened:
        server = opened.enter_context(premises.serve(**faults.environment))
        worker = Worker(premises, faults_of_worker, folder / "worker.log")
        opened.callback(worker.close)
        made = Subject(premises, server, worker, job_ids, faults, faults_of_worker)
        opened.callback(made.close)
        yield made


def main() -> None:
    """The worker: for each line (seconds that its clock is ahead) it does all that is due."""
    ahead = timedelta()
    app = create_app(Config.from_env(), clock=lambda: utc_now() + ahead)
    house = app.extensions["doorstep"]
    for line in sys.stdin:
        ahead = timedelta(seconds=int(line))
        try:
            run_once(house)
        except Exception as stumble:  # as Worker.try_one does, which lives on
            print(type(stumble).__name__, flush=True)
        else:
            print(flush=True)


if __name__ == "__main__":
    main()
