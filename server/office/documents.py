"""A receipt to take along from the office: its PDF in either language, and its bundle of evidence."""

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.orm import Session

from server import receipt_files
from server.auth import me, needs
from server.db import receipts
from server.domain import errors
from server.domain.errors import Language
from server.house import house
from server.transactions import reads, writes

blp = Blueprint("documents", __name__)

LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}


@blp.get("/receipts/<receipt_id>/pdf")
@reads
@needs("receipt.read")
def pdf(session: Session, receipt_id: str) -> Response:
    """The file; while it is being made, a page that asks again by itself."""
    receipt = receipts.get_for(session, me(), receipt_id, house().clock())
    language = LANGUAGES.get(request.args.get("language", receipt.language), "en")
    try:
        return receipt_files.pdf(session, receipt, language)
    except errors.DocumentNotReady:
        answer = make_response(
            render_template("office/document_wait.html", receipt=receipt, language=language)
        )
        answer.headers["Refresh"] = str(receipt_files.RETRY_S)
        answer.headers["Cache-Control"] = "no-store"
        answer.status_code = 409
        return answer


@blp.post("/receipts/<receipt_id>/evidence")
@writes
@needs("receipt.read")
def bundle(session: Session, receipt_id: str) -> Response:
    """All that proves it, as a ZIP; with the photos as they were taken, if the form says so."""
    receipt = receipts.get_for(session, me(), receipt_id, house().clock())
    with_photos = request.form.get("photos") == "on"
    return receipt_files.bundle(session, me(), receipt, with_photos=with_photos)
