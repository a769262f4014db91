"""Jobs: their states, derived from events and verdicts, and the checks before one is issued."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server.domain import errors


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
    """A doubt about issuing a job, which a reason can override."""

    code: str
    subject: str


# code -> (English, Chinese): the words of a warning. `{subject}` is the skill, job, part …
WARNINGS: dict[str, tuple[str, str]] = {
    "skill_missing": ("The skill {subject} is missing", "缺少技能 {subject}"),
    "window_overlaps": ("The window overlaps with job {subject}", "预约时间与派工单 {subject} 重叠"),
    "part_not_in_van": ("Not enough of {subject} in the van", "车载配件 {subject} 数量不足"),
    "absent": ("{subject} is away on that day", "{subject} 当天不在岗"),
    "shop_closed": ("The shop is closed on that day: {subject}", "当天门店休息：{subject}"),
    "certificate_missing": ("No valid certificate {subject}", "没有有效的 {subject} 证书"),
}  # fmt: skip
# What no reason overrides.
BARRIERS = frozenset({"certificate_missing"})


def sentence(warning: Warning, language: str = "en") -> str:
    english, chinese = WARNINGS[warning.code]
    return (chinese if language == "zh" else english).format(subject=warning.subject)


@dataclass(frozen=True, slots=True)
class Assignee:
    """What is known of the person whom a job is given to."""

    name: str
    skills: frozenset[str]
    certificates: tuple[Certificate, ...]
    windows: tuple[tuple[str, Window], ...]  # (job id, window) of the person's other open jobs
    van: Mapping[str, int]  # sku -> quantity
    away: frozenset[date] = frozenset()  # days of absence, as far as the job's day is concerned


@dataclass(frozen=True, slots=True)
class Needs:
    """What a job asks for."""

    skills: frozenset[str]
    certificates: frozenset[str]
    window: Window | None
    parts: Mapping[str, int]  # sku -> planned quantity
    day: date
    closed: str | None = None  # what the shop is closed for on that day


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
        *_short_parts(needs, assignee),
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


def _short_parts(needs: Needs, assignee: Assignee) -> Iterable[Warning]:
    return (
        Warning("part_not_in_van", sku)
        for sku, quantity in sorted(needs.parts.items())
        if assignee.van.get(sku, 0) < quantity
    )


def must_be_reasoned(warnings: list[Warning], reason: str | None) -> None:
    """Raises `JobHasWarnings` where there are warnings and nobody says why to go on."""
    if warnings and not (reason and reason.strip()):
        raise errors.JobHasWarnings(
            warnings=[{"code": each.code, "subject": each.subject} for each in warnings]
        )
