"""Exports of the whole shop as a SQLite file."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "exports"
down_revision = "audit_chain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = server.db.types.UtcTime(timezone=True)
    op.create_table(
        "exports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column(
            "branch_id",
            sa.String(length=40),
            nullable=True,
            comment="the only branch; null: all of them",
        ),
        sa.Column(
            "table_at_hand",
            sa.String(length=64),
            nullable=True,
            comment="what is being written",
        ),
        sa.Column("tables_done", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("as_of", moment, nullable=True, comment="the one moment that it shows"),
        sa.Column("done_at", moment, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("removed_at", moment, nullable=True, comment="its time had run out"),
        sa.ForeignKeyConstraint(
            ["asked_by"],
            ["people.id"],
            name=op.f("fk_exports_asked_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_asked_at", "exports", ["asked_at"])
    op.create_index("ix_exports_expires_at", "exports", ["expires_at"])
