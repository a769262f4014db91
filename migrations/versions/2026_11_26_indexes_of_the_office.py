"""Indexes of the office's lists: tickets in their order, open ones by themselves, the jobs of a day.

Those of the branch go: a branch has most of what there is, so they find little, and SQLite, which knows no
better, would take them where another one finds a few rows at once.
"""

import sqlalchemy as sa
from alembic import op

revision = "indexes_of_the_office"
down_revision = "readiness"
branch_labels = None
depends_on = None

OPEN = sa.text("state NOT IN ('closed', 'cancelled')")
IN_ORDER = ["opened_at", "id"]


def upgrade() -> None:
    op.create_index("ix_tickets_opened", "tickets", IN_ORDER)
    op.create_index(
        "ix_tickets_open", "tickets", IN_ORDER, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.drop_index("ix_tickets_branch_id", "tickets")
    op.create_index("ix_jobs_window_end", "jobs", ["window_end"])
    op.drop_index("ix_jobs_branch_id", "jobs")
