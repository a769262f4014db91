"""The audit log: `/api/v1/audit`."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.pages import as_it_is, only, page
from server.auth import needs
from server.db.audit import AuditLine
from server.schemas import Code, Document, Ident, Moment, PageQuery, Text, page_of
from server.transactions import reads

blp = Blueprint(
    "audit",
    __name__,
    description="The audit log (history): who did what to which thing, when.",
)


class AuditSchema(ma.Schema):
    id = ma.fields.Integer(required=True)
    at = Moment(required=True)
    person_id = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "null: the house itself, by a policy or a rule."},
    )
    act = ma.fields.String(required=True, metadata={"example": "job.issued"})
    noun = ma.fields.String(required=True, metadata={"example": "job"})
    noun_id = ma.fields.String(required=True, metadata={"example": "J-1001"})
    request_id = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "`X-Request-Id` of the answer that it belongs to."},
    )
    details = Document(required=True)


class AuditQuery(PageQuery):
    noun = Code(metadata={"example": "job"})
    noun_id = Text(200, least=1, metadata={"example": "J-1001"})
    act = Code(metadata={"example": "job.reassigned"})
    person_id = Ident(metadata={"description": "Only what this person did."})


@blp.route("/audit")
@reads
@needs("audit.read")
@blp.arguments(AuditQuery, location="query")
@blp.response(200, page_of(AuditSchema))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List what was done, the newest first."""
    columns = (AuditLine.noun, AuditLine.noun_id, AuditLine.act, AuditLine.person_id)
    found = only(select(AuditLine), asked, *columns)
    return page(session, found, (AuditLine.id,), as_it_is, asked, newest_first=True)
