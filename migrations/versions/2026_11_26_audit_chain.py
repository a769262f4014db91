"""The chain of the audit: seals over its lines, the proofs of it, and indexes to search it by.

The lines that there are get their seals here and now.
"""

import sqlalchemy as sa
from alembic import op

import server.db.types
from server.clock import utc_now
from server.domain import audit_chain

revision = "audit_chain"
down_revision = "figures"
branch_labels = None
depends_on = None

A_SEAL = 500  # lines


def upgrade() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_line", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.Column(
            "marks",
            sa.Text(),
            nullable=False,
            comment="64 bits of each line, to find the wrong one by",
        ),
        sa.Column(
            "hash",
            sa.String(length=64),
            nullable=False,
            comment="of the last line: it rests on all before",
        ),
        sa.Column("sealed_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
    )
    op.create_index("ix_audit_seals_last_line", "audit_seals", ["last_line"])
    op.create_table(
        "audit_proofs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "asked_by",
            sa.String(length=40),
            nullable=True,
            comment="null: the house itself, once a day",
        ),
        sa.Column("done_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("seals", sa.Integer(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("last_line", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column(
            "wrong",
            sa.String(length=64),
            nullable=True,
            comment="what is the matter; null: nothing",
        ),
        sa.Column(
            "wrong_number",
            sa.BigInteger(),
            nullable=True,
            comment="of the first line that is wrong, or of the seal",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_proofs")),
    )
    op.create_index("ix_audit_proofs_asked_at", "audit_proofs", ["asked_at"])
    op.create_index("ix_audit_person", "audit", ["person_id", "at"])
    op.create_index("ix_audit_act", "audit", ["act", "at"])
    _seal_what_is_there()


AUDIT = sa.table(
    "audit",
    sa.column("id", sa.BigInteger()),
    sa.column("at", server.db.types.UtcTime(timezone=True)),
    *(
        sa.column(name, sa.Text())
        for name in ("person_id", "act", "noun", "noun_id", "request_id", "details")
    ),
)
SEALS = sa.table(
    "audit_seals",
    sa.column("number", sa.BigInteger()),
    sa.column("last_line", sa.BigInteger()),
    sa.column("lines", sa.Integer()),
    *(sa.column(name, sa.Text()) for name in ("ids", "marks", "hash")),
    sa.column("sealed_at", server.db.types.UtcTime(timezone=True)),
)


AT_ONCE = 40 * A_SEAL  # lines in memory


def _seal_what_is_there() -> None:
    """Many lines at a time: however long the audit is, no more of it is in memory."""
    connection = op.get_bind()
    now, number, last, hash_ = utc_now(), 0, 0, audit_chain.BEGINNING
    columns = [AUDIT.c[name] for name in audit_chain.Line._fields]
    while True:
        some = sa.select(*columns).where(AUDIT.c.id > last).order_by(AUDIT.c.id).limit(AT_ONCE)
        lines = [audit_chain.Line._make(row) for row in connection.execute(some)]
        if not lines:
            return
        last, made = lines[-1].id, []
        for run in (lines[n : n + A_SEAL] for n in range(0, len(lines), A_SEAL)):
            number += 1
            seal = audit_chain.seal(number, hash_, run)
            hash_ = seal.hash
            made.append(
                {
                    "number": number,
                    "last_line": run[-1].id,
                    "lines": len(run),
                    "ids": seal.ids,
                    "marks": seal.marks,
                    "hash": hash_,
                    "sealed_at": now,
                }
            )
        connection.execute(sa.insert(SEALS), made)
