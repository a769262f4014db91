"""For tests of the office's pages: somebody at a desk with a browser of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import Desk
from tests.shop import Json, Shop

HERE = Path(__file__).parent
ON_BOTH_DATABASES = (
    "test_bad_input.py",
    "test_erasures.py",
    "test_merges.py",
    "test_plans.py",
    "test_stores.py",
    "test_tickets.py",
    "test_together.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a page says hangs on the database only where input is odd or two people act at once."""
    if config.getoption("--database") == "sqlite":
        return
    ours = [each for each in items if HERE in each.path.parents]
    once = {each for each in ours if each.path.name not in ON_BOTH_DATABASES}
    config.hook.pytest_deselected(items=list(once))
    items[:] = [each for each in items if each not in once]


@pytest.fixture
def at_desk(app: Flask) -> Callable[[people.Character], Desk]:
    def sit_down(who: people.Character) -> Desk:
        desk = Desk(Client(app, app.response_class, use_cookies=True))
        desk.signs_in(who)
        return desk

    return sit_down


@pytest.fixture
def stranger(app: Flask) -> Desk:
    """Somebody who has not signed in."""
    return Desk(Client(app, app.response_class, use_cookies=True))


@pytest.fixture
def wei(at_desk: Callable[[people.Character], Desk]) -> Desk:
    return at_desk(people.WEI)


@pytest.fixture
def bob(at_desk: Callable[[people.Character], Desk]) -> Desk:
    return at_desk(people.BOB)


@pytest.fixture
def shop(sign_in: Callable[[people.Character], Client], clock: HandClock) -> Shop:
    """The shop by its API, for what happens beside the pages."""
    return Shop(sign_in, clock)


@pytest.fixture
def things(shop: Shop) -> Json:
    """One of each, with which the addresses are filled in."""
    customer = shop.takes_in_a_customer()
    job = shop.issues_a_job(shop.opens_a_ticket(**customer))
    trip = shop.sends(people.ALICE, job)
    trip.arrives()
    trip.requests_part(words="the seal of the door")
    trip.finishes("incomplete", cause="part_missing")
    trip.comes_home()
    return {
        "customer": customer["customer_id"],
        "site": customer["site_id"],
        "asset": customer["asset_id"],
        "job": job["id"],
        "ticket": job["ticket_id"],
        "revisit": shop.revisit(shop.ticket(job))["id"],
        "request": shop.sun.get("/api/v1/part-requests").json["items"][0]["id"],
        "device": shop.sun.get("/api/v1/devices").json["items"][0]["id"],
        "person": people.ALICE.id,
        "organisation": people.CONTRACTOR,
    }


@pytest.fixture
def write(app: Flask) -> Callable[..., Any]:
    """Changes rows behind everybody's back: `write(lambda session: …)`."""
    return app.extensions["doorstep"].database.write
