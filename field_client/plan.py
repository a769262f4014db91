"""What to do next: local facts and the server's answers in, a decision out. Pure: no clock, no disk.

The tables of the sync protocol stand here once, so that they can be read beside it: what each status and
each HTTP code means, in which order things are sent, what may be deleted here and when.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from server.domain import events as event_rules
from server.domain import visits
from server.domain.sync import manifest_digest

Json = dict[str, Any]

BACKOFF_FROM_S, BACKOFF_TO_S = 2.0, 15 * 60.0
THUMBNAIL_BYTES = 60 * 1024
HEAVY_BYTES = 300 * 1024  # under `wifi_preferred` such a photo waits for Wi-Fi
SMALL_BYTES = 256 * 1024  # sent together with the creation of its upload
SMALLEST_CHUNK = 16 * 1024
KEPT = frozenset({"applied", "recorded", "held", "quarantined"})
PULLED_KINDS = frozenset({"job", "part", "stock", "event_result"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may carry; the server's hello has the last word."""

    max_events: int = 100
    max_push_bytes: int = 1 << 20
    chunk_bytes: int = 1 << 20
    max_blob_bytes: int = 50 << 20
    max_pixels: int = 120_000_000

    @classmethod
    def of(cls, hello: Mapping[str, Any]) -> "Limits":
        told = hello.get("limits") or {}
        known = {name: told[name] for name in cls.__slots__ if _is_count(told.get(name))}
        return cls(**known)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


# Sending events.


def batch(
    waiting: Iterable[Mapping[str, Any]],
    limits: Limits,
    *,
    at_most: int | None = None,
    resting: set[str] | frozenset[str] = frozenset(),
) -> list[Json]:
    """The next envelopes, oldest first, within the limits; always at least one that may go.

    An event that rests (the server said "later") keeps the rest of its lane back.
    """
    most = min(limits.max_events, at_most or limits.max_events)
    room = limits.max_push_bytes - 512
    chosen: list[Json] = []
    closed: set[str] = set()
    for row in waiting:
        if row["event_id"] in resting:
            closed.add(row["job_id"])
        if row["job_id"] in closed:
            continue
        room -= len(row["body"].encode()) + 32
        if len(chosen) == most or (chosen and room < 0):
            break
        chosen.append({**json.loads(row["body"]), "event_id": row["event_id"], "seq": row["seq"]})
    return chosen


@dataclass(frozen=True, slots=True)
class EventStep:
    """What becomes of a local event; a `state` of None sends it again."""

    state: Literal["acknowledged", "parked"] | None
    status: str | None


def event_step(result: Mapping[str, Any]) -> EventStep:
    """By the server's result. Only custody counts: a status of a later release is kept as it is."""
    status = result.get("status")
    has_custody = result.get("custody", status in KEPT)
    if not has_custody or not isinstance(status, str) or status in ("retry", "unknown"):
        return EventStep(None, None)
    return EventStep("parked" if status == "quarantined" else "acknowledged", status)


@dataclass(slots=True)
class Settled:
    """What a push came to."""

    by_status: dict[str, int] = field(default_factory=dict)
    resting: dict[str, float] = field(default_factory=dict)
    forked: bool = False

    def count(self, step: EventStep, result: Mapping[str, Any]) -> None:
        if step.state is None:
            self.forked = self.forked or result.get("code") == "device_forked"
            self.resting[str(result.get("event_id"))] = float(result.get("retry_after_s") or 0)
        else:
            self.by_status[str(step.status)] = self.by_status.get(str(step.status), 0) + 1

    @property
    def kept(self) -> int:
        return sum(self.by_status.values())


PushStep = Literal["settle", "halve", "quarantine", "sign_in", "enrol", "wait"]


