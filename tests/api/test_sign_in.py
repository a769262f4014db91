"""Signing in: names, passwords, and guessing that is slowed down."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from server import passwords
from server.config import DEMO_PASSWORD
from server.db.people import Guess, Person
from server.domain.people import PERMISSIONS, Role, may
from tests.client import Client
from tests.conftest import HandClock
from tests.people import ALICE, BOB, DAN, PASSWORD

LOGIN = "/api/v1/auth/login"
ME = "/api/v1/auth/me"
WRONG = "not the password of anybody"


@pytest.fixture
def anybody(app: Flask) -> Client:
    """A client on which nobody has signed in."""
    return Client(app, app.response_class)


def tries(
    client: Client, username: str, password: str = PASSWORD, *, address: str = "127.0.0.1"
) -> Any:
    form = {"username": username, "password": password}
    return client.post(LOGIN, json=form, environ_overrides={"REMOTE_ADDR": address})


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def as_bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_it_works(anybody: Client) -> None:
    answer = tries(anybody, "alice")
    assert answer.status_code == 200
    assert answer.json["expires_in"] == 1800
    assert answer.json["person"] == {
        "id": ALICE.id,
        "username": "alice",
        "name": "Alice",
        "role": "installer",
        "language": "en",
        "organisation_id": ALICE.organisation_id,
    }
    shown = anybody.get(ME, headers=as_bearer(answer.json["access_token"]))
    assert shown.json == answer.json["person"]


@pytest.mark.parametrize("username", ["ALICE", " Alice ", "aLiCe"])
def test_a_name_is_the_same_in_any_case(anybody: Client, username: str) -> None:
    assert tries(anybody, username).json["person"]["id"] == ALICE.id


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", WRONG), ("nobody", PASSWORD), (DAN.username, PASSWORD), ("alice", PASSWORD.upper())],
    ids=["wrong password", "unknown name", "somebody who has left", "other case"],
)
def test_it_refuses_with_the_same_words(anybody: Client, username: str, password: str) -> None:
    refused = tries(anybody, username, password)
    assert refusal(refused) == (401, "wrong_password")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    usual = tries(anybody, "alice", WRONG)
    told, told_before = refused.json, usual.json
    del told["request_id"], told_before["request_id"]
    assert told == told_before


def test_an_unknown_name_takes_as_long_as_a_wrong_password(anybody: Client) -> None:
    def seconds(username: str) -> float:
        begun = time.perf_counter()
        tries(anybody, username, WRONG)
        return time.perf_counter() - begun

    unknown = min(seconds("nobody") for _ in range(4))
    wrong = min(seconds("alice") for _ in range(4))
    assert unknown > wrong / 2  # without the hash of nobody it would be a tenth


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"username": "alice"},
        {"username": "alice", "password": ""},
        {"username": ["alice"], "password": PASSWORD},
        {"username": "alice", "password": PASSWORD, "role": "supervisor"},
        {"username": "alice\x00", "password": PASSWORD},
        {"username": "a" * 65, "password": PASSWORD},
        {"username": "alice", "password": "p" * 257},
    ],
)
def test_it_refuses_forms_that_are_none(anybody: Client, form: dict[str, Any]) -> None:
    assert refusal(anybody.post(LOGIN, json=form)) == (422, "invalid")


def test_it_refuses_half_characters(anybody: Client) -> None:
    form = rb'{"username": "alice", "password": "\ud800\ud800\ud800\ud800"}'
    refused = anybody.post(LOGIN, data=form, content_type="application/json")
    assert refusal(refused) == (422, "invalid")


def test_a_password_is_taken_as_it_is_typed(
    anybody: Client, load: Callable[..., Any], app: Flask
) -> None:
    """Blanks at its ends belong to a password."""
    blank = "  seven teacups  "
    put_password(app, blank)
    assert tries(anybody, "alice", blank).status_code == 200
    assert refusal(tries(anybody, "alice", blank.strip())) == (401, "wrong_password")


def put_password(app: Flask, password: str) -> None:
    changed = (
        update(Person)
        .where(Person.id == ALICE.id)
        .values(password_hash=passwords.hash_of(password))
    )
    app.extensions["doorstep"].database.write(lambda session: session.execute(changed))


def test_the_demo_password_opens_nothing_outside_of_demo_mode(anybody: Client, app: Flask) -> None:
    put_password(app, DEMO_PASSWORD)
    assert refusal(tries(anybody, "alice", DEMO_PASSWORD)) == (401, "wrong_password")


# Guessing.


@pytest.fixture
def failed(save: Callable[..., None], clock: HandClock) -> Callable[[str, int], None]:
    """Notes failures that happened now; `name:alice` or `from:127.0.0.1`."""

    def note(subject: str, count: int) -> None:
        save(*(Guess(subject=subject, at=clock.now) for _ in range(count)))

    return note


def test_guessing_is_slowed_down_by_name(anybody: Client, clock: HandClock) -> None:
    for _ in range(10):
        assert refusal(tries(anybody, "alice", WRONG)) == (401, "wrong_password")
        clock.go_on(seconds=30)
    refused = tries(anybody, "Alice")
    assert refusal(refused) == (429, "too_many_requests"), "also with the right password"
    assert refused.headers["Retry-After"] == "600" == str(refused.json["retry_after_s"])
    assert tries(anybody, "bob").status_code == 200, "other names are not affected"
    clock.go_on(seconds=600)
    assert tries(anybody, "alice").status_code == 200


def test_guessing_is_slowed_down_by_address(
    anybody: Client, failed: Callable[[str, int], None]
) -> None:
    failed("from:127.0.0.1", 49)
    assert tries(anybody, "nobody", WRONG).status_code == 401
    assert refusal(tries(anybody, "bob")) == (429, "too_many_requests")
    assert tries(anybody, "bob", address="10.1.2.3").status_code == 200


def test_a_name_that_does_not_exist_is_slowed_down_alike(
    anybody: Client, failed: Callable[[str, int], None]
) -> None:
    failed("name:nobody", 10)
    assert refusal(tries(anybody, "NoBody", WRONG)) == (429, "too_many_requests")


def test_a_refusal_while_slowed_down_does_not_lengthen_it(
    anybody: Client, clock: HandClock, failed: Callable[[str, int], None]
) -> None:
    failed("name:alice", 10)
    for _ in range(3):
        clock.go_on(minutes=4)
        assert tries(anybody, "alice", WRONG).status_code == 429
    clock.go_on(minutes=3)
    assert tries(anybody, "alice").status_code == 200


def test_more_failures_than_allowed_wait_for_the_one_that_counts(
    anybody: Client, clock: HandClock, failed: Callable[[str, int], None]
) -> None:
    """Several processes may note a few too many at once."""
    failed("name:alice", 2)
    clock.go_on(minutes=5)
    failed("name:alice", 10)
    wait = tries(anybody, "alice").json["retry_after_s"]
    clock.go_on(seconds=wait)
    assert tries(anybody, "alice").status_code == 200


# What a token opens.


@pytest.mark.parametrize("path", [ME, "/api/v1/customers"])
def test_without_a_token_nothing_is_shown(anybody: Client, path: str) -> None:
    assert refusal(anybody.get(path)) == (401, "not_signed_in")


def test_every_permission_is_asked_for_by_some_view(app: Flask) -> None:
    from server.auth import NEEDS

    asked = {getattr(view, NEEDS, None) for view in app.view_functions.values()}
    assert sorted(PERMISSIONS.keys() - asked) == []


def test_every_view_says_who_may_use_it(app: Flask) -> None:
    from server.auth import NEEDS

    silent = {name for name, view in app.view_functions.items() if not hasattr(view, NEEDS)}
    assert silent == {"api-docs.openapi_json", "reference.static"}, "these show the reference"


def test_a_role_may_do_what_the_table_says() -> None:
    assert may(Role.DISPATCHER, "job.issue")
    assert not may(Role.ADVISOR, "job.issue")
    assert not may("installer", "customer.read")
    assert all(PERMISSIONS.values()), "an act that nobody may do is no act"


def test_a_role_that_does_not_include_the_act_is_told_so(alice: Client, bob: Client) -> None:
    assert refusal(alice.get("/api/v1/customers")) == (403, "not_allowed")
    assert bob.get("/api/v1/customers").status_code == 200
    assert bob.get(ME).json["id"] == BOB.id
