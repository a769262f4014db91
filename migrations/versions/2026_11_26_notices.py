"""Facts that are spread, notices and webhooks that leave the house, and by which ways."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "notices"
down_revision = "documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=64),
            nullable=False,
            comment="as the audit names it, or the field event",
        ),
        sa.Column("noun_id", sa.String(length=200), nullable=False),
        sa.Column(
            "at", server.db.types.UtcTime(timezone=True), nullable=False, comment="when it happened"
        ),
        sa.Column(
            "known_at",
            server.db.types.UtcTime(timezone=True),
            nullable=False,
            comment="when we heard of it",
        ),
        sa.Column("details", server.db.types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )
    with op.batch_alter_table("facts", schema=None) as batch_op:
        batch_op.create_index("ix_facts_known", ["known_at", "id"], unique=False)

    op.create_table(
        "gateways",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column(
            "service",
            sa.String(length=64),
            nullable=False,
            comment="which one, as Apprise names it",
        ),
        sa.Column("url", sa.Text(), nullable=False, comment="encrypted under the server's secret"),
        sa.Column("set_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_gateways_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["people.id"], name=op.f("fk_gateways_set_by_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateways")),
    )
    with op.batch_alter_table("gateways", schema=None) as batch_op:
        batch_op.create_index("uq_gateways_branch", ["branch_id", "channel"], unique=True)

    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "branch_id", sa.String(length=40), nullable=True, comment="null: hears of all branches"
        ),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "events", server.db.types.Json(), nullable=False, comment="which it hears; none: all"
        ),
        sa.Column(
            "secret", sa.Text(), nullable=False, comment="encrypted under the server's secret"
        ),
        sa.Column("old_secret", sa.Text(), nullable=True, comment="still signs, too, until then"),
        sa.Column("old_until", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "drops_repeats",
            sa.Boolean(),
            nullable=False,
            comment="it knows a repeat by its id: what was cut off is sent again",
        ),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("failing_since", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("disabled_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "disabled_why", sa.String(length=64), nullable=True, comment="by_hand or failing"
        ),
        sa.Column("removed_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_webhook_endpoints_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["people.id"],
            name=op.f("fk_webhook_endpoints_made_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "key",
            sa.String(length=200),
            nullable=False,
            comment="what it tells, and how: the same twice is one",
        ),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column(
            "channel", sa.String(length=64), nullable=False, comment="email, sms, chat or webhook"
        ),
        sa.Column("branch_id", sa.String(length=40), nullable=True),
        sa.Column("ticket_id", sa.String(length=40), nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column(
            "subject_id",
            sa.String(length=40),
            nullable=True,
            comment="the visit or the photo that it is about",
        ),
        sa.Column("endpoint_id", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="where it went"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "body",
            sa.Text(),
            nullable=False,
            comment="as it was sent: written when it is, and not changed by a repeat",
        ),
        sa.Column(
            "details",
            server.db.types.Json(),
            nullable=False,
            comment="what held when it was decided",
        ),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column(
            "reason", sa.String(length=64), nullable=True, comment="why it was not sent, or is late"
        ),
        sa.Column(
            "via",
            sa.String(length=64),
            nullable=True,
            comment="log: nothing left the house, see there",
        ),
        sa.Column("happened_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("run_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=True),
        sa.Column("leased_until", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("sent_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "decided_by", sa.String(length=40), nullable=True, comment="who settled a dead letter"
        ),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_notices_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["people.id"],
            name=op.f("fk_notices_decided_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_notices_endpoint_id_webhook_endpoints"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_notices_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_notices_ticket_id_tickets"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notices_dead",
            ["made_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('failed', 'unsure')"),
            postgresql_where=sa.text("state IN ('failed', 'unsure')"),
        )
        batch_op.create_index(
            "ix_notices_due",
            ["run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )
        batch_op.create_index("ix_notices_endpoint", ["endpoint_id", "made_at"], unique=False)
        batch_op.create_index("ix_notices_job", ["job_id"], unique=False)
        batch_op.create_index("ix_notices_made", ["made_at", "id"], unique=False)
        batch_op.create_index("ix_notices_ticket", ["ticket_id", "made_at"], unique=False)

    op.create_table(
        "notice_tries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("notice_id", sa.String(length=40), nullable=False),
        sa.Column("at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True, comment="null: it did not come back"),
        sa.Column(
            "outcome",
            sa.String(length=64),
            nullable=False,
            comment="sent, again, refused or unsure",
        ),
        sa.Column("status", sa.Integer(), nullable=True, comment="of HTTP or SMTP"),
        sa.Column("words", sa.Text(), nullable=False, comment="the first of what was answered"),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notices.id"],
            name=op.f("fk_notice_tries_notice_id_notices"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_tries")),
    )
    with op.batch_alter_table("notice_tries", schema=None) as batch_op:
        batch_op.create_index("ix_notice_tries_notice", ["notice_id", "at"], unique=False)
