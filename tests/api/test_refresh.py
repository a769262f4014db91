"""Renewing a sign-in: what tokens open, how they follow each other, and what ends them."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select, update

from server.db.audit import AuditLine
from server.db.people import Chain, Person
from tests.client import Client
from tests.conftest import HandClock
from tests.people import ALICE, PASSWORD

ME = "/api/v1/auth/me"
LOGIN, REFRESH = "/api/v1/auth/login", "/api/v1/auth/refresh"

Load = Callable[..., Any]


class Tokens:
    """What somebody's app keeps, and what it does with it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        form = {"username": "alice", "password": PASSWORD}
        self.access, self.refresh = both(client.post(LOGIN, json=form))

    def asks(self, token: str | None = None) -> Any:
        return self.client.get(ME, headers=as_bearer(token or self.access))

    def renews(self, token: str | None = None) -> Any:
        return self.client.post(REFRESH, headers=as_bearer(token or self.refresh))

    def follows(self) -> str:
        """Renews and keeps the new tokens; returns the refresh token before."""
        before = self.refresh
        self.access, self.refresh = both(self.renews())
        return before


def both(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 200, answer.json
    return answer.json["access_token"], answer.json["refresh_token"]


def as_bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


@pytest.fixture
def tokens(app: Flask) -> Tokens:
    return Tokens(Client(app, app.response_class))


def test_it_works(tokens: Tokens, clock: HandClock) -> None:
    first = tokens.access
    clock.go_on(minutes=20)
    tokens.follows()
    assert tokens.access != first
    clock.go_on(minutes=20)
    assert refusal(tokens.asks(first)) == (401, "token_expired")
    assert tokens.asks().json["id"] == ALICE.id


def test_the_clock_of_the_house_says_when_a_token_expires(tokens: Tokens, clock: HandClock) -> None:
    clock.go_on(minutes=29, seconds=59)
    assert tokens.asks().status_code == 200
    clock.go_on(seconds=1)
    refused = tokens.asks()
    assert refusal(refused) == (401, "token_expired")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refused.content_type == "application/problem+json"


def test_a_sign_in_lasts_ninety_days_from_its_last_use(tokens: Tokens, clock: HandClock) -> None:
    for _ in range(3):
        clock.go_on(days=89)
        tokens.follows()
    clock.go_on(days=90)
    assert refusal(tokens.renews()) == (401, "token_expired")


# Rotation.


def test_it_is_safe_to_repeat(tokens: Tokens, clock: HandClock) -> None:
    """The answer may be lost, and asked for again days later: it is the same token, to the letter."""
    _, successor = both(tokens.renews())
    clock.go_on(days=3)
    for _ in range(2):
        access, again = both(tokens.renews())
        assert again == successor
        assert tokens.asks(access).status_code == 200


def test_a_token_stays_good_until_its_successor_was_used(tokens: Tokens) -> None:
    first = tokens.follows()
    second = tokens.follows()
    assert tokens.renews(second).status_code == 200, "its successor was not used yet"
    assert refusal(tokens.renews(first)) == (401, "token_reused")


def test_an_old_token_ends_the_whole_sign_in(tokens: Tokens, load: Load) -> None:
    first = tokens.follows()
    tokens.follows()
    elsewhere = Tokens(tokens.client)
    assert refusal(tokens.renews(first)) == (401, "token_reused")

    assert refusal(tokens.asks()) == (401, "token_revoked"), "at the very next request"
    assert refusal(tokens.renews()) == (401, "token_revoked")
    assert refusal(tokens.renews(first)) == (401, "token_revoked")
    assert elsewhere.asks().status_code == 200, "another sign-in of the same person goes on"

    ended = load(lambda s: s.scalars(select(Chain).where(Chain.ended_at.is_not(None))).all())
    assert [chain.ended_why for chain in ended] == ["reused"]
    lines = load(lambda s: s.scalars(select(AuditLine.act).order_by(AuditLine.id)).all())
    assert lines == ["sign_in.started", "sign_in.started", "sign_in.ended"]


def test_two_renewals_at_once_get_the_same_token(tokens: Tokens, app: Flask) -> None:
    def renew(_: int) -> str:
        own = Client(app, app.response_class)
        return both(own.post(REFRESH, headers=as_bearer(tokens.refresh)))[1]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(renew, range(16)))) == 1


