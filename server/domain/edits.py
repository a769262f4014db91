"""Two people edit one thing at once: what each of them meant, field by field, so that no word is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both have changed: what it was, what somebody else made of it, what is wanted now."""

    was: str
    theirs: str
    mine: str


@dataclass(slots=True)
class Edit:
    """What is to be written, and where both have changed the same field to different things."""

    mine: dict[str, Any] = field(default_factory=dict)
    clashes: dict[str, Clash] = field(default_factory=dict)


def text(value: object) -> str:
    """A value as a form shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(each) for each in value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value).replace("\r\n", "\n").strip()


def compare(
    now_there: Mapping[str, Any], was: Mapping[str, str], wanted: Mapping[str, Any]
) -> Edit:
    """Three ways: what stood there when the form was opened, what stands there now, what is wanted.

    A field that the form has left as it was stays as it is now, whoever changed it. A field that only this
    form has changed is written. One that both have changed is a clash, unless both say the same.
    """
    found = Edit()
    for name, value in wanted.items():
        before, present, mine = was.get(name, ""), text(now_there[name]), text(value)
        if mine in (before, present):
            continue
        if present != before:
            found.clashes[name] = Clash(before, present, mine)
        found.mine[name] = value
    return found
