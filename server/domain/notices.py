"""Notices: which fact tells a customer what, by which way, when, and when not any more.

All of it is asked twice: when the fact is spread, and again at the moment of sending, by what holds then. So
a job that moves takes its reminder along, and what comes too late is said to be late, or not sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

MADE, MOVED, CANCELLED, REMINDER = "made", "moved", "cancelled", "reminder"
ON_THE_WAY, DONE, RETAKE = "on_the_way", "done", "retake"
FOLLOW_UP, REVISIT = "follow_up", "revisit"
KINDS = (MADE, MOVED, CANCELLED, REMINDER, ON_THE_WAY, DONE, RETAKE, FOLLOW_UP, REVISIT)
OF_APPOINTMENTS = frozenset({MADE, MOVED, CANCELLED, REMINDER, REVISIT})

EMAIL, SMS, CHAT, WEBHOOK = "email", "sms", "chat", "webhook"
CHANNELS = (EMAIL, SMS, CHAT)

# waiting → sending → sent; what is not sent says why.
WAITING, SENDING, SENT = "waiting", "sending", "sent"
UNSURE, FAILED, DROPPED = "unsure", "failed", "dropped"
STATES = (WAITING, SENDING, SENT, UNSURE, FAILED, DROPPED)
DEAD = frozenset({UNSURE, FAILED})
"""The dead letters: a person decides. `unsure`: we were cut off while the other side may have taken it."""

HAND_STILL = timedelta(
    minutes=1
)  # before an appointment is told: somebody may still be dragging it
ON_THE_WAY_HOLDS = timedelta(minutes=30)
LATE = timedelta(hours=3)  # what was done so long ago is told with its day
DONE_HOLDS = timedelta(days=14)
PRESSING = timedelta(hours=1)  # an appointment so soon after the quiet hours breaks them
CONSENT = "service_notices"
DAY = 24 * 60


# Which fact makes which notice.


def of_appointment(
    was: datetime | None, now: datetime | None, *, is_revisit: bool = False
) -> str | None:
    """What a change of the begin of an appointment tells; None where it tells nothing."""
    if was == now:
        return None
    if now is None:
        return CANCELLED
    if was is None:
        return REVISIT if is_revisit else MADE
    return MOVED


# When.


def reminder_at(start: datetime, zone: str, minute: int) -> datetime:
    """The evening before, at this minute of the day, as the clocks at the site show it."""
    day = start.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    wall = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    return wall.astimezone(UTC)


def follow_up_at(closed: datetime, zone: str, days: int, minute: int) -> datetime:
    day = closed.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    wall = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))
    return wall.astimezone(UTC)


def quiet_until(at: datetime, start: int, end: int, zone: str) -> datetime | None:
    """When the quiet hours end that `at` falls into, in the zone of the branch; None outside of them.

    `start` and `end` are minutes of the day; the same twice is no quiet at all, over midnight is usual.
    """
    if start == end:
        return None
    here = at.astimezone(ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    is_quiet = start <= minute < end if start < end else minute >= start or minute < end
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=int(start > end and minute >= start))
    wall = datetime.combine(day, time(end // 60 % 24, end % 60), ZoneInfo(zone))
    if end == DAY:
        wall += timedelta(days=1)
    return wall.astimezone(UTC)


def waits_until(
    kind: str, now: datetime, quiet: Mapping[str, int], zone: str, start: datetime | None
) -> datetime | None:
    """Until when quiet hours hold it back; what would come too late for that goes at once."""
    until = quiet_until(now, quiet["from"], quiet["to"], zone)
    if until is None or kind == ON_THE_WAY:
        return None
    is_pressing = kind in OF_APPOINTMENTS and start is not None and start < until + PRESSING
    return None if is_pressing else until


# Whether.


class Word(Protocol):
    """What a customer said about a purpose and a channel."""

    @property
    def purpose(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def is_given(self) -> bool: ...


def is_consented(said: Iterable[Word], channel: str) -> bool:
    """About their own appointment people are told until they say that they do not want it; of all they have
    said, the newest first, the first word about this channel or any counts.
    """
    for each in said:
        if each.purpose == CONSENT and each.channel in (channel, "any"):
            return each.is_given
    return True


@dataclass(frozen=True, slots=True)
class Truth:
    """What holds at the moment of sending about what a notice tells."""

    start: datetime | None = None
    end: datetime | None = None
    is_called_off: bool = False
    is_arrived: bool = False
    is_over: bool = False
    is_current: bool = True  # the visit is still that of whoever goes
    is_asked: bool = True  # the picture is still wanted
    is_closed: bool = True  # the ticket is


def why_not(
    kind: str, told_start: datetime | None, happened: datetime, truth: Truth, now: datetime
) -> str | None:
    """Why a notice is not sent any more; None while it still tells the truth, in time."""
    if kind == CANCELLED:
        return _why_no_cancellation(told_start, truth, now)
    if kind in OF_APPOINTMENTS:
        return _why_no_appointment(told_start, truth, now)
    if kind == ON_THE_WAY:
        if not truth.is_current or truth.is_called_off:
            return "superseded"
        is_late = truth.is_arrived or truth.is_over or now - happened > ON_THE_WAY_HOLDS
        return "too_late" if is_late else None
    if kind == DONE:
        return "too_late" if now - happened > DONE_HOLDS else None
    if kind == RETAKE:
        return None if truth.is_asked else "superseded"
    return None if truth.is_closed else "superseded"


def _why_no_appointment(told: datetime | None, truth: Truth, now: datetime) -> str | None:
    if truth.is_called_off or truth.start != told:
        return "superseded"
    if truth.is_arrived or truth.is_over or (told is not None and told <= now):
        return "too_late"
    return None


def _why_no_cancellation(told: datetime | None, truth: Truth, now: datetime) -> str | None:
    if not truth.is_called_off and truth.start is not None:
        return "superseded"
    return "too_late" if told is not None and told + DONE_HOLDS <= now else None


def is_late(kind: str, happened: datetime, now: datetime) -> bool:
    """Whether the text has to say that it comes late."""
    return kind in (DONE, CANCELLED) and now - happened > LATE


# Trying again.

TO_PEOPLE = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240))
TO_SYSTEMS = tuple(
    timedelta(seconds=each)
    for each in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How Standard Webhooks proposes to try again, over three days."""
