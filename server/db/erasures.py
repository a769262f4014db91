"""Customers whose person was erased: that it happened, why, and how much it was; nothing of whom."""

from sqlalchemy.orm import Mapped, mapped_column

from server.db.tables import Document, Id, Key, Table, Time, Words, refers


class Erasure(Table):
    """One act of erasing. What comes in afterwards for the same customer is erased in its turn."""

    __tablename__ = "erasures"

    id: Mapped[Key]
    customer_id: Mapped[Id] = mapped_column(refers("customers.id"), index=True)
    reason: Mapped[Words]
    erased_at: Mapped[Time] = mapped_column(index=True)
    erased_by: Mapped[Id] = mapped_column(refers("people.id"))
    last_at: Mapped[Time] = mapped_column(comment="up to when what came in was erased")
    counts: Mapped[Document] = mapped_column(comment="how much of what was emptied or removed")
