"""Visits: `/api/v1/visits`, and the office's verdict on one."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import visits
from server.api.jobs import JobSchema, told
from server.api.pages import must_match, only, page
from server.api.reference import IF_MATCH
from server.auth import me, needs
from server.db.jobs import Visit, get_for, visit_for, visits_visible_to
from server.db.tables import values_of
from server.house import house
from server.schemas import Document, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "visits",
    __name__,
    description="Visits (bookings, time sheets): what really happened on a job.",
)


class VisitSchema(ma.Schema):
    id = ma.fields.String(required=True)
    job_id = ma.fields.String(required=True)
    person_id = ma.fields.String(
        required=True, metadata={"description": "To whom the job was given for this visit."}
    )
    assigned_at = Moment(required=True)
    ended_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When the job was given to somebody else."},
    )
    content = Document(
        required=True,
        metadata={
            "description": "The fold of the field events that count: state, times, answers, photos, "
            "parts, notes, receipt, outcome. Its times are those of the tablet, unchanged."
        },
    )


class VisitQuery(PageQuery):
    job_id = Ident(metadata={"description": "Only those on this job.", "example": "J-1001"})


class VisitVerdict(Shape):
    verdict = Text(
        16,
        required=True,
        validate=one_of(*visits.VERDICTS),
        metadata={
            "description": "`accept`, or `rework`: the work is not fine, which opens a revisit at once.",
            "example": "accept",
        },
    )
    reason = Text(
        metadata={"description": "Needed for rework.", "example": "The door scrapes on the frame."}
    )


@blp.route("/visits")
@reads
@needs("visit.read")
@blp.arguments(VisitQuery, location="query")
@blp.response(200, page_of(VisitSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List visits, one for each time that a job was given to somebody, the oldest first."""
    found = only(visits_visible_to(me(), house().clock()), asked, Visit.job_id)
    return page(session, found, (Visit.id,), values_of, asked)


@blp.route("/visits/<visit_id>")
@reads
@needs("visit.read")
@blp.response(200, VisitSchema)
def show(session: Session, visit_id: str) -> Any:
    """Show one visit."""
    return visit_for(session, me(), visit_id, house().clock())


@blp.route("/jobs/<job_id>/verdict", methods=["POST"])
@writes
@needs("visit.verify")
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(VisitVerdict)
@blp.response(200, JobSchema)
def verify(session: Session, form: dict[str, Any], job_id: str) -> Any:
    """Give the verdict (review) on a finished visit as a whole: accept, or rework with a reason.

    Accepting also accepts every checked photo that nobody has doubted. A single picture that will not
    do is asked for again by its own verdict, without a trip. 409 before the visit is finished.
    """
    now = house().clock()
    job = get_for(session, me(), job_id, now, to_change=True)
    must_match(job.edition)
    visits.verify(session, me(), job, form["verdict"], form.get("reason"), now)
    return told(session, job)
