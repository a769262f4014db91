"""What differs between two versions of a document, line by line, so that people and the audit can read it.

Things in a list that carry a name (`step_id`, `slot`, `code`, `value`) are followed by it: a step that only
moved is no other step.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMES = ("step_id", "slot", "code", "value")
PLACE = "place"


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is where ("steps.level.label"); `was` or `now` is None for what is new, or gone."""

    path: str
    was: Any
    now: Any


def between(was: Any, now: Any) -> list[Difference]:
    """In the order of the newer document, what is gone last; nothing where nothing differs."""
    return list(_between("", was, now))


def _between(path: str, was: Any, now: Any) -> Iterator[Difference]:
    if was == now:
        return
    named_was, named_now = _named(was), _named(now)
    if named_was is None or named_now is None:
        yield Difference(path, was, now)
        return
    if isinstance(was, list):
        yield from _order(path, list(named_was), list(named_now))
    for name in [*named_now, *(each for each in named_was if each not in named_now)]:
        inner = f"{path}.{name}" if path else name
        yield from _between(inner, named_was.get(name), named_now.get(name))


def _named(value: Any) -> dict[str, Any] | None:
    """The parts of a document by name; None for what has none."""
    if isinstance(value, Mapping):
        return {str(name): part for name, part in value.items()}
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        return None
    key = next((name for name in NAMES if all(name in each for each in value)), None)
    if key is None:
        return None
    return {str(each[key]): each for each in value}


def _order(path: str, was: list[str], now: list[str]) -> Iterator[Difference]:
    """The few that have to move so that the rest stands in the same order; places count from 1."""
    before = {name: place for place, name in enumerate(was)}
    stayed = [name for name in now if name in before]
    unmoved = _longest_rise([before[name] for name in stayed])
    for name in stayed:
        if before[name] not in unmoved:
            inner = f"{path}.{name}" if path else name
            yield Difference(f"{inner}.{PLACE}", before[name] + 1, now.index(name) + 1)


def _longest_rise(numbers: list[int]) -> set[int]:
    """The longest part of a list that rises, by patience sorting; the numbers are all different."""
    tops: list[int] = []  # the smallest end of a rise of each length
    earlier: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tops, number)
        earlier[number] = tops[at - 1] if at else None
        tops[at : at + 1] = [number]
    found: set[int] = set()
    last = tops[-1] if tops else None
    while last is not None:
        found.add(last)
        last = earlier[last]
    return found
