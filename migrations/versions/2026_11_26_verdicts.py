"""Verdicts with what came of them, so that one can be taken back; when a promise begins to warn and when it
breaks, kept with the ticket; the sample of what the policy accepts; indexes of the lists that people work off.

The promises of tickets that are open now are reckoned by the worker, whom this asks for it.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from server.db.types import Json, UtcTime
from server.ids import new_id

revision = "verdicts"
down_revision = "settings"
branch_labels = None
depends_on = None

TO_VERIFY = sa.text("state = 'finished' AND outcome = 'completed' AND NOT awaits_picture")
BY_POLICY = sa.text("is_auto_accepted")
LISTS = {
    ("revisits", "opened", "opened_at"): "state IN ('due', 'proposed', 'call_first')",
    ("part_requests", "asked", "requested_at"): "state IN ('requested', 'reserved', 'shipped')",
    ("exceptions", "opened", "opened_at"): "state = 'open'",
}


def upgrade() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("job_id", sa.String(40), nullable=False),
        sa.Column(
            "photo_id", sa.String(40), nullable=True, comment="null: on the visit as a whole"
        ),
        sa.Column("verdict", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.String(40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column(
            "before", Json(), nullable=False, comment="what stood in the rows that it changed"
        ),
        sa.Column(
            "made",
            Json(),
            nullable=False,
            comment="what came of it: a revisit, photos accepted along",
        ),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_verdicts_job_id_jobs", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["people.id"], name="fk_verdicts_by_id_people", ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_index("ix_verdicts_job_id", "verdicts", ["job_id"])
    op.create_index("ix_verdicts_by", "verdicts", ["by_id", "at", "id"])
    _add_columns()
    op.create_index("ix_tickets_at_risk", "tickets", ["at_risk_from", "branch_id"])
    op.create_index("ix_tickets_breaks", "tickets", ["breaks_at", "id"])
    _index("ix_jobs_to_verify", "jobs", "finished_at", TO_VERIFY)
    _index("ix_jobs_by_policy", "jobs", "verdict_at", BY_POLICY)
    for (table, word, at), is_open in LISTS.items():
        op.create_index(f"ix_{table}_{word}", table, [at, "id"])
        _index(f"ix_{table}_open", table, at, sa.text(is_open))
    _derive_who_awaits_a_picture()
    _ask_the_worker()


def _add_columns() -> None:
    op.add_column(
        "organisations",
        sa.Column(
            "auto_accept_sample",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("10"),
            comment="percent of those visits that somebody looks at all the same",
        ),
    )
    op.add_column(
        "jobs",
        sa.Column(
            "kept_from_policy",
            sa.String(64),
            comment="why the policy leaves it to a person: sample, undone",
        ),
    )
    op.add_column(
        "jobs",
        sa.Column(
            "awaits_picture",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="asked for again, and not here yet; derived",
        ),
    )
    op.add_column(
        "photos",
        sa.Column(
            "asked_of", sa.String(64), comment="who is asked for a new one: installer or customer"
        ),
    )
    op.add_column(
        "revisits",
        sa.Column(
            "call_after", UtcTime(), comment="nobody answered: not to be called again before"
        ),
    )
    op.add_column(
        "tickets",
        sa.Column(
            "at_risk_from",
            UtcTime(),
            comment="when the first promise that still runs begins to warn; kept by actions/promises.py",
        ),
    )
    op.add_column(
        "tickets",
        sa.Column("breaks_at", UtcTime(), comment="when the first of them breaks, or broke"),
    )


def _index(name: str, table: str, at: str, where: sa.TextClause) -> None:
    op.create_index(name, table, [at, "id"], sqlite_where=where, postgresql_where=where)


def _derive_who_awaits_a_picture() -> None:
    op.execute(
        sa.text(
            "UPDATE jobs SET awaits_picture = true WHERE id IN (SELECT job_id FROM photos "
            "WHERE verdict = 'retake' AND replaced_by IS NULL)"
        )
    )


def _ask_the_worker() -> None:
    if op.get_bind().execute(sa.text("SELECT 1 FROM tickets LIMIT 1")).first() is None:
        return
    tasks = sa.table(
        "tasks",
        sa.column("id"),
        sa.column("kind"),
        sa.column("subject"),
        sa.column("run_at", UtcTime()),
        sa.column("tries"),
        sa.column("failure"),
        sa.column("details", Json()),
    )
    op.execute(
        tasks.insert().values(
            id=new_id(),
            kind="promise.keep",
            subject="all",
            run_at=datetime.now(UTC),
            tries=0,
            failure="",
            details={},
        )
    )
