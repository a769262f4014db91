"""What becomes of a field event: the verdict of the sync protocol, from facts alone.

A fact from the field is never refused. Deciding says what it does (`applied`, `recorded`, `held`,
`quarantined`), never whether it is kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain import events


class Status(StrEnum):
    APPLIED = "applied"
    RECORDED = "recorded"
    HELD = "held"
    QUARANTINED = "quarantined"
    RETRY = "retry"


# A final result never changes but through a logged act; these two wait for something.
OPEN_STATUSES = frozenset({Status.HELD, Status.QUARANTINED})

HELD_AT_MOST = timedelta(days=5)  # then a held event is forced in as `recorded`
CLOCK_TOLERANCE = timedelta(seconds=120)  # a tablet clock further off is flagged
MAX_EVENT_DEPTH = 32  # nesting of an event's data
MAX_BATCH_DEPTH = 200  # what can be written as safely as it was read
MAX_RAW_BYTES = 256 * 1024  # of one event, and of what quarantine takes


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the server knows when an event arrives."""

    is_own: bool  # the actor is the person of the token
    device_status: str  # active, draining or revoked
    job_exists: bool  # and is or was this person's
    job_cancelled: bool
    is_assigned: bool  # the actor is the assignee or crew right now
    is_late_move: bool  # the visit is over and the event would move it
    predecessor_known: bool  # `after` is null or in custody and not held


@dataclass(frozen=True, slots=True)
class Decision:
    status: Status
    code: str | None = None
    exception: str | None = None  # the kind of exception to open, if any


@dataclass(frozen=True, slots=True)
class Reading:
    """A well-formed envelope as every database holds it, and why it cannot be applied, if it cannot."""

    envelope: dict[str, Any]
    unreadable: str | None


def read(envelope: dict[str, Any], raw: str) -> Reading:
    """All that there is to an envelope whatever is on record; `raw` is how it is written."""
    held = cleaned(envelope, raw)
    return Reading(held, unreadable_code(held))


def decide(unreadable: str | None, facts: Circumstances) -> Decision:
    """The verdict on one well-formed envelope, in the order in which doubts weigh."""
    if unreadable:
        return Decision(Status.QUARANTINED, unreadable, "event_quarantined")
    if not facts.is_own:
        return Decision(Status.QUARANTINED, "actor_mismatch", "event_quarantined")
    if not facts.job_exists:
        return Decision(Status.QUARANTINED, "job_unknown", "event_quarantined")
    if facts.device_status == "revoked":
        return Decision(Status.QUARANTINED, "device_revoked", "device_revoked")
    if not facts.predecessor_known:
        return Decision(Status.HELD, "waiting_for")
    return decide_effect(facts)


def decide_effect(facts: Circumstances) -> Decision:
    """The verdict once nothing stands in the way of reading the event."""
    if facts.device_status == "draining":
        return Decision(Status.RECORDED, "device_revoked", "device_revoked")
    if facts.job_cancelled:
        return Decision(Status.RECORDED, "job_cancelled", "work_on_cancelled")
    if not facts.is_assigned:
        return Decision(Status.RECORDED, "not_assignee", "work_on_reassigned")
    if facts.is_late_move:
        return Decision(Status.RECORDED, "already_over")
    return Decision(Status.APPLIED)


def unreadable_code(event: Mapping[str, Any]) -> str | None:
    """Why an event cannot be applied as it stands: its kind, version or data; None if it can."""
    if not events.is_known(event.get("kind"), event.get("v")):
        return "unknown_kind"
    if events.check(event["kind"], event["v"], event.get("data")):
        return "data_invalid"
    return None


def fingerprint(event: Mapping[str, Any]) -> str:
    """SHA-256 over what an event says. Left out is what a new identity of the device changes
    (`seq`, `after`, `clock`), so that the same fact sent again is recognised.
    """
    said = {
        name: event.get(name) for name in ("kind", "v", "job_id", "actor", "captured_at", "data")
    }
    return hashlib.sha256(_SAID.encode(said).encode("ascii")).hexdigest()


_SAID = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class TrueTime:
    """When an event most likely happened: the device's clock corrected by its last known offset."""

    estimated_at: datetime
    uncertainty_s: int
    is_suspect: bool


