"""Other appointments that a customer may ask for: inside the hours of the branch, when somebody is free."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.domain.jobs import Window

Hours = tuple[tuple[int, int], ...]  # minutes after midnight, as in a calendar

USUAL_HOURS: Hours = ((540, 1_080),)  # 9 to 18, where a branch has no hours of its own
AHEAD = timedelta(hours=3)  # nobody can be somewhere else sooner
DAYS = 10
PER_DAY, MOST = 4, 24
SHORTEST, LONGEST = timedelta(hours=1), timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who could come: when they are taken, and the days on which they are away."""

    person_id: str
    taken: Sequence[Window]
    away: frozenset[date] = frozenset()

    def is_free(self, window: Window, day: date) -> bool:
        return day not in self.away and not any(
            each.start < window.end and window.start < each.end for each in self.taken
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """One appointment on offer. `person_id` would come; `keeps_promise`: before the ticket is due."""

    start: datetime
    end: datetime
    person_id: str
    keeps_promise: bool

    @property
    def name(self) -> str:
        """As a form sends it: `2026-11-24T01:00Z`, the moment at which it begins."""
        return self.start.strftime("%Y-%m-%dT%H:%MZ")


def length_of(window: Window) -> timedelta:
    """How long an appointment in its place is: as long, within reason."""
    return min(max(window.end - window.start, SHORTEST), LONGEST)


def offers(
    now: datetime,
    zone: str,
    present: Window,
    hours_on: Callable[[date], Hours],
    helpers: Sequence[Helper],
    promised_until: datetime | None = None,
) -> list[Slot]:
    """What is on offer from `now` on, in order. Whoever stands first among the helpers is preferred.

    An appointment begins with the hours of a day and follows the one before it; the present one is left
    out. At most `PER_DAY` of a day, and `MOST` in all.
    """
    found: list[Slot] = []
    today = now.astimezone(ZoneInfo(zone)).date()
    for offset in range(DAYS):
        day = today + timedelta(days=offset)
        of_day = [
            Slot(each.start, each.end, who, promised_until is None or each.end <= promised_until)
            for each in _windows(day, zone, hours_on(day), length_of(present))
            if each.start >= now + AHEAD and each.start != present.start
            for who in [_who(helpers, each, day)]
            if who is not None
        ]
        found += of_day[:PER_DAY]
    return found[:MOST]


def _windows(day: date, zone: str, hours: Hours, length: timedelta) -> Iterator[Window]:
    for begin, end in hours:
        start, closes = _at(day, begin, zone), _at(day, end, zone)
        while start + length <= closes:
            yield Window(start, start + length)
            start += length


def _at(day: date, minute: int, zone: str) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _who(helpers: Sequence[Helper], window: Window, day: date) -> str | None:
    return next((each.person_id for each in helpers if each.is_free(window, day)), None)


def by_day(slots: Sequence[Slot], zone: str) -> Mapping[date, list[Slot]]:
    """The same, under the days of that zone."""
    days: dict[date, list[Slot]] = {}
    for each in slots:
        days.setdefault(each.start.astimezone(ZoneInfo(zone)).date(), []).append(each)
    return days
