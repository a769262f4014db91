"""Verdicts of the office: which visits somebody looks at, and until when a verdict can be taken back.

A verdict can be taken back by whoever gave it, shortly after, and while nobody has gone on from it: what
came of it goes with it, as though it had never been given.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain import errors

UNDO_WITHIN = timedelta(minutes=10)


class AskedOf(StrEnum):
    """Who is asked for a new picture: by the tablet, or by a link."""

    INSTALLER = "installer"
    CUSTOMER = "customer"


class Kept(StrEnum):
    """Why the policy leaves a visit to a person."""

    SAMPLE = "sample"
    UNDONE = "undone"


def is_sample(job_id: str, percent: int) -> bool:
    """Whether a visit that the policy would accept is looked at all the same.

    The same answer however often it is asked, and evenly spread: 64 bits of SHA-256 over the job's id.
    """
    drawn = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8])
    return drawn % 100 < percent


@dataclass(frozen=True, slots=True)
class Standing:
    """What has become of a verdict since it was given."""

    given_at: datetime
    is_own: bool = True
    is_undone: bool = False
    is_last_word: bool = True  # nobody has judged the same thing again
    is_revisit_untouched: bool = True  # the one that it ordered: neither decided nor planned
    is_retake_open: bool = True  # no new picture has come in answer, no link was used
    is_ticket_untouched: bool = True  # neither reopened, nor ended by hand


def why_it_stands(standing: Standing, now: datetime) -> str | None:
    """The first thing that speaks against taking the verdict back; None where nothing does."""
    reasons = (
        ("not_own", not standing.is_own),
        ("judged_again", not standing.is_last_word),
        ("revisit_decided", not standing.is_revisit_untouched),
        ("retake_answered", not standing.is_retake_open),
        ("ticket_moved_on", not standing.is_ticket_untouched),
        ("too_late", now - standing.given_at > UNDO_WITHIN),
    )
    return next((why for why, holds in reasons if holds), None)


def must_be_undoable(standing: Standing, now: datetime) -> None:
    """Raises `VerdictStands`, with `why`."""
    if why := why_it_stands(standing, now):
        raise errors.VerdictStands(why=why)
