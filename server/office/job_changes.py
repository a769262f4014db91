"""What the office wrote of a job, edited in place: its window, the work, the notes."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from server.actions import jobs
from server.auth import me, needs
from server.db.jobs import Job, get_for
from server.domain import errors
from server.domain import jobs as rules
from server.domain import tickets as ticket_rules
from server.house import house
from server.office import answers, doubts, edits, forms, labels
from server.office.edits import Clash
from server.office.wording import language
from server.schemas import ComingDay, Shape, Text, one_of
from server.transactions import reads, writes

blp = Blueprint("job_changes", __name__)


class Changes(Shape):
    day = ComingDay(allow_none=True)
    begin = ma.fields.Time(format="%H:%M", data_key="from", allow_none=True)
    end = ma.fields.Time(format="%H:%M", data_key="to", allow_none=True)
    work = Text(least=1)
    notes = Text()
    priority = Text(64, validate=one_of(*ticket_rules.CLASSES))


class WithReason(Changes):
    reason = Text()


KEEP_EMPTY = ("day", "from", "to", "notes")
WINDOW = ("day", "begin", "end")
# How the audit calls what the form has as three fields.
NOTED_AS = {"day": "window_start", "begin": "window_start", "end": "window_end"}


@blp.get("/jobs/<job_id>/edit")
@reads
@needs("job.issue")
def edit(session: Session, job_id: str) -> str:
    """The form in place of what it edits; a page of its own without a script."""
    return _form(get_for(session, me(), job_id, house().clock()), forms.Typed())


@blp.post("/jobs/<job_id>/edit")
@writes
@needs("job.issue")
def change(session: Session, job_id: str) -> AnyResponse | tuple[str, int]:
    """What only one of two has touched is kept from both; what speaks against a new window asks for a reason."""
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    rules.must_be_movable(job.state)
    try:
        said = _plain(forms.read(WithReason, keep_empty=KEEP_EMPTY))
        reason = said.pop("reason", "") or None
        edit = edits.read(session, written(job), Changes, said, "job", job.id, noted_as=NOTED_AS)
        if edit.clashes:
            return _form(job, forms.typed(), edit.clashes), 409
        with session.begin_nested():
            _write(session, job, edit.mine, reason, now)
    except (errors.Invalid, errors.ReferenceUnknown) as wrong:
        session.refresh(job)
        return _form(job, forms.Typed(request.form, forms.problems_of(wrong))), 422
    except (errors.JobHasWarnings, errors.CertificateMissing) as doubtful:
        session.refresh(job)
        return _form(job, forms.typed(), doubtful=doubtful), 409
    return answers.go_to("office.tickets.show", ticket_id=job.ticket_id, _anchor=job.id)


def written(job: Job) -> dict[str, Any]:
    """The job as the form writes it, in the zone of its site."""
    zone = ZoneInfo(job.time_zone)
    start = job.window_start.astimezone(zone) if job.window_start else None
    end = job.window_end.astimezone(zone) if job.window_end else None
    return {
        "day": start.date() if start else None,
        "begin": f"{start:%H:%M}" if start else None,
        "end": f"{end:%H:%M}" if end else None,
        "work": job.work,
        "notes": job.notes,
        "priority": job.priority,
    }


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """Times of day as the form writes them."""
    return {
        name: f"{value:%H:%M}" if isinstance(value, time) else value for name, value in said.items()
    }


def _write(
    session: Session, job: Job, mine: dict[str, Any], reason: str | None, now: datetime
) -> None:
    if not mine:
        return
    form = {name: value for name, value in mine.items() if name not in WINDOW}
    if mine.keys() & set(WINDOW):
        form |= _window(job, {**written(job), **mine})
    if reason:
        form["reason"] = reason
    jobs.change(session, me(), job, form, now)


def _window(job: Job, said: Mapping[str, Any]) -> dict[str, datetime | None]:
    day: date | None = said["day"]
    return {
        "window_start": forms.moment_of(day, _time(said["begin"]), job.time_zone),
        "window_end": forms.moment_of(day, _time(said["end"]), job.time_zone),
    }


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None


def _form(
    job: Job,
    typed: forms.Typed,
    clashes: Mapping[str, Clash] | None = None,
    doubtful: errors.DoorstepError | None = None,
) -> str:
    page = "job_facts_form.html" if answers.is_fragment() else "job_edit.html"
    return render_template(
        f"office/{page}",
        job=job,
        edit=edits.form_of(written(job), Changes, typed, clashes),
        choices=labels.choices,
        failure=doubtful,
        warnings=doubts.warnings_in(doubtful),
        sentence=doubtful.sentence(language()) if doubtful else "",
    )
