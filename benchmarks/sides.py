"""Two servers measured beside each other: A B A B …, the same client, one run after the other.

A *side* is a server with its processes; a round is one run against it. Other work on the machine hits
both alike, so ratios are taken round by round.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import client, processes
from benchmarks.client import Run, Unit
from benchmarks.statistics import median, percentile

REST_S = 0.25
FIRST_UNITS, MOST_UNITS = 60, 20_000


@dataclass(frozen=True)
class Side:
    """A running server: its name, port and first processes."""

    name: str
    port: int
    roots: tuple[int, ...]

    @property
    def pids(self) -> list[int]:
        return processes.tree(*self.roots)


@dataclass
class Round:
    """One run and what it cost the server. Seconds of CPU, flushes of the disk; `others` are the
    flushes a second of whoever else used the disk, seen in a moment of rest before the run."""

    run: Run
    cpu: float
    flushes: int
    others: float

    @property
    def cpu_ms(self) -> float:
        """Of the server's processes, for each unit."""
        return 1000 * self.cpu / self.run.units

    @property
    def client_share(self) -> float:
        """Of one processor, that the client took."""
        return self.run.client_cpu / self.run.seconds


@dataclass
class Rounds:
    """All rounds of one side."""

    name: str
    rounds: list[Round] = field(default_factory=list)

    def values(self, of: Callable[[Round], float]) -> list[float]:
        return [of(each) for each in self.rounds]

    @property
    def rates(self) -> list[float]:
        return self.values(lambda each: each.run.rate)

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def cpus(self) -> list[float]:
        return self.values(lambda each: each.cpu_ms)

    @property
    def cpu_ms(self) -> float:
        return median(self.cpus)

    @property
    def others(self) -> float:
        """Flushes a second of whoever else uses the disk."""
        return median(self.values(lambda each: each.others))

    @property
    def flushes(self) -> float:
        """For each unit, without those of others."""
        others = self.others
        return median(
            self.values(
                lambda each: max(0.0, each.flushes - others * each.run.seconds) / each.run.units
            )
        )

    @property
    def client_share(self) -> float:
        return median(self.values(lambda each: each.client_share))

    def latency_ms(self, share: float) -> float:
        """The median over the rounds of this percentile."""
        return median(self.values(lambda each: 1000 * percentile(each.run.latencies, share)))

    def told(self) -> dict[str, float]:
        """As it goes into the record."""
        return {
            "rounds": len(self.rounds),
            "units": sum(each.run.units for each in self.rounds),
            "per_second": round(self.rate, 2),
            "p50_ms": round(self.latency_ms(0.5), 2),
            "p99_ms": round(self.latency_ms(0.99), 2),
            "cpu_ms": round(self.cpu_ms, 3),
            "flushes": round(self.flushes, 3),
            "others_flushes_per_second": round(self.others, 1),
            "client_share": round(self.client_share, 3),
        }

    def line(self) -> str:
        return (
            f"{self.name:<34} {self.rate:9.1f}/s   p50 {self.latency_ms(0.5):8.2f} ms"
            f"   p99 {self.latency_ms(0.99):8.2f} ms   {self.cpu_ms:8.2f} ms CPU each"
            f"   {self.flushes:6.2f} flushes each   client {self.client_share:4.0%} of a core"
        )


def measure(
    side: Side, units: Iterable[Unit], *, connections: int, seconds: float, disk: Path
) -> Round:
    os.sync()  # what the side before left to be written is not charged to this one
    resting = processes.flushes(disk)
    time.sleep(REST_S)
    others = (processes.flushes(disk) - resting) / REST_S
    before, flushed = processes.cpu_seconds(side.pids), processes.flushes(disk)
    run = client.run(side.port, units, connections=connections, seconds=seconds)
    cost = processes.cpu_seconds(side.pids) - before
    return Round(run, cost, processes.flushes(disk) - flushed, others)


Supply = Callable[[], Unit]
"""Makes one more unit."""


class Ready:
    """Units made before the clock starts; what a round leaves over is there for the next one.

    How many a round may need follows from how fast the rounds before it were, and is `most` at most.
    """

    def __init__(self, make: Supply, seconds: float, most: int) -> None:
        self._make, self._seconds, self._most = make, seconds, most
        self._units: deque[Unit] = deque()
        self._wanted = min(FIRST_UNITS, most)

    def top_up(self) -> None:
        while len(self._units) < self._wanted:
            self._units.append(self._make())

    def __iter__(self) -> Iterator[Unit]:
        while self._units:
            yield self._units.popleft()

    def learn(self, run: Run) -> None:
        self._wanted = min(self._most, max(FIRST_UNITS, int(1.6 * run.rate * self._seconds)))


def interleaved(
    of: dict[Side, Supply],
    *,
    rounds: int,
    seconds: float,
    connections: int,
    disk: Path,
    most: int = MOST_UNITS,
) -> dict[str, Rounds]:
    """Rounds of each side in turns, after a short one of each that does not count.

    A round is over after `seconds`, or with `most` units.
    """
    found = {side.name: Rounds(side.name) for side in of}
    ready = {side: Ready(make, seconds, most) for side, make in of.items()}
    for number in range(rounds + 1):
        for side, units in ready.items():
            units.top_up()
            measured = measure(side, units, connections=connections, seconds=seconds, disk=disk)
            units.learn(measured.run)
            if number > 0:
                found[side.name].rounds.append(measured)
    return found
