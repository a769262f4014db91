"""Everything that goes wrong: by name, with what chance, and how often it struck."""

from collections import Counter
from collections.abc import Mapping
from random import Random

# Per request of a tablet.
NETWORK = {
    "request lost": 0.02,
    "answer lost": 0.03,
    "request doubled": 0.01,
    "request comes again days later": 0.01,
    "request comes only later (reordered)": 0.01,
    "body cut": 0.015,
    "bytes altered on the way": 0.01,
    "413": 0.004,
    "429": 0.004,
    "500": 0.004,
    "502": 0.004,
    "503": 0.004,
    "captive portal": 0.006,
    "server killed": 0.01,
    "server loses power": 0.004,
    "disk full on the server": 0.004,
    "interrupted by somebody else": 0.04,
    "server restored in the middle of a sync": 0.0005,
}
REFRESH_ANSWER_LOST = {"refresh answer lost": 0.2}
# Per act of a tablet.
TABLET = {
    "tablet killed": 0.04,
    "tablet loses power": 0.015,
    "disk full on the tablet": 0.01,
    "clock set wrong": 0.01,
    "poison in the queue": 0.01,
}
# Per step of the world.
WORLD = {
    "job reassigned": 0.012,
    "job cancelled": 0.006,
    "sheet changed": 0.012,
    "visit judged": 0.02,
    "exception decided": 0.01,
    "person disabled": 0.001,
    "device to be collected": 0.0007,
    "device lost": 0.0007,
    "store copied to a second tablet": 0.0015,
    "store restored from an older copy": 0.0015,
    "feed pruned": 0.004,
    "server restored from a backup": 0.002,
    "worker killed": 0.004,
    "app updated": 0.001,
}

# Counted where they show, not drawn.
SEEN = ("token expired", "two people on one job", "two people on one tablet", "weeks offline")

ALL: tuple[str, ...] = (*NETWORK, *REFRESH_ANSWER_LOST, *TABLET, *WORLD, *SEEN)


class Faults:
    """The chances of one world, and what came of them."""

    def __init__(self, dice: Random, weights: Mapping[str, float] | None = None) -> None:
        """`weights` are factors: of one fault by its name, of all others by `others` (1.0)."""
        self._dice = dice
        self._weights = dict(weights or {})
        self.struck: Counter[str] = Counter()
        self.are_on = True

    def draw(self, table: Mapping[str, float]) -> str | None:
        """The name of one fault out of the table, or None."""
        if not self.are_on:
            return None
        left = self._dice.random()
        for name, chance in table.items():
            left -= chance * self.weight(name)
            if left < 0:
                return name
        return None

    def weight(self, name: str) -> float:
        return self._weights.get(name, self._weights.get("others", 1.0))

    def strike(self, name: str) -> None:
        assert name in ALL, name
        self.struck[name] += 1
