"""Indexes of lists: jobs as they were issued, and those of one asset."""

from alembic import op

revision = "indexes_of_lists"
down_revision = "indexes_of_the_office"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_jobs_issued", "jobs", ["issued_at", "id"])
    op.create_index("ix_jobs_asset_id", "jobs", ["asset_id"])
