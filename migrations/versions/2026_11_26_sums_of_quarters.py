"""Sums of quarters, and all sums in the order in which a whole shop reads them: its days before its branches.

What was counted stays; quarters are added up from their months.
"""

import sqlalchemy as sa
from alembic import op

revision = "sums_of_quarters"
down_revision = "indexes_of_today"
branch_labels = None
depends_on = None

LEVELS = {5: "day, month or year", 7: "day, month, quarter or year"}
BEFORE, AFTER = ["branch_id", "day"], ["day", "branch_id"]
COPIED = "kind, figure, level, branch_id, day, of, counted, hits"
QUARTER = {
    "postgresql": "date_trunc('quarter', day)::date",
    "sqlite": "printf('%s-%02d-01', substr(day, 1, 4), (substr(day, 6, 2) - 1) / 3 * 3 + 1)",
}


def upgrade() -> None:
    quarter = QUARTER[op.get_bind().dialect.name]
    _set_aside()
    _make(7, AFTER, include=["counted", "hits"])
    op.execute(f"INSERT INTO figure_totals ({COPIED}) SELECT {COPIED} FROM sums_before")
    op.execute(
        f"INSERT INTO figure_totals ({COPIED}) "
        f"SELECT kind, figure, 'quarter', branch_id, {quarter}, of, sum(counted), sum(hits) "
        f"FROM sums_before WHERE level = 'month' GROUP BY kind, figure, branch_id, {quarter}, of"
    )
    op.drop_table("sums_before")


def downgrade() -> None:
    _set_aside()
    _make(5, BEFORE, include=[])
    op.execute(
        f"INSERT INTO figure_totals ({COPIED}) "
        f"SELECT {COPIED} FROM sums_before WHERE level <> 'quarter'"
    )
    op.drop_table("sums_before")


def _set_aside() -> None:
    op.rename_table("figure_totals", "sums_before")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("pk_figure_totals", "sums_before", type_="primary")


def _make(length: int, order: list[str], *, include: list[str]) -> None:
    op.create_table(
        "figure_totals",
        sa.Column(
            "kind",
            sa.String(20),
            nullable=False,
            comment="all, installer, organisation, product, cause or left_out",
        ),
        sa.Column("figure", sa.String(64), nullable=False),
        sa.Column("level", sa.String(length), nullable=False, comment=LEVELS[length]),
        sa.Column("day", sa.Date(), nullable=False, comment="the first one of its stretch"),
        sa.Column("branch_id", sa.String(40), nullable=False),
        sa.Column("of", sa.String(40), nullable=False, comment="empty: of all, or of nobody"),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("kind", "figure", "level", *order, "of"),
            name=op.f("pk_figure_totals"),
            postgresql_include=include,
        ),
        sqlite_with_rowid=False,
    )
