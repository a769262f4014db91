"""The customer file: what the customer has agreed to, when two are the same, how long the shop keeps it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.domain import errors

PURPOSES = ("service_notices", "marketing", "training_photos")
CHANNELS = ("any", "phone", "sms", "email", "chat")
HOWS = ("phone", "in_person", "in_writing", "link")

UNDO_WITHIN = timedelta(days=30)  # a merge is taken back at no cost until then

_LEAST_DIGITS = 7  # fewer are no phone number to know somebody by
_COUNTRY_OF_MOBILES = re.compile(r"(?:00)?86(1\d{10})\Z")


def phone_key(phone: str) -> str | None:
    """A phone number as two ways of writing it have it in common; None where it is none."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < _LEAST_DIGITS:
        return None
    found = _COUNTRY_OF_MOBILES.match(digits)
    return (found[1] if found else digits)[:20]


def plain_words(text: str) -> str:
    """Words as two ways of writing them have them in common: no blanks, no dots, no upper case."""
    return re.sub(r"[\W_]+", "", text).casefold()


# Two who are the same.


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts of a customer when another one is to become the same."""

    id: str
    branch_id: str
    is_merged: bool
    is_erased: bool
    is_held: bool = False


def must_be_mergeable(kept: Standing, merged: Standing) -> None:
    """Raises `MergeImpossible`, with `why`, where the two cannot become one."""
    if kept.id == merged.id:
        raise errors.MergeImpossible(why="same_customer")
    if kept.is_merged or merged.is_merged:
        raise errors.MergeImpossible(why="merged_already")
    if kept.is_erased or merged.is_erased:
        raise errors.MergeImpossible(why="erased")
    if kept.branch_id != merged.branch_id:
        raise errors.MergeImpossible(why="other_branch")


# How long it is kept.


def keep_until(last_used: datetime, years: int) -> date:
    """The last day on which the shop keeps a customer's data: whole years after the last use."""
    day = last_used.date()
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


def years_before(now: datetime, years: int) -> datetime:
    """The moment before which a last use is too long ago for a file to be kept."""
    day = now.date()
    leap = (day.month, day.day) == (2, 29)
    return now.replace(year=now.year - years, day=28 if leap else day.day)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that is in the way of an erasure. `subject` is what it is about."""

    code: str
    subject: str = ""


def must_be_erasable(obstacles: Iterable[Obstacle]) -> None:
    """Raises `ErasureRefused` with everything that is in the way."""
    found = list(obstacles)
    if found:
        raise errors.ErasureRefused(
            obstacles=[{"code": each.code, "subject": each.subject} for each in found]
        )
