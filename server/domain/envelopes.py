"""Envelopes: the outer form of a field event, read with care because anything may stand in it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from server.domain import events
from server.domain.sync import MAX_EVENT_DEPTH, Reading, clean, fingerprint, is_deeper, read

MAX_SEQ = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event at the door, with all that can be said of it before anybody looks into the database."""

    id: str
    job_id: str | None  # the job that it names, if that could be the name of one
    envelope: dict[str, Any]
    raw: str  # the whole envelope as ASCII JSON
    fingerprint: str
    problems: list[str]
    reading: Reading | None  # None where it has problems, or where nobody could read it yet


def arrival(event: dict[str, Any]) -> Arrival:
    """Looks at an event whose `event_id` is one."""
    raw, named = json.dumps(event), event.get("job_id")
    found = problems(event, raw)
    return Arrival(
        id=event["event_id"],
        job_id=named if is_plain(named) else None,
        envelope=event,
        raw=raw,
        fingerprint=fingerprint(event),
        problems=found,
        reading=None if found else _read_early(event, raw),
    )


def _read_early(event: dict[str, Any], raw: str) -> Reading | None:
    """Before anybody waits for it. What our own code stumbles over is read again when it is judged:
    there it harms no other event.
    """
    try:
        return read(event, raw)
    except Exception:
        return None


def problems(event: dict[str, Any], raw: str) -> list[str]:
    """The entries of an envelope that are not what the protocol says; `raw` is how it is written."""
    checks = {
        "seq": events.is_integer(event.get("seq"), 0, MAX_SEQ),
        "kind": events.is_text(event.get("kind"), 64),
        "v": events.is_integer(event.get("v"), 1, 1_000_000),
        "job_id": events.is_text(event.get("job_id"), 64),
        "actor": events.is_text(event.get("actor"), 64),
        "captured_at": moment(event.get("captured_at")) is not None,
        "after": event.get("after") is None or events.is_id(event["after"]),
        "base_rev": event.get("base_rev") is None
        or events.is_integer(event["base_rev"], 0, 2**31 - 1),
        "clock": event.get("clock") is None or isinstance(event["clock"], dict),
        "position": event.get("position") is None or isinstance(event["position"], dict),
        "depth": not is_deeper(event, raw, MAX_EVENT_DEPTH),
        "text": all(
            is_plain(event.get(name)) for name in ("kind", "job_id", "actor", "captured_at")
        ),
    }
    return [name for name, is_fine in checks.items() if not is_fine]


def is_plain(value: Any) -> bool:
    """A short text that every database takes as it is."""
    return events.is_text(value, 64) and clean(value) == value


def moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def whole(value: Any) -> int | None:
    return value if events.is_integer(value, -(10**13), 10**13) else None


def short(value: Any) -> str | None:
    return clean(value)[:64] if isinstance(value, str) else None


def degrees(value: Any, most: int) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) <= most else None
