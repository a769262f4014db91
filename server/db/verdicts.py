"""Verdicts as they were given, each with what stood before it and what came of it."""

from datetime import datetime

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import sights
from server.db.people import Person
from server.db.tables import Code, Document, Id, Key, Table, Time, Words, refers


class Verdict(Table):
    """One verdict on a visit, or on a photo of it. The last word stands in the job's or the photo's row."""

    __tablename__ = "verdicts"
    __table_args__ = (Index("ix_verdicts_by", "by_id", "at", "id"),)

    id: Mapped[Key]
    job_id: Mapped[Id] = mapped_column(refers("jobs.id"), index=True)
    photo_id: Mapped[Id | None] = mapped_column(comment="null: on the visit as a whole")
    verdict: Mapped[Code]
    reason: Mapped[Words] = mapped_column(default="")
    by_id: Mapped[Id] = mapped_column(refers("people.id"))
    at: Mapped[Time]
    before: Mapped[Document] = mapped_column(comment="what stood in the rows that it changed")
    made: Mapped[Document] = mapped_column(
        comment="what came of it: a revisit, photos accepted along"
    )
    undone_at: Mapped[Time | None]


def get_for(session: Session, person: Person, verdict_id: str) -> Verdict:
    """One's own; anybody else's is `NotFound`."""
    own = select(Verdict).where(Verdict.id == verdict_id, Verdict.by_id == person.id)
    return sights.one(session, own)


def last_of(session: Session, person: Person, since: datetime) -> Verdict | None:
    """The last verdict of somebody since then that still stands."""
    own = select(Verdict).where(
        Verdict.by_id == person.id, Verdict.at > since, Verdict.undone_at.is_(None)
    )
    return session.scalars(own.order_by(Verdict.at.desc(), Verdict.id.desc()).limit(1)).first()


def newest_on(session: Session, verdict: Verdict) -> Verdict:
    """The last one that stands about the same thing."""
    same = select(Verdict).where(
        Verdict.job_id == verdict.job_id,
        Verdict.photo_id.is_(None)
        if verdict.photo_id is None
        else Verdict.photo_id == verdict.photo_id,
        Verdict.undone_at.is_(None),
    )
    return session.scalars(same.order_by(Verdict.at.desc(), Verdict.id.desc()).limit(1)).one()
