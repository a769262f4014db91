"""Jobs of a day: a branch opens its day many times an hour, among the jobs of a hundred branches.

Both indexes end in the begin of the window, so that a job of another day is left out before its row is
read. A push changes none of these columns; PostgreSQL writes one entry more for the state that it sets, into
a dozen others.
"""

from alembic import op

revision = "windows_of_branches"
down_revision = "timeless_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_jobs_window_end", "jobs")
    op.create_index("ix_jobs_window_end", "jobs", ["window_end", "window_start"])
    op.create_index("ix_jobs_of_branch", "jobs", ["branch_id", "window_end", "window_start"])


def downgrade() -> None:
    op.drop_index("ix_jobs_of_branch", "jobs")
    op.drop_index("ix_jobs_window_end", "jobs")
    op.create_index("ix_jobs_window_end", "jobs", ["window_end"])
