"""What tablets say about leaving for a job: the last word of each."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "readiness"
down_revision = "open_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readiness",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column(
            "visit_id",
            sa.String(length=40),
            nullable=False,
            comment="the visit under the assignment of that moment",
        ),
        sa.Column(
            "light",
            sa.String(length=64),
            nullable=False,
            comment="green, amber or red: the worst of its checks",
        ),
        sa.Column("checks", server.db.types.Json(), nullable=False),
        sa.Column(
            "checked_at",
            server.db.types.UtcTime(timezone=True),
            nullable=False,
            comment="by the tablet's clock",
        ),
        sa.Column("received_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_readiness_device_id_devices"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_readiness_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_readiness_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("job_id", "device_id", name=op.f("pk_readiness")),
    )
