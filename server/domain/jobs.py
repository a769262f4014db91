"""Jobs: their states, derived from events and verdicts, and the checks before one is issued."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain import errors
from server.domain.photos import distance_m


class State(StrEnum):
    ISSUED = "issued"
    ACCEPTED = "accepted"
    TRAVELLING = "travelling"
    ON_SITE = "on_site"
    FINISHED = "finished"
    VERIFIED = "verified"
    REWORK = "rework"
    DECLINED = "declined"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset(
    {State.ISSUED, State.ACCEPTED, State.TRAVELLING, State.ON_SITE, State.FINISHED, State.DECLINED}
)
# States in which the office may still hand the job to somebody else or call it off.
MOVABLE_STATES = frozenset(
    {State.ISSUED, State.ACCEPTED, State.TRAVELLING, State.ON_SITE, State.DECLINED}
)


def state(visit: Mapping[str, Any], verdict: str | None, is_cancelled: bool) -> State:
    """Derived, never set: the office's cancel, then its verdict on the visit, then the visit."""
    if is_cancelled:
        return State.CANCELLED
    if visit["state"] == State.FINISHED and verdict == "accept":
        return State.VERIFIED
    if visit["state"] == State.FINISHED and verdict == "rework":
        return State.REWORK
    return State(visit["state"])


def must_be_movable(current: str) -> None:
    """Raises `StepNotPossible` where a job can no longer be reassigned or cancelled."""
    if current not in MOVABLE_STATES:
        raise errors.StepNotPossible(state=current)


# A longer appointment is a slip of the hand: lists of a day need not look further back for it.
LONGEST_WINDOW = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Window:
    """The appointment that the customer was promised; both ends aware."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Window") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Certificate:
    """A paper that somebody holds; valid on both days named."""

    kind: str
    valid_from: date
    valid_until: date

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_until


@dataclass(frozen=True, slots=True)
class Warning:
    """A doubt about issuing a job, which a reason can override. `minutes` of the way, where it is one."""

    code: str
    subject: str
    minutes: int = 0


# code -> (English, Chinese): the words of a warning. `{subject}` is the skill, job, part …
WARNINGS: dict[str, tuple[str, str]] = {
    "skill_missing": ("The skill {subject} is missing", "缺少技能 {subject}"),
    "window_overlaps": ("The window overlaps with job {subject}", "预约时间与派工单 {subject} 重叠"),
    "travel_too_short": (
        "The way to or from job {subject} takes about {minutes} min: longer than the time between",
        "与派工单 {subject} 之间的路程约 {minutes} 分钟，间隔时间不够",
    ),
    "part_not_in_van": ("Not enough of {subject} in the van", "车载配件 {subject} 数量不足"),
    "absent": ("{subject} is away on that day", "{subject} 当天不在岗"),
    "shop_closed": ("The shop is closed on that day: {subject}", "当天门店休息：{subject}"),
    "past_promise": (
        "The ticket is promised to be closed by {subject}: before this window is over",
        "工单承诺在 {subject} 前办结，早于预约结束时间",
    ),
    "certificate_missing": ("No valid certificate {subject}", "没有有效的 {subject} 证书"),
}  # fmt: skip
# What no reason overrides.
BARRIERS = frozenset({"certificate_missing"})


def sentence(warning: Warning, language: str = "en") -> str:
    english, chinese = WARNINGS[warning.code]
    words = chinese if language == "zh" else english
    return words.format(subject=warning.subject, minutes=warning.minutes)


Position = tuple[float, float]  # latitude and longitude in degrees


@dataclass(frozen=True, slots=True)
class Assignee:
    """What is known of the person whom a job is given to."""

    name: str
    skills: frozenset[str]
    certificates: tuple[Certificate, ...]
    windows: tuple[tuple[str, Window], ...]  # (job id, window) of the person's other open jobs
    van: Mapping[str, int]  # sku -> quantity
    away: frozenset[date] = frozenset()  # days of absence, as far as the job's day is concerned
    places: Mapping[str, Position] = field(default_factory=dict)  # job id -> where, if known


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job asks for."""

    skills: frozenset[str]
    certificates: frozenset[str]
    window: Window | None
    parts: Mapping[str, int]  # sku -> planned quantity
    day: date
    closed: str | None = None  # what the shop is closed for on that day
    place: Position | None = None
    promised_until: datetime | None = (
        None  # when the ticket is to be closed, if that can still be kept
    )


def check_issue(needs: Needs, assignee: Assignee) -> list[Warning]:
    """Warnings about this assignment; raises `CertificateMissing`, which no reason overrides."""
    for barrier in _missing_certificates(needs, assignee):
        raise errors.CertificateMissing(person=assignee.name, certificate=barrier.subject)
    return doubts(needs, assignee)


