"""Jobs that somebody has and nobody has said when: few among many, for the board's pool."""

import sqlalchemy as sa
from alembic import op

revision = "timeless_jobs"
down_revision = "exports"
branch_labels = None
depends_on = None

WITHOUT_TIME = sa.text("window_start IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_jobs_timeless",
        "jobs",
        ["issued_at", "id"],
        sqlite_where=WITHOUT_TIME,
        postgresql_where=WITHOUT_TIME,
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_timeless", "jobs")
