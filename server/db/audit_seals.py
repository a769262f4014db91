"""The seals of the audit, and the walks along it that proved them."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Text, func, select, text, type_coerce
from sqlalchemy.orm import Mapped, Session, mapped_column

from server.db.audit import AuditLine
from server.db.tables import Code, Hash, Id, Key, Table, Time, Words
from server.domain.audit_chain import BEGINNING, EMPTYING, Line, Seal

COUNTED = 10_000  # lines without a seal


class AuditSeal(Table):
    """A run of lines that is closed, once and for all (`server/domain/audit_chain.py`)."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last_line: Mapped[int] = mapped_column(BigInteger, index=True)
    lines: Mapped[int]
    ids: Mapped[Words]
    marks: Mapped[Words] = mapped_column(comment="64 bits of each line, to find the wrong one by")
    hash: Mapped[Hash] = mapped_column(comment="of the last line: it rests on all before")
    sealed_at: Mapped[Time]

    @property
    def sealed(self) -> Seal:
        return Seal(self.number, self.ids, self.marks, self.hash)


class AuditProof(Table):
    """A walk along the whole chain: asked for, under way, or done with what it found."""

    __tablename__ = "audit_proofs"

    id: Mapped[Key]
    asked_at: Mapped[Time] = mapped_column(index=True)
    asked_by: Mapped[Id | None] = mapped_column(comment="null: the house itself, once a day")
    done_at: Mapped[Time | None]
    seals: Mapped[int] = mapped_column(default=0)
    lines: Mapped[int] = mapped_column(BigInteger, default=0)
    last_line: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[Hash] = mapped_column(default=BEGINNING)
    wrong: Mapped[Code | None] = mapped_column(comment="what is the matter; null: nothing")
    wrong_number: Mapped[int | None] = mapped_column(
        BigInteger, comment="of the first line that is wrong, or of the seal"
    )


_LINE = select(
    AuditLine.id,
    AuditLine.at,
    AuditLine.person_id,
    AuditLine.act,
    AuditLine.noun,
    AuditLine.noun_id,
    AuditLine.request_id,
    type_coerce(AuditLine.details, Text),
)


def lines_between(session: Session, behind: int, until: int, limit: int) -> list[Line]:
    """Up to `limit` lines behind one id and up to another, in order."""
    found = _LINE.where(AuditLine.id > behind, AuditLine.id <= until).order_by(AuditLine.id)
    return [Line(*row) for row in session.execute(found.limit(limit))]


def emptyings_behind(session: Session, line: int) -> list[Line]:
    """The lines of erasures that are not sealed yet."""
    found = _LINE.where(AuditLine.act == EMPTYING, AuditLine.id > line).order_by(AuditLine.id)
    return [Line(*row) for row in session.execute(found)]


def newest_seal(session: Session) -> AuditSeal | None:
    return session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()


def seals_behind(session: Session, number: int, limit: int) -> Sequence[AuditSeal]:
    found = select(AuditSeal).where(AuditSeal.number > number).order_by(AuditSeal.number)
    return session.scalars(found.limit(limit)).all()


def newest_line(session: Session) -> int:
    """The id of the newest line that is committed; 0 where there is none."""
    return int(session.scalar(select(func.max(AuditLine.id))) or 0)


def open_lines(session: Session) -> int:
    """How many lines wait for their seal: of very many, no more are counted than `COUNTED`."""
    last = newest_seal(session)
    behind = select(AuditLine.id).where(AuditLine.id > (last.last_line if last else 0))
    some = behind.limit(COUNTED).subquery()
    return int(session.scalar(select(func.count()).select_from(some)) or 0)


_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'audit'::regclass "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND mode = 'RowExclusiveLock'"
)


def writers_at_work(session: Session) -> set[str]:
    """Transactions that are writing into the audit at this moment (PostgreSQL; SQLite shows no line
    before its commit, and lets nobody overtake).

    Each took its lock before the number of its first line, and keeps it to its end: once those that
    were at work when a line was seen have ended, no line with a smaller number can come any more.
    """
    if session.get_bind().dialect.name != "postgresql":
        return set()
    return set(session.scalars(_WRITERS))


def newest_proof(session: Session, *, is_done: bool) -> AuditProof | None:
    found = select(AuditProof).order_by(AuditProof.asked_at.desc(), AuditProof.id.desc())
    if is_done:
        found = found.where(AuditProof.done_at.is_not(None))
    return session.scalars(found.limit(1)).first()