def doubts(needs: Needs, assignee: Assignee) -> list[Warning]:
    """All that speaks against this assignment, with what no reason overrides (`BARRIERS`)."""
    return [
        *_missing_certificates(needs, assignee),
        *_absences(needs, assignee),
        *_missing_skills(needs, assignee),
        *_overlaps(needs, assignee),
        *_long_ways(needs, assignee),
        *_short_parts(needs, assignee),
        *_broken_promises(needs),
    ]


def _missing_certificates(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    held = {each.kind for each in assignee.certificates if each.holds_on(needs.day)}
    return (Warning("certificate_missing", kind) for kind in sorted(needs.certificates - held))


def _absences(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    if needs.day in assignee.away:
        yield Warning("absent", assignee.name)
    if needs.closed is not None:
        yield Warning("shop_closed", needs.closed)


def _missing_skills(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    return (Warning("skill_missing", skill) for skill in sorted(needs.skills - assignee.skills))


def _overlaps(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    if needs.window is None:
        return []
    return [
        Warning("window_overlaps", job_id)
        for job_id, window in assignee.windows
        if window.overlaps(needs.window)
    ]


# Through a town by car, as a dispatcher reckons: so many minutes to set out and to park, and so many for
# each kilometre as the crow flies (roads are 1.3 times as long, and 30 km/h are good).
MINUTES_TO_PARK, MINUTES_PER_KM = 5, 2.6
NEXT_DOOR_KM = 0.3
# Whoever comes so much after the begin of a window still comes within it.
TRAVEL_LEEWAY_MIN = 30


def travel_minutes(a: Position, b: Position) -> int:
    """How long somebody drives from one place to the other, about."""
    km = distance_m(*a, *b) / 1000
    return 0 if km < NEXT_DOOR_KM else round(MINUTES_TO_PARK + MINUTES_PER_KM * km)


def _long_ways(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    """To the stop before and to the one after, where the time between is too short by half an hour."""
    if needs.window is None or needs.place is None:
        return
    for job_id, gap_min in _neighbours(needs.window, assignee.windows):
        there = assignee.places.get(job_id)
        minutes = travel_minutes(needs.place, there) if there else 0
        if minutes > gap_min + TRAVEL_LEEWAY_MIN:
            yield Warning("travel_too_short", job_id, minutes)


def _neighbours(
    window: Window, others: Iterable[tuple[str, Window]]
) -> Iterable[tuple[str, float]]:
    """The job before this window and the one after it, each with the minutes between."""
    before = [(window.start - each.end, its_id) for its_id, each in others]
    after = [(each.start - window.end, its_id) for its_id, each in others]
    for gaps in (before, after):
        apart = [(gap, its_id) for gap, its_id in gaps if gap >= timedelta(0)]
        if apart:
            gap, its_id = min(apart)
            yield its_id, gap.total_seconds() / 60


def _short_parts(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    return (
        Warning("part_not_in_van", sku)
        for sku, quantity in sorted(needs.parts.items())
        if assignee.van.get(sku, 0) < quantity
    )


def _broken_promises(needs: Needs) -> Iterable[Warning]:
    """Whoever comes at the end of such a window comes too late."""
    if needs.window and needs.promised_until and needs.window.end > needs.promised_until:
        yield Warning("past_promise", needs.promised_until.isoformat(timespec="minutes"))


def must_be_reasoned(warnings: list[Warning], reason: str | None) -> None:
    """Raises `JobHasWarnings` where there are warnings and nobody says why to go on."""
    if warnings and not (reason and reason.strip()):
        raise errors.JobHasWarnings(
            warnings=[
                {"code": each.code, "subject": each.subject}
                | ({"minutes": each.minutes} if each.minutes else {})
                for each in warnings
            ]
        )


class Standing(StrEnum):
    """How a job stands as a dispatcher sees it: its state, the time, and what has arrived."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    TRAVELLING = "travelling"
    ON_SITE = "on_site"
    LATE = "late"
    OVERTIME = "overtime"
    WAITING_FOR_PROOF = "waiting_for_proof"
    WAITING_FOR_VERDICT = "waiting_for_verdict"
    INCOMPLETE = "incomplete"
    VERIFIED = "verified"
    REWORK = "rework"
    DECLINED = "declined"
    CANCELLED = "cancelled"


def standing(
    current: str, outcome: str | None, received: str, window: Window | None, now: datetime
) -> Standing:
    """Late is whoever has not set out when the window begins, or is not there when it ends."""
    if current == State.FINISHED:
        return _after_work(outcome, received)
    if window is not None:
        if current in (State.ISSUED, State.ACCEPTED) and now > window.start:
            return Standing.LATE
        if current == State.TRAVELLING and now > window.end:
            return Standing.LATE
        if current == State.ON_SITE and now > window.end:
            return Standing.OVERTIME
    return Standing(current)


def _after_work(outcome: str | None, received: str) -> Standing:
    if outcome != "completed":
        return Standing.INCOMPLETE
    return Standing.WAITING_FOR_VERDICT if received == "complete" else Standing.WAITING_FOR_PROOF
