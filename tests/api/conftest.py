"""For tests of the API: a signed-in client for everybody of the cast who works here."""

from collections.abc import Callable

import pytest

from tests import people
from tests.client import Client
from tests.conftest import HandClock
from tests.shop import Shop

SignIn = Callable[[people.Character], Client]


@pytest.fixture
def alice(sign_in: SignIn) -> Client:
    return sign_in(people.ALICE)


@pytest.fixture
def bob(sign_in: SignIn) -> Client:
    return sign_in(people.BOB)


@pytest.fixture
def wei(sign_in: SignIn) -> Client:
    return sign_in(people.WEI)


@pytest.fixture
def sun(sign_in: SignIn) -> Client:
    return sign_in(people.SUN)


@pytest.fixture
def stock(sign_in: SignIn) -> Client:
    return sign_in(people.STOCK)


@pytest.fixture
def lena(sign_in: SignIn) -> Client:
    return sign_in(people.LENA)


@pytest.fixture
def carol(sign_in: SignIn) -> Client:
    return sign_in(people.CAROL)


@pytest.fixture
def mei(sign_in: SignIn) -> Client:
    return sign_in(people.MEI)


@pytest.fixture
def sam(sign_in: SignIn) -> Client:
    return sign_in(people.SAM)


@pytest.fixture
def shop(sign_in: SignIn, clock: HandClock) -> Shop:
    """The desk and the people on their trips, through HTTP only."""
    return Shop(sign_in, clock)
