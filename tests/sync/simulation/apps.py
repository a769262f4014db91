"""The TypeScript app on a tablet, as the world works with it: the companion's verbs, done by its own modules."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from server.domain.visits import Missing
from tests.sync.simulation.rooms import Json, Owner, Room, TabletFailure


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as the app's screen shows it."""

    job_id: str
    sheet: Json
    visit: Json
    is_read_only: bool
    state: str
    missing: list[Missing]


@dataclass(frozen=True, slots=True)
class Came:
    """What a sync came to."""

    problem: TabletFailure | None
    by_status: dict[str, int]
    changes: int
    files: int
    has_left: bool


class TabletApp:
    """The app on one tablet, opened by one person."""

    def __init__(self, room: Room, name: str, owner: Owner, username: str) -> None:
        self._room, self._name, self._owner, self._who = room, name, owner, username

    def _does(self, verb: str, *facts: Any) -> Any:
        return self._room.order(self._name, verb, *facts, who=self._who, owner=self._owner)

    def login(self, username: str, password: str, _server: str) -> None:
        self._room.order(self._name, "sign in", password, who=username, owner=self._owner)

    def sync(self, *, patience_s: float) -> Came:
        told = self._does("sync", patience_s)
        problem = TabletFailure(told["problem"], "", is_said=False) if told["problem"] else None
        return Came(problem, told["byStatus"], told["changes"], told["files"], told["hasLeft"])

    def jobs(self) -> list[Seen]:
        return [_seen(each) for each in self._does("jobs")]

    def show(self, job_id: str) -> Seen:
        return _seen(self._does("show", job_id))

    def accept(self, job_id: str) -> None:
        self._does("accept", job_id)

    def decline(self, job_id: str, reason: str) -> None:
        self._does("decline", job_id, reason)

    def travel(self, job_id: str) -> None:
        self._does("travel", job_id)

    def arrive(self, job_id: str) -> None:
        self._does("arrive", job_id)

    def assess(self, job_id: str, severity: str, findings: list[str]) -> None:
        self._does("assess", job_id, severity, findings)

    def check(self, job_id: str, step_id: str, answer: Any) -> None:
        self._does("check", job_id, step_id, answer)

    def photo(self, job_id: str, slot: str, file: Path) -> None:
        with Image.open(file) as picture:
            width, height = picture.size
        shot = {"bytes": _text(file.read_bytes()), "width": width, "height": height}
        self._does("photo", job_id, slot, shot)

    def discard(self, job_id: str, photo_id: str, reason: str) -> None:
        self._does("discard", job_id, photo_id, reason)

    def part(self, job_id: str, sku: str, quantity: int, *, charge: str = "warranty") -> None:
        self._does("part", job_id, sku, quantity, charge)

    def void(self, job_id: str, line_id: str, reason: str) -> None:
        self._does("void", job_id, line_id, reason)

    def request(self, job_id: str, sku: str, quantity: int, reason: str) -> None:
        self._does("request", job_id, sku, quantity, reason)

    def swap(self, job_id: str, old: str, new: str) -> None:
        self._does("swap", job_id, old, new)

    def note(self, job_id: str, text: str, audience: str = "office") -> None:
        self._does("note", job_id, text, audience)

    def lead(self, job_id: str, text: str) -> None:
        self._does("lead", job_id, text)

    def sign(self, job_id: str, name: str, *, signature: bytes, stars: int | None = None) -> str:
        """The digest of what was signed."""
        signing = {"name": name, "relation": "customer", "picture": _text(signature)}
        told = self._does("sign", job_id, signing if stars is None else {**signing, "stars": stars})
        return str(told)

    def unsigned(self, job_id: str, reason: str) -> None:
        self._does("unsigned", job_id, reason)

    def finish(self, job_id: str, outcome: str = "completed", **more: Any) -> None:
        self._does("finish", job_id, {"outcome": outcome, **more})


def _seen(told: Json) -> Seen:
    missing = [Missing(**each) for each in told["missing"]]
    return Seen(
        told["jobId"], told["sheet"], told["visit"], told["isReadOnly"], told["state"], missing
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
