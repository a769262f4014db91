"""Ready to leave? What this device sees of itself before the van moves; the office is told when it changes."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from field_client import clock as clocks
from field_client import conversation, jobs, people
from field_client.outbox import Outbox
from server.domain import readiness as rules

Json = dict[str, Any]

AGAIN_AFTER = timedelta(hours=1)  # the same is said again, so that the office knows how old it is


def news(outbox: Outbox) -> list[Json]:
    """Looks at the open jobs of today and tomorrow, and returns what the office does not know yet."""
    clock = outbox.store.clock
    now = clock.now()
    looks = [
        {"job_id": job.job_id, "checked_at": clocks.stamp(now), "checks": _look(outbox, job, now)}
        for job in _next_jobs(outbox, now)
    ]
    return [look for look in looks if _is_news(outbox, look, now)][: rules.MOST_LOOKS]


def note(outbox: Outbox, told: list[Json]) -> None:
    """The office has heard this, and will hear it again only when something has changed."""
    if not told:
        return
    with outbox.store.writing():
        for look in told:
            outbox.store.execute(
                "INSERT INTO readiness (person_id, job_id, told) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET told = excluded.told",
                [outbox.person_id, look["job_id"], json.dumps(look)],
            )


def forget(outbox: Outbox) -> None:
    """The server was restored: it may know nothing of what it was told."""
    outbox.store.execute("DELETE FROM readiness WHERE person_id = ?", [outbox.person_id])


def _next_jobs(outbox: Outbox, now: datetime) -> Iterator[jobs.Job]:
    for job in jobs.of(outbox):
        has_left = rules.set_out_at(job.visit) is not None
        if _works_on(outbox.person_id, job) and not has_left and _is_next(job, now):
            yield job


def _works_on(person_id: str, job: jobs.Job) -> bool:
    """Not a job of the team, which its lead sees, too."""
    people_on_it = [job.sheet.get("assignee") or {}, *(job.sheet.get("crew") or [])]
    is_open = job.state in ("issued", "accepted")
    return (
        not job.is_read_only and is_open and person_id in [each.get("id") for each in people_on_it]
    )


def _is_next(job: jobs.Job, now: datetime) -> bool:
    """Today or tomorrow, where the site is."""
    window = job.sheet.get("window") or {}
    start, zone = clocks.parse(window.get("start")), clocks.zone_of(str(window.get("time_zone")))
    if start is None:
        return False
    days = (start.astimezone(zone).date() - now.astimezone(zone).date()).days
    return days in (0, 1)


def _look(outbox: Outbox, job: jobs.Job, now: datetime) -> list[rules.Check]:
    """There are no earlier photos on this device, and its files lie on a disk of its own."""
    store = outbox.store
    person, offset = people.get(store, outbox.person_id), conversation.last_offset(store)
    heard_at = clocks.parse(person["synced_at"])
    used = [line for line in job.visit["parts"].values() if not line.get("voided")]
    facts = rules.Facts(
        planned=job.sheet.get("planned_parts") or [],
        used=[line["sku"] for line in used],
        van=jobs.stock(outbox),
        free_bytes=shutil.disk_usage(store.home).free,
        clock_offset_ms=offset.offset_ms if offset else None,
        silent_s=int((now - heard_at).total_seconds()) if heard_at else None,
        needs_sign_in=not person["signed_in"],
    )
    return rules.look(facts)


def _is_news(outbox: Outbox, look: Json, now: datetime) -> bool:
    told = outbox.store.value(
        "SELECT told FROM readiness WHERE person_id = ? AND job_id = ?",
        [outbox.person_id, look["job_id"]],
    )
    if told is None:
        return True
    before: Json = json.loads(told)
    told_at = clocks.parse(before["checked_at"])
    is_old = told_at is None or abs(now - told_at) > AGAIN_AFTER
    return is_old or _essence(before) != _essence(look)


def _essence(look: Json) -> list[Json]:
    """Free bytes change with every file; the light says what matters of them."""
    return [
        {name: value for name, value in check.items() if name != "free_bytes"}
        for check in look["checks"]
    ]
