"""A receipt's PDF as an answer, for whoever was found to see the receipt."""

from flask import Response, request
from sqlalchemy.orm import Session

from server.actions import documents
from server.db.receipts import Receipt
from server.domain import erasures, errors
from server.domain.errors import Language
from server.house import house

PDF = "application/pdf"
RETRY_S = 2


def pdf(session: Session, receipt: Receipt, language: Language) -> Response:
    """The file to save; raises `DocumentNotReady` once it was asked of the worker, `NotFound` where the
    customer was erased.
    """
    if erasures.MARK in receipt.content:
        raise errors.NotFound()
    here, now = house(), house().clock()
    found = documents.of(session, receipt.id, language, here.config, here.media)
    if found is None:
        here.database.write(lambda writing: documents.ask(writing, receipt.id, language, now))
        raise errors.DocumentNotReady(retry_after_s=RETRY_S)
    content = here.media.original_path(found.sha256).read_bytes()
    answer = Response(content, mimetype=PDF)
    answer.set_etag(found.sha256)
    answer.headers["Content-Disposition"] = f"attachment; filename={found.name}"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)  # type: ignore[return-value]
