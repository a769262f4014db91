"""When our own copy of a file is gone too: said in an event, so that nobody waits for it for ever."""

import json

from field_client import conversation
from field_client.outbox import Outbox


def say_lost(outbox: Outbox, sha256: str, reason: str) -> None:
    """Tells the office on each job that announced the file, also on one that is no longer ours."""
    uses = outbox.store.rows(
        "SELECT body FROM event JOIN blob_use USING (event_id) "
        "WHERE sha256 = ? AND event.person_id = ? ORDER BY place",
        [sha256, outbox.person_id],
    )
    for use in uses:
        event = json.loads(use["body"])
        kind, data = "photo.lost", {"photo_id": event["data"].get("photo_id"), "reason": reason}
        if data["photo_id"] is None:
            text = f"The picture of the signature is lost on the device ({reason})."
            kind, data = "note.added", {"text": text, "audience": "office"}
        outbox.add(
            event["job_id"],
            kind,
            data,
            base_rev=event["base_rev"],
            clock_reading=conversation.reading(outbox.store),
        )
