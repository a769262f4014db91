"""If-Match: nobody overwrites what somebody else has changed meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.client import Client
from tests.make import make_customer
from tests.people import WEI


@pytest.fixture
def path(save: Callable[..., None]) -> str:
    """Of a customer in its third version."""
    customer = make_customer(rev=3)
    save(customer)
    return f"/api/v1/customers/{customer.id}"


def change(client: Client, path: str, tag: str | None, name: str = "Bo") -> Any:
    headers = {} if tag is None else {"If-Match": tag}
    return client.patch(path, json={"name": name}, headers=headers)


@pytest.mark.parametrize("tag", ['"3"', "*", '"2", "3"', '"x" ,"3"', '  "3"  '])
def test_it_works(wei: Client, path: str, tag: str) -> None:
    changed = change(wei, path, tag)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"4"')
    assert changed.json["rev"] == 4
    assert wei.get(path).headers["ETag"] == '"4"'


@pytest.mark.parametrize("tag", ['"2"', '"4"', 'W/"3"', '""', "", '"3', '"03"', '"\\"3\\""', "x"])
def test_it_refuses_another_version(wei: Client, path: str, tag: str) -> None:
    refused = change(wei, path, tag)
    assert (refused.status_code, refused.json["code"]) == (412, "changed_meanwhile")
    assert refused.json["details"] == {"current": 3}
    assert wei.get(path).json["name"] == "Li Na"


def test_it_refuses_to_change_blindly(wei: Client, path: str) -> None:
    refused = change(wei, path, None)
    assert (refused.status_code, refused.json["code"]) == (428, "version_missing")


def test_a_change_that_changes_nothing_is_no_new_version(wei: Client, path: str) -> None:
    assert change(wei, path, '"3"', "Li Na").headers["ETag"] == '"3"'


def test_what_is_refused_stays_in_its_version(wei: Client, path: str) -> None:
    assert change(wei, path, '"3"', "").status_code == 422
    assert wei.get(path).headers["ETag"] == '"3"'


def test_of_many_at_once_one_wins(app: Flask, sign_in: Callable[..., Client], path: str) -> None:
    wei = sign_in(WEI)

    def send(number: int) -> int:
        own = Client(app, app.response_class)
        own.environ_base.update(wei.environ_base)
        return int(change(own, path, '"3"', f"Bo {number}").status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [200, *[412] * 5]
    assert wei.get(path).json["rev"] == 4
