"""The installers' tablets: the real companion, each with its own folder, against the app in this process."""

import random
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from field_client import Answer, Clock, Companion
from server.clock import Clock as ServerClock
from server.config import DEMO_PASSWORD
from server.demo.customers import Address


class AppTransport:
    """Carries requests to an app in the same process."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        given = self.app.test_client().open(path, method=method, headers=dict(headers), data=body)
        lowered = {name.lower(): value for name, value in given.headers.items()}
        return Answer(given.status_code, lowered, given.get_data())

    def close(self) -> None:
        """There is nothing to close."""


class TabletClock(Clock):
    """A tablet's clock that goes with the house's, unless somebody has set it wrong."""

    def __init__(self, house: ServerClock, seed: int) -> None:
        self.zone, self.boot = "Asia/Shanghai", f"{seed:08x}"
        self.random = random.Random(seed)
        self._house = house
        self.is_off_by = timedelta()

    def now(self) -> datetime:
        return self._house() + self.is_off_by

    def mono_ms(self) -> int:
        return int(self._house().timestamp() * 1000)

    def sleep(self, seconds: float) -> None:
        """Nothing here is worth waiting for."""


class Tablets:
    """All tablets of the shop below one folder; signed in when first used."""

    def __init__(self, app: Flask, clock: ServerClock, home: Path, server: str) -> None:
        self._transport, self._clock = AppTransport(app), clock
        self._home, self._server = home, server
        self._open: dict[str, Companion] = {}
        self._stack = ExitStack()

    def of(self, username: str) -> Companion:
        if username not in self._open:
            self._open[username] = self._switched_on(username)
        return self._open[username]

    def _switched_on(self, username: str) -> Companion:
        clock = TabletClock(self._clock, seed=1 + sum(username.encode()))
        tablet = Companion(self._home / username, transport=self._transport, clock=clock)
        self._stack.enter_context(tablet)
        tablet.login(username, DEMO_PASSWORD, self._server)
        return tablet

    def set_wrong(self, username: str, by: timedelta) -> None:
        """Somebody sets the clock of a tablet."""
        clock = self.of(username).clock
        assert isinstance(clock, TabletClock), "all of ours are"
        clock.is_off_by = by

    def close(self) -> None:
        self._stack.close()


def at_the_door(site: Address) -> dict[str, float]:
    """What a tablet's receiver says at an address."""
    return {"lat": site.lat + 0.0002, "lon": site.lon - 0.0001, "accuracy_m": 18.0}
