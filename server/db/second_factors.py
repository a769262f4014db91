"""What somebody holds beside the password: an authenticator app, and recovery codes for when it is lost."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from server.db.tables import Document, Id, Table, Time, Words, refers


class SecondFactor(Table):
    """The secret that an authenticator app shares with us."""

    __tablename__ = "second_factors"

    person_id: Mapped[Id] = mapped_column(refers("people.id"), primary_key=True)
    secret: Mapped[Words] = mapped_column(comment="encrypted under the server's secret")
    made_at: Mapped[Time]
    confirmed_at: Mapped[Time | None] = mapped_column(comment="it counts from then on")
    last_step: Mapped[int] = mapped_column(
        BigInteger,
        default=0,
        comment="the step of time of the newest code that was taken: none is taken twice",
    )
    recovery: Mapped[Document] = mapped_column(
        default=list, comment="marks of the recovery codes that are left"
    )