def push_step(status: int, code: str | None, size: int, failures: int) -> PushStep:
    """After a push of `size` events that failed `failures` times in a row in the same shape.

    A batch that makes the server stumble again and again is halved too, so that whatever poison is in
    it ends up alone, and the single event that does so goes to quarantine: the queue always drains.
    One that was cut on its way says nothing about what is in it: it is sent again as it is.
    """
    if status == 200:
        return "settle"
    if code == "body_cut":
        return "wait"
    if status == 401:
        return "sign_in"
    if code == "device_unknown":
        return "enrol"
    stumbles = 500 <= status < 600 and status not in (502, 503, 504) and failures >= 3
    if status in (400, 413, 415, 422) or stumbles:
        return "halve" if size > 1 else "quarantine"
    return "wait"


def backoff_s(attempt: int, chance: Random) -> float:
    """Full jitter: anything from nothing to twice the last bound, 2 s at first, 15 min at most."""
    return chance.uniform(0, min(BACKOFF_TO_S, BACKOFF_FROM_S * 2 ** min(attempt, 20)))


def pause_s(asked_s: float, attempt: int, chance: Random) -> float:
    """How long to rest: what the server asked for at least, and the backoff on top.

    A thousand devices that were told the same must not come back in the same moment.
    """
    return asked_s + backoff_s(attempt, chance)


# Receiving.

ChangeStep = Literal["ignore", "upsert", "remove", "leave"]


def change_step(
    own_version: int | None, change: Mapping[str, Any], *, has_unsent: bool
) -> ChangeStep:
    """What a pulled change does to the base; `own_version` is that of the row held, tombstones too."""
    version = change.get("version")
    if not isinstance(version, int) or change.get("kind") not in PULLED_KINDS:
        return "ignore"
    if own_version is not None and version <= own_version:
        return "ignore"
    if change.get("change") == "upsert" and isinstance(change.get("data"), Mapping):
        return "upsert"
    if change.get("change") == "remove":
        return gone_step(str(change["kind"]), has_unsent=has_unsent)
    return "ignore"


def gone_step(kind: str, *, has_unsent: bool) -> ChangeStep:
    """A job that goes away while work for it waits stays readable until the work is sent."""
    return "leave" if kind == "job" and has_unsent else "remove"


