"""Tablets: enrolled once, bound to their sign-in, taken out of service."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.actions import sign_ins
from server.db.people import Device, Person
from server.ids import new_id
from tests.client import Client
from tests.conftest import HandClock
from tests.people import ALICE, BOB, CAROL, Character

DEVICE = "01980000-0000-7000-8000-00000000d001"
OTHER = "01980000-0000-7000-8000-00000000d002"
SECRET = "made once when the app was installed"
ENROL = "/sync/v1/devices"
HELLO = "/sync/v1/hello"

SignIn = Callable[[Character], Client]
Load = Callable[..., Any]


@pytest.fixture
def alice(sign_in: SignIn) -> Client:
    return sign_in(ALICE)


def enrols(client: Client, **changes: Any) -> Any:
    ordinary = {
        "device_id": DEVICE,
        "platform": "android",
        "name": "Alice's tablet",
        "install_secret": SECRET,
    }
    return client.post(ENROL, json={**ordinary, **changes})


def headers(token: str, device_id: str = DEVICE) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Sync-Device": device_id, "Sync-Protocol": "1"}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def is_taken_out(app: Flask, mode: str) -> None:
    def act(session: Any) -> None:
        device, bob = session.get(Device, DEVICE), session.get(Person, BOB.id)
        sign_ins.revoke(session, bob, device, mode, app.extensions["doorstep"].clock())

    app.extensions["doorstep"].database.write(act)


def test_it_works(alice: Client) -> None:
    enrolled = enrols(alice)
    assert enrolled.status_code == 200
    assert enrolled.json["device"] == {"id": DEVICE, "name": "Alice's tablet", "status": "active"}
    token = enrolled.json["access_token"]
    told = alice.get(HELLO, headers=headers(token)).json
    assert told["device"] == {"id": DEVICE, "status": "active"}
    assert told["person"]["id"] == ALICE.id
    assert alice.get("/sync/v1/pull", headers=headers(token)).status_code == 200


def test_it_is_safe_to_repeat(alice: Client, load: Load) -> None:
    first, again = enrols(alice), enrols(alice, name="another name")
    assert again.json["device"] == first.json["device"]
    assert load(lambda session: session.query(Device).count()) == 1
    for answer in (first, again):
        token = answer.json["access_token"]
        assert alice.get("/sync/v1/pull", headers=headers(token)).status_code == 200


def test_two_people_may_share_a_tablet(alice: Client, sign_in: SignIn) -> None:
    enrols(alice)
    carol = sign_in(CAROL)
    token = enrols(carol).json["access_token"]
    told = carol.get(HELLO, headers=headers(token)).json
    assert (told["device"]["id"], told["person"]["id"]) == (DEVICE, CAROL.id)


def test_it_refuses_another_secret(alice: Client, sign_in: SignIn) -> None:
    enrols(alice)
    refused = enrols(sign_in(CAROL), install_secret="guessed by somebody else")
    assert refusal(refused) == (403, "device_unknown")
    assert "access_token" not in refused.json


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device_id", "tablet-1"),
        ("device_id", DEVICE.upper()),
        ("device_id", DEVICE.replace("-", "")),
        ("device_id", f"{{{DEVICE}}}"),
        ("device_id", 7),
        ("install_secret", "short"),
        ("platform", ""),
        ("name", "x" * 201),
        ("status", "active"),
    ],
)
def test_it_refuses_what_names_no_installation(alice: Client, field: str, value: Any) -> None:
    refused = enrols(alice, **{field: value})
    assert refusal(refused) == (422, "invalid")
    assert list(refused.json["errors"]["json"]) == [field]


def test_nobody_enrols_without_signing_in(app: Flask) -> None:
    assert refusal(enrols(Client(app, app.response_class))) == (401, "not_signed_in")


@pytest.mark.parametrize("path", ["/sync/v1/pull", "/sync/v1/snapshot"])
def test_tokens_belong_to_the_tablet(alice: Client, path: str) -> None:
    unbound = alice.get(path, headers={"Sync-Device": DEVICE})
    assert refusal(unbound) == (403, "device_unknown")
    token = enrols(alice).json["access_token"]
    enrols(alice, device_id=OTHER)
    assert refusal(alice.get(path, headers=headers(token, OTHER))) == (403, "device_unknown")
    without = alice.get(path, headers={"Authorization": f"Bearer {token}"})
    assert refusal(without) == (403, "device_unknown")


def test_a_sign_in_is_renewed_on_its_own_tablet_only(alice: Client) -> None:
    token = enrols(alice).json["refresh_token"]
    elsewhere = alice.post("/api/v1/auth/refresh", headers=headers(token, OTHER))
    assert refusal(elsewhere) == (403, "device_unknown")
    here = alice.post("/api/v1/auth/refresh", headers=headers(token))
    assert here.status_code == 200
    renewed = headers(here.json["access_token"])
    assert alice.get("/sync/v1/pull", headers=renewed).status_code == 200


def test_a_tablet_that_is_collected_delivers_but_gets_nothing_new(
    alice: Client, app: Flask
) -> None:
    token = enrols(alice).json["access_token"]
    is_taken_out(app, "collect")
    assert refusal(alice.get("/sync/v1/pull", headers=headers(token))) == (403, "device_revoked")
    assert alice.get(HELLO, headers=headers(token)).json["device"]["status"] == "draining"
    batch = {"device_id": DEVICE, "batch_id": new_id(), "events": []}
    pushed = alice.post("/sync/v1/push", json=batch, headers=headers(token))
    assert pushed.status_code == 200


def test_a_lost_tablet_is_signed_out_at_its_next_request(alice: Client, app: Flask) -> None:
    tokens = enrols(alice).json
    is_taken_out(app, "lost")
    used = alice.get("/sync/v1/pull", headers=headers(tokens["access_token"]))
    assert refusal(used) == (401, "token_revoked")
    renewed = alice.post("/api/v1/auth/refresh", headers=headers(tokens["refresh_token"]))
    assert refusal(renewed) == (401, "token_revoked")
    assert used.json["details"] == renewed.json["details"] == {"device": "revoked"}
    told = alice.get(HELLO, headers=headers(tokens["access_token"]))
    assert (told.status_code, told.json["login"]) == (200, {"state": "signed_out"})
    assert alice.get("/api/v1/auth/me").status_code == 200, "signed in elsewhere"


def test_what_a_lost_tablet_still_holds_can_be_delivered_after_signing_in_again(
    alice: Client, app: Flask
) -> None:
    enrols(alice)
    is_taken_out(app, "lost")
    again = enrols(alice)
    assert again.json["device"]["status"] == "revoked"
    token = again.json["access_token"]
    batch = {"device_id": DEVICE, "batch_id": new_id(), "events": []}
    assert alice.post("/sync/v1/push", json=batch, headers=headers(token)).status_code == 200
    assert refusal(alice.get("/sync/v1/pull", headers=headers(token))) == (403, "device_revoked")


DOOR = "/sync/v1/devices/state"


def at_the_door(app: Flask, **changes: Any) -> Any:
    """A locked tablet: nobody is signed in on it."""
    form = {"device_id": DEVICE, "install_secret": SECRET, **changes}
    return Client(app, app.response_class).post(DOOR, json=form)


@pytest.mark.parametrize(("mode", "status"), [("collect", "draining"), ("lost", "revoked")])
def test_a_locked_tablet_hears_that_it_was_taken_out_of_service(
    alice: Client, app: Flask, mode: str, status: str
) -> None:
    enrols(alice)
    assert at_the_door(app).json["device"] == {"id": DEVICE, "status": "active"}
    is_taken_out(app, mode)
    assert at_the_door(app).json["device"] == {"id": DEVICE, "status": status}


def test_a_locked_tablet_says_what_waits_on_it(alice: Client, app: Flask, load: Load) -> None:
    enrols(alice)
    outbox = {"events": 2, "oldest": None, "blobs": 3, "bytes": 900}
    assert at_the_door(app, outbox=outbox, tea="green").status_code == 200
    assert load(lambda session: session.get(Device, DEVICE)).report["outbox"] == outbox


@pytest.mark.parametrize(
    "change", [{"device_id": OTHER}, {"install_secret": "guessed by somebody else"}], ids=str
)
def test_only_the_tablet_itself_hears_it(alice: Client, app: Flask, change: dict[str, str]) -> None:
    enrols(alice)
    assert refusal(at_the_door(app, **change)) == (403, "device_unknown")


def test_the_office_sees_when_a_tablet_was_last_heard_of(
    alice: Client, load: Load, clock: HandClock
) -> None:
    token = enrols(alice).json["access_token"]
    about = {**headers(token), "Sync-App": "doorstep-field/0.1.0"}
    for minutes in (0, 0.5, 2):
        clock.go_on(minutes=minutes)
        alice.get("/sync/v1/pull", headers=about)
    device = load(lambda session: session.get(Device, DEVICE))
    assert (device.app, device.last_seen_at) == ("doorstep-field/0.1.0", clock.now)


def test_the_key_of_a_store_is_the_persons_own_and_stays_the_same(
    alice: Client, sign_in: SignIn
) -> None:
    """What Alice sealed on her tablet opens when she signs in there again, and for nobody else."""
    first = enrols(alice).json["store_key"]
    assert len(b64decode(first)) == 32
    assert enrols(sign_in(ALICE)).json["store_key"] == first
    assert enrols(alice, device_id=OTHER).json["store_key"] == first
    assert enrols(sign_in(CAROL)).json["store_key"] != first
