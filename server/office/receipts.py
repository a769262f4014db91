"""Receipts on pages: what the customer signed, readable, and whether the signature covers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from server.auth import me
from server.db import photos, receipts
from server.db.jobs import Sheet
from server.db.receipts import Receipt
from server.domain import receipts as rules
from server.house import house
from server.office.wording import language


@dataclass(frozen=True, slots=True)
class Paper:
    """One version. `check` is a code: covered, other, awaited, or none where nobody signed it."""

    receipt: Receipt
    sections: list[tuple[str, list[str]]]
    check: str

    @property
    def code(self) -> str:
        """What people read out to each other, as it stands on the paper."""
        return rules.short_code(self.receipt.digest)

    @property
    def totals(self) -> list[str]:
        """What the customer pays, as the receipt says it."""
        return [
            rules.money(each.get("amount"), each.get("currency"))
            for each in self.receipt.content.get("totals") or []
        ]


def of_jobs(session: Session, job_ids: Iterable[str]) -> dict[str, list[Paper]]:
    """All versions by job, the newest first, with one question for each kind of thing."""
    ids = list(job_ids)
    found = receipts.visible_to(me(), house().clock()).where(Receipt.job_id.in_(ids))
    rows = list(session.scalars(found.order_by(Receipt.version.desc())))
    stored = photos.stored(
        session, {each.signature_sha256 for each in rows if each.signature_sha256}
    )
    sheets = _sheets(session, rows)
    papers: dict[str, list[Paper]] = {its_id: [] for its_id in ids}
    for each in rows:
        sheet = sheets.get((each.job_id, each.base_rev))
        sections = rules.explain(each.content, language(), sheet)
        papers[each.job_id].append(Paper(each, sections, _check(each, stored)))
    return papers


def _check(receipt: Receipt, stored: set[str]) -> str:
    if receipt.signed_at is None or receipt.signature_sha256 is None:
        return "none"
    if receipt.signed_digest != receipt.digest:
        return "other"
    return "covered" if receipt.signature_sha256 in stored else "awaited"


def _sheets(session: Session, rows: Iterable[Receipt]) -> dict[tuple[str, int], Any]:
    """What the office had written when each was built: choices and slots are called as it says."""
    wanted = {(each.job_id, each.base_rev) for each in rows}
    found = select(Sheet).where(tuple_(Sheet.job_id, Sheet.rev).in_(wanted))
    return {(each.job_id, each.rev): each.content for each in session.scalars(found)}
