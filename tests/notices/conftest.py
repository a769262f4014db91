"""A shop that tells its customers: with a mailbox and a hook that are really there."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from urllib3.util import connection as lines

from server.config import Smtp
from server.db.notices import Endpoint, Notice
from server.db.people import Person
from server.house import House
from server.notices import endpoints
from server.notices.postmen import Post
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.notices.receivers import Hook, Mailbox
from tests.office import Office
from tests.shop import Shop

Load = Callable[..., Any]


@pytest.fixture(autouse=True)
def ends_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker guards all its calls for good; this process has other tests to run."""
    monkeypatch.setattr(lines, "create_connection", lines.create_connection)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as one:
        yield one


@pytest.fixture
def house(app: Flask, mailbox: Mailbox) -> House:
    """The house with a mail server, and with leave to call the loopback."""
    found: House = app.extensions["doorstep"]
    smtp = Smtp("127.0.0.1", mailbox.port, "none", "service@shop.example")
    config = dataclasses.replace(found.config, smtp=smtp, own_network=True)
    found = dataclasses.replace(found, config=config)
    app.extensions["doorstep"] = found
    return found


@pytest.fixture
def post(house: House) -> Post:
    return Post(house.config, house.database, house.clock)


@pytest.fixture
def shop(sign_in: Callable[[people.Character], Client], clock: HandClock) -> Shop:
    return Shop(sign_in, clock)


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def notices(load: Load) -> Callable[..., list[Notice]]:
    """The notices in the order in which they were made: `notices(kind="moved")`."""

    def found(**which: Any) -> list[Notice]:
        rows = select(Notice).filter_by(**which).order_by(Notice.made_at, Notice.id)
        return load(lambda session: list(session.scalars(rows)))

    return found


@pytest.fixture
def listens(house: House, hook: Hook) -> Callable[..., tuple[Endpoint, str]]:
    """Makes the hook an endpoint; returns it and its secret."""

    def add(**changes: Any) -> tuple[Endpoint, str]:
        form = {"url": hook.url, "events": [], "drops_repeats": False, **changes}

        def act(session: Any) -> tuple[Endpoint, str]:
            sun = session.get_one(Person, people.SUN.id)
            return endpoints.add(session, house.config, sun, form, house.clock())

        return house.database.write(act)

    return add
