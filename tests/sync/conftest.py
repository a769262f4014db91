"""Tablets for tests: the real companion, the real app, and a network that a test can spoil."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from field_client import Companion
from server.worker import run_once
from tests import people
from tests.conftest import HandClock
from tests.field_client.device import StillClock
from tests.network import Network
from tests.office import Office
from tests.wire import SignIn, Wire


class TabletClock(StillClock):
    """A tablet's clock that goes with the server's, unless somebody has set it wrong."""

    def __init__(self, server: HandClock, seed: int = 1) -> None:
        super().__init__(seed=seed)
        self.server = server
        self.is_off_by = timedelta()

    def now(self) -> datetime:
        return self.server.now.astimezone(UTC) + self.is_off_by

    def mono_ms(self) -> int:
        return int(self.server.now.timestamp() * 1000)

    def passes(self, seconds: float) -> None:
        self.server.go_on(seconds=seconds)


class Tablet(Companion):
    """A companion with the network that it is connected by, and a clock that can be set wrong."""

    clock: TabletClock
    network: Network


@pytest.fixture
def tablet(app: Flask, clock: HandClock, tmp_path: Path) -> Iterator[Callable[..., Tablet]]:
    """Makes a tablet for somebody of the cast, signed in: `tablet(people.ALICE)`."""
    with ExitStack() as opened:

        def make(who: people.Character, name: str = "") -> Tablet:
            network = Network(app)
            made = Tablet(
                tmp_path / f"tablet-{who.username}{name}",
                transport=network,
                clock=TabletClock(clock, seed=who.number + len(name)),
            )
            opened.enter_context(made)
            made.network = network
            made.login(who.username, people.PASSWORD, "https://office.example")
            return made

        yield make


@pytest.fixture
def office(app: Flask, clock: HandClock) -> Office:
    return Office(app, clock)


@pytest.fixture
def works_off(app: Flask) -> Callable[[], object]:
    """The worker does all that is due."""
    return lambda: run_once(app.extensions["doorstep"])


@pytest.fixture
def wire(sign_in: SignIn, clock: HandClock) -> Callable[..., Wire]:
    """Makes a tablet that speaks the protocol by hand: `wire(people.ALICE)`."""
    return lambda who, device_id=None: Wire(sign_in(who), who, clock, device_id)
