"""Time, chance and waiting, as one object that is handed in: nothing else here asks the machine.

Device time orders nothing, merges nothing and expires nothing. It is only evidence: each event carries
what the clock said, the machine's boot, its monotonic reading, and the last known offset to the server.
"""

import os
import random
import re
import sys
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

SUSPECT_S = 120
"""A clock that is further off than this is shown as wrong (protocol: time)."""


class Clock:
    """The real one. A test hands in its own with the same verbs."""

    def __init__(self, zone: str | None = None) -> None:
        self.zone = zone or _local_zone()
        self.boot = _boot_id()
        self.random: random.Random = random.SystemRandom()

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def mono_ms(self) -> int:
        """Milliseconds that only ever rise within one boot, sleep of the machine included."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
        return int(time.monotonic() * 1000)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Offset:
    """What the server's clock was ahead of ours when it was last heard, and where we stood then."""

    offset_ms: int
    boot: str
    mono_ms: int
    measured_at: datetime

    def age_s(self, clock: Clock) -> int:
        """Seconds since it was measured: by the monotonic clock inside one boot, else by the wall."""
        if self.boot == clock.boot and clock.mono_ms() >= self.mono_ms:
            return (clock.mono_ms() - self.mono_ms) // 1000
        return max(0, int((clock.now() - self.measured_at).total_seconds()))

    @property
    def is_suspect(self) -> bool:
        return abs(self.offset_ms) > SUSPECT_S * 1000


def measure(clock: Clock, server_time: datetime, sent_at: datetime) -> Offset:
    """The offset by one answer, which is taken to have been written half way between."""
    heard_at = clock.now()
    middle = sent_at + (heard_at - sent_at) / 2
    ahead = int((server_time - middle).total_seconds() * 1000)
    return Offset(ahead, clock.boot, clock.mono_ms(), heard_at)


def new_id(clock: Clock) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) from the handed-in clock and chance."""
    ms = int(clock.now().timestamp() * 1000) & (1 << 48) - 1
    chance = clock.random.getrandbits(74)
    value = ms << 80 | 7 << 76 | (chance >> 62) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def new_secret(clock: Clock) -> str:
    """256 bits that nobody can guess, as 64 hex digits, from the handed-in chance."""
    return f"{clock.random.getrandbits(256):064x}"


def stamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds, in the zone that the moment carries."""
    text = moment.isoformat(timespec="milliseconds")
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def parse(text: Any) -> datetime | None:
    """A moment from RFC 3339 or an HTTP date; None when it is neither, or has no zone."""
    if not isinstance(text, str):
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, TypeError):
            continue
        return moment if moment.tzinfo else None
    return None


def zone_of(name: str) -> tzinfo:
    """The zone of that name; UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return UTC


def captured(clock: Clock) -> str:
    """Now, on this device's wall clock."""
    return stamp(clock.now().astimezone(zone_of(clock.zone)))


def _local_zone() -> str:
    named = os.environ.get("TZ", "").lstrip(":")
    if named and _is_zone(named):
        return named
    try:
        target = os.path.realpath("/etc/localtime")
        found = re.search(r"zoneinfo/(?:posix/|right/)?(.+)$", target)
        if found and _is_zone(found[1]):
            return found[1]
        text = Path("/etc/timezone").read_text(encoding="ascii").strip()
        return text if _is_zone(text) else "UTC"
    except (OSError, UnicodeDecodeError):
        return "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


def _boot_id() -> str:
    """Which run of the machine the monotonic clock counts from."""
    if sys.platform == "linux":
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        except OSError:
            pass
    return uuid.uuid4().hex[:8]
