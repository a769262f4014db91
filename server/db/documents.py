"""Documents that were made of receipts: which file says what, in which language."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from server.db.tables import Code, Hash, Id, Key, Table, Time, refers


class MadeDocument(Table):
    """One PDF. Where its basis is no longer that of the receipt, or its file is gone, it is made anew."""

    __tablename__ = "documents"

    id: Mapped[Key]
    receipt_id: Mapped[Id] = mapped_column(refers("receipts.id"), index=True)
    language: Mapped[Code]
    code: Mapped[str] = mapped_column(
        String(16), index=True, comment="of the receipt: stands on the paper, opens its page"
    )
    basis: Mapped[Hash] = mapped_column(comment="SHA-256 over all that was drawn")
    sha256: Mapped[Hash] = mapped_column(index=True, comment="of the signed file")
    size: Mapped[int]
    made_at: Mapped[Time]
