"""The jobs of a person as this device knows them: the pulled base, with what waits laid over it."""

import json
from dataclasses import dataclass
from typing import Any

from field_client import errors, plan
from field_client.outbox import Outbox
from field_client.store import Row
from server.domain import visits

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One job on this device. `sheet` is the office's part, `visit` what the installer sees of theirs."""

    job_id: str
    sheet: Json
    visit: Json
    standing: str
    reason: str | None

    @property
    def rev(self) -> int | None:
        rev = self.sheet.get("rev")
        return rev if isinstance(rev, int) else None

    @property
    def is_read_only(self) -> bool:
        return self.standing != "mine"

    @property
    def state(self) -> str:
        """The job's state: the office's word where it has one, else where the visit stands."""
        if self.sheet.get("state") in ("cancelled", "verified", "rework"):
            return str(self.sheet["state"])
        return str(self.visit["state"])

    @property
    def missing(self) -> list[visits.Missing]:
        """What the visit lacks before it can be finished as completed."""
        sheet = {"slots": [], "checklist": None, **self.sheet}
        return visits.missing_before_finish(sheet, self.visit)


def of(outbox: Outbox) -> list[Job]:
    """All jobs of the person, the next appointment first."""
    rows = outbox.store.rows(
        "SELECT * FROM base WHERE person_id = ? AND kind = 'job' AND standing <> 'gone'",
        [outbox.person_id],
    )
    return sorted((_job(outbox, row) for row in rows), key=_by_time)


def get(outbox: Outbox, job_id: str) -> Job:
    """Raises JobUnknown."""
    row = outbox.store.row(
        "SELECT * FROM base WHERE person_id = ? AND kind = 'job' AND id = ? AND standing <> 'gone'",
        [outbox.person_id, job_id],
    )
    if row is None:
        raise errors.JobUnknown(job=job_id)
    return _job(outbox, row)


def writable(outbox: Outbox, job_id: str) -> Job:
    """A job that may get more facts. Raises JobUnknown, JobReadOnly."""
    job = get(outbox, job_id)
    if job.is_read_only:
        raise errors.JobReadOnly(job=job_id, reason=job.reason or "removed")
    return job


def _job(outbox: Outbox, row: Row) -> Job:
    sheet: Json = json.loads(row["data"])
    waiting = plan.overlay(outbox.rows(row["id"]), row["version"])
    visit = plan.shown_visit(sheet.get("visit"), waiting)
    return Job(row["id"], sheet, visit, row["standing"], row["reason"])


def _by_time(job: Job) -> tuple[str, str]:
    window = job.sheet.get("window") or {}
    return str(window.get("start") or "9999"), job.job_id


def part(outbox: Outbox, sku: str) -> Json | None:
    """A part of the catalogue as it was last pulled."""
    row = outbox.store.row(
        "SELECT data FROM base WHERE person_id = ? AND kind = 'part' AND id = ? "
        "AND standing = 'mine'",
        [outbox.person_id, sku],
    )
    return json.loads(row["data"]) if row else None


def stock(outbox: Outbox) -> dict[str, int]:
    """The van's stock as it was last pulled, by SKU."""
    rows = outbox.store.rows(
        "SELECT id, data FROM base WHERE person_id = ? AND kind = 'stock' AND standing = 'mine'",
        [outbox.person_id],
    )
    return {row["id"]: int(json.loads(row["data"]).get("quantity") or 0) for row in rows}