LONGEST_WISH = timedelta(days=1)
GIVEN_UP_AFTER = timedelta(days=5)


def again_at(
    channel: str, tries: int, now: datetime, chance: float, wish_s: int | None = None
) -> datetime | None:
    """When it is tried again after `tries` that failed; None: not by itself.

    `chance` from 0 to 1 spreads what failed together; `wish_s` is what the other side asked for.
    """
    steps = TO_SYSTEMS if channel == WEBHOOK else TO_PEOPLE
    if tries > len(steps):
        return None
    wait = steps[tries - 1] * (1 + 0.2 * chance)
    if wish_s is not None:
        wait = max(wait, min(timedelta(seconds=wish_s), LONGEST_WISH))
    return now + wait


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint has failed for so long that nobody asks it any more by itself."""
    return failing_since is not None and now - failing_since >= GIVEN_UP_AFTER


# How long a text is as SMS (3GPP TS 23.038, 23.040).

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")


def sms_parts(text: str) -> tuple[int, int]:
    """How many characters a text counts, and of how many messages it is made."""
    if all(each in _GSM or each in _GSM_TWICE for each in text):
        length = sum(1 + (each in _GSM_TWICE) for each in text)
        one, each_of_many = 160, 153
    else:
        length = len(text.encode("utf-16-le")) // 2
        one, each_of_many = 70, 67
    return length, 1 if length <= one else -(-length // each_of_many)


Document = dict[str, Any]
