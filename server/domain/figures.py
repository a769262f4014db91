"""The shop's figures: what each counts, on which day, and for whom.

One ticket with all its trips yields facts; a figure is a sum of facts. Each fact belongs to the day on which
its subject came about in the zone of the branch: a ticket to the day of its close, a visit to the day it was
finished (its arrival to the day of the arrival), a revisit to the day it was asked for. A fact that comes to
be known late, or a ticket that opens again, changes the figures of the day that it belongs to.

- **closed on promise**: tickets that are closed and whose clock to close held, over all that are closed.
- **first-time fix**: tickets with a trip that are closed, whose first job completed and that had no revisit
  and no repeat within 30 days, over all of them; where nothing but causes of the customer stood in the way,
  the ticket is left out, and listed with its cause.
- **on-time arrival**: visits that came before the end of the window, over all with a window and an arrival.
- **photo rejection**: photos with the verdict retake or rework, over all photos that have been judged, by
  themselves or with their visit.
- **stars**: the mean of what customers gave.
- **revisits**: those that were asked for and not dismissed.

Photos kept apart and visits under an earlier assignment count nowhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from server.domain.revisits import CAUSES_OF_THE_CUSTOMER, State

FEW = 10  # fewer than this say little
WITHOUT_CAUSE = "other"


class Unit(StrEnum):
    """How the two numbers of a sum are read: hits of all, hits a piece, or how many."""

    SHARE = "share"
    MEAN = "mean"
    COUNT = "count"


class Subject(StrEnum):
    """What one fact of a figure is about."""

    TICKET = "ticket"
    VISIT = "visit"
    REVISIT = "revisit"


@dataclass(frozen=True, slots=True)
class Figure:
    """`is_good_high` says which way is better; `goal` is in the figure's own unit, a share as 0 to 1."""

    code: str
    unit: Unit
    subject: Subject
    is_good_high: bool
    goal: float | None = None


FIGURES: dict[str, Figure] = {
    each.code: each
    for each in (
        Figure("closed_on_promise", Unit.SHARE, Subject.TICKET, True, goal=0.98),
        Figure("first_time_fix", Unit.SHARE, Subject.TICKET, True),
        Figure("on_time_arrival", Unit.SHARE, Subject.VISIT, True),
        Figure("photo_rejection", Unit.SHARE, Subject.VISIT, False),
        Figure("stars", Unit.MEAN, Subject.VISIT, True),
        Figure("revisits", Unit.COUNT, Subject.REVISIT, False),
    )
}
REJECTED = frozenset({"retake", "rework"})


# What is known of one ticket.


@dataclass(frozen=True, slots=True)
class Trip:
    """One job with its visit under the present assignment. `judged` photos are those that somebody, or the
    policy, has decided about; `rejected` are among them."""

    job_id: str
    installer_id: str
    is_cancelled: bool = False
    window_end: datetime | None = None
    arrived_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str | None = None
    outcome_cause: str | None = None
    stars: int | None = None
    judged: int = 0
    rejected: int = 0

    @property
    def is_made(self) -> bool:
        """Somebody was there."""
        return self.arrived_at is not None or self.outcome is not None


@dataclass(frozen=True, slots=True)
class Again:
    """A revisit that was asked for."""

    id: str
    job_id: str
    cause: str
    state: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """A ticket as it stands: trips in the order in which they were issued. `closed_at` is None unless it is
    closed now; `is_repeated` when another ticket repeats it."""

    ticket_id: str
    zone: str
    closed_at: datetime | None = None
    is_on_promise: bool = False
    trips: tuple[Trip, ...] = ()
    revisits: tuple[Again, ...] = ()
    is_repeated: bool = False


# What it counts for.


class Fact(NamedTuple):
    """`hits` of `counted` for one figure on one day. `subject_id` is a ticket, a job (its visit) or a revisit.
    A fact that is left out has neither, and its cause."""

    figure: str
    subject_id: str
    day: date
    installer_id: str | None
    counted: int
    hits: int
    cause: str | None = None

    @property
    def is_left_out(self) -> bool:
        return self.counted == 0


def facts(history: History) -> list[Fact]:
    """All that one ticket counts for."""
    zone = ZoneInfo(history.zone)
    return [*_of_close(history, zone), *_of_trips(history, zone), *_of_revisits(history, zone)]


