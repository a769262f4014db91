"""A device for tests: a clock that stands still until told, a person who has signed in, pulled jobs."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from field_client import Companion, people
from field_client.clock import Clock
from field_client.outbox import Outbox
from field_client.pull import Pull

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # in Chengdu
Json = dict[str, Any]


class StillClock(Clock):
    """Time passes only when somebody sleeps, or says so."""

    def __init__(self, at: datetime = NOON, seed: int = 1) -> None:
        self.zone, self.boot = "Asia/Shanghai", "b7e1"
        self.random = random.Random(seed)
        self.at, self.mono = at, 8_120_344
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    def mono_ms(self) -> int:
        return self.mono

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.mono += int(seconds * 1000)


def sheet(job_id: str = "J-1001", **changes: Any) -> Json:
    """A job as the server's pull tells it."""
    return {
        "id": job_id,
        "rev": 17,
        "work": "Hang the kitchen door again",
        "priority": "urgent",
        "ticket": {"id": "T-1001", "kind": "repair", "class": "urgent", "category": "installation"},
        "shop": {"id": "s-1", "name": "Chengdu", "phone": "028 1234"},
        "customer": {"id": "c-1", "name": "王小明", "phone": "138", "language": "zh"},
        "site": {
            "id": "site-1",
            "address": "天府大道 100 号",
            "city": "成都",
            "country": "CN",
            "time_zone": "Asia/Shanghai",
        },
        "asset": None,
        "window": {
            "start": "2026-11-21T04:00:00.000Z",
            "end": "2026-11-21T06:00:00.000Z",
            "time_zone": "Asia/Shanghai",
        },
        "assignee": {"id": "p-alice", "name": "Alice"},
        "crew": [],
        "slots": [{"slot": "after", "label": "After", "label_zh": "施工后", "minimum": 1}],
        "checklist": {
            "name": "door",
            "version": 1,
            "steps": [
                {
                    "step_id": "level",
                    "kind": "yes_no",
                    "label": "Is it level?",
                    "label_zh": "水平吗？",
                    "required": True,
                }
            ],
        },
        "planned_parts": [
            {
                "sku": "HINGE-110",
                "name": "Hinge",
                "name_zh": "铰链",
                "quantity": 2,
                "charge": "customer",
                "unit_price": 1250,
                "currency": "CNY",
            }
        ],
        "notes": "Ring twice",
        "care_card": "Oil once a year",
        "revisit_of": None,
        "cause": None,
        "history": [],
        "state": "issued",
        "received": "none",
        "missing": {"events": [], "blobs": []},
        "visit": None,
        "verdict": None,
        "retakes": [],
        "receipt": None,
        **changes,
    }


def upsert(job: Json, version: int = 1) -> Json:
    return {"kind": "job", "id": job["id"], "version": version, "change": "upsert", "data": job}


def sign_in(companion: Companion, username: str = "alice", language: str = "en") -> str:
    """As if the person had signed in while there was a network."""
    person = {
        "id": f"p-{username}",
        "username": username,
        "name": username.title(),
        "role": "installer",
        "language": language,
    }
    tokens = {"access_token": f"a-{username}", "refresh_token": f"r-{username}"}
    device_id = companion.store.installation["device_id"]
    people.sign_in(companion.store, person, device_id, tokens)
    companion.__dict__.pop("person", None)
    return str(person["id"])


def pull(companion: Companion, *changes: Json, cursor: str = "c1", **page: Any) -> None:
    """As if a pull had brought these changes."""
    told = {"changes": list(changes), "cursor": cursor, "epoch": "e1", **page}
    Pull(companion.outbox, companion._talk(companion.person["person_id"])).apply_page(told)


def tablet(home: Path, *, clock: Clock | None = None, jobs: int = 1) -> Companion:
    """Alice's tablet with some jobs on it, and no network."""
    companion = Companion(home, clock=clock or StillClock(), transport=NoNetwork())
    sign_in(companion)
    pull(companion, *(upsert(sheet(f"J-{1001 + n}"), n + 1) for n in range(jobs)))
    return companion


class NoNetwork:
    """A transport for a place without any."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def request(self, method: str, path: str, headers: object, body: bytes | None = None) -> Any:
        from field_client.errors import NetworkDown

        self.asked.append(f"{method} {path}")
        raise NetworkDown(why="no signal")

    def close(self) -> None:
        pass


def waiting(companion: Companion) -> list[str]:
    """The kinds that wait, oldest first."""
    outbox: Outbox = companion.outbox
    rows = companion.store.rows(
        "SELECT kind FROM event WHERE person_id = ? AND state = 'waiting' ORDER BY place",
        [outbox.person_id],
    )
    return [row["kind"] for row in rows]
