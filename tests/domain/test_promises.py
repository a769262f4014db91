"""What was promised and how much time is left: pure clocks, over the facts and now."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import errors, promises, tickets

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "promises.json").read_text("utf-8"))
Given = dict[str, Any]

OPENED = datetime(2026, 11, 16, 8, tzinfo=UTC)
SHIFTS = ((540, 720), (780, 1_080))
WEEK = promises.Calendar("Asia/Shanghai", dict.fromkeys(range(5), SHIFTS))


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def written(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fact(doc: Given) -> promises.Fact:
    at, known_at = datetime.fromisoformat(doc["at"]), moment(doc.get("known_at"))
    return promises.Fact(at, doc["what"], doc.get("reason"), known_at)


def shown(clock: promises.Clock) -> dict[str, Any]:
    return {
        "due_at": written(clock.due_at),
        "met_at": written(clock.met_at),
        "state": clock.state,
        "left_minutes": clock.left_minutes,
        "levels": [level.name for level in promises.escalations(clock)],
    }


def read(ask: Callable[..., dict[str, promises.Clock]], given: Given) -> Any:
    found = ask(
        promises.Policy(**given["policy"]),
        datetime.fromisoformat(given["opened_at"]),
        [fact(doc) for doc in given["facts"]],
        datetime.fromisoformat(given["now"]),
        promises.calendar_from(given["calendar"]) if given["calendar"] else None,
    )
    return {name: shown(clock) for name, clock in found.items()}


READ: dict[str, Callable[[Given], Any]] = {
    "clocks": lambda given: read(promises.clocks, given),
    "known then": lambda given: read(promises.known_then, given),
    "policy": lambda given: asdict(promises.policy(given["kind"], given["class"], given["is_vip"])),
}


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_it_reckons_as_the_vectors_say(case: dict[str, Any]) -> None:
    subject = case["name"].split(":")[0]
    assert READ[subject](case["given"]) == case["expect"]


minutes = st.integers(0, 4_000).map(lambda after: OPENED + timedelta(minutes=after))
facts = st.builds(
    promises.Fact,
    minutes,
    st.sampled_from(["responded", "planned", "closed", "reopened", "paused", "resumed", "moved"]),
    st.sampled_from([None, *promises.PAUSES, "lunch"]),
)
calendars = st.sampled_from([None, WEEK])


logs = st.lists(facts, max_size=8, unique_by=lambda each: each.at)


@given(logs.flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))), minutes, calendars)
def test_the_order_in_which_facts_arrive_does_not_matter(
    orders: tuple[list[promises.Fact], list[promises.Fact]],
    now: datetime,
    calendar: promises.Calendar | None,
) -> None:
    one, other = (promises.clocks(promises.ORDINARY, OPENED, log, now, calendar) for log in orders)
    assert one == other


@given(st.lists(facts, max_size=8), minutes, calendars)
def test_a_clock_agrees_with_itself(
    log: list[promises.Fact], now: datetime, calendar: promises.Calendar | None
) -> None:
    for clock in promises.clocks(promises.ORDINARY, OPENED, log, now, calendar).values():
        is_late = (clock.met_at or now) > clock.due_at
        assert (clock.left_minutes < 0) == (clock.state == "broken")
        assert not (clock.state == "broken" and not is_late)
        assert (clock.met_at is not None) >= (clock.state == "met")


@given(minutes, st.integers(0, 5_000), calendars)
def test_later_and_worked_undo_each_other(
    start: datetime, time_left: int, calendar: promises.Calendar | None
) -> None:
    span = timedelta(minutes=time_left)
    end = promises.later(start, span, calendar)
    assert promises.worked(start, end, calendar) == span


@given(minutes, minutes, minutes)
def test_working_time_adds_up(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted([one, two, three])
    whole = promises.worked(first, last, WEEK)
    assert whole == promises.worked(first, middle, WEEK) + promises.worked(middle, last, WEEK)


def test_urgent_takes_two_hours_on_the_whole_and_a_vip_waits_half_as_long() -> None:
    for kind in tickets.KINDS:
        urgent = promises.policy(kind, "urgent")
        assert max(urgent.respond, urgent.plan, urgent.close) == 120
        assert promises.policy(kind, "ordinary") == promises.Policy(5, 120, 1_440)
        assert promises.policy(kind, "urgent", is_vip=True).close == 60


def test_the_offices_own_policy_comes_first() -> None:
    own = {("repair", "ordinary"): promises.Policy(10, 60, 600)}
    assert promises.policy("repair", "ordinary", policies=own).close == 600
    assert promises.policy("repair", "urgent", policies=own) == promises.URGENT
    assert promises.policy("painting", "ordinary") == promises.ORDINARY


@pytest.mark.parametrize("figures", [(0, 1, 2), (5, 4, 10), (5, 20, 10), (-1, 2, 3)])
def test_a_policy_is_in_order(figures: tuple[int, int, int]) -> None:
    with pytest.raises(errors.Invalid):
        promises.Policy(*figures)


@pytest.mark.parametrize(
    "doc",
    [
        {},
        {"time_zone": "Asia/Shanghai", "hours": {}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": []}},
        {"time_zone": "Asia/Shanghai", "hours": {"7": [[0, 60]]}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[60, 30]]}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[60, 60]]}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[0, 90], [60, 120]]}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[0, 1500]]}},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[0]]}},
        {"time_zone": "Asia/Shanghai", "hours": [[0, 60]]},
        {"time_zone": "Asia/Shanghai", "hours": {"0": [[0, 60]]}, "holidays": ["tomorrow"]},
        {"time_zone": "Moon/Crater", "hours": {"0": [[0, 60]]}},
        {"time_zone": "../etc/passwd", "hours": {"0": [[0, 60]]}},
    ],
)
def test_nonsense_is_no_calendar(doc: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid):
        promises.calendar_from(doc)


def test_levels_are_the_offices_own() -> None:
    broken = promises.clocks(promises.ORDINARY, OPENED, [], OPENED + timedelta(minutes=30))
    levels = (promises.Level("advisor", 10), promises.Level("supervisor", 30))
    assert [each.name for each in promises.escalations(broken["respond"], levels)] == ["advisor"]
    assert promises.escalations(broken["plan"]) == []


def test_what_is_kept_of_the_promises_stays_the_same_while_nothing_happens() -> None:
    """The first that warns and the first that breaks, whenever they are reckoned."""
    opened = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    told = [promises.Fact(opened + timedelta(minutes=3), "responded")]
    kept = {
        promises.next_end(promises.clocks(promises.ORDINARY, opened, told, opened + after))
        for after in (timedelta(minutes=4), timedelta(hours=1), timedelta(days=9))
    }
    assert kept == {(opened + timedelta(minutes=90), opened + timedelta(minutes=120))}
    told += [promises.Fact(opened + timedelta(hours=1), "closed")]
    over = promises.clocks(promises.ORDINARY, opened, told, opened + timedelta(days=1))
    assert promises.next_end(over) is None
