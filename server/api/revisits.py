"""Revisits: `/api/v1/revisits`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from server.actions import jobs, revisits
from server.api.jobs import Assignment, JobSchema
from server.api.jobs import shown as job_shown
from server.api.pages import created, etag, must_match, only, page
from server.api.reference import IF_MATCH
from server.auth import me, needs
from server.db import tickets
from server.db.jobs import Job
from server.db.revisits import Revisit, get_for, visible_to
from server.db.tables import values_of
from server.domain import revisits as rules
from server.domain.people import Role
from server.house import house
from server.schemas import Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads, writes

blp = Blueprint(
    "revisits",
    __name__,
    description="Revisits (follow-ups, callbacks, recalls): why somebody has to go again.",
)

DECISIONS = (rules.State.DUE, rules.State.PROPOSED, rules.State.DISMISSED)


class RevisitSchema(ma.Schema):
    id = ma.fields.String(required=True)
    ticket_id = ma.fields.String(required=True)
    job_id = ma.fields.String(
        required=True, metadata={"description": "The job that it repairs or completes."}
    )
    trigger = ma.fields.String(
        required=True,
        validate=one_of(*rules.Trigger),
        metadata={"description": "What happened that asks for it."},
    )
    cause = ma.fields.String(required=True, validate=one_of(*rules.CAUSES))
    mode = ma.fields.String(
        required=True,
        validate=one_of(*rules.Mode),
        metadata={"description": "How it began: due at once, proposed, or with a call first."},
    )
    words = ma.fields.String(
        required=True, metadata={"description": "What the field or the customer said."}
    )
    state = ma.fields.String(required=True, validate=one_of(*rules.State))
    opened_at = Moment(required=True)
    earliest_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "When the parts that it carries are there."},
    )
    decided_by = ma.fields.String(required=True, allow_none=True)
    decided_at = Moment(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    decides = ma.fields.String(
        required=True,
        validate=one_of(*Role),
        metadata={
            "description": "The role whose decision it is, as the branch's rule says; a supervisor may, too."
        },
    )
    preferred_installer_id = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Who knows the place; null where somebody else should go."},
    )
    planned_job_id = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "The job issued for it."}
    )
    rev = ma.fields.Integer(
        required=True, metadata={"description": "Raised by every decision; also the `ETag`."}
    )


class RevisitQuery(PageQuery):
    state = Text(64, validate=one_of(*rules.State))
    ticket_id = Ident(metadata={"description": "Only those of this ticket.", "example": "T-1001"})
    job_id = Ident(
        metadata={"description": "Only those that repair this job.", "example": "J-1001"}
    )


class RevisitDecision(Shape):
    to = Text(
        64,
        required=True,
        validate=one_of(*DECISIONS),
        metadata={
            "description": "`due`: somebody goes, plan it. `proposed`: decide later. `dismissed`: "
            "nobody goes; needs a reason. It becomes `planned` by issuing its job.",
            "example": "due",
        },
    )
    reason = Text(metadata={"example": "The customer is content with a spare handle by post."})


@blp.route("/revisits")
@reads
@needs("revisit.read")
@blp.arguments(RevisitQuery, location="query")
@blp.response(200, page_of(RevisitSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List revisits (callbacks), the oldest first."""
    found = only(visible_to(me()), asked, Revisit.state, Revisit.ticket_id, Revisit.job_id)
    key = (Revisit.opened_at, Revisit.id)
    return page(session, found, key, lambda each: shown(session, each), asked)


@blp.route("/revisits/<revisit_id>")
@reads
@needs("revisit.read")
@blp.response(200, RevisitSchema)
def show(session: Session, revisit_id: str) -> Any:
    """Show one revisit."""
    revisit = get_for(session, me(), revisit_id)
    return shown(session, revisit), etag(revisit.rev)


@blp.route("/revisits/<revisit_id>/decide", methods=["POST"])
@writes
@needs("revisit.decide")
@blp.doc(parameters=[IF_MATCH])
@blp.arguments(RevisitDecision)
@blp.response(200, RevisitSchema)
def decide(session: Session, form: dict[str, Any], revisit_id: str) -> Any:
    """Decide whether somebody goes again. While it is `proposed` or `call_first`, this is for the role in
    `decides`: others are answered `decided_by_others`.
    """
    revisit = get_for(session, me(), revisit_id, to_change=True)
    must_match(revisit.rev)
    revisits.judge(session, me(), revisit, form["to"], form.get("reason"), house().clock())
    return shown(session, revisit), etag(revisit.rev)


@blp.route("/revisits/<revisit_id>/issue", methods=["POST"])
@writes
@needs("job.issue")
@blp.arguments(Assignment)
@blp.response(201, JobSchema)
def issue(session: Session, form: dict[str, Any], revisit_id: str) -> Any:
    """Issue the job of a revisit. What the form leaves out comes from the job that it repairs.

    Carries the parts that the earlier visit lacked. The same checks as for any job (`POST /jobs`).
    """
    revisit = get_for(session, me(), revisit_id, to_change=True)
    ticket = tickets.get_for(session, me(), revisit.ticket_id)
    job, _ = jobs.issue(session, me(), ticket, form, house().clock(), revisit=revisit)
    return job_shown(session, job), created(job.edition, "jobs", job.id)


def shown(session: Session, revisit: Revisit) -> dict[str, Any]:
    earlier = session.get_one(Job, revisit.job_id)
    is_preferred = rules.prefers_same_installer(revisit.cause)
    return {
        **values_of(revisit),
        "decides": revisits.deciders(session, [(revisit, earlier.branch_id)])[revisit.id],
        "preferred_installer_id": earlier.assignee_id if is_preferred else None,
    }
