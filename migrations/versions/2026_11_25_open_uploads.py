"""Open uploads, few among many, have an index of their own: they are summed up at every creation."""

import sqlalchemy as sa
from alembic import op

revision = "open_uploads"
down_revision = "indexes_of_a_push"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_uploads_open",
        "uploads",
        ["size"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
