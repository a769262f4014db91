"""Long runs as a sequence of worlds: each from a seed of its own, so any one of them can be run alone."""

import shutil
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.sync.simulation.ledger import Violation
from tests.sync.simulation.town import Town
from tests.sync.simulation.world import Plan, World

TABLETS, DAYS = 20, 5
ROUGHNESS = (0.3, 1.0, 1.0, 2.0)


@dataclass(slots=True)
class Outcome:
    """What a world came to. `number` is that of the violated invariant, None where all held."""

    seed: str
    device_days: int
    steps: int
    digest: str
    struck: Counter[str]
    checked: Counter[str]
    done: Counter[str]
    cpu_s: float
    is_of_a_run: bool
    number: str | None = None
    story: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return self.number is None


def plan_of(seed: str, *, tablets: int = TABLETS, days: int = DAYS) -> Plan:
    """Worlds differ: in how rough they are, and in how long tablets keep what they sent."""
    dice = Random(f"{seed} plan")
    weights = {"others": dice.choice(ROUGHNESS)}
    return Plan(tablets=tablets, days=days, keep_days=dice.choice([14, 14, 3]), weights=weights)


def run_world(town: Town, seed: str, plan: Plan) -> Outcome:
    """One world from beginning to end. Nothing is raised: what went wrong is in the outcome."""
    folder = town.folder / "worlds"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    began, complaints = time.process_time(), town.building.complaints.heard
    complaints.clear()
    world = World(town, folder, seed, plan)
    number, story = None, []
    try:
        world.run()
        if complaints:
            raise Violation("the server's own failure", "\n".join(complaints))
    except Violation as violation:
        number, story = violation.number, _story(world, str(violation))
    except Exception:
        number, story = "a failure", _story(world, traceback.format_exc())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(
        seed=seed,
        device_days=plan.tablets * plan.days,
        steps=world.trace.steps,
        digest=world.trace.digest,
        struck=world.faults.struck,
        checked=world.checked,
        done=world.done,
        cpu_s=time.process_time() - began,
        is_of_a_run=plan == plan_of(seed),
        number=number,
        story=story,
    )


def _story(world: World, what: str) -> list[str]:
    return [*world.trace.last, f"seed {world.seed!r}, step {world.trace.steps}: {what}"]


def seeds_of(seed: str, device_days: int, *, tablets: int = TABLETS, days: int = DAYS) -> list[str]:
    """The seeds of the worlds that a run of so many device-days consists of."""
    return [f"{seed}/{n}" for n in range(-(-device_days // (tablets * days)))]
