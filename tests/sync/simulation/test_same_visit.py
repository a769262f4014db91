"""The same visit with both clients, at the same moments and with the same chance: the same events (but for the
reading of the clock beside them), and the same receipt signed, which the server builds for itself once more."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.people import NOW
from tests.sync.simulation.devices import Device
from tests.sync.simulation.tablets import TabletDevice
from tests.sync.simulation.town import Town
from tests.sync.simulation.working import Tablet, picture
from tests.sync.simulation.world import Plan, World

MORNING = NOW + timedelta(days=1)
SLOTS = ("before", "after")
SAME = (
    *("event_id", "kind", "v", "job_id", "base_rev", "after", "actor"),
    *("captured_at", "tz", "data"),
)


class SameChance(Random):
    """Draws for ids what the machines of tests/tablet/simulation draw."""

    drawn = 0

    def getrandbits(self, count: int) -> int:
        assert count == 74, "offline nothing but ids is drawn"
        self.drawn += 1
        digits = hashlib.shake_256(f"twins {self.drawn}".encode()).hexdigest(10)
        low = (int(digits[3], 16) & 3) << 60 | int(digits[4:19], 16)
        return int(digits[:3], 16) << 62 | low


@dataclass(frozen=True, slots=True)
class Visited:
    """What one client wrote down of it, and what the server made of that: digest and signed digest."""

    lane: list[dict[str, Any]]
    receipts: list[tuple[str, str]]
    exceptions: list[str]


def test_the_same_visit_gives_the_same_receipt(tmp_path: Path) -> None:
    for number, slot in enumerate(SLOTS):
        picture(Random(number), tmp_path / f"{slot}.jpg")
    by_companion = _visited(tmp_path, "companion")
    by_app = _visited(tmp_path, "tablet")
    assert by_app.lane == by_companion.lane
    digests = [e["data"]["receipt_digest"] for e in by_app.lane if e["kind"] == "receipt.signed"]
    for visited in (by_companion, by_app):
        assert visited.receipts == [(digests[0], digests[0])]
        assert visited.exceptions == []


def _visited(folder: Path, client: str) -> Visited:
    town = Town(folder / client, 2, client)
    plan = Plan(first=1, tablets=1, weights={"others": 0})
    world = World(town, folder / f"{client}-world", "same", plan)
    with world.opened():
        (device,) = world.devices
        world.clock.now = MORNING
        job_id = world.office.issues(device.user)
        assert job_id is not None
        world.sync(device)
        _draws_alike(world, device)
        world.clock.now = MORNING + timedelta(hours=1)
        for said in _visit(job_id, folder):
            device.does("work", said, steps=1)
            world.clock.go_on(minutes=3)
        world.sync(device)
        look = world.server_view()
        visited = Visited(
            _lane(device),
            look.execute("SELECT digest, signed_digest FROM receipts").fetchall(),
            [row[0] for row in look.execute("SELECT kind FROM exceptions")],
        )
    town.close()
    return visited


def _draws_alike(world: World, device: Device) -> None:
    if isinstance(device, TabletDevice):
        device.is_copied_to(device.older_copy)
        world.town.room.order(str(device.home), "copy", str(device.older_copy), "twins")
    else:
        device.off()
        device.clock.random = SameChance()


def _visit(job_id: str, folder: Path) -> list[Callable[[Tablet], object]]:
    """Everything that a receipt may show."""
    return [
        lambda tablet: tablet.accept(job_id),
        lambda tablet: tablet.travel(job_id),
        lambda tablet: tablet.arrive(job_id),
        lambda tablet: tablet.assess(job_id, "minor", ["door_sags"]),
        lambda tablet: _take(tablet, job_id, folder / "before.jpg"),
        lambda tablet: tablet.check(job_id, "level", True),
        lambda tablet: tablet.part(job_id, "HINGE-110", 2, charge="customer"),
        lambda tablet: tablet.part(job_id, "HOSE-2M", 1),
        lambda tablet: tablet.void(job_id, _last_part(tablet, job_id), "not needed"),
        lambda tablet: tablet.swap(job_id, "SN-1", "SN-2"),
        lambda tablet: tablet.note(job_id, "門の鍵 🔑 is with the neighbour", "customer"),
        lambda tablet: tablet.note(job_id, "only for the office"),
        lambda tablet: tablet.request(job_id, "HANDLE-7", 1, "missing"),
        lambda tablet: _take(tablet, job_id, folder / "after.jpg"),
        lambda tablet: tablet.sign(job_id, "王小明", stars=5, signature=b"\x89PNG, as good as any"),
        lambda tablet: tablet.finish(job_id),
    ]


def _take(tablet: Tablet, job_id: str, photo: Path) -> None:
    """The companion comes first, and leaves the picture as it has put it right."""
    taken = tablet.photo(job_id, photo.stem, photo)
    if taken is not None:
        photo.write_bytes(taken[1].content)


def _last_part(tablet: Tablet, job_id: str) -> str:
    return str(list(tablet.show(job_id).visit["parts"])[-1])


def _lane(device: Device) -> list[dict[str, Any]]:
    look = device.looks()
    bodies = look.execute("SELECT body FROM event ORDER BY place").fetchall()
    look.close()
    told = [json.loads(body) for (body,) in bodies]
    return [{name: each[name] for name in SAME} for each in told]
