"""What a ticket counts for: by its history alone, on the right day, and what is left out is named."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import figures as rules
from server.domain.figures import FIGURES, Again, Fact, History, Reading, Sum, Trip

SHANGHAI = "Asia/Shanghai"
CLOSED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def fixed(**changes: object) -> Trip:
    at = CLOSED - timedelta(hours=1)
    ordinary = {"arrived_at": at, "finished_at": at, "outcome": "completed"}
    return Trip("J-1", "alice", **{**ordinary, **changes})  # type: ignore[arg-type]


def history(*trips: Trip, **changes: object) -> History:
    return History("T-1", SHANGHAI, closed_at=CLOSED, trips=trips, **changes)  # type: ignore[arg-type]


def of(figure: str, what: History) -> list[Fact]:
    return [each for each in rules.facts(what) if each.figure == figure]


def again(cause: str, state: str = "planned", number: int = 1) -> Again:
    return Again(f"R-{number}", "J-1", cause, state, CLOSED - timedelta(minutes=number))


@pytest.mark.parametrize(
    ("what", "counted", "hits", "cause"),
    [
        (history(fixed()), 1, 1, None),
        (history(fixed(), revisits=(again("workmanship"),)), 1, 0, "workmanship"),
        (history(fixed(), revisits=(again("workmanship", "dismissed"),)), 1, 1, None),
        (history(fixed(), is_repeated=True), 1, 0, "repeat_fault"),
        (history(fixed(outcome="incomplete", outcome_cause="part_missing")), 1, 0, "part_missing"),
        (history(fixed(outcome="incomplete", outcome_cause="customer_absent")), 0, 0,
            "customer_absent"),
        (history(fixed(outcome="incomplete", outcome_cause="customer_absent"),
            revisits=(again("customer_absent"), again("workmanship", number=2))), 1, 0,
            "workmanship"),
        (history(fixed(outcome=None, finished_at=None)), 1, 0, "other"),
        (history(fixed(is_cancelled=True, outcome="incomplete"), fixed()), 1, 1, None),
        (history(Trip("J-0", "bob"), fixed()), 1, 1, None),
    ],
)  # fmt: skip
def test_the_first_time_fix(what: History, counted: int, hits: int, cause: str | None) -> None:
    [fact] = of("first_time_fix", what)
    assert (fact.counted, fact.hits, fact.cause) == (counted, hits, cause)


def test_without_a_trip_nothing_was_fixed_at_the_first_time() -> None:
    answered = history(is_on_promise=True)
    assert of("first_time_fix", answered) == []
    assert [each.hits for each in of("closed_on_promise", answered)] == [1]


def test_what_is_open_again_counts_nowhere() -> None:
    what = History("T-1", SHANGHAI, closed_at=None, trips=(fixed(),))
    assert {each.figure for each in rules.facts(what)} == set()


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        (SHANGHAI, datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
        ("Europe/Berlin", datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        ("America/New_York", datetime(2026, 11, 1, 4, 59, tzinfo=UTC), date(2026, 11, 1)),
    ],
)
def test_the_day_is_that_of_the_branch_also_when_the_clocks_change(
    zone: str, at: datetime, day: date
) -> None:
    [fact] = of("closed_on_promise", History("T-1", zone, closed_at=at))
    assert fact.day == day


def test_late_is_behind_the_end_of_the_window() -> None:
    end = CLOSED
    times = (end - timedelta(hours=9), end, end + timedelta(seconds=1))
    found = [of("on_time_arrival", history(fixed(arrived_at=at, window_end=end))) for at in times]
    assert [each[0].hits for each in found] == [1, 1, 0]
    assert of("on_time_arrival", history(fixed(window_end=None))) == []


def test_photos_and_stars_of_a_visit_count_by_their_number() -> None:
    what = history(fixed(judged=5, rejected=2, stars=4))
    assert [(f.counted, f.hits) for f in of("photo_rejection", what)] == [(5, 2)]
    assert [(f.counted, f.hits) for f in of("stars", what)] == [(1, 4)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8))
def test_a_sum_of_sums_is_read_like_one(parts: list[tuple[int, int]]) -> None:
    sums = [Sum(max(a, b), min(a, b)) for a, b in parts]
    whole = rules.total(sums)
    share = rules.value(FIGURES["first_time_fix"], whole)
    assert (share is None) == (whole.counted == 0)
    assert share is None or 0 <= share <= 1


def test_a_goal_is_not_reached_by_rounding() -> None:
    on_promise = FIGURES["closed_on_promise"]
    assert Reading(on_promise, Sum(10_000, 9_799)).reaches_goal is False
    assert Reading(on_promise, Sum(100, 98)).reaches_goal is True
    assert Reading(on_promise, Sum()).reaches_goal is None
    assert Reading(FIGURES["photo_rejection"], Sum(10, 1), Sum(10, 2)).is_better is True
