"""One virtual time for everybody, and the clocks of tablets that show it wrongly."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from field_client.clock import Clock
from tests.people import NOW
from tests.sync.simulation.machines import Machine


class WorldClock:
    """The server's time, and by it everybody's; it goes on only when something takes time."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **how_far: float) -> None:
        """For example `clock.go_on(minutes=5)`; in whole milliseconds."""
        moved = self.now + timedelta(**how_far)
        self.now = moved.replace(microsecond=moved.microsecond // 1000 * 1000)


class TabletClock(Clock):
    """A tablet's clock: the world's, off by as much as somebody set it."""

    def __init__(self, world: WorldClock, dice: Random, machine: Machine) -> None:
        self.zone, self.boot = "Asia/Shanghai", "b7e1"
        self.world, self.random, self.machine = world, dice, machine
        self.is_off_by = timedelta()

    def now(self) -> datetime:
        return self.world.now.astimezone(UTC) + self.is_off_by

    def mono_ms(self) -> int:
        return int(self.world.now.timestamp() * 1000) & (1 << 40) - 1

    def sleep(self, seconds: float) -> None:
        self.world.go_on(seconds=min(seconds, 60))


class Ids:
    """UUIDv7 from the world's clock and chance; always rising, as the server's own are."""

    def __init__(self, clock: WorldClock, dice: Random) -> None:
        self._clock, self._dice, self._last = clock, dice, 0

    def __call__(self) -> UUID:
        ms = int(self._clock().timestamp() * 1000)
        head = max(ms << 12, self._last + 1)
        self._last = head
        value = (head >> 12) << 80 | 7 << 76 | (head & 0xFFF) << 64
        return UUID(int=value | 0b10 << 62 | self._dice.getrandbits(62))
