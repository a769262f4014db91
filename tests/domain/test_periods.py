"""Periods: what their names mean, and that they are put together from each of their days once."""

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain import periods
from server.domain.periods import FIRST, LAST, Level, Name, Period, Step

DAYS = st.dates(FIRST, LAST)


@st.composite
def some_period(draw: st.DrawFn) -> Period:
    first = draw(DAYS)
    days = draw(st.integers(0, 4_000))
    return Period(first, min(first + timedelta(days=days), LAST))


def of(level: Level, first: date) -> Iterator[date]:
    """Every day that the sum of a stretch stands for."""
    day = first
    while periods.beginning(level, day) == first:
        yield day
        day += timedelta(days=1)


@given(some_period(), st.sampled_from(Level))
@settings(max_examples=200)
def test_a_period_is_put_together_from_each_of_its_days_once(
    period: Period, longest: Level
) -> None:
    times: Counter[date] = Counter()
    for level, sign, first in periods.cover(period, longest):
        times.update(dict.fromkeys(of(level, first), sign))
    days = {period.first + timedelta(days=n) for n in range(period.days)}
    assert {day: time for day, time in times.items() if time} == dict.fromkeys(days, 1)


@given(some_period(), st.sampled_from(Level))
@settings(max_examples=200)
def test_it_takes_few_pieces_none_longer_than_asked_for(period: Period, longest: Level) -> None:
    cover = periods.cover(period, longest)
    order = list(Level)
    assert all(order.index(level) <= order.index(longest) for level, _, _ in cover)
    assert longest != Level.DAY or all(sign == 1 for _, sign, _ in cover)
    most = 2 * (16 + 2 + 2 + 1) + period.days // 365
    assert longest != Level.YEAR or len(cover) <= most


def test_up_to_the_26th_a_month_is_the_whole_one_without_its_last_days() -> None:
    until_today = Period(date(2026, 11, 1), date(2026, 11, 26))
    november = (Level.MONTH, 1, date(2026, 11, 1))
    rest = [(Level.DAY, -1, date(2026, 11, day)) for day in (27, 28, 29, 30)]
    assert periods.cover(until_today) == [november, *rest]


@given(some_period())
@settings(max_examples=100)
def test_its_steps_follow_each_other_and_can_be_drawn(period: Period) -> None:
    step = periods.step_for(period)
    steps = list(periods.steps(step, period))
    assert steps[0].first == period.first
    assert steps[-1].last == period.last
    for one, following in itertools.pairwise(steps):
        assert following.first == one.last + timedelta(days=1)
    starts = {periods.step_start(step, each.first) for each in steps}
    assert len(starts) == len(steps) <= 201
    assert step == Step.YEAR or len(steps) <= 123


@pytest.mark.parametrize(
    ("today", "name", "first", "last", "first_before", "last_before"),
    [
        ("2026-11-26", Name.THIS_WEEK, "2026-11-23", "2026-11-26", "2026-11-16", "2026-11-19"),
        ("2026-11-26", Name.LAST_WEEK, "2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"),
        ("2027-01-01", Name.THIS_WEEK, "2026-12-28", "2027-01-01", "2026-12-21", "2026-12-25"),
        ("2026-03-31", Name.THIS_MONTH, "2026-03-01", "2026-03-31", "2026-02-01", "2026-02-28"),
        ("2026-03-15", Name.THIS_MONTH, "2026-03-01", "2026-03-15", "2026-02-01", "2026-02-15"),
        ("2026-01-05", Name.LAST_MONTH, "2025-12-01", "2025-12-31", "2025-11-01", "2025-11-30"),
        ("2024-02-29", Name.THIS_QUARTER, "2024-01-01", "2024-02-29", "2023-10-01", "2023-11-29"),
    ],
)
def test_what_a_period_is_called(
    today: str, name: Name, first: str, last: str, first_before: str, last_before: str
) -> None:
    period = periods.named(name, date.fromisoformat(today))
    before = periods.before(name, period)
    found = [str(each) for each in (period.first, period.last, before.first, before.last)]
    assert found == [first, last, first_before, last_before]


def test_a_chosen_one_is_compared_with_as_many_days_before() -> None:
    chosen = Period(date(2026, 11, 10), date(2026, 11, 12))
    assert periods.before(Name.CHOSEN, chosen) == Period(date(2026, 11, 7), date(2026, 11, 9))


def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends after"):
        Period(date(2026, 11, 2), date(2026, 11, 1))
