"""What a run came to, in words: how often each fault struck, how often each invariant was looked at."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.sync.simulation import faults
from tests.sync.simulation.histories import Outcome
from tests.sync.simulation.mutants import AppMutant, Mutant, falls_after
from tests.sync.simulation.town import Town


def summary(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The lines of the summary."""
    all_of_them = list(outcomes)
    struck: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for outcome in all_of_them:
        struck += outcome.struck
        checked += outcome.checked
        done += outcome.done
    days = sum(outcome.device_days for outcome in all_of_them)
    cpu_s = sum(outcome.cpu_s for outcome in all_of_them)
    yield f"{days} device-days in {len(all_of_them)} worlds, {cpu_s / max(days, 1):.2f} s of CPU each"
    yield ""
    yield from _table("what was done", "times", dict(sorted(done.items())))
    yield ""
    yield from _table("fault", "struck", {name: struck[name] for name in faults.ALL})
    yield ""
    yield from _table("invariant", "checks", dict(sorted(checked.items(), key=_by_number)))
    yield ""
    broken = [outcome for outcome in all_of_them if not outcome.is_clean]
    yield f"{len(broken)} worlds in which something did not hold"
    for outcome in broken:
        yield f"  {outcome.number} in world {outcome.seed}"


def _by_number(item: tuple[str, int]) -> tuple[str, int]:
    return item[0][0] != "S", int(item[0][1:])  # type: ignore[return-value]


def _table(name: str, count: str, rows: dict[str, int]) -> Iterator[str]:
    width = max(len(each) for each in (name, *rows))
    yield f"{name:<{width}}  {count:>10}"
    yield f"{'-' * width}  {'-' * 10}"
    for each, times in rows.items():
        yield f"{each:<{width}}  {times:>10,}"


def story(outcome: Outcome) -> Iterator[str]:
    """What led to a violation, and how to see it again."""
    yield from outcome.story
    yield f"{outcome.number} did not hold."
    if outcome.is_of_a_run:
        yield f"To see it again: python -m tests.sync.simulation --world {outcome.seed}"


def protections(
    town: Town, mutants: Iterable[Mutant | AppMutant], most_seeds: int
) -> Iterator[str]:
    """The table of what each protection guards, as it is found out."""
    yield "| switched off | what then no longer holds | seeds | caught by |"
    yield "| --- | --- | ---: | --- |"
    for mutant in mutants:
        seeds, outcome = falls_after(town, mutant, most_seeds)
        yield f"| {mutant.name} | {mutant.guards} | {seeds} | {outcome.number or 'nothing'} |"