def _of_close(history: History, zone: ZoneInfo) -> Iterator[Fact]:
    if history.closed_at is None:
        return
    day = history.closed_at.astimezone(zone).date()
    made = [trip for trip in history.trips if trip.is_made and not trip.is_cancelled]
    first = made[0] if made else None
    who = first.installer_id if first else None
    yield Fact("closed_on_promise", history.ticket_id, day, who, 1, int(history.is_on_promise))
    if first is None:
        return
    spoiled = _spoiled_by(history, first)
    if spoiled and CAUSES_OF_THE_CUSTOMER.issuperset(spoiled):
        yield Fact("first_time_fix", history.ticket_id, day, who, 0, 0, spoiled[0])
    else:
        cause = next((each for each in spoiled if each not in CAUSES_OF_THE_CUSTOMER), None)
        yield Fact("first_time_fix", history.ticket_id, day, who, 1, int(not spoiled), cause)


def _spoiled_by(history: History, first: Trip) -> list[str]:
    """Every cause for which it was not fixed at the first time, the first one first."""
    causes = []
    if first.outcome != "completed":
        causes.append(first.outcome_cause or WITHOUT_CAUSE)
    wanted = sorted(_wanted(history), key=lambda each: (each.opened_at, each.id))
    causes += [each.cause for each in wanted]
    if history.is_repeated:
        causes.append("repeat_fault")
    return causes


def _wanted(history: History) -> Iterator[Again]:
    """Somebody goes again, or may have to."""
    return (each for each in history.revisits if each.state != State.DISMISSED)


def _of_trips(history: History, zone: ZoneInfo) -> Iterator[Fact]:
    for trip in history.trips:
        if trip.is_cancelled:
            continue
        who, what = trip.installer_id, trip.job_id
        if trip.arrived_at is not None and trip.window_end is not None:
            came = trip.arrived_at.astimezone(zone).date()
            is_on_time = trip.arrived_at <= trip.window_end
            yield Fact("on_time_arrival", what, came, who, 1, int(is_on_time))
        if trip.finished_at is None:
            continue
        day = trip.finished_at.astimezone(zone).date()
        if trip.judged:
            yield Fact("photo_rejection", what, day, who, trip.judged, trip.rejected)
        if trip.stars is not None:
            yield Fact("stars", what, day, who, 1, trip.stars)


def _of_revisits(history: History, zone: ZoneInfo) -> Iterator[Fact]:
    installers = {trip.job_id: trip.installer_id for trip in history.trips}
    for each in _wanted(history):
        day = each.opened_at.astimezone(zone).date()
        yield Fact("revisits", each.id, day, installers.get(each.job_id), 1, 1, each.cause)


# Sums, and how they are read.


@dataclass(frozen=True, slots=True)
class Sum:
    """The two numbers behind a figure."""

    counted: int = 0
    hits: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.counted + other.counted, self.hits + other.hits)

    @property
    def is_small(self) -> bool:
        return 0 < self.counted < FEW


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of a period: its value, None where there was nothing, and the change since the period before
    in the figure's own unit, None where either had nothing."""

    figure: Figure
    sum: Sum
    before: Sum = field(default_factory=Sum)

    @property
    def value(self) -> float | None:
        return value(self.figure, self.sum)

    @property
    def change(self) -> float | None:
        now, then = self.value, value(self.figure, self.before)
        return None if now is None or then is None else now - then

    @property
    def is_better(self) -> bool | None:
        """None where it has not changed, or nothing can be said."""
        change = self.change
        return None if not change else (change > 0) == self.figure.is_good_high

    @property
    def reaches_goal(self) -> bool | None:
        """None where there is no goal, or nothing to measure; never by rounding."""
        if self.figure.goal is None or self.value is None:
            return None
        return (self.value >= self.figure.goal) == self.figure.is_good_high


def value(figure: Figure, sum_: Sum) -> float | None:
    """Nothing of nothing is neither 0 nor 1; a count of nothing is 0."""
    if figure.unit == Unit.COUNT:
        return float(sum_.counted)
    return sum_.hits / sum_.counted if sum_.counted else None


def total(sums: Iterable[Sum]) -> Sum:
    return sum(sums, Sum())
