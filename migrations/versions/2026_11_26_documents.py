"""Documents made of receipts: which file says what, and the code by which its page is found."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "documents"
down_revision = "customers_page"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("receipt_id", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column(
            "code",
            sa.String(length=16),
            nullable=False,
            comment="of the receipt: stands on the paper, opens its page",
        ),
        sa.Column(
            "basis", sa.String(length=64), nullable=False, comment="SHA-256 over all that was drawn"
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the signed file"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"],
            ["receipts.id"],
            name=op.f("fk_documents_receipt_id_receipts"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    for column in ("receipt_id", "code", "sha256"):
        op.create_index(f"ix_documents_{column}", "documents", [column])


def downgrade() -> None:
    op.drop_table("documents")
