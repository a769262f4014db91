"""Receipts: `/api/v1/receipts`."""

from typing import Any

import marshmallow as ma
from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from server import receipt_files
from server.actions import documents
from server.api.pages import only, page
from server.auth import me, needs
from server.db.jobs import Job
from server.db.receipts import Receipt, get_for, visible_to
from server.db.tables import values_of
from server.domain import erasures, errors
from server.domain import receipts as rules
from server.domain.events import UNSIGNED_REASONS
from server.house import house
from server.schemas import Document, Ident, Moment, PageQuery, Shape, Text, one_of, page_of
from server.transactions import reads

blp = Blueprint(
    "receipts",
    __name__,
    description="Receipts (service reports): what the customer signs; every version is kept.",
)

STATES = ("presented", "signed", "unsigned", "changed")


class ReceiptLine(ma.Schema):
    id = ma.fields.String(required=True)
    job_id = ma.fields.String(required=True)
    visit_id = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True, metadata={"description": "Counted for each job."})
    state = ma.fields.String(
        required=True,
        validate=one_of(*STATES),
        metadata={
            "description": "`unsigned`: there is a reason why nobody signed. `changed`: something "
            "that the customer had signed changed, and nobody has signed this version yet."
        },
    )
    digest = ma.fields.String(
        required=True,
        metadata={"description": "SHA-256 of the canonical bytes, lower-case hexadecimal."},
    )
    short_code = ma.fields.String(
        required=True,
        metadata={
            "description": "The first 40 bits of the digest, for people who compare two papers.",
            "example": "7ZK4-0QWD",
        },
    )
    language = ma.fields.String(required=True)
    made_at = Moment(required=True)
    signed_at = Moment(required=True, allow_none=True)


class ReceiptSchema(ReceiptLine):
    content = Document(
        required=True, metadata={"description": "The receipt itself, `doorstep-receipt/1`."}
    )
    base_rev = ma.fields.Integer(
        required=True, metadata={"description": "Revision of the job's sheet that it rests on."}
    )
    signer_name = ma.fields.String(required=True, allow_none=True)
    relation = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the signer to the customer.", "example": "self"},
    )
    signature_sha256 = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "SHA-256 of the picture of the signature."},
    )
    signed_digest = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The digest that the tablet says was signed. Where it is not `digest`, "
            "the exception `receipt_mismatch` is before the office."
        },
    )
    stars = ma.fields.Integer(required=True, allow_none=True)
    words = ma.fields.String(required=True, allow_none=True)
    reservation = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the customer noted while signing (remark)."},
    )
    unsigned_reason = ma.fields.String(
        required=True, allow_none=True, validate=one_of(*UNSIGNED_REASONS)
    )
    versions = ma.fields.List(
        ma.fields.Nested(ReceiptLine),
        required=True,
        metadata={"description": "All versions of this job's receipt, the oldest first."},
    )


class ReceiptQuery(PageQuery):
    job_id = Ident(metadata={"description": "Only those of this job.", "example": "J-1001"})
    ticket_id = Ident(metadata={"description": "Only those of this ticket.", "example": "T-1001"})
    state = Text(64, validate=one_of(*STATES))


@blp.route("/receipts")
@reads
@needs("receipt.read")
@blp.arguments(ReceiptQuery, location="query")
@blp.response(200, page_of(ReceiptLine))
def find(session: Session, asked: dict[str, Any]) -> Any:
    """List receipts (service reports), every version of each, the oldest first."""
    found = only(visible_to(me(), house().clock()), asked, Receipt.job_id, Receipt.state)
    if "ticket_id" in asked:
        of_ticket = select(Job.id).where(Job.ticket_id == asked["ticket_id"])
        found = found.where(Receipt.job_id.in_(of_ticket))
    return page(session, found, (Receipt.id,), _line, asked)


@blp.route("/receipts/<receipt_id>")
@reads
@needs("receipt.read")
@blp.response(200, ReceiptSchema)
def show(session: Session, receipt_id: str) -> Any:
    """Show one version of a receipt, with its signature and the other versions."""
    now = house().clock()
    receipt = get_for(session, me(), receipt_id, now)
    of_job = visible_to(me(), now).where(Receipt.job_id == receipt.job_id)
    versions = session.scalars(of_job.order_by(Receipt.version))
    return {**_line(receipt), "versions": [_line(each) for each in versions]}


class DocumentQuery(Shape):
    language = Text(
        8,
        validate=one_of("zh", "en"),
        metadata={"description": "Default: the one in which the receipt was shown."},
    )


@blp.route("/receipts/<receipt_id>/pdf")
@reads
@needs("receipt.read")
@blp.arguments(DocumentQuery, location="query")
@blp.response(200, content_type=receipt_files.PDF)
def pdf(session: Session, asked: dict[str, Any], receipt_id: str) -> Response:
    """Read a receipt as a PDF that is signed by the shop (PAdES) and carries its data (`receipt.json`).

    409 `document_not_ready` while it is being made: ask again after `retry_after_s`. It is made anew when
    what it shows changed.
    """
    receipt = get_for(session, me(), receipt_id, house().clock())
    language = asked.get("language") or documents.spoken(receipt.language)
    return receipt_files.pdf(session, receipt, language)


@blp.route("/receipts/<receipt_id>/canonical")
@reads
@needs("receipt.read")
@blp.response(200, Document(), content_type="application/json")
def canonical(session: Session, receipt_id: str) -> Response:
    """The very bytes that the digest covers: canonical JSON (RFC 8785).

    Their SHA-256 is the receipt's `digest`. Check them without us: `sha256sum` is enough. 410 `receipt_erased`
    where the words were erased with the customer's data.
    """
    receipt = get_for(session, me(), receipt_id, house().clock())
    if erasures.is_emptied(receipt.content):
        raise errors.ReceiptErased()
    return Response(rules.canonical(receipt.content), mimetype="application/json")


def _line(receipt: Receipt) -> dict[str, Any]:
    return {**values_of(receipt), "short_code": rules.short_code(receipt.digest)}
