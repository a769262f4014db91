"""Lists in pages: each row once, whatever comes in meanwhile; tokens that were not made here are refused."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Client
from tests.make import make_customer, make_ticket

CUSTOMERS = "/api/v1/customers"
TICKETS = "/api/v1/tickets"

Save = Callable[..., None]


def as_token(values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_it_works(wei: Client, save: Save) -> None:
    customers = [make_customer() for _ in range(7)]
    save(*customers)
    first = wei.get(CUSTOMERS, query_string={"limit": 7}).json
    assert [each["id"] for each in first["items"]] == sorted(each.id for each in customers)
    assert first["next"] is None, "nothing comes after the last row"


@pytest.mark.parametrize("limit", [1, 2, 3, 200])
def test_every_row_comes_once_whatever_comes_in_meanwhile(
    wei: Client, save: Save, limit: int
) -> None:
    """Also before the place where the reader stands, which an offset would feel."""
    before = [make_customer(id=f"01980000-0000-7000-8000-{number:012}") for number in range(10, 20)]
    save(*before)
    seen: list[str] = []
    after, newcomer = None, 0
    while True:
        asked = {"limit": limit} if after is None else {"limit": limit, "after": after}
        told = wei.get(CUSTOMERS, query_string=asked).json
        seen += [each["id"] for each in told["items"]]
        after = told["next"]
        if after is None:
            break
        if newcomer < 10:
            save(make_customer(id=f"01970000-0000-7000-8000-{newcomer:012}"))
            save(make_customer(id=f"01990000-0000-7000-8000-{newcomer:012}"))
            newcomer += 1
    assert len(seen) == len(set(seen))
    assert {each.id for each in before} <= set(seen)


@pytest.mark.parametrize("path", [CUSTOMERS, TICKETS])
@pytest.mark.parametrize(
    "token",
    [
        "x",
        "nonsense",
        "é",
        "====",
        as_token({}),
        as_token("text"),
        as_token(None),
        as_token([]),
        as_token([7]),
        as_token([None, None]),
        as_token(["a", "b", "c"]),
        as_token([["a"], ["b"]]),
        as_token(["\x00", "\x00"]),
        as_token(["\ud800"]),
        as_token(["2026-11-23T01:00:00", "T-1"]),
        as_token(["0001-01-01T00:00:00+23:59", "T-1"]),
        as_token(["9999-12-31T23:59:59-23:59", "T-1"]),
        as_token(["2026-11-23T01:00:00+00:00", "\ud800"]),
        as_token([10**40, 10**40]),
        as_token([True, False]),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
        base64.urlsafe_b64encode(b"[NaN, Infinity]").decode(),
    ],
    ids=lambda token: token[:24],
)
def test_it_refuses_tokens_that_were_not_made_here(wei: Client, path: str, token: str) -> None:
    refused = wei.get(path, query_string={"after": token})
    assert (refused.status_code, refused.json["code"]) == (400, "bad_request")
    assert refused.json["details"] == {"parameter": "after"}


def test_a_timeline_refuses_them_too(wei: Client, save: Save) -> None:
    customer = make_customer()
    ticket = make_ticket(customer)
    save(customer, ticket)
    for values in (["2026-11-23T01:00:00+00:00", "event", "\ud800"], ["x", "y", "z"], []):
        after = {"after": as_token(values)}
        refused = wei.get(f"{TICKETS}/{ticket.id}/timeline", query_string=after)
        assert (refused.status_code, refused.json["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 201}, {"limit": "ten"}, {"limit": 1.5}, {"offset": 3}]
)
def test_it_refuses_other_ways_of_asking(wei: Client, query: dict[str, Any]) -> None:
    refused = wei.get(CUSTOMERS, query_string=query)
    assert (refused.status_code, refused.json["code"]) == (422, "invalid")
    assert list(refused.json["errors"]["query"]) == list(query)


def test_a_token_shows_nothing_that_its_bearer_may_not_see(
    wei: Client, sam: Client, save: Save
) -> None:
    save(*(make_customer() for _ in range(3)))
    token = wei.get(CUSTOMERS, query_string={"limit": 1}).json["next"]
    assert sam.get(CUSTOMERS, query_string={"after": token}).json["items"] == []
