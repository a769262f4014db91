"""What waits, what was sent, how much room there is: the figures that every screen shows."""

import json
import shutil
from typing import Any

from field_client import conversation, jobs, people
from field_client.outbox import Outbox
from field_client.store import Row

Json = dict[str, Any]
LOW_SPACE_BYTES = 50 << 20


def waiting(outbox: Outbox) -> Json:
    """Events and files of the person that the server does not have, and since when."""
    store, person_id = outbox.store, outbox.person_id
    oldest = store.value(
        "SELECT body FROM event WHERE person_id = ? AND state = 'waiting' ORDER BY place LIMIT 1",
        [person_id],
    )
    files = store.row(
        "SELECT count(*) AS n, coalesce(sum(size), 0) AS bytes FROM blob WHERE state = 'waiting' "
        "AND sha256 IN (SELECT sha256 FROM blob_use WHERE person_id = ?)",
        [person_id],
    )
    assert files is not None, "an aggregate has one row"
    return {
        "events": len(outbox.waiting_ids()),
        "oldest": json.loads(oldest)["captured_at"] if oldest else None,
        "files": files["n"],
        "bytes": files["bytes"],
    }


def of(outbox: Outbox) -> Json:
    """All figures of a person on this device."""
    store = outbox.store
    person = people.get(store, outbox.person_id)
    here = store.installation
    return {
        "person": {name: person[name] for name in ("person_id", "username", "name", "language")},
        "server": here["server"],
        "device_id": person["device_id"],
        "is_signed_in": bool(person["signed_in"]),
        "synced_at": person["synced_at"],
        "waiting": waiting(outbox),
        "events": _by_status(outbox.counts()),
        "jobs": [of_job(outbox, job) for job in jobs.of(outbox)],
        "photos": _photo_states(outbox),
        "storage": _storage(outbox),
        "clock": _clock(outbox),
    }


def _by_status(counts: list[Row]) -> dict[str, int]:
    told: dict[str, int] = {}
    for row in counts:
        name = "waiting" if row["state"] == "waiting" else str(row["status"])
        told[name] = told.get(name, 0) + row["n"]
    return told


def of_job(outbox: Outbox, job: jobs.Job) -> Json:
    counts = [row for row in outbox.counts() if row["job_id"] == job.job_id]
    files = outbox.store.rows(
        "SELECT state, count(DISTINCT sha256) AS n FROM blob JOIN blob_use USING (sha256) "
        "WHERE person_id = ? AND job_id = ? GROUP BY state",
        [outbox.person_id, job.job_id],
    )
    return {
        "job_id": job.job_id,
        "state": job.state,
        "received": job.sheet.get("received"),
        "standing": job.standing,
        "events": _by_status(counts),
        "files": {row["state"]: row["n"] for row in files},
    }


def file_states(outbox: Outbox, job_id: str) -> dict[str, str]:
    """Where the files of a job are, by hash: waiting, stored or lost."""
    rows = outbox.store.rows(
        "SELECT sha256, state FROM blob JOIN blob_use USING (sha256) "
        "WHERE person_id = ? AND job_id = ?",
        [outbox.person_id, job_id],
    )
    return {row["sha256"]: row["state"] for row in rows}


def _photo_states(outbox: Outbox) -> dict[str, int]:
    rows = outbox.store.rows(
        "SELECT state, count(DISTINCT sha256) AS n FROM blob JOIN blob_use USING (sha256) "
        "WHERE person_id = ? AND purpose = 'photo' GROUP BY state",
        [outbox.person_id],
    )
    return {row["state"]: row["n"] for row in rows}


def _storage(outbox: Outbox) -> Json:
    store = outbox.store
    free = shutil.disk_usage(store.home).free
    used = int(store.value("SELECT coalesce(sum(size), 0) FROM blob WHERE is_local = 1"))
    return {
        "home": str(store.home),
        "file_bytes": used,
        "free_bytes": free,
        "is_low": free < LOW_SPACE_BYTES,
    }


def _clock(outbox: Outbox) -> Json:
    store = outbox.store
    offset = conversation.last_offset(store)
    return {
        "zone": store.clock.zone,
        "offset_ms": offset.offset_ms if offset else None,
        "offset_age_s": offset.age_s(store.clock) if offset else None,
        "is_suspect": bool(offset and offset.is_suspect),
    }
