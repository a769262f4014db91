"""Photos that customers give for their tickets, and the links by which they send them."""

import sqlalchemy as sa
from alembic import op

from server.db.types import Json, UtcTime

revision = "customer_photos"
down_revision = "windows_of_branches"
branch_labels = None
depends_on = None

WAITING = sa.text("ticket_id IS NULL")
REMOVED = sa.text("removed_at IS NOT NULL AND state <> 'erased'")


def upgrade() -> None:
    _make_links()
    _make_photos()
    op.create_table(
        "customer_photo_bands",
        sa.Column(
            "band",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="which quarter, then its 16 bits",
        ),
        sa.Column("photo_id", sa.String(40), nullable=False),
        sa.Column("hash", sa.String(16), nullable=False),
        _refers("customer_photo_bands", "photo_id", "customer_photos"),
        sa.PrimaryKeyConstraint("band", "photo_id", name="pk_customer_photo_bands"),
        sqlite_with_rowid=False,
    )


def _make_links() -> None:
    op.create_table(
        "photo_links",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.String(40), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("revoked_by", sa.String(40), nullable=True),
        _refers("photo_links", "ticket_id", "tickets"),
        _refers("photo_links", "made_by", "people"),
        _refers("photo_links", "revoked_by", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_photo_links"),
    )
    op.create_index("ix_photo_links_ticket_id", "photo_links", ["ticket_id"])


def _make_photos() -> None:
    op.create_table(
        "customer_photos",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column(
            "ticket_id",
            sa.String(40),
            nullable=True,
            comment="null while the ticket is being taken in",
        ),
        sa.Column("customer_id", sa.String(40), nullable=True, comment="whose it is until then"),
        sa.Column("link_id", sa.String(40), nullable=True, comment="the link by which it came"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime", sa.String(100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the file, as it came"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("given_at", UtcTime(), nullable=False),
        sa.Column(
            "given_by",
            sa.String(40),
            nullable=True,
            comment="who of the office put it in; null: the customer, by a link",
        ),
        sa.Column(
            "state",
            sa.String(64),
            nullable=False,
            comment="stored, checked, unreadable or erased",
        ),
        sa.Column("measured", Json(), nullable=True),
        sa.Column("hash", sa.String(16), nullable=True, comment="dHash, 64 bits as hex"),
        sa.Column(
            "seen_in",
            sa.String(40),
            nullable=True,
            comment="a photo from the field that looks the same",
        ),
        sa.Column(
            "seen_with",
            sa.String(40),
            nullable=True,
            comment="one that was given for another ticket and looks the same",
        ),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("removed_by", sa.String(40), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        _refers("customer_photos", "ticket_id", "tickets"),
        _refers("customer_photos", "customer_id", "customers"),
        _refers("customer_photos", "link_id", "photo_links"),
        _refers("customer_photos", "given_by", "people"),
        _refers("customer_photos", "removed_by", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_photos"),
    )
    op.create_index(
        "uq_customer_photos_of_ticket", "customer_photos", ["ticket_id", "sha256"], unique=True
    )
    op.create_index("ix_customer_photos_sha256", "customer_photos", ["sha256"])
    op.create_index("ix_customer_photos_link_id", "customer_photos", ["link_id"])
    op.create_index(
        "ix_customer_photos_waiting",
        "customer_photos",
        ["customer_id", "given_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_customer_photos_removed",
        "customer_photos",
        ["removed_at"],
        sqlite_where=REMOVED,
        postgresql_where=REMOVED,
    )


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def downgrade() -> None:
    for table in ("customer_photo_bands", "customer_photos", "photo_links"):
        op.drop_table(table)