def lost_by_server(
    missing: Mapping[str, Any], own_events: Mapping[str, str | None], own_blobs: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Events and files which the server says are missing although it once had them: offer them again.

    `own_events` is id -> status, `own_blobs` hash -> state. What is held or in quarantine is missing for
    another reason than loss.
    """
    events = [
        e for e in missing.get("events") or [] if own_events.get(e) in ("applied", "recorded")
    ]
    blobs = [b for b in missing.get("blobs") or [] if own_blobs.get(b) == "stored"]
    return events, blobs


# Sending files.


def sending_order(blobs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Signatures, thumbnails, photos; of each the newest finished job first, then as captured."""
    return sorted(blobs, key=_urgency)


def _urgency(blob: Mapping[str, Any]) -> tuple[int, int, int]:
    is_small = blob["size"] <= THUMBNAIL_BYTES
    kind = 0 if blob["purpose"] == "signature" else 1 if is_small else 2
    return kind, -(blob.get("finished_place") or 0), blob.get("place") or 0


def goes_now(blob: Mapping[str, Any], media: str, *, on_cellular: bool) -> bool:
    """Whether the policy lets this file go over the present network; signatures always go."""
    if not on_cellular or media == "any" or blob["purpose"] == "signature":
        return True
    return media == "wifi_preferred" and blob["size"] <= HEAVY_BYTES


UploadStepName = Literal[
    "go_on",
    "ask_offset",
    "check_again",
    "check_own_copy",
    "smaller",
    "wait",
    "sign_in",
    "stop_media",
    "skip",
]


@dataclass(frozen=True, slots=True)
class UploadStep:
    name: UploadStepName
    offset: int = 0


def upload_step(status: int, offset: str | None, known: int, size: int) -> UploadStep:
    """After any answer of the upload resource (tus 1.0). `offset` is its `Upload-Offset` header.

    Only the server's own word moves the offset, and nothing but 404 and 410 begins at zero again.
    """
    if status in (200, 201, 204):
        told = int(offset) if offset is not None and offset.isdecimal() else None
        if told is None or told > size:
            return UploadStep("ask_offset" if status == 204 else "check_again", known)
        return UploadStep("go_on", told)
    if status == 400 and offset is not None:  # cut on its way; other bad requests name no offset
        return UploadStep("ask_offset", known)
    names: dict[int, UploadStepName] = {
        401: "sign_in",
        404: "check_again",
        409: "ask_offset",
        410: "check_again",
        413: "smaller",
        460: "check_own_copy",
        507: "stop_media",
    }
    if status in names:
        return UploadStep(names[status], known)
    if status in (408, 423, 425, 429) or status >= 500:
        return UploadStep("wait", known)
    return UploadStep("skip", known)


# Keeping and deleting.


def is_past_keeping(complete_since: datetime | None, now: datetime, keep_days: int) -> bool:
    """Whether a job's proof is received in full for long enough; both times are the server's."""
    return complete_since is not None and now - complete_since > timedelta(days=keep_days)


def may_drop(state: str, uses: Sequence[Mapping[str, Any]], now: datetime, keep_days: int) -> bool:
    """Whether a file's bytes may go from this device.

    Only when the server has them, has every event that names them, and has had everything of each of
    those jobs for the keep time. `uses` are `{"event_state", "complete_since"}`.
    """
    return (
        state == "stored"
        and bool(uses)
        and all(
            use["event_state"] == "acknowledged"
            and is_past_keeping(use["complete_since"], now, keep_days)
            for use in uses
        )
    )


def is_new_epoch(known: str | None, told: Any) -> bool:
    """The server was restored from a backup: offer it everything that is still here."""
    return isinstance(told, str) and known is not None and told != known


# What the screen shows.


def overlay(rows: Iterable[Mapping[str, Any]], base_version: int) -> list[Json]:
    """The own events that the pulled base does not hold yet, oldest first."""
    return [json.loads(row["body"]) for row in rows if not _is_in_base(row, base_version)]


def _is_in_base(row: Mapping[str, Any], base_version: int) -> bool:
    if row["state"] == "waiting":
        return False
    if row["state"] == "parked":
        return True
    return row["status"] != "held" and base_version >= (row["effect_version"] or 0)


def shown_visit(base: Mapping[str, Any] | None, events: Iterable[Mapping[str, Any]]) -> Json:
    """The server's visit with the waiting events replayed over it.

    When an answer was lost the base may hold an event already; what the fold appends is told once.
    An event that this version cannot read changes nothing here; the server keeps it all the same.
    """
    visit: Json = {**visits.empty(), **(base or {})}
    for event in events:
        if not event_rules.check(event["kind"], event["v"], event["data"]):
            visit = visits.apply(visit, event)
    for name in ("swaps", "notes", "leads"):
        visit[name] = _unique(visit[name])
    return visit


def _unique(values: Iterable[Json]) -> list[Json]:
    told: list[Json] = []
    for value in values:
        if value not in told:
            told.append(value)
    return told


def manifest(lane: Sequence[Mapping[str, Any]]) -> Json:
    """What this client captured for a job up to now: the list that `visit.finished` carries.

    Photos that were discarded or lost are announced by their events alone, and so is what has no data.
    """
    told = [event for event in lane if isinstance(event["data"], Mapping)]
    gone = {e["data"]["photo_id"] for e in told if e["kind"] in ("photo.discarded", "photo.lost")}
    sizes: dict[str, int] = {}
    for event in told:
        if event["data"].get("photo_id") not in gone:
            for blob in event_rules.blobs_of(event["kind"], event["data"]):
                sizes[blob["sha256"]] = blob["size"]
    ids = [event["event_id"] for event in lane]
    return {
        "events": ids,
        "blobs": [{"sha256": sha256, "size": size} for sha256, size in sizes.items()],
        "digest": manifest_digest(ids, sizes),
    }
