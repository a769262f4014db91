"""What does not add up, as people read it: what happened, what can be done about it, what each will do."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.db.events import FieldEvent, Quarantine
from server.db.exceptions import FieldException
from server.db.jobs import Job
from server.db.parts import Part
from server.db.people import Device, names_of
from server.db.photos import Photo
from server.domain import exceptions as rules
from server.domain.sync import Status
from server.office import wording
from server.office.labels import label
from server.office.wording import in_language, language

Lines = list[tuple[str, str]]
KINDS = rules.KINDS

# decision -> its name, and what it will do where the kind has nothing more exact to say.
DOES = {
    rules.KEEP: (_l("Leave it as it stands"), _l("It stays on record and counts for nothing.")),
    rules.APPLY: (_l("Let it count"), _l("What was recorded counts as if it had come in time.")),
    rules.RUN_AGAIN: (
        _l("Read it again"),
        _l(
            "The event is read once more, after our correction; where it still cannot be, it stays here."
        ),
    ),
}
EFFECTS = {
    ("work_on_cancelled", rules.KEEP): _l(
        "The job stays called off. Photos and entries stay on record, apart; no parts are booked."
    ),
    ("work_on_cancelled", rules.APPLY): _l(
        "The job is no longer called off: its visit counts, parts are booked, and it comes to verification. A"
        " cancelled ticket is open again."
    ),
    ("work_on_reassigned", rules.KEEP): _l(
        "Only the visit of the present installer counts. The other work stays on record, apart."
    ),
    ("work_on_reassigned", rules.APPLY): _l(
        "The work of the earlier installer counts for the job, and their parts are booked from their van."
    ),
    ("device_revoked", rules.APPLY): _l(
        "What the tablet delivered counts although it was out of service."
    ),
    ("event_forced", rules.APPLY): _l("The event counts without the one before it."),
    ("clock_wrong", rules.KEEP): _l("The corrected times stay. Nothing else changes."),
    ("stock_negative", rules.KEEP): _l("The ledger stays as it is; count the van to put it right."),
    ("photo_seen_before", rules.KEEP): _l(
        "The picture stays, with its doubt; the ticket no longer waits for this. Ask for a new picture at the"
        " visit, if it will not do."
    ),
    ("photo_unreadable", rules.KEEP): _l(
        "The file stays in its place; the ticket waits for a picture that can be shown."
    ),
    ("photo_lost", rules.KEEP): _l(
        "The loss stays on record; a slot that is now empty must be filled by another picture."
    ),
    ("receipt_mismatch", rules.KEEP): _l(
        "Both versions stay; what the signature covers is shown with the receipt."
    ),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One exception as it is shown; `facts` are terms with words, `photos` stand side by side."""

    row: FieldException
    sentence: str
    holds_ticket: bool
    choices: list[tuple[str, Any, Any]]
    facts: Lines
    photos: list[Photo]
    raw: str


def told(
    session: Session, rows: Sequence[FieldException]
) -> tuple[list[Doubt], dict[str | None, str]]:
    """The doubts, and the names of whom they speak of; with one question for each kind of thing."""
    things = _Things(session, rows)
    shown = [
        Doubt(
            each,
            sentence(each.kind),
            rules.KINDS[each.kind].holds_ticket,
            choices(each.kind),
            things.facts(each),
            things.photos_of(each),
            things.raw(each),
        )
        for each in rows
    ]
    return shown, things.people


def sentence(kind: str) -> str:
    known = rules.KINDS[kind]
    return known.zh if language() == "zh" else known.en


def choices(kind: str) -> list[tuple[str, Any, Any]]:
    """What may be decided: the code, its name, and what it will do."""
    return [
        (each, DOES[each][0], EFFECTS.get((kind, each), DOES[each][1]))
        for each in rules.KINDS[kind].decisions
    ]


