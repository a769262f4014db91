"""What differs between two versions of a document, line by line, so that people and the audit can read it.

Things in a list that carry a name (`step_id`, `slot`, `code`, `value`) are followed by it: a step that only
moved is no other step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMES = ("step_id", "slot", "code", "value")
ORDER = "order"


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
    if was == now and type(was) is type(now):
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
    stayed_was = [each for each in was if each in now]
    stayed_now = [each for each in now if each in was]
    if stayed_was != stayed_now:
        yield Difference(f"{path}.{ORDER}" if path else ORDER, stayed_was, stayed_now)
