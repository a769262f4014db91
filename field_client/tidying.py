"""What may leave the device after a sync, and nothing else: see `plan.may_drop`."""

from typing import Any

from field_client import blobs, clock, people, plan
from field_client.crashes import crash_point
from field_client.outbox import Outbox
from field_client.store import Store

KEEP_DAYS = 14


def tidy(store: Store, outbox: Outbox) -> None:
    _let_sent_jobs_go(store, outbox)
    _drop_files(store, outbox)
    blobs.sweep(store)


def _let_sent_jobs_go(store: Store, outbox: Outbox) -> None:
    """A job that is no longer ours goes away once everything of it is sent."""
    leaving = store.rows(
        "SELECT id FROM base WHERE person_id = ? AND kind = 'job' AND standing = 'leaving'",
        [outbox.person_id],
    )
    for row in leaving:
        with store.writing():
            if not outbox.has_unsent(row["id"]):
                store.execute(
                    "UPDATE base SET standing = 'gone', data = NULL "
                    "WHERE person_id = ? AND kind = 'job' AND id = ?",
                    [outbox.person_id, row["id"]],
                )


def _drop_files(store: Store, outbox: Outbox) -> None:
    """Expiry goes by the server's time only; without one nothing is dropped."""
    person = people.get(store, outbox.person_id)
    now = clock.parse(person["server_time"])
    keep_days = (store.hello.get("policy") or {}).get("keep_days", KEEP_DAYS)
    if now is None or not isinstance(keep_days, int):
        return
    stored = store.rows("SELECT sha256, state FROM blob WHERE state = 'stored' AND is_local = 1")
    with store.writing():
        dropped = [
            blob["sha256"]
            for blob in stored
            if plan.may_drop(
                blob["state"], _uses(store, blob["sha256"], person["epoch"]), now, keep_days
            )
        ]
        for sha256 in dropped:
            store.execute("UPDATE blob SET is_local = 0 WHERE sha256 = ?", [sha256])
        crash_point("clean.before_rows")
    crash_point("clean.after_rows")
    for sha256 in dropped:
        blobs.remove(store, sha256)


def _uses(store: Store, sha256: str, epoch: str | None) -> list[dict[str, Any]]:
    """Every event that names a file, of whichever person on this device. What a colleague last heard
    counts only if it came from this life of the server: another may not have the file any more.
    """
    rows = store.rows(
        "SELECT event.state AS event_state, "
        "CASE WHEN person.epoch = ? THEN base.complete_since END AS complete_since FROM blob_use "
        "JOIN event USING (event_id) JOIN person ON person.person_id = blob_use.person_id "
        "LEFT JOIN base ON base.person_id = blob_use.person_id "
        "AND base.kind = 'job' AND base.id = blob_use.job_id WHERE sha256 = ?",
        [epoch, sha256],
    )
    return [{**row, "complete_since": clock.parse(row["complete_since"])} for row in rows]
