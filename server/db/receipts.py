"""Receipts: every version, with the bytes that its digest covers."""

from datetime import datetime

from sqlalchemy import Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import jobs, sights
from server.db.people import Person
from server.db.tables import Code, Document, Hash, Id, Key, Table, Time, Words, refers


class Receipt(Table):
    """One version of the document that the customer signs; immutable but for its signature."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("job_id", "version"),)

    id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    visit_id: Mapped[Id]
    version: Mapped[int]
    state: Mapped[Code] = mapped_column(
        comment="presented, signed, unsigned (with a reason), changed"
    )
    digest: Mapped[Hash]
    content: Mapped[Document]
    language: Mapped[Code]
    base_rev: Mapped[int]
    event_id: Mapped[Id | None] = mapped_column(comment="the last receipt event that it rests on")
    made_at: Mapped[Time]
    signer_name: Mapped[Words | None]
    relation: Mapped[str | None]
    signature_sha256: Mapped[Hash | None]
    signed_digest: Mapped[Hash | None] = mapped_column(comment="what the tablet said was signed")
    signed_at: Mapped[Time | None]
    stars: Mapped[int | None]
    words: Mapped[Words | None]
    reservation: Mapped[Words | None]
    unsigned_reason: Mapped[Code | None]
    signed_by_link: Mapped[Id | None] = mapped_column(
        comment="the link by which the customer signed later"
    )


def visible_to(person: Person, now: datetime) -> Select[Receipt]:
    """Who sees the visit sees what was signed on it."""
    its_visit = jobs.visits_visible_to(person, now).where(jobs.Visit.id == Receipt.visit_id)
    return select(Receipt).where(its_visit.exists())


def get_for(session: Session, person: Person, receipt_id: str, now: datetime) -> Receipt:
    return sights.one(session, visible_to(person, now).where(Receipt.id == receipt_id))


def newest_of_ticket(session: Session, ticket_id: str, job_id: str | None = None) -> Receipt | None:
    """The present version of the newest job of a ticket that has one, or of this job of it."""
    found = (
        select(Receipt)
        .join(jobs.Job, jobs.Job.id == Receipt.job_id)
        .where(jobs.Job.ticket_id == ticket_id)
        .order_by(jobs.Job.issued_at.desc(), jobs.Job.id.desc(), Receipt.version.desc())
    )
    if job_id is not None:
        found = found.where(jobs.Job.id == job_id)
    return session.scalar(found.limit(1))
