"""Periods of calendar days: those that people ask figures for, the one before, and how they are put together.

A week begins on Monday (ISO 8601), so the first days of January may belong to the last week of December.
Both days of a period belong to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2200, 12, 31)  # the days of this product


class Name(StrEnum):
    """What a period is called; a chosen one is told by its days."""

    THIS_WEEK = "this_week"
    LAST_WEEK = "last_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    THIS_QUARTER = "this_quarter"
    CHOSEN = "chosen"


class Level(StrEnum):
    """A stretch for which sums are kept."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Step(StrEnum):
    """How finely a period is drawn."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last; raises `ValueError` where it ends before it begins."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends after it has begun")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def shifted(self, by: timedelta) -> "Period":
        return Period(self.first + by, self.last + by)


def named(name: Name, today: date) -> Period:
    """The period of this name, as far as it has come: nothing is known of tomorrow."""
    monday = today - timedelta(days=today.weekday())
    if name == Name.LAST_WEEK:
        return Period(monday - 7 * DAY, monday - DAY)
    if name == Name.THIS_WEEK:
        return Period(monday, today)
    if name == Name.LAST_MONTH:
        return Period(_month(month_of(today) - DAY), month_of(today) - DAY)
    if name == Name.THIS_QUARTER:
        return Period(quarter_of(today), today)
    return Period(month_of(today), today)


def before(name: Name, period: Period) -> Period:
    """What a period is compared with: the one before, up to the same day of it; of a chosen one as many
    days right before it.
    """
    if name in (Name.THIS_WEEK, Name.LAST_WEEK):
        return period.shifted(-7 * DAY)
    if name == Name.LAST_MONTH:
        return Period(_month(period.first - DAY), period.first - DAY)
    if name in (Name.THIS_MONTH, Name.THIS_QUARTER):
        start = _month if name == Name.THIS_MONTH else quarter_of
        first, end = start(period.first - DAY), period.first - DAY
        return Period(first, min(first + (period.days - 1) * DAY, end))
    return period.shifted(-period.days * DAY)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


_month = month_of


def quarter_of(day: date) -> date:
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - DAY


def beginning(level: Level, day: date) -> date:
    """The first day of the stretch of this level that a day belongs to: under which its sum is kept."""
    return _BEGINNING[level](day)


_BEGINNING: dict[Level, Callable[[date], date]] = {
    Level.DAY: lambda day: day,
    Level.MONTH: month_of,
    Level.QUARTER: quarter_of,
    Level.YEAR: lambda day: date(day.year, 1, 1),
}
_FINER = dict(pairwise(reversed(Level)))
_MONTHS = {Level.MONTH: 1, Level.QUARTER: 3, Level.YEAR: 12}


def _after(level: Level, first: date) -> date:
    """The first day of the stretch after the one that begins on this day."""
    if level == Level.DAY:
        return first + DAY
    month = first.month - 1 + _MONTHS[level]
    return date(first.year + month // 12, month % 12 + 1, 1)


Piece = tuple[Level, int, date]
"""A stretch by its level and first day, and whether it is added (1) or taken away (-1)."""


def cover(period: Period, longest: Level = Level.YEAR) -> list[Piece]:
    """The period put together from whole years, quarters, months and single days, with as few pieces as it
    takes: up to the 26th a month is the whole one without its last days. None is longer than `longest`; the
    pieces that lie in one stretch of that level add up to the days of the period in it.
    """
    return _pieces(longest, period.first, period.last + DAY)


def _pieces(level: Level, begin: date, end: date) -> list[Piece]:
    """From a first day until before a last one; no stretch is longer than this level."""
    found: list[Piece] = []
    first = beginning(level, begin)
    while first < end:
        after = _after(level, first)
        found += _within(level, first, after, max(begin, first), min(end, after))
        first = after
    return found


def _within(level: Level, first: date, after: date, begin: date, end: date) -> list[Piece]:
    """The days from `begin` until before `end` of one stretch: added up, or left of the whole."""
    if (begin, end) == (first, after):
        return [(level, 1, first)]
    finer = _FINER[level]
    added = _pieces(finer, begin, end)
    rest = [*_pieces(finer, first, begin), *_pieces(finer, end, after)]
    taken: list[Piece] = [(each, -sign, day) for each, sign, day in rest]
    return min(added, [(level, 1, first), *taken], key=len)


def step_for(period: Period) -> Step:
    """So finely that every step can be seen."""
    if period.days <= 31:
        return Step.DAY
    if period.days <= 190:
        return Step.WEEK
    return Step.MONTH if period.days <= 3_700 else Step.YEAR


LEVEL_OF = {
    Step.DAY: Level.DAY,
    Step.WEEK: Level.DAY,
    Step.MONTH: Level.MONTH,
    Step.YEAR: Level.YEAR,
}


def step_start(step: Step, day: date) -> date:
    """The first day of the step that a day belongs to."""
    if step == Step.WEEK:
        return day - timedelta(days=day.weekday())
    if step == Step.DAY:
        return day
    return month_of(day) if step == Step.MONTH else date(day.year, 1, 1)


def steps(step: Step, period: Period) -> Iterator[Period]:
    """The steps of a period in order, the first and the last cut to it."""
    day = period.first
    while day <= period.last:
        last = min(_step_end(step, day), period.last)
        yield Period(day, last)
        day = last + DAY


def _step_end(step: Step, day: date) -> date:
    start = step_start(step, day)
    if step == Step.DAY:
        return day
    if step == Step.WEEK:
        return start + 6 * DAY
    return month_end(day) if step == Step.MONTH else date(day.year, 12, 31)
