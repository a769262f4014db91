"""What customers have agreed to, and what they took back: one line each time, the newest counts."""

from collections.abc import Iterable

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.tables import Code, Id, Key, Table, Time, Words, refers


class Consent(Table):
    """One word of a customer about one purpose on one channel; never changed."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_customer", "customer_id", "noted_at"),)

    id: Mapped[Key]
    customer_id: Mapped[Id] = mapped_column(refers("customers.id"))
    purpose: Mapped[Code]
    channel: Mapped[Code]
    is_given: Mapped[bool] = mapped_column(comment="false: withdrawn")
    how: Mapped[Code] = mapped_column(comment="how it reached us")
    words: Mapped[Words] = mapped_column(default="")
    noted_by: Mapped[Id] = mapped_column(refers("people.id"))
    noted_at: Mapped[Time]


def of_customer(session: Session, customer_id: str) -> list[Consent]:
    """All that was ever said, the newest first."""
    said = select(Consent).where(Consent.customer_id == customer_id)
    return list(session.scalars(said.order_by(Consent.noted_at.desc(), Consent.id.desc())))


def standing(said: Iterable[Consent]) -> dict[tuple[str, str], Consent]:
    """(purpose, channel) -> the word that counts, of lines with the newest first."""
    counts: dict[tuple[str, str], Consent] = {}
    for each in said:
        counts.setdefault((each.purpose, each.channel), each)
    return counts
