"""Settings: which version holds when, what may be written, and what differs between two versions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from server.domain import errors, promises, revisits, settings
from server.domain.settings.differences import Difference, between
from server.domain.tickets import KINDS

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NAMES = [*settings.SIMPLE, *map(settings.template_name, KINDS)]


@dataclass(frozen=True)
class Kept:
    version: int
    branch_id: str | None = None
    hours: int = 0
    follows_house: bool = False

    @property
    def valid_from(self) -> datetime:
        return NOON + timedelta(hours=self.hours)


@pytest.mark.parametrize(
    ("versions", "branch", "hours", "version"),
    [
        ([], "north", 0, None),
        ([Kept(2)], "north", 0, 2),
        ([Kept(2)], "north", -1, None),
        ([Kept(2), Kept(3, "north")], "north", 0, 3),
        ([Kept(2), Kept(3, "north")], "south", 0, 2),
        ([Kept(2), Kept(3, "north")], None, 0, 2),
        ([Kept(3, "north"), Kept(4)], "north", 0, 3),  # a branch keeps its own
        ([Kept(2), Kept(3, "north"), Kept(4, "north", follows_house=True)], "north", 0, 2),
        ([Kept(2), Kept(3, hours=5)], None, 4, 2),  # it has not begun yet
        ([Kept(2), Kept(3, hours=5)], None, 5, 3),
        ([Kept(2), Kept(3, hours=5), Kept(4, hours=1)], None, 6, 4),  # the newest has the last word
    ],
)
def test_which_version_holds(
    versions: list[Kept], branch: str | None, hours: int, version: int | None
) -> None:
    found = settings.in_force(versions, branch, NOON + timedelta(hours=hours))
    assert (found and found.version) == version


def test_the_defaults_can_hold_and_say_what_the_rules_say() -> None:
    assert [name for name in NAMES if settings.problems(name, settings.default(name))] == []
    promise = promises.promise_from(settings.default("promises"))
    assert {each: promise.policy(*each) for each in promises.DEFAULTS} == promises.DEFAULTS
    assert promise.policy("repair", "ordinary", True) == promises.ORDINARY.halved()
    assert revisits.rulebook_from(settings.default("revisits")) == revisits.DEFAULT_RULEBOOK


NONSENSE: list[object] = [None, [], {}, {"x": 1}, {"steps": {}}, {"rules": [], "kinds": 1}]


def test_whatever_is_none_is_refused_in_words() -> None:
    for name in NAMES:
        for value in NONSENSE:
            if (name, value) == (settings.GOODWILL, {}):
                continue  # nobody gives anything
            with pytest.raises(errors.Invalid):
                settings.must_be_sound(name, value)


def test_differences_follow_things_by_their_names() -> None:
    was = {"steps": [{"step_id": each, "label": each} for each in "abcd"], "slots": []}
    steps = [{"step_id": each, "label": each.upper() if each == "b" else each} for each in "dabe"]
    assert between(was, {"steps": steps, "slots": []}) == [
        Difference("steps.d.place", 4, 1),
        Difference("steps.b.label", "b", "B"),
        Difference("steps.e", None, {"step_id": "e", "label": "e"}),
        Difference("steps.c", {"step_id": "c", "label": "c"}, None),
    ]
    assert between(was, was) == []
