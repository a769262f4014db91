"""The jobs of a day are counted and listed from their index alone: a whole shop has forty thousand of them."""

from alembic import op

revision = "indexes_of_today"
down_revision = "photos_of_jobs"
branch_labels = None
depends_on = None

WINDOW = ["window_end", "window_start"]
INDEXES = {"ix_jobs_window_end": WINDOW, "ix_jobs_of_branch": ["branch_id", *WINDOW]}


def upgrade() -> None:
    _made_anew(["id", "state"])


def downgrade() -> None:
    _made_anew([])


def _made_anew(more: list[str]) -> None:
    for name, columns in INDEXES.items():
        op.drop_index(name, "jobs")
        op.create_index(name, "jobs", [*columns, *more])
