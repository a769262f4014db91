"""A receipt's PDF, checked: is the signature over all of it, and is what it carries what was signed."""

import io
import json
from typing import Any

from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from server.documents import seals
from server.documents.findings import Json, Report, Unreadable
from server.documents.papers import ABOUT_FILE, ATTACHED
from server.domain import receipts as rules

MOST_ATTACHED = 2_000_000  # bytes of one


def check(content: bytes) -> Report:
    """Raises `Unreadable` for what is no PDF, or one without a signature."""
    report = Report("pdf")
    try:
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        signatures = reader.embedded_signatures
        if not signatures:
            raise Unreadable("no signature")
        _check_signature(report, signatures[0])
    except Unreadable:
        raise
    except Exception as failure:  # whatever a hostile file makes a parser raise
        if b"/ByteRange" not in content:
            raise Unreadable("pdf") from failure
        report.find(
            "bytes_changed", "PDF"
        )  # there is a signature, and not even its frame fits any more
        return report
    try:
        _check_receipt(report, attached(reader))
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        report.find("receipt_unreadable", ATTACHED)
    return report


def _check_signature(report: Report, signature: EmbeddedPdfSignature) -> None:
    signature.compute_integrity_info()
    certificate = signature.signer_cert
    report.facts["certificate"] = seals.told(x509.load_der_x509_certificate(certificate.dump()))
    at = signature.self_reported_timestamp
    report.facts["sealed_at"] = at.isoformat() if at else None
    is_intact, is_valid = validate_sig_integrity(
        signature.signer_info,
        certificate,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    if not is_intact:
        report.find("bytes_changed", "PDF")
    elif not is_valid:
        report.find("signature_wrong", "PDF")
    if signature.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        report.find("bytes_added", "PDF")


def attached(reader: PdfFileReader) -> dict[str, bytes]:
    """The files inside, by name."""
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    found = {}
    for number in range(0, len(names), 2):
        spec = names[number + 1]
        data = spec["/EF"]["/F"].data
        if len(data) <= MOST_ATTACHED:
            found[str(spec["/F"])] = bytes(data)
    return found


def _check_receipt(report: Report, files: dict[str, bytes]) -> None:
    """The digest of the data inside is the one that the paper shows, and the one that was signed."""
    content, about = json.loads(files[ATTACHED]), json.loads(files[ABOUT_FILE])
    report.facts |= told(content, about)
    digest = rules.digest(content)
    if digest != about["digest"]:
        report.find("digest_differs", ATTACHED, digest, about["digest"])
    elif about["signed_digest"] not in (None, digest):
        report.find("signed_other", ATTACHED, digest, about["signed_digest"])


def told(content: Json, about: Json) -> Json:
    """What a reader wants to know first."""
    names: tuple[str, ...] = (
        ("receipt_id", "version", "newest_version", "state", "digest", "signed_at", "device")
        + ("signer_name", "unsigned_reason", "code", "address", "language")
    )  # fmt: skip
    facts: dict[str, Any] = {name: about.get(name) for name in names}
    return {
        **facts,
        "job_id": content.get("job_id"),
        "ticket_id": content.get("ticket_id"),
        "shop": (content.get("shop") or {}).get("name"),
        "photos": len(content.get("photos") or []),
    }
