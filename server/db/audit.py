"""Who did what to which thing, when: one line for every write."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, bindparam, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db import facts
from server.db.lookups import Command
from server.db.tables import Code, Document, Id, Table, Time


class AuditLine(Table):
    """Written in the transaction of the act itself, never changed."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_noun", "noun", "noun_id"),
        Index("ix_audit_person", "person_id", "at"),
        Index("ix_audit_act", "act", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[Time] = mapped_column(index=True)
    person_id: Mapped[Id | None] = mapped_column(comment="null: the house itself, by a policy")
    act: Mapped[Code]
    noun: Mapped[Code]
    noun_id: Mapped[str] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[Document] = mapped_column(default=dict)


_COLUMNS = AuditLine.__table__.c
_LINE = Command(
    insert(AuditLine.__table__).values(  # type: ignore[arg-type]
        {each.key: bindparam(each.key) for each in _COLUMNS if each.key != "id"}
    )
)


def record(
    session: Session,
    person_id: str | None,
    act: str,
    noun_id: str,
    at: datetime,
    **details: Any,
) -> None:
    """Notes an act named `noun.verb`, in the past tense: `job.issued`. Whoever outside has to hear of it
    will.
    """
    _LINE.within(
        session,
        at=at,
        person_id=person_id,
        act=act,
        noun=act.partition(".")[0],
        noun_id=noun_id,
        request_id=session.info.get("request_id"),
        details=details,
    )
    if act in facts.ACTS:
        facts.note(session, act, noun_id, at, at, details)


LOOKED_BACK = 100  # lines about one thing among which a change is looked for


def last_changes(
    session: Session, noun: str, noun_id: str, fields: Iterable[str]
) -> dict[str, AuditLine]:
    """The line that last changed each of these fields of a thing, as far as one is found."""
    wanted = set(fields)
    lines = select(AuditLine).where(AuditLine.noun == noun, AuditLine.noun_id == noun_id)
    found: dict[str, AuditLine] = {}
    for line in session.scalars(lines.order_by(AuditLine.id.desc()).limit(LOOKED_BACK)):
        for name in wanted & set(line.details.get("changed", ())):
            found.setdefault(name, line)
    return found
