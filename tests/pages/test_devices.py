"""Tablets: what they last said, what is in doubt, and taken out of service, back, and to somebody else."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.db.events import Quarantine
from server.db.people import Chain, Device
from server.office import devices
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import Desk
from tests.shop import Shop
from tests.wire import Wire


@pytest.fixture
def tablet(sign_in: Callable[..., Client], clock: HandClock) -> Wire:
    return Wire(sign_in(people.ALICE), people.ALICE, clock)


def says(tablet: Wire, **report: Any) -> None:
    answer = tablet.client.post(
        "/sync/v1/hello", json=report, headers={"Sync-Device": tablet.device_id}
    )
    assert answer.status_code == 200, answer.json


REPORT = {
    "outbox": {"events": 3, "oldest": "2026-11-22T23:10:00.000Z", "blobs": 2, "bytes": 2_400_000},
    "storage": {"used_bytes": 10**9, "quota_bytes": 3 * 10**9, "is_persisted": False},
    "battery": {"level": 0.14, "is_charging": False},
    "clock_offset_ms": 600_000,
    "app": "doorstep-tablet/1.2.0",
}


def test_it_works(bob: Desk, tablet: Wire, clock: HandClock) -> None:
    says(tablet, **REPORT)
    page = bob.opens("/office/devices")
    for told in ("Alice", "3 events, 2 files", "2.4 MB", "today 07:10", "wrong by 10 min", "14 %"):
        assert told in page.text
    assert "silent" not in page.html.split("<tbody>")[1]
    page = bob.opens(f"/office/devices/{tablet.device_id}")
    for told in ("2000.0 MB", "promises nothing", "3 events, 2 files", "Tablet enrolled"):
        assert told in page.text
    clock.go_on(hours=25)
    bob.signs_in(people.BOB)
    for show, is_there in (("silent", True), ("waiting", True), ("revoked", False), ("all", True)):
        page = bob.opens(f"/office/devices?show={show}")
        assert (tablet.device_id in page.html) == is_there, show
    assert tablet.device_id in bob.opens("/office/devices?q=alice").html
    assert tablet.device_id not in bob.opens("/office/devices?q=carol").html


@pytest.mark.parametrize(
    "report",
    [
        {"battery": {"level": "full"}},
        {"battery": {"level": 7}},
        {"battery": []},
        {"storage": {"used_bytes": None, "quota_bytes": True, "is_persisted": "yes"}},
        {"outbox": {"events": 1, "oldest": "0001-01-01T00:00:00+23:59", "blobs": 0, "bytes": 0}},
        {"outbox": {"events": 1, "oldest": "yesterday", "blobs": 0, "bytes": 2**53 - 1}},
    ],
    ids=range(6),
)
def test_a_tablet_that_says_nonsense_breaks_no_page(
    bob: Desk, tablet: Wire, report: dict[str, Any], write: Callable[..., Any]
) -> None:
    write(lambda s: setattr(s.get_one(Device, tablet.device_id), "report", report))
    assert bob.opens("/office/devices").status == 200
    assert bob.opens(f"/office/devices/{tablet.device_id}").status == 200


def test_collected_then_put_back(bob: Desk, tablet: Wire, clock: HandClock) -> None:
    path = f"/office/devices/{tablet.device_id}"
    bob.opens(path)
    page = bob.follows(bob.sends(f"{path}/revoke", mode="collect"))
    assert "Everybody who still has work on it must open it once" in page.text
    pull = {"headers": {"Sync-Device": tablet.device_id}}
    assert tablet.client.get("/sync/v1/pull", **pull).json["code"] == "device_revoked"
    clock.go_on(minutes=1)
    says(tablet, outbox={"events": 0, "oldest": None, "blobs": 0, "bytes": 0})
    assert "the tablet has emptied itself" in bob.opens(path).text
    page = bob.follows(bob.sends(f"{path}/restore"))
    assert "Back into service" in page.text
    assert tablet.client.get("/sync/v1/pull", **pull).status_code == 200


def test_lost_and_found(bob: Desk, tablet: Wire, load: Callable[..., Any]) -> None:
    path = f"/office/devices/{tablet.device_id}"
    bob.opens(path)
    bob.sends(f"{path}/revoke", mode="lost")
    assert bob.sends(f"{path}/revoke", mode="collect").status == 409, "it is signed out"
    assert bob.sends(f"{path}/give", person_id=people.LENA.id).status == 409
    assert bob.sends(f"{path}/restore").status == 303
    assert load(lambda s: s.get_one(Device, tablet.device_id)).status == "active"
    told = tablet.client.get("/sync/v1/pull", headers={"Sync-Device": tablet.device_id})
    assert told.json["code"] == "token_revoked", "whoever found it signs in"


def test_given_to_somebody_else(bob: Desk, tablet: Wire, load: Callable[..., Any]) -> None:
    path = f"/office/devices/{tablet.device_id}"
    bob.opens(path)
    for nobody in (people.DAN.id, people.WEI.id, "nobody", ""):
        assert bob.sends(f"{path}/give", person_id=nobody).status == 422
    page = bob.follows(bob.sends(f"{path}/give", person_id=people.LENA.id))
    assert "Given to somebody else: Lena" in page.text
    assert tablet.device_id in bob.opens(f"/office/people/{people.LENA.id}").html
    assert tablet.device_id not in bob.opens(f"/office/people/{people.ALICE.id}").html
    ended = load(lambda s: s.query(Chain).filter_by(device_id=tablet.device_id).one())
    assert ended.ended_why == "device_given"


def test_what_was_put_aside_stands_on_its_page(
    bob: Desk, tablet: Wire, shop: Shop, clock: HandClock, load: Callable[..., Any]
) -> None:
    job = shop.issues_a_job()
    trip = shop.sends(people.ALICE, job)
    device_id = shop.tablets[people.ALICE.id].device_id
    shop.bob.post(f"/api/v1/devices/{device_id}/revoke", json={"mode": "collect"})
    clock.go_on(minutes=5)
    headers = {"Sync-Device": device_id}
    shop.tablets[people.ALICE.id].client.post("/sync/v1/quarantine", json=[1], headers=headers)
    trip.arrives()
    assert load(lambda s: s.query(Quarantine).count()) == 1
    page = bob.opens(f"/office/devices/{device_id}")
    assert "Put aside for a person" in page.text
    assert timedelta(0) < clock() - people.NOW


@pytest.mark.parametrize("show", ["all", "waiting"])
def test_page_after_page(
    bob: Desk,
    tablet: Wire,
    clock: HandClock,
    write: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    show: str,
) -> None:
    """Each tablet once, those that were never heard of last."""
    monkeypatch.setattr(devices, "A_PAGE", 2)
    monkeypatch.setattr(devices, "LOOKED_AT", 2)
    seen_at = [clock(), clock(), clock() - timedelta(days=1), None, None]
    rows = [
        Device(
            id=f"d{place}", platform="web", name=f"T{place}", secret_hash="0" * 64,
            enrolled_by=people.ALICE.id, enrolled_at=clock(), last_seen_at=at,
            report={"outbox": {"events": 1}},
        )
        for place, at in enumerate(seen_at)
    ]  # fmt: skip
    write(lambda session: session.add_all(rows))
    found, page = [], bob.opens(f"/office/devices?show={show}")
    while True:
        found += re.findall(r'href="/office/devices/(\w+)">', page.html)
        further = [each for each in page.links() if "after=" in each]
        if not further:
            break
        page = bob.opens(further[0])
    ours = [each for each in found if each.startswith("d")]
    assert ours == ["d2", "d0", "d1", "d3", "d4"]
    for after in (
        "bm9uc2Vuc2U",
        "WyJhIiwgNSwgNl0",
        "WyJhIiwgIjAwMDEtMDEtMDFUMDA6MDA6MDArMjM6NTkiLCAiYiJd",
    ):
        assert bob.opens(f"/office/devices?after={after}").status == 400
