"""Three weeks in half a minute: many stories beside each other, on one clock that is moved by hand.

A story is a generator: it acts, and yields when it goes on: a moment, or how long it rests. Whoever is next
by the clock goes on first, so that the days of several people interleave as they do in life.
"""

import heapq
import itertools
from collections.abc import Generator, Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Story = Generator[datetime | timedelta, None, None]


class HandClock:
    """A clock that stands until it is moved, and never goes back."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)


def play(clock: HandClock, stories: Iterable[Story]) -> None:
    """Lets all stories come to their end."""
    turns = itertools.count()
    waiting = [(clock.now, next(turns), story) for story in stories]
    heapq.heapify(waiting)
    while waiting:
        moment, _, story = heapq.heappop(waiting)
        clock.move_to(moment)
        rest = next(story, None)
        if rest is not None:
            on = clock.now + rest if isinstance(rest, timedelta) else rest
            heapq.heappush(waiting, (on, next(turns), story))


class Calendar:
    """Days counted back from the day on which the demo is filled; times as Shanghai's clocks say."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.astimezone(SHANGHAI).date()

    def at(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)

    def minutes_ago(self, minutes: float) -> datetime:
        return self.now - timedelta(minutes=minutes)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
