"""A receipt's PDF as an answer, for whoever was found to see the receipt."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Response, request
from sqlalchemy.orm import Session

from server.actions import documents, evidence
from server.db.people import Person
from server.db.receipts import Receipt
from server.documents import bundles, certificates
from server.domain import erasures, errors
from server.domain.errors import Language
from server.house import house

PDF, ZIP = "application/pdf", "application/zip"
SMALL = (
    8 * 1024 * 1024
)  # bytes of a bundle that are held in memory; a larger one is written to disk
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


def bundle(
    session: Session, by: Person | None, receipt: Receipt, *, with_photos: bool = False
) -> Response:
    """All that proves the receipt, as a ZIP for `doorstep verify`; that it was handed out is on record.

    `by` is None for the customer. Raises `NotFound` where the customer was erased.
    """
    here, now = house(), house().clock()
    found = evidence.of_jobs(
        session, [receipt.job_id], here.config, here.media, now, with_photos=with_photos
    )
    if found is None:
        raise errors.NotFound()
    evidence.note(session, by, receipt.id, now, len(found.index["receipts"]))
    file = SpooledTemporaryFile(SMALL)  # noqa: SIM115 (closed once it was sent)
    try:
        bundles.write(file, found, certificates.of_house(here.config))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    answer = Response(_pieces(file), mimetype=ZIP)
    answer.call_on_close(file.close)
    name = f"evidence-{documents.plain(receipt.job_id)}-v{receipt.version}.zip"
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(256 * 1024):
            yield piece
