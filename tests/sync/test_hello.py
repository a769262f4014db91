"""Hello: the time, the epoch, limits and policy for everybody; who one is for those who say so."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from server.db.people import Device
from server.ids import new_id
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.wire import Wire

MakeWire = Callable[..., Wire]
OUTBOX = {"events": 3, "oldest": "2026-11-21T16:02:11.480+08:00", "blobs": 2, "bytes": 801_000}


@pytest.fixture
def alice(wire: MakeWire) -> Wire:
    return wire(people.ALICE)


@pytest.fixture
def anybody(app: Flask) -> Client:
    return Client(app, app.response_class)


def test_it_works(alice: Wire) -> None:
    said = alice.client.get("/sync/v1/hello").json
    assert said["server"] == "doorstep/1"
    assert said["time"] == "2026-11-23T01:00:00.000Z"
    assert said["protocols"] == {"pull": [1], "push": [1]}
    assert said["limits"]["max_events"] == 100
    assert said["policy"]["keep_days"] == 14
    assert said["device"] == {"id": alice.device_id, "status": "active"}
    assert said["person"]["name"] == "Alice"
    assert said["login"]["state"] == "signed_in"


def test_it_needs_no_sign_in(anybody: Client) -> None:
    answer = anybody.get("/sync/v1/hello")
    assert answer.status_code == 200
    assert (answer.json["device"], answer.json["person"]) == (None, None)
    assert answer.json["login"] == {"state": "signed_out"}
    assert answer.headers["Sync-Server"] == "doorstep/1"
    assert answer.headers["Sync-Time"] == answer.json["time"]


@pytest.mark.parametrize(
    "authorization",
    ["Bearer garbage", "Bearer", "Basic YWxpY2U6eA==", "Bearer a.b.c", "", "Bearer a b"],
)
def test_a_garbage_token_is_no_token(anybody: Client, authorization: str) -> None:
    answer = anybody.get("/sync/v1/hello", headers={"Authorization": authorization})
    assert (answer.status_code, answer.json["login"]) == (200, {"state": "signed_out"})


def test_a_token_that_has_run_out_is_no_token(alice: Wire, clock: HandClock) -> None:
    clock.go_on(hours=2)
    answer = alice.client.get("/sync/v1/hello")
    assert (answer.status_code, answer.json["login"]) == (200, {"state": "signed_out"})


def test_the_last_word_of_a_tablet_is_kept(alice: Wire, load: Callable[..., Any]) -> None:
    for events in (9, 3):
        told = {"outbox": {**OUTBOX, "events": events}, "app": "doorstep-field/1", "tea": "green"}
        answer = alice.client.post("/sync/v1/hello", json=told)
        assert (answer.status_code, answer.json["login"]["state"]) == (200, "signed_in")
    device = load(lambda session: session.get(Device, alice.device_id))
    assert device.report["outbox"] == OUTBOX


def test_a_clock_may_be_off_by_years(alice: Wire, load: Callable[..., Any]) -> None:
    two_years_ms = 2 * 365 * 24 * 3600 * 1000
    told = {"outbox": OUTBOX, "clock_offset_ms": -two_years_ms}
    assert alice.client.post("/sync/v1/hello", json=told).status_code == 200
    assert load(lambda s: s.get(Device, alice.device_id).clock_offset_ms) == -two_years_ms


@pytest.mark.parametrize(
    "body",
    [{"outbox": None}, {"outbox": {}}, {"outbox": {**OUTBOX, "events": -1}}, [], "hello"],
)
def test_it_refuses_a_report_without_its_figures(alice: Wire, body: Any) -> None:
    assert alice.client.post("/sync/v1/hello", json=body).status_code == 422


def test_a_report_needs_a_tablet(anybody: Client) -> None:
    assert anybody.post("/sync/v1/hello", json={"outbox": OUTBOX}).status_code == 401


def test_a_draining_tablet_is_told_so(alice: Wire, load: Callable[..., Any], app: Flask) -> None:
    drain(app, alice.device_id)
    assert alice.client.get("/sync/v1/hello").json["device"]["status"] == "draining"


def drain(app: Flask, device_id: str) -> None:
    database = app.extensions["doorstep"].database
    database.write(lambda session: setattr(session.get(Device, device_id), "status", "draining"))


# Enrolling.


def test_enrolling_is_safe_to_repeat(alice: Wire) -> None:
    again = alice.enrols()
    assert again.status_code == 200
    assert again.json["device"] == {
        "id": alice.device_id,
        "name": "Alice's tablet",
        "status": "active",
    }


def test_enrolling_twice_at_once_is_one_device(
    app: Flask, sign_in: Callable[[people.Character], Client]
) -> None:
    """The answer was slow, so the tablet asked again while the first was still at work."""
    clients = [sign_in(people.ALICE) for _ in range(6)]
    form = {
        "device_id": new_id(),
        "platform": "test",
        "name": "Alice's tablet",
        "install_secret": "sixteen letters or more",
    }
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda c: c.post("/sync/v1/devices", json=form), clients))
    assert [each.status_code for each in answers] == [200] * 6
    assert {each.json["device"]["id"] for each in answers} == {form["device_id"]}


def test_a_device_is_known_by_its_secret(alice: Wire) -> None:
    refused = alice.enrols(install_secret="another secret, just as long")
    assert (refused.status_code, refused.json["code"]) == (403, "device_unknown")


@pytest.mark.parametrize(
    "change",
    [
        {"device_id": "tablet"},
        {"device_id": None},
        {"install_secret": "short"},
        {"name": "x" * 201},
        {"platform": ""},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_enrolling_refuses_nonsense(alice: Wire, change: dict[str, Any]) -> None:
    assert alice.enrols(**change).status_code == 422
