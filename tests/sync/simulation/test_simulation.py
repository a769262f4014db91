"""Five hundred device-days with everything that goes wrong; and that the simulation sees what it is there for."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.simulation import report
from tests.sync.simulation.histories import Outcome, plan_of, run_world, seeds_of
from tests.sync.simulation.mutants import MUTANTS, Mutant, falls_after
from tests.sync.simulation.seeds import FAILED_ONCE
from tests.sync.simulation.town import Town

ROOT = Path(__file__).resolve().parents[3]
SEED, DEVICE_DAYS = "2", 500
KEPT_DAYS = sum(tablets * days for tablets, days in FAILED_ONCE.values())  # they count, too
MOST_SEEDS = 400


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("town"))
    yield town
    town.close()


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("small-town"), tablets=2)
    yield town
    town.close()


def must_be_clean(outcome: Outcome) -> None:
    assert outcome.is_clean, "\n".join(report.story(outcome))


@pytest.mark.parametrize("seed", seeds_of(SEED, DEVICE_DAYS - KEPT_DAYS))
def test_everything_holds(town: Town, seed: str) -> None:
    must_be_clean(run_world(town, seed, plan_of(seed)))


@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_what_failed_once_holds(town: Town, seed: str) -> None:
    tablets, days = FAILED_ONCE[seed]
    must_be_clean(run_world(town, seed, plan_of(seed, tablets=tablets, days=days)))


def test_the_same_seed_decides_the_same(small_town: Town, tmp_path: Path) -> None:
    """Also in another process, in which Python's sets and dictionaries have another order."""
    plan = plan_of("again", tablets=2, days=1)
    first, second = (run_world(small_town, "again", plan) for _ in range(2))
    assert (first.digest, first.struck) == (second.digest, second.struck)
    assert sum(first.struck.values()) > 20
    told = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert told.stdout.strip() == first.digest


ELSEWHERE = """
import sys
from pathlib import Path
from tests.sync.simulation.histories import plan_of, run_world
from tests.sync.simulation.town import Town
town = Town(Path(sys.argv[1]), tablets=2)
print(run_world(town, "again", plan_of("again", tablets=2, days=1)).digest)
"""


def test_another_seed_decides_otherwise(small_town: Town) -> None:
    plan = plan_of("again", tablets=1, days=1)
    assert run_world(small_town, "a", plan).digest != run_world(small_town, "b", plan).digest


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_each_protection_is_needed(small_town: Town, mutant: Mutant) -> None:
    """Without it something stops holding; with it the very same worlds are sound."""
    seeds, outcome = falls_after(small_town, mutant, MOST_SEEDS)
    assert outcome.number in mutant.caught_by, "\n".join([f"{seeds} seeds", *outcome.story])
    must_be_clean(run_world(small_town, outcome.seed, mutant.world))
