"""Devices through the API of the office."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from server.db.audit import AuditLine
from server.db.people import Device
from server.ids import new_id
from tests.client import Client
from tests.people import ALICE, CAROL, NOW

Save = Callable[..., None]
Load = Callable[..., Any]


@pytest.fixture
def device(save: Save) -> Device:
    """Alice's tablet."""
    tablet = Device(
        id=new_id(),
        platform="browser",
        name="Tablet 7",
        secret_hash="0" * 64,
        enrolled_by=ALICE.id,
        enrolled_at=NOW,
    )
    save(tablet)
    return tablet


def test_it_works(bob: Client, device: Device) -> None:
    path = f"/api/v1/devices/{device.id}"
    shown = bob.get(path)
    assert (shown.status_code, shown.json["status"]) == (200, "active")
    assert "secret_hash" not in shown.json
    revoked = bob.post(f"{path}/revoke", json={"mode": "collect"})
    assert (revoked.status_code, revoked.json["status"]) == (200, "draining")
    assert revoked.json["revoked_at"] == "2026-11-23T01:00:00.000Z"


def test_it_is_safe_to_repeat(bob: Client, device: Device, load: Load) -> None:
    for _ in range(2):
        answer = bob.post(f"/api/v1/devices/{device.id}/revoke", json={"mode": "lost"})
        assert (answer.status_code, answer.json["status"]) == (200, "revoked")
    lines = select(func.count(AuditLine.id)).where(AuditLine.act == "device.revoked")
    assert load(lambda session: session.scalar(lines)) == 1


def test_one_that_was_lost_cannot_be_collected(bob: Client, device: Device) -> None:
    path = f"/api/v1/devices/{device.id}/revoke"
    assert bob.post(path, json={"mode": "collect"}).status_code == 200
    assert bob.post(path, json={"mode": "lost"}).json["status"] == "revoked"
    refused = bob.post(path, json={"mode": "collect"})
    assert (refused.status_code, refused.json["code"]) == (409, "step_not_possible")


def test_they_are_found_by_status_and_person(bob: Client, device: Device) -> None:
    def found(**asked: str) -> int:
        return len(bob.get("/api/v1/devices", query_string=asked).json["items"])

    assert (found(), found(status="active"), found(person_id=ALICE.id)) == (1, 1, 1)
    assert (found(status="revoked"), found(person_id=CAROL.id)) == (0, 0)
