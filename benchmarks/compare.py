"""Ours by a peer's: round by round where both were measured, else by what was recorded of the peer."""

from dataclasses import dataclass

from benchmarks.references import Reference
from benchmarks.report import MEASURED, RECORDED, Line
from benchmarks.sides import Rounds
from benchmarks.statistics import median, ratios, spread


@dataclass(frozen=True)
class Peer:
    """A peer to compare with: its rounds, or a record of it."""

    name: str
    rounds: Rounds | None
    recorded: Reference

    @property
    def source(self) -> str:
        return MEASURED if self.rounds else RECORDED

    def rate(self, topic: str, ours: Rounds, *, bar: float, what: str = "rate") -> Line:
        theirs = self.rounds.rates if self.rounds else [self.recorded.per_second] * len(ours.rates)
        return self._line(topic, f"{what} by {self.name}'s", ratios(ours.rates, theirs), bar, False)

    def cpu(self, topic: str, ours: Rounds, *, bar: float, what: str = "CPU") -> Line:
        theirs = self.rounds.cpus if self.rounds else [self.recorded.cpu_ms] * len(ours.cpus)
        return self._line(topic, f"{what} by {self.name}'s", ratios(ours.cpus, theirs), bar, True)

    def _line(self, topic: str, what: str, found: list[float], bar: float, at_most: bool) -> Line:
        against = f"{self.source}: {spread(found)}"
        return Line(topic, what, median(found), "×", bar, at_most, against)


def peer(found: dict[str, Rounds], name: str, recorded: Reference) -> Peer:
    return Peer(name, found.get(name), recorded)
