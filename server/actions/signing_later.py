"""A receipt that the customer signs by a link, after the installer has left.

The signature covers the digest of the very receipt that was shown, as on the tablet. Of two who sign at
once, one does; whoever read an older version is shown the present one first.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from server.actions import customer_acts, revisits, settling, stored_files
from server.actions.customer_links import Opened
from server.db import audit, receipts
from server.db.jobs import Job
from server.db.receipts import Receipt
from server.domain import receipts as rules
from server.domain.revisits import Trigger
from server.ids import new_id

SIGNABLE = ("presented", "changed", "unsigned")
REFUSED = "refused"  # who refused on site is not asked again


class Came(StrEnum):
    """What came of an attempt to sign."""

    SIGNED = "signed"
    TWICE = "twice"  # the same signature again
    ALREADY = "already"  # somebody else was faster
    CHANGED = "changed"  # it is not the receipt that was shown


@dataclass(frozen=True, slots=True)
class Signing:
    """What somebody sends: the digest is that of the receipt in front of them; the picture, a PNG, is on
    the disk already, under its hash.
    """

    digest: str
    signer_name: str
    relation: str
    picture_sha256: str
    picture_size: int
    reservation: str | None = None


def receipt_of(session: Session, job_id: str, ticket_id: str) -> Receipt | None:
    """The present version."""
    return receipts.newest_of_ticket(session, ticket_id, job_id)


def is_signable(receipt: Receipt | None) -> bool:
    return (
        receipt is not None
        and receipt.state in SIGNABLE
        and receipt.unsigned_reason != REFUSED
        and bool(receipt.content)
    )


def with_reservation(receipt: Receipt, reservation: str | None) -> dict[str, object]:
    """The receipt as it reads once a reservation stands on it."""
    return {**receipt.content, "reservation": reservation or receipt.content.get("reservation")}


def sign(session: Session, opened: Opened, said: Signing, now: datetime) -> Came:
    """The caller holds the locks of the ticket and its jobs."""
    assert opened.link.job_id is not None, "a link to sign is for a receipt"
    receipt = receipt_of(session, opened.link.job_id, opened.ticket.id)
    if receipt is None:
        return Came.CHANGED
    session.refresh(receipt)
    if receipt.state == "signed":
        is_same = receipt.signature_sha256 == said.picture_sha256
        return Came.TWICE if is_same else Came.ALREADY
    content = with_reservation(receipt, said.reservation)
    if not is_signable(receipt) or rules.digest(content) != said.digest:
        return Came.CHANGED
    if said.digest != receipt.digest:
        receipt = _next_version(session, receipt, content, said.digest, now)
    _put(receipt, opened, said, now)
    _follow(session, opened, receipt, said, now)
    return Came.SIGNED


def _next_version(
    session: Session, last: Receipt, content: dict[str, object], digest: str, now: datetime
) -> Receipt:
    receipt = Receipt(
        id=new_id(),
        job_id=last.job_id,
        visit_id=last.visit_id,
        version=last.version + 1,
        state="presented",
        digest=digest,
        content=content,
        language=last.language,
        base_rev=last.base_rev,
        event_id=last.event_id,
        made_at=now,
    )
    session.add(receipt)
    return receipt


def _put(receipt: Receipt, opened: Opened, said: Signing, now: datetime) -> None:
    receipt.state, receipt.signed_by_link = "signed", opened.link.id
    receipt.signer_name, receipt.relation = said.signer_name, said.relation
    receipt.signature_sha256, receipt.signed_digest = said.picture_sha256, said.digest
    receipt.signed_at, receipt.reservation = now, receipt.content.get("reservation")


def _follow(
    session: Session, opened: Opened, receipt: Receipt, said: Signing, now: datetime
) -> None:
    """What a signature brings about: a reservation asks for a revisit, and the ticket may close."""
    job = session.get_one(Job, receipt.job_id)
    customer_acts.keep(session, opened, "signed", now, job=job, version=receipt.version)
    audit.record(session, None, "receipt.signed", receipt.id, now, job=job.id, link=opened.link.id)
    session.flush()
    stored_files.note_stored(session, said.picture_sha256, said.picture_size, None, now)
    if said.reservation:
        revisits.open_for(
            session, job, Trigger.SIGNED_WITH_RESERVATION, now, words=said.reservation
        )
    settling.settle_job(session, job.id, now)
