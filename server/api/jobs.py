"""Jobs: `/api/v1/jobs`. What happens on one is in `visits.py`."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
from flask_smorest import Blueprint
from marshmallow import validate
from sqlalchemy import Select
from sqlalchemy.orm import Session

from server.actions import jobs, readiness
from server.actions.references import named
from server.api.pages import created, etag, must_match, only, page
from server.api.tickets import Reason
from server.auth import me, needs
from server.db import sheets, tickets
from server.db.jobs import Job, crew_of, current_visit, get_for, visible_to
from server.db.tables import values_of
from server.domain import jobs as rules
from server.domain.events import CAUSES, CHARGES, MAX_MONEY, MAX_QUANTITY, OUTCOMES
from server.domain.people import CONTRACTOR_ROLES
from server.domain.readiness import Light
from server.domain.sync import Received
from server.errors import language
from server.house import house
from server.schemas import (
    Code,
    Count,
    Day,
    Document,
    Ident,
    Moment,
    PageQuery,
    Shape,
    Text,
    must_be_currency,
    one_of,
    page_of,
)
from server.transactions import reads, writes

blp = Blueprint(
    "jobs",
    __name__,
    description="Jobs (work orders, service appointments): one trip to one site for one ticket.",
)

VERDICTS = ("accept", "rework")
MOST_LINES = 100


class WarningSchema(ma.Schema):
    code = ma.fields.String(required=True, validate=one_of(*rules.WARNINGS))
    subject = ma.fields.String(
        required=True,
        metadata={"description": "The skill, job, part or certificate.", "example": "HINGE-110"},
    )
    sentence = ma.fields.String(
        required=True, metadata={"description": "For people, in the language of the request."}
    )
    can_be_overridden = ma.fields.Boolean(
        required=True, metadata={"description": "By a reason; a missing certificate cannot."}
    )


class MissingProof(ma.Schema):
    events = ma.fields.List(ma.fields.String(), required=True)
    blobs = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "SHA-256 of each file"}
    )


class Shortage(ma.Schema):
    sku = ma.fields.String(required=True)
    missing = ma.fields.Integer(required=True)


class ReadinessCheck(ma.Schema):
    what = ma.fields.String(
        required=True,
        metadata={"description": "parts, earlier, storage, kept, clock, contact; newer apps: more"},
    )
    light = ma.fields.String(required=True, validate=one_of(*Light))
    short = ma.fields.List(
        ma.fields.Nested(Shortage), metadata={"description": "Parts that the van lacks."}
    )
    here = ma.fields.Integer(metadata={"description": "Earlier photos that are on the tablet …"})
    all = ma.fields.Integer(metadata={"description": "… of so many."})
    free_bytes = ma.fields.Integer()


class ReadinessSchema(ma.Schema):
    light = ma.fields.String(required=True, validate=one_of(*Light))
    checks = ma.fields.List(ma.fields.Nested(ReadinessCheck), required=True)
    person_id = ma.fields.String(required=True)
    device_id = ma.fields.String(required=True)
    checked_at = Moment(required=True, metadata={"description": "By the tablet's clock."})
    received_at = Moment(required=True)
    set_out_at = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "When somebody set out, by the tablet's clock; null while nobody has."
        },
    )
    left_unready = ma.fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Set out although not all was green; null while nobody has."},
    )


class JobLine(ma.Schema):
    id = ma.fields.String(required=True, metadata={"example": "J-1001"})
    ticket_id = ma.fields.String(required=True)
    branch_id = ma.fields.String(required=True)
    site_id = ma.fields.String(required=True)
    asset_id = ma.fields.String(required=True, allow_none=True)
    work = ma.fields.String(required=True)
    priority = ma.fields.String(required=True)
    window_start = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "Begin of the appointment window; null while none is agreed."},
    )
    window_end = Moment(required=True, allow_none=True)
    time_zone = ma.fields.String(required=True, metadata={"description": "Of the site."})
    assignee_id = ma.fields.String(required=True)
    revisit_of = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The job that it repairs."}
    )
    revisit_id = ma.fields.String(required=True, allow_none=True)
    cause = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why it is a revisit."}
    )
    issued_at = Moment(required=True)
    issued_by = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True,
        validate=one_of(*rules.State),
        metadata={"description": "Follows from field events and the verdict; nobody sets it."},
    )
    outcome = ma.fields.String(required=True, allow_none=True, validate=one_of(*OUTCOMES))
    outcome_cause = ma.fields.String(required=True, allow_none=True, validate=one_of(*CAUSES))
    finished_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "By the tablet's clock, corrected."},
    )
    received = ma.fields.String(
        required=True,
        validate=one_of(*Received),
        metadata={"description": "How much of the announced proof has arrived; beside the state."},
    )
    missing = ma.fields.Nested(
        MissingProof, required=True, metadata={"description": "What was announced and is not here."}
    )
    verdict = ma.fields.String(required=True, allow_none=True, validate=one_of(*VERDICTS))
    verdict_reason = ma.fields.String(required=True)
    verdict_by = ma.fields.String(required=True, allow_none=True)
    verdict_at = Moment(required=True, allow_none=True)
    is_auto_accepted = ma.fields.Boolean(
        required=True,
        metadata={"description": "Accepted by the branch's policy, by nobody's eyes."},
    )
    cancelled_at = Moment(required=True, allow_none=True)
    cancelled_reason = ma.fields.String(required=True)
    rev = ma.fields.Integer(
        required=True, metadata={"description": "Revision of the sheet that tablets have."}
    )
    edition = ma.fields.Integer(
        required=True, metadata={"description": "Raised by every office edit; the `ETag`."}
    )


class JobSchema(JobLine):
    crew = ma.fields.List(
        ma.fields.String(), required=True, metadata={"description": "Who goes along."}
    )
    skills = ma.fields.List(ma.fields.String(), required=True)
    certificates = ma.fields.List(ma.fields.String(), required=True)
    slots = ma.fields.List(Document(), required=True)
    checklist = Document(required=True)
    planned_parts = ma.fields.List(Document(), required=True)
    notes = ma.fields.String(required=True)
    care_card = ma.fields.String(required=True)
    override_reason = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it was issued in spite of warnings; for the office only."},
    )
    warnings = ma.fields.List(
        ma.fields.Nested(WarningSchema),
        required=True,
        metadata={"description": "What speaks against it now; for the office only."},
    )
    sheet = Document(
        required=True,
        metadata={
            "description": "All that the tablet is told: customer, site, asset, photo slots, "
            "checklist, parts, history of earlier trips."
        },
    )
    readiness = ma.fields.Nested(
        ReadinessSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "Ready to leave? What the tablet last saw before the van moved; null where "
            "it has said nothing."
        },
    )
    visit_id = ma.fields.String(required=True)
    visit = Document(
        required=True,
        metadata={
            "description": "What has happened so far (booking, time sheet): the fold of the field "
            "events under the present assignment."
        },
    )


class PlannedPart(Shape):
    sku = Text(64, least=1, required=True, metadata={"example": "HINGE-110"})
    quantity = Count(1, MAX_QUANTITY, required=True, metadata={"example": 2})
    charge = Text(64, validate=one_of(*CHARGES), metadata={"description": "`customer` unless told"})
    unit_price = Count(
        0,
        MAX_MONEY,
        metadata={"description": "cents; the catalogue's unless told", "example": 1250},
    )
    currency = Text(3, validate=must_be_currency, metadata={"example": "CNY"})


class JobChanges(Shape):
    work = Text(least=1, metadata={"example": "Hang the upper left door again"})
    priority = Code(metadata={"example": "urgent"})
    window_start = Moment(
        allow_none=True,
        metadata={
            "description": "Appointment window; start and end go together.",
            "example": "2026-11-24T01:00:00Z",
        },
    )
    window_end = Moment(allow_none=True, metadata={"example": "2026-11-24T03:00:00Z"})
    crew = ma.fields.List(
        Ident(),
        validate=validate.Length(max=10),
        metadata={"description": "People who go along with the assignee."},
    )
    skills = ma.fields.List(Code(), validate=validate.Length(max=20))
    certificates = ma.fields.List(
        Code(),
        validate=validate.Length(max=20),
        metadata={"description": "Asked for besides what the product asks for by itself."},
    )
    slots = ma.fields.List(
        Document(),
        metadata={
            "description": "The photos that the job requires (completion photos), "
            '`[{"slot", "label", "label_zh", "minimum"}]`, and `hint` and `hint_zh` for what should '
            "be in the picture; those of the kind of ticket unless told.",
            "example": [{"slot": "after", "label": "After", "label_zh": "施工后", "minimum": 1}],
        },
    )
    checklist = Document(
        metadata={
            "description": '`{"name", "version", "steps"}`; that of the kind of ticket unless told.',
            "example": {
                "name": "door",
                "version": 1,
                "steps": [
                    {
                        "step_id": "level",
                        "kind": "yes_no",
                        "label": "Is it level?",
                        "label_zh": "水平吗？",
                        "required": True,
                    }
                ],
            },
        }
    )
    planned_parts = ma.fields.List(
        ma.fields.Nested(PlannedPart), validate=validate.Length(max=MOST_LINES)
    )
    notes = Text(metadata={"description": "For whoever goes there."})
    care_card = Text(metadata={"description": "Care advice; that of the product unless told."})
    reason = Text(
        metadata={
            "description": "Why to go on in spite of warnings; kept.",
            "example": "The colleague hands the hinge over on the way.",
        }
    )


class Assignment(JobChanges):
    """What a new job may say, whether it is a first trip or a revisit."""

    assignee_id = Ident(required=True, metadata={"description": "The installer (technician)."})
    site_id = Ident(metadata={"description": "That of the ticket unless told."})
    asset_id = Ident(metadata={"description": "That of the ticket unless told."})


class NewJob(Assignment):
    ticket_id = Ident(required=True, metadata={"example": "T-1001"})


class JobCheck(ma.Schema):
    can_be_issued = ma.fields.Boolean(
        required=True, metadata={"description": "Perhaps only with a reason."}
    )
    needs_reason = ma.fields.Boolean(required=True)
    warnings = ma.fields.List(ma.fields.Nested(WarningSchema), required=True)


class Handover(Shape):
    assignee_id = Ident(required=True)
    reason = Text(
        metadata={
            "description": "Kept; needed where there are warnings.",
            "example": "Alice is ill.",
        }
    )


class JobQuery(PageQuery):
    assignee_id = Ident(metadata={"description": "Only those of this person."})
    state = Text(64, validate=one_of(*rules.State))
    received = Text(64, validate=one_of(*Received))
    ticket_id = Ident(metadata={"description": "Only those for this ticket.", "example": "T-1001"})
    day = Day(
        metadata={
            "description": "Jobs whose window touches this day in your branch's time zone.",
            "example": "2026-11-24",
        }
    )
    begin = Moment(data_key="from", metadata={"description": "Window ends after this moment."})
    end = Moment(data_key="to", metadata={"description": "Window starts before this moment."})


@blp.route("/jobs")
@reads
@needs("job.read")
@blp.arguments(JobQuery, location="query")
@blp.response(200, page_of(JobLine))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List jobs (work orders), the newest first. Installers see their own, a lead the team's."""
    columns = (Job.assignee_id, Job.state, Job.received, Job.ticket_id)
    found = only(visible_to(me(), house().clock()), asked, *columns)
    if "day" in asked:
        found = _between(found, *_edges(asked["day"]))
    found = _between(found, asked.get("begin"), asked.get("end"))
    return page(session, found, (Job.issued_at, Job.id), _line, asked, newest_first=True)


