"""Indexes that a push needs, and none that it only pays for.

Who was shown a job is looked up by the job. Waiting events are few among many: only they are indexed.
What follows an event is found among the events of its job.
"""

import sqlalchemy as sa
from alembic import op

revision = "indexes_of_a_push"
down_revision = "first_tables"
branch_labels = None
depends_on = None

WAITS = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_feed_changes_entity", "feed_changes", ["entity_id", "kind"])
    op.drop_index("ix_field_events_after_id", "field_events")
    op.drop_index("ix_field_events_waits_for", "field_events")
    op.drop_index("ix_field_events_waiting", "field_events")
    for name, column in (
        ("ix_field_events_waits_for", "waits_for"),
        ("ix_field_events_waiting", "received_at"),
    ):
        op.create_index(name, "field_events", [column], sqlite_where=WAITS, postgresql_where=WAITS)
