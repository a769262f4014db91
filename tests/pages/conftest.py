"""For tests of the office's pages: somebody at a desk with a browser of their own."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.pages.desks import Desk
from tests.shop import Shop


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
