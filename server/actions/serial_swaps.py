"""Serial swaps: the pair is noted on the visit; the old part is awaited until it is back."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from server.db import audit, feed
from server.db.customers import Asset
from server.db.events import FieldEvent
from server.db.jobs import Job
from server.db.parts import SerialSwap
from server.db.people import Person


def note(
    session: Session, job: Job, event: FieldEvent, data: dict[str, Any], now: datetime
) -> None:
    """Keeps the pair. Where the whole thing was exchanged, the customer's file has the new serial."""
    session.add(
        SerialSwap(
            id=event.id,
            job_id=job.id,
            asset_id=job.asset_id,
            line_id=data.get("line_id"),
            old_serial=data["old_serial"],
            new_serial=data["new_serial"],
            swapped_at=event.captured_est,
        )
    )
    asset = session.get(Asset, job.asset_id) if job.asset_id else None
    if asset is not None and asset.serial == data["old_serial"]:
        asset.serial = data["new_serial"][:100]
        asset.rev += 1
        audit.record(
            session, event.actor_id, "asset.exchanged", asset.id, now, old=data["old_serial"]
        )
        feed.touch_sheet(session, job.id)


def take_back(session: Session, by: Person, swap: SerialSwap, now: datetime) -> None:
    """The old part is back in the warehouse."""
    if swap.returned_at is None:
        swap.returned_at = now
        audit.record(session, by.id, "serial_swap.returned", swap.id, now)