# What is no token.


def forged(tokens: Tokens, secret: str, **changes: Any) -> str:
    claims = jwt.decode(tokens.access, options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, secret, "HS256")


def without_signature(tokens: Tokens) -> str:
    header = {"alg": "none", "typ": "JWT"}
    body = tokens.access.split(".")[1]
    return f"{in_base64(json.dumps(header))}.{body}."


def in_base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def test_it_refuses_what_others_have_signed(tokens: Tokens) -> None:
    other = forged(tokens, "a secret of somebody else, also long enough")
    unsigned = without_signature(tokens)
    header, body, signature = tokens.access.split(".")
    cut = f"{header}.{body}.{signature[:-4]}"
    swapped = f"{header}.{tokens.refresh.split('.')[1]}.{signature}"
    for token in (other, unsigned, cut, swapped):
        assert refusal(tokens.asks(token)) == (401, "token_invalid")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer garbage",
        "Bearer a.b.c",
        "Bearer ..",
        "Bearer one two",
        f"Bearer {in_base64('[' * 3000)}.{in_base64('[' * 3000)}.x",
        "Bearer é.ü.ö",
        f"Bearer {in_base64('7')}.{in_base64('7')}.7",
    ],
)
def test_it_refuses_garbage(tokens: Tokens, header: str) -> None:
    asked = tokens.client.get(ME, headers={"Authorization": header})
    assert refusal(asked) == (401, "token_invalid")


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YWxpY2U6eA==", "Digest x"])
def test_other_ways_of_signing_in_are_none(tokens: Tokens, header: str) -> None:
    asked = tokens.client.get(ME, headers={"Authorization": header})
    assert asked.status_code == 401
    assert asked.json["code"] in ("not_signed_in", "token_invalid")


def test_neither_token_does_the_work_of_the_other(tokens: Tokens) -> None:
    assert refusal(tokens.asks(tokens.refresh)) == (401, "token_invalid")
    assert refusal(tokens.renews(tokens.access)) == (401, "token_invalid")


def test_a_token_of_a_sign_in_that_is_not_there_is_invalid(tokens: Tokens, app: Flask) -> None:
    secret = app.config["JWT_SECRET_KEY"]
    for changes in ({"chain": "nothing"}, {"chain": None}, {"sub": "nobody"}):
        assert refusal(tokens.asks(forged(tokens, secret, **changes))) == (401, "token_invalid")
    lost = forged(tokens, secret, type="refresh", jti="nothing")
    assert refusal(tokens.renews(lost)) == (401, "token_invalid")


def test_a_token_without_an_end_has_ended(tokens: Tokens, app: Flask) -> None:
    claims = jwt.decode(tokens.access, options={"verify_signature": False})
    del claims["exp"]
    endless = jwt.encode(claims, app.config["JWT_SECRET_KEY"], "HS256")
    assert refusal(tokens.asks(endless)) == (401, "token_expired")


# What ends a sign-in.


def test_somebody_who_has_left_is_out_at_the_next_request(tokens: Tokens, app: Flask) -> None:
    leaves = update(Person).where(Person.id == ALICE.id).values(is_active=False)
    app.extensions["doorstep"].database.write(lambda session: session.execute(leaves))
    assert refusal(tokens.asks()) == (401, "token_revoked")
    assert refusal(tokens.renews()) == (401, "token_revoked")


def test_a_shorter_life_does_not_change_tokens_already_given(
    tokens: Tokens, app: Flask, clock: HandClock
) -> None:
    """The end of a refresh token stands in its row."""
    import dataclasses

    from server.app import furnish

    house = app.extensions["doorstep"]
    _, successor = both(tokens.renews())
    shorter = furnish(app, dataclasses.replace(house.config, refresh_days=1), clock)
    assert both(tokens.renews())[1] == successor
    clock.now += timedelta(days=2)
    tokens.refresh = successor
    tokens.follows()
    clock.now += timedelta(days=2)
    assert refusal(tokens.renews()) == (401, "token_expired")
    shorter.database.close()
