"""Links for customers: what each kind opens, for how long, and when it is over.

No link does what another is for: who looks cannot act, who acts cannot sign, and who signs signs one
receipt. So a link that was passed on gives away no more than was meant.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    LOOK = "look"
    ACT = "act"
    SIGN = "sign"


# How long each of them lives, from the moment it was made or renewed.
LIFE: dict[Purpose, timedelta] = {
    Purpose.LOOK: timedelta(days=90),
    Purpose.ACT: timedelta(days=60),
    Purpose.SIGN: timedelta(days=14),
}
PREVIEW = timedelta(minutes=15)  # of the office's own look at what the customer sees
WORTH_HANDING_OUT = timedelta(days=7)  # a link with less life left is followed by a new one


class MadeFor(StrEnum):
    NOTICE = "notice"  # a message to the customer carries it
    OFFICE = "office"  # somebody copied it from the ticket
    PREVIEW = "preview"


class Over(StrEnum):
    EXPIRED = "expired"
    REVOKED = "revoked"
    GONE = "gone"  # whom it was for is not here any more


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a link."""

    expires_at: datetime
    is_revoked: bool
    is_customer_gone: bool


def why_over(link: Standing, now: datetime) -> Over | None:
    """Why a link does not count any more; None while it does."""
    if link.is_customer_gone:
        return Over.GONE
    if link.is_revoked:
        return Over.REVOKED
    return Over.EXPIRED if link.expires_at <= now else None


def is_for(purpose: str, act: str) -> bool:
    """Whether a link of this purpose serves for looking, acting or signing."""
    if act == Purpose.LOOK:
        return purpose in (Purpose.LOOK, Purpose.ACT)
    return purpose == act
