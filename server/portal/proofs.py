"""What the code on a receipt opens, for anybody who holds the paper: was it signed, when, and has it changed since.

Looking changes nothing. Who guesses codes is stopped as who guesses passwords is; a file that is compared is
read by a guarded process and not kept.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.actions import documents, sign_ins
from server.auth import is_open
from server.db.documents import MadeDocument
from server.db.receipts import Receipt
from server.documents import certificates, guarded, identities, telling
from server.documents.findings import Finding, Json
from server.domain import erasures, errors
from server.domain import receipts as rules
from server.domain.errors import Language
from server.house import house
from server.portal.proof_words import said

blp = Blueprint("proofs", __name__, url_prefix="/receipts")

LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}
WRONG_CODES, COMPARISONS = 20, 20  # of one address in a quarter of an hour
MOST_BYTES = 8_000_000
LIKE = str.maketrans(
    {"O": "0", "I": "1", "L": "1", "-": None, " ": None}
)  # Crockford's, as people read


@blp.get("/<code>")
@is_open
def show(code: str) -> Response:
    """Raises `NotFound` for a code that is none, `TooMany` after many of those."""
    return _look(code)


@blp.post("/<code>")
@is_open
def compare(code: str) -> Response:
    """Says of a file whether it is this receipt, unchanged."""
    content = _content()
    if not content:
        return _look(code, problem="nothing")
    if len(content) > MOST_BYTES:
        return _look(code, problem="large")
    _count(f"comparisons-from:{_address()}", COMPARISONS)
    report = guarded.check(content)
    return _look(code, report=report, sha256=hashlib.sha256(content).hexdigest())


def _content() -> bytes:
    file = request.files.get("file")
    if file is None:
        return b""
    with file.stream:
        return file.read(MOST_BYTES + 1)


def _look(code: str, **compared: Any) -> Response:
    wanted = code.upper().translate(LIKE)
    wrong = f"codes-from:{_address()}"
    now = house().clock()
    house().database.read(
        lambda session: sign_ins.must_not_be_guessing(session, {wrong: WRONG_CODES}, now)
    )
    page = house().database.read(lambda session: _page(session, wanted, compared))
    if page is None:
        _count(wrong, WRONG_CODES)
        raise errors.NotFound()
    return page


def _count(subject: str, most: int) -> None:
    """Raises `TooMany` where it has come too often."""
    now = house().clock()

    def count(session: Session) -> None:
        sign_ins.must_not_be_guessing(session, {subject: most}, now)
        sign_ins.note_guess(session, {subject: most}, now)

    house().database.write(count)


def _address() -> str:
    return (request.remote_addr or "")[:100]


def _page(session: Session, code: str, compared: dict[str, Any]) -> Response | None:
    receipt = documents.by_code(session, code)
    if receipt is None:
        return None
    language = LANGUAGES.get(request.args.get("language", receipt.language), "en")
    versions = _versions(session, receipt)
    identity = certificates.of_house(house().config)
    fingerprint = identities.fingerprint(identity.certificate)
    verdict = None
    if "sha256" in compared:
        verdict = _verdict(session, versions, receipt, fingerprint, language, **compared)
    elif "problem" in compared:
        verdict = Verdict(False, said(compared["problem"], language))
    answer = make_response(
        render_template(
            "portal/proof.html",
            receipt=receipt,
            facts=_facts(session, receipt, language),
            standing=_standing(receipt, versions[-1], language),
            versions=versions,
            is_gone=erasures.MARK in receipt.content,
            fingerprint=fingerprint,
            is_self_made=identity.is_self_made,
            verdict=verdict,
            words=_speaker(language),
            language=language,
            code=code,
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.status_code = 200 if verdict is None or verdict.is_fine else 422
    return answer


def _speaker(language: Language) -> Any:
    def speak(key: str, /, **more: object) -> str:
        return said(key, language, **more)

    return speak


def _versions(session: Session, receipt: Receipt) -> list[Receipt]:
    found = select(Receipt).where(Receipt.job_id == receipt.job_id).order_by(Receipt.version)
    return list(session.scalars(found))


def _standing(receipt: Receipt, newest: Receipt, language: Language) -> list[str]:
    """The state in words, then whether anything has changed since."""
    lines = [said(receipt.unsigned_reason, language)] if receipt.unsigned_reason else []
    if receipt.signed_digest not in (None, receipt.digest):
        lines.append(said("other", language))
    if newest.version > receipt.version:
        lines.append(said("newer", language, number=newest.version))
    else:
        lines.append(said("newest", language))
    return lines


def _facts(session: Session, receipt: Receipt, language: Language) -> list[tuple[str, str]]:
    """What the paper says of itself; of a name no more than who holds the paper needs to compare."""
    content = receipt.content
    zone = str((content.get("window") or {}).get("time_zone") or "UTC")
    shop = content.get("shop") or {}
    facts = [
        ("shop", str(shop.get("name") or "")),
        ("number", receipt.job_id),
        ("version", str(receipt.version)),
        ("when", _when(receipt.signed_at, zone)),
        ("who", _veiled(receipt.signer_name)),
        ("device", documents.device_of(session, receipt) or ""),
        ("made", _when(receipt.made_at, zone)),
        ("code", rules.short_code(receipt.digest)),
        ("digest", receipt.digest),
    ]
    return [(said(name, language), value) for name, value in facts if value]


def _when(at: Any, zone: str) -> str:
    try:
        return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if at else ""
    except (LookupError, ValueError, OSError):
        return f"{at:%Y-%m-%d %H:%M} UTC"


def _veiled(name: str | None) -> str:
    """The first letter of each word: enough to compare with the paper, too little to learn a name."""
    if not name or name == erasures.GONE:
        return ""
    return " ".join(f"{each[0]}…" for each in name.split())


@dataclass(frozen=True, slots=True)
class Verdict:
    """On a file that somebody compared."""

    is_fine: bool
    sentence: str
    lines: tuple[str, ...] = ()


def _verdict(
    session: Session,
    versions: list[Receipt],
    receipt: Receipt,
    fingerprint: str,
    language: Language,
    *,
    report: Json | None,
    sha256: str,
) -> Verdict:
    if report is None:
        return Verdict(False, said("unreadable", language))
    if report["findings"]:
        found = [Finding(**each) for each in report["findings"]]
        lines = [line for each in found for line in telling.of_finding(each, language)]
        return Verdict(False, said("altered", language), tuple(lines[:40]))
    facts = report["facts"]
    is_known = select(MadeDocument.id).where(MadeDocument.sha256 == sha256)
    if (facts.get("certificate") or {}).get("fingerprint") != fingerprint and (
        session.scalar(is_known) is None
    ):
        return Verdict(False, said("stranger", language))
    told = facts.get("receipts") or [facts]
    ours = {(each.id, each.digest): each.version for each in versions}
    of_ours = [ours.get((each.get("receipt_id"), each.get("digest"))) for each in told]
    if receipt.version in of_ours:
        return Verdict(True, said("same", language))
    known = [each for each in of_ours if each is not None]
    if known:
        return Verdict(True, said("same_version", language, number=known[-1]))
    return Verdict(False, said("another", language))


@blp.get("/proof.css")
@is_open
def style() -> Response:
    answer = Response(_style(), mimetype="text/css")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@cache
def _style() -> bytes:
    return (Path(__file__).parent / "static" / "proof.css").read_bytes()
