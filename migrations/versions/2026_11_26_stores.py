"""The storekeeper's tables: counts, minimums, imports; and indexes by which the ledger is read."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "stores"
down_revision = "customer_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_movements_from", "movements")
    op.drop_index("ix_movements_to", "movements")
    op.create_index("ix_movements_from", "movements", ["from_place", "sku", "quantity"])
    op.create_index("ix_movements_to", "movements", ["to_place", "sku", "quantity"])
    op.create_index("ix_movements_from_order", "movements", ["from_place", "id"])
    op.create_index("ix_movements_to_order", "movements", ["to_place", "id"])
    op.create_index("ix_movements_sku", "movements", ["sku", "id"])
    op.create_table(
        "stock_counts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=64), nullable=False, comment="open, settled, dropped"),
        sa.Column(
            "is_full", sa.Boolean(), nullable=False, comment="what is not in it was not there"
        ),
        sa.Column(
            "lines", server.db.types.Json(), nullable=False, comment="[{sku, counted, expected}]"
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("counted_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("counted_by", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=True, comment="who explains it"),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="the explanation, or why it was dropped"
        ),
        sa.Column("closed_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_stock_counts_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["people.id"],
            name=op.f("fk_stock_counts_closed_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["counted_by"],
            ["people.id"],
            name=op.f("fk_stock_counts_counted_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["people.id"],
            name=op.f("fk_stock_counts_owner_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_counts")),
    )
    op.create_index("ix_stock_counts_place", "stock_counts", ["place", "id"], unique=False)
    op.create_index(op.f("ix_stock_counts_state"), "stock_counts", ["state"], unique=False)
    op.create_table(
        "stock_minimums",
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sku"], ["parts.sku"], name=op.f("fk_stock_minimums_sku_parts"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("place", "sku", name=op.f("pk_stock_minimums")),
    )
    op.create_index(op.f("ix_stock_minimums_sku"), "stock_minimums", ["sku"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column(
            "place", sa.String(length=100), nullable=False, comment="where goods of it arrive"
        ),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes of the file as it came"),
        sa.Column(
            "content",
            sa.Text(),
            nullable=False,
            comment="the file, deflated, in Base64; empty once it is old",
        ),
        sa.Column(
            "state", sa.String(length=64), nullable=False, comment="checked, applied, dropped"
        ),
        sa.Column(
            "told", server.db.types.Json(), nullable=False, comment="how many rows were what"
        ),
        sa.Column("brought_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("brought_by", sa.String(length=40), nullable=False),
        sa.Column("ended_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_imports_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["brought_by"],
            ["people.id"],
            name=op.f("fk_imports_brought_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["people.id"],
            name=op.f("fk_imports_ended_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_sha256"), "imports", ["sha256"], unique=False)