def true_time(
    captured_at: datetime,
    offset_ms: int | None,
    offset_age_s: int | None,
    received_at: datetime,
    sent_at: datetime | None = None,
) -> TrueTime:
    """Corrects gross skew and says how sure that is; an event is never later than its arrival.

    `offset_ms` is server minus device as last measured, `offset_age_s` how long before the capture;
    `sent_at` is the device's clock when it sent the event. A clock that was set between the measurement
    and the sending cannot be corrected, but it is noticed. Without a measurement the clock is only
    suspect when it claims the future.
    """
    offset = timedelta(milliseconds=offset_ms or 0)
    moved = _moved(offset_ms, sent_at, received_at)
    drift_s = max(offset_age_s or 0, 0) // 20_000  # a poor quartz drifts about 50 ppm
    try:
        estimated = captured_at.astimezone(UTC) + offset
    except OverflowError:  # beyond the calendar: nothing is known
        return TrueTime(received_at, int(abs(offset).total_seconds()), True)
    if estimated > received_at + CLOCK_TOLERANCE:
        late_s = int((estimated - received_at).total_seconds())
        return TrueTime(received_at, max(late_s, 1), True)
    is_suspect = max(abs(offset), moved) > CLOCK_TOLERANCE
    away_s = int(moved.total_seconds()) if moved > CLOCK_TOLERANCE else 0
    return TrueTime(estimated, 1 + max(drift_s, away_s), is_suspect)


def _moved(offset_ms: int | None, sent_at: datetime | None, received_at: datetime) -> timedelta:
    """How far the device's clock was set since the offset was measured, as far as the sending shows."""
    if offset_ms is None or sent_at is None:
        return timedelta()
    return abs((received_at - sent_at) - timedelta(milliseconds=offset_ms))


class Received(StrEnum):
    """How much of a job's announced proof has arrived."""

    NONE = "none"
    PARTIAL = "partial"
    COMPLETE = "complete"


def received(
    manifest: Mapping[str, Any] | None,
    later_blobs: Iterable[str],
    events_here: Iterable[str],
    blobs_here: Iterable[str],
    blobs_lost: Iterable[str],
) -> tuple[Received, dict[str, list[str]]]:
    """Computed from the manifest and what came after it, never from a client's word.

    Returns the state and what is missing: `{"events": [id …], "blobs": [sha256 …]}`.
    """
    if manifest is None:
        return Received.NONE, {"events": [], "blobs": []}
    here, gone = set(blobs_here), set(blobs_lost)
    announced = {blob["sha256"] for blob in manifest["blobs"]} | set(later_blobs)
    missing = {
        "events": sorted(set(manifest["events"]) - set(events_here)),
        "blobs": sorted(announced - here - gone),
    }
    return standing(missing), missing


def standing(missing: Mapping[str, list[str]]) -> Received:
    """How far what was promised has arrived, by what is missing of it."""
    return Received.PARTIAL if missing["events"] or missing["blobs"] else Received.COMPLETE


def manifest_digest(event_ids: Iterable[str], hashes: Iterable[str]) -> str:
    """SHA-256 of the sorted event ids and file hashes, one a line (protocol: manifest)."""
    lines = sorted([*event_ids, *hashes])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def cleaned(value: Any, text: str) -> Any:
    """`clean`, but not a copy where `text`, the same value as ASCII JSON, shows that it is clean."""
    return clean(value) if "\\u" in text else value


def clean(value: Any) -> Any:
    """A copy of parsed JSON whose texts every database holds: no NUL, no lone surrogate.

    The raw event is kept beside it, so nothing is lost.
    """
    if isinstance(value, str):
        if value.isascii() and "\x00" not in value:
            return value
        return (
            value.replace("\x00", "\ufffd")
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )
    if isinstance(value, list):
        return [clean(each) for each in value]
    if isinstance(value, dict):
        return {clean(name): clean(each) for name, each in value.items()}
    return value


def is_deeper(value: Any, text: str, most: int) -> bool:
    """Whether parsed JSON nests deeper than `most`. `text` is how it is written: what has no more
    brackets than that need not be walked.
    """
    return text.count("[") + text.count("{") > most and depth(value) > most


def depth(value: Any) -> int:
    """How deep parsed JSON nests, walked without recursion; a bare value is 0."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        current, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(current, dict):
            waiting += [(each, level + 1) for each in current.values()]
        elif isinstance(current, list):
            waiting += [(each, level + 1) for each in current]
    return deepest
