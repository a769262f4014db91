"""The tablet's disk fails while somebody captures, syncs, exports and opens the store.

The companion runs in a process of its own (`python -m tests.faults.companion_disk HOME EXPORTS`), which
does what each line of JSON asks for and answers with a line. It is opened once and lives through all
failures; beside it, a second companion over the same store sees what another start of the app would.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

from field_client import Companion, blobs
from field_client.errors import CompanionError
from server import black_box
from server.domain.errors import DoorstepError
from tests import people
from tests.faults.devices import picture
from tests.faults.premises import SECRET, Premises
from tests.faults.shim import Faults
from tests.live import ROOT

Json = dict[str, Any]
TRIES = 3
JOBS = 40
KNOWN = {"disk_full", "store_broken", "store_busy", "file_unreadable", "server_busy"}
"""What somebody may be told whose disk fails."""


class Subject:
    """A tablet in Alice's hands, and the process in which it runs."""

    steps = ("note", "photo", "signature", "sync", "export", "open")

    def __init__(self, tablet: "Tablet", faults: Faults, folder: Path) -> None:
        self.tablet, self._faults = tablet, faults
        self._pictures = folder / "pictures"
        self._pictures.mkdir()
        self._taken = 0
        self._has_to_export = False
        self.saved: list[Json] = []

    def faults(self, step: str) -> Faults:
        return self._faults

    def prepare(self, step: str) -> Json:
        order = {"do": step}
        if step == "photo":
            return {**order, "file": str(self._takes_a_picture())}
        if step == "sync" or (step == "export" and not self._has_to_export):
            self._has_to_export = (
                step == "export"
            )  # each export reads it all: more and it never ends
            file = str(self._takes_a_picture())
            for captured in ({"do": "note"}, {"do": "photo", "file": file}):
                assert not self.act(captured["do"], captured)
        return order

    def _takes_a_picture(self) -> Path:
        self._taken += 1
        file = self._pictures / f"{self._taken}.jpg"
        file.write_bytes(picture())
        return file

    def act(self, step: str, subject: Json) -> str:
        """Does the step once; returns the code of what the person was told, "" when it is done."""
        answer = self.tablet.does(subject)
        assert "crashed" not in answer, answer["crashed"]
        self.saved += answer.get("saved", [])
        code = str(answer.get("code", ""))
        assert code in KNOWN | {""}, answer
        return code

    def settle(self, step: str, subject: Json) -> int:
        for tries in range(1, TRIES + 1):
            if not self.act(step, subject):
                assert self.tablet.does({"do": "open"}) == {}, "another start finds the store well"
                return tries
        raise AssertionError(f"{step} does not recover")

    def lost(self) -> list[str]:
        """What was reported as saved and is not there. Looks once at each."""
        seen, self.saved = self.saved, []
        return [str(each) for each in self.tablet.does({"do": "look", "saved": seen})["lost"]]


class Tablet:
    """The process, asked line by line."""

    def __init__(self, home: Path, exports: Path, faults: Faults | None, log: Path) -> None:
        more = faults.environment if faults else {}
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.companion_disk", str(home), str(exports)],
            cwd=ROOT, env={"PATH": "/usr/bin:/bin", **more}, text=True, stderr=self._log,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def does(self, order: Json) -> Json:
        """Raises AssertionError when the process has died."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the companion has died"
        found: Json = json.loads(line)
        return found

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait(30)
        self._log.close()


@contextmanager
def subject(folder: Path, library: Path, jobs: int = JOBS) -> Iterator[Subject]:
    """Alice's tablet over a disk that can be made to fail, with a server whose disk is well."""
    below, office = folder / "tablet", folder / "office"
    below.mkdir()
    office.mkdir()
    premises = Premises(office, folder)
    premises.moves_in({people.ALICE: jobs})
    with ExitStack() as opened:
        server = opened.enter_context(premises.serve())
        faults = Faults(library, folder / "faults-of-tablet", below)
        tablet = Tablet(below / "home", below, faults, folder / "tablet.log")
        opened.callback(tablet.close)
        assert tablet.does({"do": "login", "server": server.address}) == {}
        yield Subject(tablet, faults, folder)


# In the process.


class Hands:
    """What somebody does with the tablet."""

    def __init__(self, home: Path, exports: Path) -> None:
        self.home, self.exports = home, exports
        self.companion = Companion(home)
        self._jobs: Iterator[str] = iter(())

    def login(self, server: str) -> Json:
        self.companion.login(people.ALICE.username, people.PASSWORD, server)
        self.companion.sync()
        self._jobs = cycle([each.job_id for each in self.companion.jobs()])
        return {}

    def note(self) -> Json:
        captured = self.companion.note(next(self._jobs), "The door closes again")
        return {"saved": [{"event": captured["event_id"]}]}

    def photo(self, file: str) -> Json:
        captured, shot = self.companion.photo(next(self._jobs), "after", Path(file))
        return {"saved": [{"event": captured["event_id"], "file": shot.sha256}]}

    def signature(self) -> Json:
        captured, _ = self.companion.sign(next(self._jobs), "王小明", stars=5)
        mark = captured["data"]["signature"]["sha256"]
        return {"saved": [{"event": captured["event_id"], "file": mark}]}

    def sync(self) -> Json:
        report = self.companion.sync(patience_s=0)
        if report.is_done:
            return {}
        return {"code": report.problem.code if report.problem else "server_busy"}

    def export(self) -> Json:
        """A box that is said to be there opens, and holds all that waits."""
        file = self.exports / "box"
        file.unlink(missing_ok=True)
        counts = self.companion.export(file)
        with suppress(
            OSError
        ):  # the fault may strike this look; the next export is looked at again
            look_into(file, counts)
        return {}

    def open(self) -> Json:
        """The app started once more."""
        with closing(Companion(self.home)) as again:
            assert again.jobs()
        return {}

    def look(self, saved: list[Json]) -> Json:
        """What of this is not there, for this companion and for one that has just been opened."""
        with closing(Companion(self.home)) as again:
            return {"lost": [*missing(self.companion, saved), *missing(again, saved)]}


def look_into(file: Path, counts: Json) -> None:
    with file.open("rb") as sealed, black_box.open_box(sealed, SECRET) as box:
        events = sum(len(each) for each in box.events().values())
        assert (events, len(list(box.files()))) == (counts["events"], counts["blobs"])


def missing(companion: Companion, saved: list[Json]) -> list[str]:
    """Events without a row and files without their bytes."""
    gone = []
    for each in saved:
        row = companion.store.row("SELECT 1 FROM event WHERE event_id = ?", [each["event"]])
        if row is None:
            gone.append(each["event"])
        if each.get("file") and not blobs.is_intact(companion.store, each["file"]):
            gone.append(each["file"])
    return gone


def answer(act: Callable[..., Json], **order: Any) -> Json:
    """What the act returns, or what it raised: a code, or the name of what should not have come out."""
    try:
        return act(**order)
    except (CompanionError, DoorstepError) as told:
        return {"code": told.code}
    except BaseException as stumble:
        return {"crashed": f"{type(stumble).__name__}: {stumble}"}


def main(home: str, exports: str) -> None:
    hands = Hands(Path(home), Path(exports))
    for line in sys.stdin:
        order = json.loads(line)
        act = getattr(hands, order.pop("do"))
        print(json.dumps(answer(act, **order)), flush=True)
    hands.companion.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