class _Things:
    """What the exceptions of one page are about."""

    def __init__(self, session: Session, rows: Sequence[FieldException]) -> None:
        self.events = _by_id(session, FieldEvent, (each.event_id for each in rows))
        aside = (each.details.get("quarantine_id") for each in rows)
        self.aside = _by_id(session, Quarantine, aside)
        self.jobs = _by_id(session, Job, (each.job_id for each in rows))
        self.devices = _by_id(session, Device, (each.device_id for each in rows))
        shown = (each.details.get(name) for each in rows for name in ("photo_id", "seen_in"))
        self.photos = _by_id(session, Photo, shown)
        skus = {str(each.details["sku"]) for each in rows if each.details.get("sku")}
        parts = session.scalars(select(Part).where(Part.sku.in_(skus)))
        self.parts = {each.sku: each for each in parts}
        named = _named(rows, self.jobs.values(), self.photos.values())
        self.people = names_of(session, named)
        self.recorded = _recorded(session, rows)

    def facts(self, row: FieldException) -> Lines:
        lines = [
            *self._about_work(row),
            *self._about_time(row),
            *self._about_things(row),
        ]
        return [(term, words) for term, words in lines if words]

    def _about_work(self, row: FieldException) -> Lines:
        job, kinds = self.jobs.get(row.job_id or ""), self.recorded.get(row.id, {})
        what = wording.listed(f"{label(kind, 'act')} × {count}" for kind, count in kinds.items())
        lines = [(_("What came in"), what)]
        if job is not None and row.kind == "work_on_cancelled" and job.cancelled_at:
            when = wording.moment(job.cancelled_at, job.time_zone)
            lines.append((_("Called off"), wording.listed([when, job.cancelled_reason])))
        if job is not None and row.kind == "work_on_reassigned":
            lines.append((_("The job belongs to"), self.people.get(job.assignee_id, "")))
        if row.kind == "event_quarantined":
            named = row.details.get("job_named")
            lines += [
                (_("Job it names"), str(named) if named and not row.job_id else ""),
                (_("Why"), label(row.details.get("code", ""), "result_code")),
            ]
        return lines

    def _about_time(self, row: FieldException) -> Lines:
        event = self.events.get(row.event_id or "")
        if event is None:
            return []
        lines = [(_("Arrived"), wording.moment(event.received_at))]
        if row.kind == "clock_wrong":
            lines += [
                (_("By the tablet's clock"), _by_the_tablet(event.captured_at)),
                (_("Corrected"), wording.moment(event.captured_est)),
                (_("Uncertain by"), _("%(seconds)s s", seconds=event.uncertainty_s)),
            ]
        else:
            lines.append((_("Captured"), wording.moment(event.captured_est)))
        return lines

    def _about_things(self, row: FieldException) -> Lines:
        details, device = row.details, self.devices.get(row.device_id or "")
        lines: Lines = []
        if device is not None:
            state = label(device.status, "device_status")
            since = wording.moment(device.revoked_at) if device.revoked_at else ""
            name = device.name or label(device.platform, "platform")
            lines.append((_("Tablet"), wording.listed([name, state, since])))
        if details.get("sku"):
            part = self.parts.get(str(details["sku"]))
            name = in_language(part, "name") if part else ""
            lines.append((_("Part"), wording.listed([str(details["sku"]), name])))
            lines.append((_("The van has"), str(details.get("balance", ""))))
        if row.kind == "receipt_mismatch":
            lines += [
                (_("The tablet signed"), str(details.get("tablet_digest", ""))[:12]),
                (_("The events say"), str(details.get("server_digest", ""))[:12]),
            ]
        if row.kind == "photo_lost":
            lines.append((_("Why"), str(details.get("reason", ""))))
        return lines

    def photos_of(self, row: FieldException) -> list[Photo]:
        ids = [row.details.get("photo_id"), row.details.get("seen_in")]
        return [self.photos[each] for each in ids if each in self.photos]

    def raw(self, row: FieldException) -> str:
        """What came in, readable: set aside, or on record."""
        aside = self.aside.get(row.details.get("quarantine_id") or "")
        kept = aside or self.events.get(row.event_id or "")
        return _readable(kept.raw) if kept is not None else ""


def _by_id(session: Session, kind: Any, ids: Iterable[Any]) -> dict[str, Any]:
    wanted = {each for each in ids if each}
    if not wanted:
        return {}
    return {each.id: each for each in session.scalars(select(kind).where(kind.id.in_(wanted)))}


def _named(
    rows: Sequence[FieldException], jobs: Iterable[Job], photos: Iterable[Photo]
) -> set[str | None]:
    ids = {name for each in rows for name in (each.person_id, each.owner_id, each.decided_by)}
    return ids | {job.assignee_id for job in jobs} | {photo.taken_by for photo in photos}


def _recorded(session: Session, rows: Sequence[FieldException]) -> dict[str, dict[str, int]]:
    """How often each kind of event was recorded apart, by exception."""
    apart = {(each.job_id, each.person_id): each.id for each in rows if _is_of_work(each)}
    counts = (
        select(FieldEvent.job_id, FieldEvent.person_id, FieldEvent.kind, func.count())
        .where(FieldEvent.job_id.in_({job_id for job_id, _who in apart}))
        .where(FieldEvent.status == Status.RECORDED)
        .group_by(FieldEvent.job_id, FieldEvent.person_id, FieldEvent.kind)
        .order_by(FieldEvent.kind)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for job_id, person_id, kind, count in session.execute(counts) if apart else ():
        if its_id := apart.get((job_id, person_id)):
            found[its_id][kind] = count
    return found


def _is_of_work(row: FieldException) -> bool:
    return row.job_id is not None and rules.APPLY in rules.KINDS[row.kind].decisions


def _by_the_tablet(captured_at: str) -> str:
    """As people say it, where it is a moment at all."""
    try:
        return wording.moment(datetime.fromisoformat(captured_at))
    except (ValueError, OverflowError):
        return captured_at


def _readable(raw: str) -> str:
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except ValueError:
        return raw
