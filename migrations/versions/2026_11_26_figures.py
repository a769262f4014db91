"""Figures: what tickets count for, its sums by day, month and year, and what has to be counted again.

Every ticket that there is gets its mark; the worker counts them one after the other.
"""

import sqlalchemy as sa
from alembic import op

revision = "figures"
down_revision = "stores"
branch_labels = None
depends_on = None

REPEATS = sa.text("repeats IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "figure_marks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_marks")),
    )
    op.create_table(
        "figure_facts",
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("figure", sa.String(length=64), nullable=False),
        sa.Column(
            "subject_id",
            sa.String(length=40),
            nullable=False,
            comment="ticket, job or revisit",
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="in the zone of the branch"),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("installer_id", sa.String(length=40), nullable=True),
        sa.Column(
            "organisation_id", sa.String(length=40), nullable=True, comment="the installer's"
        ),
        sa.Column("product_id", sa.String(length=40), nullable=True),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column(
            "counted",
            sa.Integer(),
            nullable=False,
            comment="0: left out of the figure, for its cause",
        ),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "figure", "subject_id", name=op.f("pk_figure_facts")),
    )
    op.create_index("ix_figure_facts_day", "figure_facts", ["figure", "day", "subject_id"])
    for name, column in (
        ("branch", "branch_id"),
        ("installer", "installer_id"),
        ("house", "organisation_id"),
        ("product", "product_id"),
        ("cause", "cause"),
    ):
        columns = ["figure", column, "day", "subject_id"]
        op.create_index(f"ix_figure_facts_{name}", "figure_facts", columns)
    op.create_table(
        "figure_totals",
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="all, installer, organisation, product, cause or left_out",
        ),
        sa.Column("figure", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=5), nullable=False, comment="day, month or year"),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the first one of its stretch"),
        sa.Column(
            "of", sa.String(length=40), nullable=False, comment="empty: of all, or of nobody"
        ),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "figure", "level", "branch_id", "day", "of", name=op.f("pk_figure_totals")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tickets_repeats",
        "tickets",
        ["repeats"],
        sqlite_where=REPEATS,
        postgresql_where=REPEATS,
    )
    op.execute("INSERT INTO figure_marks (ticket_id) SELECT id FROM tickets")
