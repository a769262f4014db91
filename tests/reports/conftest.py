"""For tests of figures and exports: the shop at work, and the worker that counts."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from server.house import House
from server.images import Examiner
from server.worker import Worker
from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.shop import Shop


@pytest.fixture
def house(app: Flask) -> House:
    found: House = app.extensions["doorstep"]
    return found


@pytest.fixture
def shop(sign_in: Callable[[people.Character], Client], clock: HandClock) -> Shop:
    return Shop(sign_in, clock)


@pytest.fixture
def count(house: House) -> Callable[[], None]:
    """The worker counts what was touched; it looks at no photo."""
    worker = Worker(house, Examiner())

    def count_all() -> None:
        while worker.count():
            pass

    return count_all


@pytest.fixture
def read(house: House) -> Callable[..., Any]:
    return house.database.read


@pytest.fixture
def write(house: House) -> Callable[..., Any]:
    return house.database.write
