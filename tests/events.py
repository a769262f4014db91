"""Field events as a tablet would write them, for tests that speak the wire by hand.

A `Lane` is what one client captures on one job: each event names the one before it.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Any

from server.domain.sync import manifest_digest
from server.ids import new_id
from tests.people import NOW, Character

Event = dict[str, Any]
CHINA = timezone(timedelta(hours=8))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def blob(content: bytes, mime: str = "image/jpeg") -> dict[str, Any]:
    """How an event announces a file."""
    return {"sha256": sha256(content), "size": len(content), "mime": mime}


def photo(content: bytes = b"a picture", **changes: Any) -> dict[str, Any]:
    return {
        "photo_id": new_id(),
        "slot": "after",
        **blob(content),
        "width": 2048,
        "height": 1536,
        "source": "camera",
        **changes,
    }


def part(**changes: Any) -> dict[str, Any]:
    ordinary = {"sku": "HINGE-110", "quantity": 2, "from": "van", "charge": "warranty"}
    return {"line_id": new_id(), **ordinary, **changes}


def request(**changes: Any) -> dict[str, Any]:
    ordinary = {"sku": "HINGE-110", "quantity": 1, "reason": "missing"}
    return {"request_id": new_id(), **ordinary, **changes}


def signature(digest: str = "0" * 64, **changes: Any) -> dict[str, Any]:
    ordinary = {"signer_name": "王小明", "relation": "customer"}
    mark = blob(b"a signature", "image/png")
    return {"receipt_digest": digest, **ordinary, "signature": mark, **changes}


def manifest(events: Iterable[str] = (), blobs: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    ids = list(events)
    files = [{"sha256": each["sha256"], "size": each["size"]} for each in blobs]
    return {
        "events": ids,
        "blobs": files,
        "digest": manifest_digest(ids, [each["sha256"] for each in files]),
    }


# The data of each kind, complete and ordinary.
DATA: dict[str, Callable[[], dict[str, Any]]] = {
    "job.accepted": dict,
    "job.declined": lambda: {"reason": "The van has broken down"},
    "travel.started": dict,
    "visit.arrived": dict,
    "visit.assessed": lambda: {"severity": "major", "findings": ["door_sags"]},
    "checklist.answered": lambda: {"step_id": "level", "answer": True},
    "photo.taken": photo,
    "photo.discarded": lambda: {"photo_id": new_id(), "reason": "blurred"},
    "photo.lost": lambda: {"photo_id": new_id(), "reason": "file damaged"},
    "part.used": part,
    "part.voided": lambda: {"line_id": new_id(), "reason": "not needed"},
    "part.requested": request,
    "serial.swapped": lambda: {"old_serial": "SN-1", "new_serial": "SN-2"},
    "note.added": lambda: {"text": "Ring twice", "audience": "office"},
    "receipt.presented": lambda: {"receipt_digest": "0" * 64, "language": "zh"},
    "receipt.signed": signature,
    "receipt.unsigned": lambda: {"reason": "absent"},
    "lead.noted": lambda: {"text": "Wants a new oven"},
    "visit.finished": lambda: {"outcome": "completed", "manifest": manifest()},
}


class Lane:
    """What one client captures on one job, oldest first in `events`."""

    def __init__(
        self,
        who: Character,
        job_id: str,
        *,
        numbers: "count[int] | None" = None,
        at: datetime = NOW - timedelta(hours=2),
        base_rev: int = 1,
    ) -> None:
        self.who, self.job_id, self.base_rev = who, job_id, base_rev
        self.at = at
        self.events: list[Event] = []
        self._numbers = numbers or count(1)

    def add(self, kind: str, data: Any = None, **changes: Any) -> Event:
        """One more event, ten seconds later; what the test wants to be different is in `changes`."""
        self.at += timedelta(seconds=10)
        event = {
            "event_id": new_id(),
            "seq": next(self._numbers),
            "kind": kind,
            "v": 1,
            "job_id": self.job_id,
            "base_rev": self.base_rev,
            "after": self.events[-1]["event_id"] if self.events else None,
            "actor": self.who.id,
            "captured_at": self.at.astimezone(CHINA).isoformat(timespec="milliseconds"),
            "tz": "Asia/Shanghai",
            "clock": {"boot": "b7e1", "mono_ms": 8_120_344, "offset_ms": 0, "offset_age_s": 60},
            "data": DATA[kind]() if data is None and kind in DATA else data,
            **changes,
        }
        self.events.append(event)
        return event

    def finish(self, outcome: str = "completed", **said: Any) -> Event:
        """The end of the visit, with everything so far in its manifest."""
        files = [
            announced
            for event in self.events
            for announced in (
                [event["data"]]
                if event["kind"] == "photo.taken"
                else [event["data"]["signature"]]
                if event["kind"] == "receipt.signed"
                else []
            )
        ]
        ids = [event["event_id"] for event in self.events]
        data = {"outcome": outcome, **said, "manifest": manifest(ids, files)}
        return self.add("visit.finished", data)
