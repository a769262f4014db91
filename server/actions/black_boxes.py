"""Black boxes: what a tablet could not send by itself, brought in by the office, any number of times.

Events go through the same door as those of a push, files end like those of an upload.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import stored_files, sync
from server.actions.judging import Delivery, Result
from server.black_box import Box
from server.db import audit
from server.db.people import Device
from server.db.photos import Owner
from server.domain import envelopes
from server.domain import events as kinds
from server.domain.sync import Status
from server.ids import new_id

Events = Mapping[str, list[Any]]
"""person id -> wire envelopes, oldest first."""

BATCH = 100  # events of one transaction

_SHA256 = re.compile(r"[0-9a-f]{64}")


def batches(events: Events) -> Iterator[tuple[str, list[Any]]]:
    """The events in portions of one person each, in their order."""
    for person_id, lane in events.items():
        for start in range(0, len(lane), BATCH):
            yield person_id, lane[start : start + BATCH]


def take_in(
    session: Session, box: Box, person_id: str, batch: list[Any], now: datetime
) -> Counter[str]:
    """Judges a portion as if the tablet had sent it; returns how many events came to which status.

    Where the server knows a number of this device under another event (the store was copied), the
    event is taken in as one of a device of its own.
    """
    device_id = box.device_id
    readable = [each for each in batch if _is_event(each)]
    for each in batch:
        if not _is_event(each):
            sync.hand_over(session, person_id, device_id, each, now)
    status = _standing(session, box)
    delivery = Delivery(person_id, device_id, status, None, None, now)
    arrivals = [envelopes.arrival(each) for each in readable]
    results = sync.receive(session, delivery, arrivals)
    of_copy = [
        arrival
        for arrival, result in zip(arrivals, results, strict=True)
        if result["status"] == Status.RETRY
    ]
    kept = [result for result in results if result["status"] != Status.RETRY]
    kept += sync.receive(session, Delivery(person_id, new_id(), status, None, None, now), of_copy)
    unreadable = len(batch) - len(readable)
    return Counter({Status.QUARANTINED.value: unreadable}) + Counter(map(_told, kept))


def _standing(session: Session, box: Box) -> str:
    """The device's own; what cannot prove where it comes from goes into quarantine, for a person."""
    device = session.get(Device, box.device_id)
    return device.status if device and box.is_from(device.secret_hash) else "revoked"


def _is_event(content: Any) -> bool:
    return isinstance(content, dict) and kinds.is_id(content.get("event_id"))


def _told(result: Result) -> str:
    return "known" if result.get("replayed") else str(result["status"])


def is_hash(name: str) -> bool:
    return _SHA256.fullmatch(name) is not None


def note_file(session: Session, sha256: str, size: int, events: Events, now: datetime) -> None:
    """A file of the box lies under its hash: it belongs to whoever announced it, here or before."""
    owners: set[str | None] = set(
        session.scalars(select(Owner.person_id).where(Owner.sha256 == sha256))
    )
    owners |= {person_id for person_id, lane in events.items() if _announces(lane, sha256)}
    for person_id in owners or {None}:
        stored_files.note_stored(session, sha256, size, person_id, now)


def _announces(lane: list[Any], sha256: str) -> bool:
    readable = (each for each in lane if _is_event(each))
    sound = (
        (each["kind"], each["data"])
        for each in readable
        if not kinds.check(each.get("kind"), each.get("v"), each.get("data"))
    )
    return any(blob["sha256"] == sha256 for said in sound for blob in kinds.blobs_of(*said))


def note_import(
    session: Session, device_id: str, counts: Mapping[str, int], files: int, now: datetime
) -> None:
    audit.record(
        session, None, "black_box.imported", device_id[:200], now, events=dict(counts), files=files
    )
