"""Idempotency-Key: a creating call that comes again gets the same answer and does nothing twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from tests.client import Client
from tests.people import NORTH, SUN, WEI

CUSTOMERS = "/api/v1/customers"
PEOPLE = "/api/v1/people"

SignIn = Callable[..., Client]


def adds(client: Client, key: str, form: Any = None, path: str = CUSTOMERS) -> Any:
    return client.post(path, json=form or {"name": "Li Na"}, headers={"Idempotency-Key": key})


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def names(client: Client) -> list[str]:
    return [each["name"] for each in client.get(CUSTOMERS).json["items"]]


def test_it_works(wei: Client) -> None:
    first, again = adds(wei, "one"), adds(wei, "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    for header in ("ETag", "Location", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert names(wei) == ["Li Na"]


def test_it_refuses_the_key_for_another_request(wei: Client) -> None:
    adds(wei, "one")
    assert refusal(adds(wei, "one", {"name": "Bo"})) == (422, "idempotency_key_reused")
    elsewhere = adds(wei, "one", {"summary": "x"}, "/api/v1/tickets")
    assert refusal(elsewhere) == (422, "idempotency_key_reused")
    assert names(wei) == ["Li Na"]


def test_a_key_belongs_to_who_uses_it(wei: Client, sun: Client) -> None:
    assert adds(wei, "one").json["id"] != adds(sun, "one", {"name": "Bo"}).json["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "two words", "schlüssel", "工单", "tab\there"])
def test_it_refuses_odd_keys(wei: Client, key: str) -> None:
    header = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}
    refused = wei.post(CUSTOMERS, json={"name": "Li Na"}, environ_overrides=header)
    assert refusal(refused) == (400, "bad_request")
    assert names(wei) == []


def test_what_was_refused_is_not_kept(wei: Client) -> None:
    """Nothing was done, so the same key may try again with what is right."""
    assert refusal(adds(wei, "one", {"name": ""})) == (422, "invalid")
    assert adds(wei, "one", {"name": "Li Na"}).status_code == 201
    assert names(wei) == ["Li Na"]


def test_a_key_does_not_open_what_a_role_may_not_do(wei: Client, alice: Client) -> None:
    adds(wei, "one")
    assert refusal(adds(alice, "one")) == (403, "not_allowed")


def at_once(app: Flask, client: Client, ask: Callable[[Client], Any], times: int) -> list[Any]:
    """The answers to the same request, sent by several threads at the same moment."""
    ready = Barrier(times)

    def send(_: int) -> Any:
        own = Client(app, app.response_class)
        own.environ_base.update(client.environ_base)
        ready.wait(30)
        return ask(own)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


@pytest.mark.parametrize("round_", range(3))
def test_twins_get_one_answer(app: Flask, sign_in: SignIn, round_: int) -> None:
    wei = sign_in(WEI)
    answers = at_once(app, wei, lambda client: adds(client, "one"), 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.data for answer in answers}) == 1
    assert names(wei) == ["Li Na"]
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 3


def test_twins_that_meet_at_a_unique_name_get_one_answer(app: Flask, sign_in: SignIn) -> None:
    sun = sign_in(SUN)
    form = {
        "username": "nina",
        "name": "Nina",
        "role": "installer",
        "organisation_id": NORTH,
        "password": "nine umbrellas in the hall",
    }
    answers = at_once(app, sun, lambda client: adds(client, "one", form, PEOPLE), 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json["id"] for answer in answers}) == 1


def test_without_a_key_one_of_two_is_refused(app: Flask, sign_in: SignIn) -> None:
    sun = sign_in(SUN)
    form = {
        "username": "nina",
        "name": "Nina",
        "role": "installer",
        "organisation_id": NORTH,
        "password": "nine umbrellas in the hall",
    }
    answers = at_once(app, sun, lambda client: client.post(PEOPLE, json=form), 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
