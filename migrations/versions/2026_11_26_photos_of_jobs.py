"""The photos of a job in a state: every sheet of a later trip, every verdict and every customer's file asks.

Without statistics SQLite holds the index of the state for as good as the one of the job, and read every
photo of the shop that was ever checked. The list of those in a state comes in the order of its index.
"""

from alembic import op

revision = "photos_of_jobs"
down_revision = "notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_photos_of_job", "photos", ["job_id", "state"])
    op.create_index("ix_photos_in_state", "photos", ["state", "id"])
    op.drop_index("ix_photos_job_id", "photos")
    op.drop_index("ix_photos_state", "photos")


def downgrade() -> None:
    op.create_index("ix_photos_state", "photos", ["state"])
    op.create_index("ix_photos_job_id", "photos", ["job_id"])
    op.drop_index("ix_photos_in_state", "photos")
    op.drop_index("ix_photos_of_job", "photos")
