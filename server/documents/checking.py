"""`doorstep verify`, without database and network: whatever the file is, what was changed in it is named."""

from pathlib import Path

from server.documents import bundle_checks, pdf_checks
from server.documents.findings import Report, Unreadable

MOST_PDF = 30_000_000
PDF, ZIP = b"%PDF-", b"PK"


def check(file: Path, fingerprint: str | None = None) -> Report:
    """Raises `Unreadable`, and OSError. With a `fingerprint`, only that certificate counts."""
    with file.open("rb") as opened:
        head = opened.read(5)
        opened.seek(0)
        if head.startswith(ZIP):
            report = bundle_checks.check(opened)
        elif head.startswith(PDF):
            report = check_pdf(opened.read(MOST_PDF + 1))
        else:
            raise Unreadable("neither")
    if fingerprint is not None:
        found = report.facts.get("certificate", {}).get("fingerprint")
        wanted = fingerprint.replace(":", "").replace(" ", "").lower()
        if found != wanted:
            report.find("other_certificate", "certificate", found or "–", wanted)
    return report


def check_pdf(content: bytes) -> Report:
    """Raises `Unreadable`."""
    if len(content) > MOST_PDF:
        raise Unreadable("too large")
    return pdf_checks.check(content)
