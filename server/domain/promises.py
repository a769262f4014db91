"""What the customer was promised, and how much of the time is left.

Three clocks run from the moment a ticket is opened: to respond, to propose a plan, and to close the
loop. A clock is a pure function of the facts and `now`: a fact that syncs late re-runs it, and
`known_then` still tells what the office could know at the time. All times are aware; time is measured
in working time of a calendar, which is round the clock unless there is one.

The rules behind the figures:

- a plan, and all the more a close, is also a response; a close is also the end of planning;
- between a close and a reopening the clock to close stands still, and then runs on with what was left;
- a pause counts only for the reasons and the clocks of `PAUSES`;
- a promise that broke stays broken, whatever comes later.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from server.domain import errors, tickets

Span = tuple[datetime, datetime]
CLOCKS = ("respond", "plan", "close")
FOREVER = datetime.max.replace(tzinfo=UTC)

# reason -> the clocks that wait with it. Nothing excuses us from answering.
PAUSES: dict[str, frozenset[str]] = {
    "waiting_for_customer": frozenset({"plan", "close"}),
    "waiting_for_part": frozenset({"close"}),  # a part that the customer agreed to wait for
}
# When this share of its time is left, a promise warns.
AT_RISK_SHARE = 0.25
# How much of the time a VIP customer waits.
VIP_SHARE = 0.5


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    AT_RISK = "at_risk"
    BROKEN = "broken"


# The policy.


@dataclass(frozen=True, slots=True)
class Policy:
    """Minutes of working time to each end of the promise; halves are allowed."""

    respond: float
    plan: float
    close: float

    def __post_init__(self) -> None:
        """Raises `errors.Invalid` unless 0 < respond <= plan <= close."""
        if not 0 < self.respond <= self.plan <= self.close:
            raise errors.Invalid(field="minutes", value=[self.respond, self.plan, self.close])

    def halved(self) -> "Policy":
        return self.of_share(VIP_SHARE)

    def of_share(self, share: float) -> "Policy":
        return Policy(self.respond * share, self.plan * share, self.close * share)


ORDINARY = Policy(respond=5, plan=120, close=1_440)
URGENT = Policy(respond=5, plan=120, close=120)  # two hours on the whole

Policies = Mapping[tuple[str, str], Policy]

DEFAULTS: dict[tuple[str, str], Policy] = {
    (kind, ticket_class): URGENT if ticket_class == "urgent" else ORDINARY
    for kind in tickets.KINDS
    for ticket_class in tickets.CLASSES
}


def policy(
    kind: str,
    ticket_class: str,
    is_vip: bool = False,
    policies: Policies = DEFAULTS,
    vip_share: float = VIP_SHARE,
) -> Policy:
    """What holds for a ticket; a VIP customer waits half as long, or the share that the office chose.

    Where `policies` (the office's own) have no line for it, the default holds.
    """
    default = DEFAULTS.get((kind, ticket_class), ORDINARY)
    found = policies.get((kind, ticket_class), default)
    return found.of_share(vip_share) if is_vip else found


@dataclass(frozen=True, slots=True)
class Promise:
    """What the office promises: its policies, the share of VIP customers, and its hours if it has any."""

    policies: Policies = field(default_factory=lambda: DEFAULTS)
    vip_share: float = VIP_SHARE
    hours: Mapping[int, tuple[tuple[int, int], ...]] | None = None

    def policy(self, kind: str, ticket_class: str, is_vip: bool = False) -> Policy:
        return policy(kind, ticket_class, is_vip, self.policies, self.vip_share)

    def calendar(
        self,
        time_zone: str,
        holidays: frozenset[date] = frozenset(),
        workdays: frozenset[date] = frozenset(),
    ) -> "Calendar | None":
        """The hours on the clocks of that zone; None where the clocks never stand still."""
        if self.hours is None:
            return None
        return Calendar(time_zone, self.hours, holidays, workdays)


def document() -> dict[str, Any]:
    """The defaults as the office's setting: minutes by kind and class, and no hours of business."""
    of_kind = {
        kind: {
            ticket_class: {
                name: int(getattr(DEFAULTS[kind, ticket_class], name)) for name in CLOCKS
            }
            for ticket_class in tickets.CLASSES
        }
        for kind in tickets.KINDS
    }
    return {"policies": of_kind, "vip_percent": int(VIP_SHARE * 100), "hours": None}


def promise_from(doc: Mapping[str, Any]) -> Promise:
    """What a sound document of the office's setting says."""
    hours = doc.get("hours")
    return Promise(
        {
            (kind, ticket_class): Policy(**minutes)
            for kind, classes in doc["policies"].items()
            for ticket_class, minutes in classes.items()
        },
        doc["vip_percent"] / 100,
        hours and {int(day): tuple((a, b) for a, b in spans) for day, spans in hours.items()},
    )


# The calendar.


@dataclass(frozen=True, slots=True)
class Calendar:
    """When work is done: minutes after local midnight, by weekday (Monday is 0), but on holidays.

    `hours[5] == ((540, 720), (780, 1020))` is Saturday from 9 to 12 and from 13 to 17. `workdays` are days
    that make up for a holiday: worked as the first working day of the week is, whatever weekday they are.
    Raises `errors.Invalid` for an unknown time zone, for hours that are not in order or outside of
    the day, and where no hour is left in the week.
    """

    time_zone: str
    hours: Mapping[int, tuple[tuple[int, int], ...]]
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not any(self.hours.values()) or not set(self.hours) <= set(range(7)):
            raise errors.Invalid(field="hours")
        for spans in self.hours.values():
            edges = [0, *(edge for span in spans for edge in span), 1_440]
            if edges != sorted(edges) or any(start == end for start, end in spans):
                raise errors.Invalid(field="hours")
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            raise errors.Invalid(field="time_zone", value=self.time_zone) from None

    def spans(self, start: datetime) -> Iterator[Span]:
        """The stretches of work from `start` on, in UTC, without end."""
        zone = ZoneInfo(self.time_zone)
        day = start.astimezone(zone).date()
        while True:
            for begin, finish in self.hours_on(day):
                opens, closes = _on(day, begin, zone), _on(day, finish, zone)
                if closes > start:
                    yield max(opens, start), closes
            day += timedelta(days=1)

    def hours_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """When work is done on that day; nothing on a holiday."""
        if day in self.holidays:
            return ()
        hours = self.hours.get(day.weekday(), ())
        if day in self.workdays and not hours:
            return next(self.hours[each] for each in sorted(self.hours) if self.hours[each])
        return hours


def calendar_from(doc: Mapping[str, Any]) -> Calendar:
    """The calendar of a JSON document `{time_zone, hours: {"0": [[540, 1080]]}, holidays: [date]}`.

    Raises `errors.Invalid` for what is none.
    """
    try:
        hours = {
            int(day): tuple((int(start), int(end)) for start, end in spans)
            for day, spans in doc["hours"].items()
        }
        holidays = frozenset(date.fromisoformat(day) for day in doc.get("holidays") or ())
        return Calendar(str(doc["time_zone"]), hours, holidays)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise errors.Invalid(field="calendar") from None


def _on(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A time on the wall clock of that day; minute 1440 is the next midnight."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def worked(start: datetime, end: datetime, calendar: Calendar | None = None) -> timedelta:
    """The working time between two moments; none when `end` is not after `start`."""
    if end <= start:
        return timedelta(0)
    if calendar is None:
        return end - start
    total = timedelta(0)
    for opens, closes in calendar.spans(start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def later(start: datetime, time_left: timedelta, calendar: Calendar | None = None) -> datetime:
    """The moment when this much working time has passed since `start`."""
    if calendar is None or time_left <= timedelta(0):
        return start + max(time_left, timedelta(0))
    for opens, closes in calendar.spans(start):
        if time_left <= closes - opens:
            return opens + time_left
        time_left -= closes - opens
    raise AssertionError("The stretches of a calendar never end.")


# The clocks.


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that moves a clock: when it really happened, and when the office came to know it.

    `what` is responded, planned, closed, reopened, paused or resumed; others are skipped. `reason`
    says what a pause waits for; a resumption without one ends every pause.
    """

    at: datetime
    what: str
    reason: str | None = None
    known_at: datetime | None = None

    def was_known(self, then: datetime) -> bool:
        return (self.known_at or self.at) <= then


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise. `left_minutes` of working time, below zero when it is late; whole, rounded down."""

    due_at: datetime
    met_at: datetime | None
    state: State
    left_minutes: int
    warns_at: datetime | None = None  # from when on it is at risk; None once it is met or paused


def clocks(
    policy: Policy,
    opened_at: datetime,
    facts: Iterable[Fact],
    now: datetime,
    calendar: Calendar | None = None,
) -> dict[str, Clock]:
    """The three clocks `respond`, `plan` and `close` as things stand `now`.

    Facts may come in any order; those after `now` have not happened yet. While a clock is paused,
    `due_at` is when it would be due if it ran again from now on.
    """
    log = sorted((fact for fact in facts if fact.at <= now), key=lambda fact: fact.at)
    return {name: _clock(name, policy, opened_at, log, now, calendar) for name in CLOCKS}


def known_then(
    policy: Policy,
    opened_at: datetime,
    facts: Iterable[Fact],
    then: datetime,
    calendar: Calendar | None = None,
) -> dict[str, Clock]:
    """The clocks as the office saw them at that moment, without what was still on a tablet."""
    known = [fact for fact in facts if fact.was_known(then)]
    return clocks(policy, opened_at, known, then, calendar)


def _clock(
    name: str,
    policy: Policy,
    opened_at: datetime,
    log: list[Fact],
    now: datetime,
    calendar: Calendar | None,
) -> Clock:
    promised = timedelta(minutes=getattr(policy, name))
    met_at = _met_at(name, log)
    until = max(met_at or now, opened_at)
    pauses = [*_pauses(name, log), *_closed_times(name, log)]
    ran = list(_running(opened_at, pauses, until))
    left = promised - sum((worked(*span, calendar) for span in ran), timedelta(0))
    is_paused = _is_paused(pauses, until)
    calm = promised * (1 - AT_RISK_SHARE)
    return Clock(
        due_at=_due_at(ran, promised, until, calendar),
        met_at=met_at,
        state=_state(promised, left, met_at, is_paused),
        left_minutes=math.floor(left / timedelta(minutes=1)),
        warns_at=None if met_at or is_paused else _due_at(ran, calm, until, calendar),
    )


def next_end(clocks: Mapping[str, Clock]) -> Span | None:
    """When the first of the promises that still run begins to warn, and when the first of them breaks.

    None where none runs. Both stay the same while no fact moves a clock, so they can be kept.
    """
    running = [(each.warns_at, each.due_at) for each in clocks.values() if each.warns_at]
    if not running:
        return None
    return min(warns_at for warns_at, _ in running), min(due_at for _, due_at in running)


def first_to_break(clocks: Mapping[str, Clock]) -> tuple[str, Clock] | None:
    """The promise that still runs and has least time left, with its name."""
    running = [(name, clock) for name, clock in clocks.items() if clock.warns_at is not None]
    return min(running, key=lambda each: each[1].due_at, default=None)


def _met_at(name: str, log: list[Fact]) -> datetime | None:
    if name == "close":
        return _close_periods(log)[1]
    enough = {"respond": ("responded", "planned", "closed"), "plan": ("planned", "closed")}[name]
    return next((fact.at for fact in log if fact.what in enough), None)


def _closed_times(name: str, log: list[Fact]) -> list[Span]:
    return _close_periods(log)[0] if name == "close" else []


def _close_periods(log: list[Fact]) -> tuple[list[Span], datetime | None]:
    """The stretches in which the ticket was closed for a while, and since when it is closed."""
    over: list[Span] = []
    closed_at: datetime | None = None
    for fact in log:
        if fact.what == "closed" and closed_at is None:
            closed_at = fact.at
        elif fact.what == "reopened" and closed_at is not None:
            over.append((closed_at, fact.at))
            closed_at = None
    return over, closed_at


def _pauses(name: str, log: list[Fact]) -> Iterator[Span]:
    """The stretches in which this clock waited for a listed reason; one that goes on has no end."""
    waiting: dict[str, datetime] = {}
    for fact in log:
        if fact.what == "paused" and name in PAUSES.get(fact.reason or "", ()):
            waiting.setdefault(str(fact.reason), fact.at)
        elif fact.what == "resumed":
            ended = [fact.reason] if fact.reason else list(waiting)
            yield from ((waiting.pop(why), fact.at) for why in ended if why in waiting)
    yield from ((began, FOREVER) for began in waiting.values())


def _running(start: datetime, pauses: list[Span], until: datetime) -> Iterator[Span]:
    """What is left of the time from `start` to `until` when the pauses are taken out."""
    for begins, ends in sorted(pauses):
        if start < min(begins, until):
            yield start, min(begins, until)
        start = max(start, ends)
    if start < until:
        yield start, until


def _is_paused(pauses: list[Span], until: datetime) -> bool:
    return any(begins <= until < ends for begins, ends in pauses)


def _due_at(
    ran: list[Span], promised: timedelta, until: datetime, calendar: Calendar | None
) -> datetime:
    for start, end in ran:
        spent = worked(start, end, calendar)
        if spent > promised:
            return later(start, promised, calendar)
        promised -= spent
    return later(until, promised, calendar)


def _state(promised: timedelta, left: timedelta, met_at: datetime | None, is_paused: bool) -> State:
    if left < timedelta(0):
        return State.BROKEN
    if met_at is not None:
        return State.MET
    if is_paused:
        return State.PAUSED
    return State.AT_RISK if left <= promised * AT_RISK_SHARE else State.RUNNING


# Escalation.


@dataclass(frozen=True, slots=True)
class Level:
    """A step of escalation: its name, and after how many minutes of lateness it is taken."""

    name: str
    after_minutes: int


LEVELS = (Level("advisor", 0), Level("supervisor", 60), Level("crisis", 240))


def escalations(clock: Clock, levels: Iterable[Level] = LEVELS) -> list[Level]:
    """The levels that this clock has reached, the first first; none for a promise that holds.

    Lateness is working time, and stands still once the promise is met. Who was told is recorded by
    the caller, once for each level.
    """
    if clock.state != State.BROKEN:
        return []
    return [level for level in levels if -clock.left_minutes >= level.after_minutes]
