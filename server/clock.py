"""The clock, handed in wherever a moment is needed, so that tests and simulations own the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, aware, in whole milliseconds as the protocol writes it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def wire(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds: the one form in which times leave the house."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