def _edges(day: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(me().organisation.time_zone)
    start = datetime.combine(day, time(), zone)
    return start, datetime.combine(day + timedelta(days=1), time(), zone)


def _between(found: Select[Job], begin: datetime | None, end: datetime | None) -> Select[Job]:
    if begin is not None:
        found = found.where(Job.window_end > begin)
    if end is not None:
        found = found.where(Job.window_start < end)
    return found


@blp.route("/jobs", methods=["POST"])
@writes
@needs("job.issue")
@blp.arguments(NewJob)
@blp.response(201, JobSchema)
def issue(session: Session, form: dict[str, Any]) -> Any:
    """Issue a job (work order) for a ticket.

    Checked are skills, certificates, overlapping windows and the van's stock against the planned parts.
    Warnings answer 409 `job_has_warnings` unless a `reason` goes along; a missing certificate answers
    422 and no reason helps. `POST /jobs/check` tells both beforehand.
    """
    now = house().clock()
    find_to_change = partial(tickets.get_for, to_change=True)
    ticket = named(find_to_change, session, me(), form["ticket_id"], "ticket_id")
    job, _ = jobs.issue(session, me(), ticket, form, now)
    return shown(session, job), created(job.edition, "jobs", job.id)


@blp.route("/jobs/check", methods=["POST"])
@reads
@needs("job.issue")
@blp.arguments(NewJob)
@blp.response(200, JobCheck)
def check(session: Session, form: dict[str, Any]) -> Any:
    """Try what issuing this job would say, without issuing it."""
    ticket = named(tickets.get_for, session, me(), form["ticket_id"], "ticket_id")
    warnings = jobs.check(session, me(), ticket, form, house().clock())
    return {
        "can_be_issued": not any(each.code in rules.BARRIERS for each in warnings),
        "needs_reason": bool(warnings),
        "warnings": [_warning(each) for each in warnings],
    }


@blp.route("/jobs/<job_id>")
@reads
@needs("job.read")
@blp.response(200, JobSchema)
def show(session: Session, job_id: str) -> Any:
    """Show one job: what the office wrote, what happened on site, what has arrived."""
    return told(session, get_for(session, me(), job_id, house().clock()))


@blp.route("/jobs/<job_id>", methods=["PATCH"])
@writes
@needs("job.issue")
@blp.arguments(JobChanges)
@blp.response(200, JobSchema)
def change(session: Session, form: dict[str, Any], job_id: str) -> Any:
    """Change what the office wrote, until the job is finished.

    Tablets get a new revision of the sheet; receipts keep the one that they were signed on.
    """
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    must_match(job.edition)
    jobs.change(session, me(), job, form, now)
    return told(session, job)


@blp.route("/jobs/<job_id>/reassign", methods=["POST"])
@writes
@needs("job.reassign")
@blp.arguments(Handover)
@blp.response(200, JobSchema)
def reassign(session: Session, form: dict[str, Any], job_id: str) -> Any:
    """Hand a job to somebody else. It is issued anew; what was done so far is kept as it stands.

    Safe to repeat. A lead hands out within the team, a contractor's manager within the company.
    """
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    jobs.reassign(session, me(), job, form["assignee_id"], form.get("reason"), now)
    return told(session, job)


@blp.route("/jobs/<job_id>/cancel", methods=["POST"])
@writes
@needs("job.cancel")
@blp.arguments(Reason)
@blp.response(200, JobSchema)
def cancel(session: Session, form: dict[str, Any], job_id: str) -> Any:
    """Call a job off. Safe to repeat.

    What is done on site meanwhile is kept, and becomes an exception for the office to decide.
    """
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    jobs.cancel(session, me(), job, form["reason"], now)
    return told(session, job)


def told(session: Session, job: Job) -> Any:
    return shown(session, job), etag(job.edition)


def _line(job: Job) -> dict[str, Any]:
    missing = job.missing or {"events": [], "blobs": []}
    return {**values_of(job), "missing": missing}


def shown(session: Session, job: Job) -> dict[str, Any]:
    """A job as it is shown; what only concerns the office is left out for others."""
    is_office = me().role not in CONTRACTOR_ROLES
    warnings = jobs.warnings_of(session, job, house().clock()) if is_office else []
    visit = current_visit(session, job).content
    return {
        **_line(job),
        "crew": crew_of(session, job.id),
        "override_reason": job.override_reason if is_office else None,
        "warnings": [_warning(each) for each in warnings],
        "sheet": sheets.sheet(session, job),
        "readiness": readiness.shown(session, job, visit),
        "visit": visit,
    }


def _warning(warning: rules.Warning) -> dict[str, Any]:
    return {
        "code": warning.code,
        "subject": warning.subject,
        "sentence": rules.sentence(warning, language()),
        "can_be_overridden": warning.code not in rules.BARRIERS,
    }
