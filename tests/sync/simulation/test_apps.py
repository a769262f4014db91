"""The same shop with the TypeScript app on half of its tablets: the same faults, the same judge."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.simulation.app_mutants import APP_MUTANTS
from tests.sync.simulation.histories import plan_of, run_world
from tests.sync.simulation.mutants import falls_after
from tests.sync.simulation.test_simulation import MOST_SEEDS, ROOT, must_be_clean
from tests.sync.simulation.town import Town

TABLETS, DAYS, WORLDS = 8, 2, 1  # four with the app, four with the companion

# Those that most depends on. `make simulate CLIENT=tablet ARGS=--protections` switches off all of them.
IN_EACH_RUN = (
    "strict durability",
    "bytes with their event in one transaction",
    "epoch",
    "unsent work first",
)


@pytest.fixture(scope="module")
def mixed_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("mixed-town"), TABLETS, "mixed")
    yield town
    town.close()


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    town = Town(tmp_path_factory.mktemp("small-town"), 2, "tablet")
    yield town
    town.close()


@pytest.mark.parametrize("seed", [f"mixed/{n}" for n in range(WORLDS)])
def test_everything_holds(mixed_town: Town, seed: str) -> None:
    must_be_clean(run_world(mixed_town, seed, plan_of(seed, tablets=TABLETS, days=DAYS)))


def test_the_same_seed_decides_the_same(small_town: Town, tmp_path: Path) -> None:
    """Also in other processes, of Python and of Node.js, whose cryptography takes its own time."""
    plan = plan_of("again", tablets=2, days=1)
    first = run_world(small_town, "again", plan)
    assert sum(first.struck.values()) > 10
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
town = Town(Path(sys.argv[1]), 2, "tablet")
print(run_world(town, "again", plan_of("again", tablets=2, days=1)).digest)
town.close()
"""


@pytest.mark.parametrize("name", IN_EACH_RUN)
def test_protections_of_the_app_are_needed(small_town: Town, name: str) -> None:
    """Without it something stops holding; with it the very same world is sound."""
    (mutant,) = (each for each in APP_MUTANTS if each.name == name)
    seeds, outcome = falls_after(small_town, mutant, MOST_SEEDS)
    assert outcome.number in mutant.caught_by, "\n".join([f"{seeds} seeds", *outcome.story])
    must_be_clean(run_world(small_town, outcome.seed, mutant.world))
