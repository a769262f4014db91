"""The customer's page: links, what customers did by them, appointments that they asked for, and the link by
which a receipt was signed.
"""

import sqlalchemy as sa
from alembic import op

from server.db.types import Json, UtcTime

revision = "customers_page"
down_revision = "customer_photos"
branch_labels = None
depends_on = None


def _key(table: str, column: str, there: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{there}"
    return sa.ForeignKeyConstraint([column], [f"{there}.id"], name=name, ondelete="RESTRICT")


def upgrade() -> None:
    _add_links()
    _add_acts()
    _add_moves()
    op.add_column(
        "receipts",
        sa.Column(
            "signed_by_link", sa.String(40), comment="the link by which the customer signed later"
        ),
    )


def _add_links() -> None:
    op.create_table(
        "customer_links",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False, comment="look, act or sign"),
        sa.Column("job_id", sa.String(40), comment="whose receipt a link to sign is for"),
        sa.Column("made_for", sa.String(64), nullable=False, comment="notice, office or preview"),
        sa.Column("made_by", sa.String(40), comment="null: the house itself, for a notice"),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime()),
        sa.Column("revoked_by", sa.String(40)),
        sa.Column(
            "seen_at",
            UtcTime(),
            comment="when somebody last read it in a browser, to the hour; a scanner's look is none",
        ),
        sa.Column("used_at", UtcTime(), comment="when somebody last did something by it"),
        sa.CheckConstraint("purpose in ('look', 'act', 'sign')", name="ck_customer_links_purpose"),
        sa.CheckConstraint(
            "(purpose = 'sign') = (job_id is not null)", name="ck_customer_links_job"
        ),
        _key("customer_links", "ticket_id", "tickets"),
        _key("customer_links", "job_id", "jobs"),
        _key("customer_links", "made_by", "people"),
        _key("customer_links", "revoked_by", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_links"),
    )
    op.create_index(
        "ix_customer_links_of_ticket", "customer_links", ["ticket_id", "purpose", "expires_at"]
    )


def _add_acts() -> None:
    op.create_table(
        "customer_acts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("job_id", sa.String(40)),
        sa.Column("link_id", sa.String(40)),
        sa.Column(
            "kind",
            sa.String(64),
            nullable=False,
            comment="confirmed, noted, rated, signed or still_broken",
        ),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("details", Json(), nullable=False),
        _key("customer_acts", "ticket_id", "tickets"),
        _key("customer_acts", "job_id", "jobs"),
        _key("customer_acts", "link_id", "customer_links"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_acts"),
    )
    op.create_index("ix_customer_acts_of_ticket", "customer_acts", ["ticket_id", "at", "id"])


def _add_moves() -> None:
    op.create_table(
        "move_requests",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("ticket_id", sa.String(40), nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column("link_id", sa.String(40)),
        sa.Column("window_start", UtcTime(), nullable=False),
        sa.Column("window_end", UtcTime(), nullable=False),
        sa.Column(
            "was_start",
            UtcTime(),
            nullable=False,
            comment="the appointment from which it was asked",
        ),
        sa.Column("was_end", UtcTime(), nullable=False),
        sa.Column(
            "assignee_id",
            sa.String(40),
            nullable=False,
            comment="who was free then, first of all who had the job",
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.String(64),
            nullable=False,
            comment="open, granted, refused, withdrawn or overtaken",
        ),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.String(40)),
        sa.Column("decided_at", UtcTime()),
        sa.Column("answer", sa.Text(), nullable=False, comment="what the customer is told"),
        sa.Column("rev", sa.Integer(), nullable=False),
        _key("move_requests", "ticket_id", "tickets"),
        _key("move_requests", "job_id", "jobs"),
        _key("move_requests", "link_id", "customer_links"),
        _key("move_requests", "assignee_id", "people"),
        _key("move_requests", "decided_by", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_move_requests"),
    )
    op.create_index("ix_move_requests_of_ticket", "move_requests", ["ticket_id", "asked_at"])
    op.create_index("ix_move_requests_asked", "move_requests", ["asked_at", "id"])
    op.create_index(
        "ix_move_requests_open",
        "move_requests",
        ["asked_at", "id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_column("receipts", "signed_by_link")
    op.drop_table("move_requests")
    op.drop_table("customer_acts")
    op.drop_table("customer_links")
