"""Absences, invitations, the second factor, who has a tablet, and since when a contractor works with us."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "people_of_the_office"
down_revision = "verdicts"
branch_labels = None
depends_on = None


def _time(name: str, *, nullable: bool, comment: str | None = None) -> sa.Column:
    kind = server.db.types.UtcTime(timezone=True)
    return sa.Column(name, kind, nullable=nullable, comment=comment)


def _key(name: str, target: str, table: str) -> sa.ForeignKeyConstraint:
    constraint = op.f(f"fk_{table}_{name}_{target}")
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=constraint, ondelete="RESTRICT")


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False, comment="the last day away"),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.String(length=40), nullable=False),
        _time("noted_at", nullable=False),
        _key("noted_by", "people", "absences"),
        _key("person_id", "people", "absences"),
        sa.CheckConstraint("begins_on <= ends_on", name=op.f("ck_absences_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_person_id", "absences", ["person_id"])
    op.create_index("ix_absences_ends_on", "absences", ["ends_on"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="join or password"),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column(
            "person_id",
            sa.String(length=40),
            nullable=True,
            comment="whose password; of a newcomer, who came of it",
        ),
        sa.Column(
            "content",
            server.db.types.Json(),
            nullable=False,
            comment="what the office says of a newcomer: name, role, team, skills",
        ),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        _time("made_at", nullable=False),
        _time("expires_at", nullable=False),
        _time("ended_at", nullable=True, comment="used, withdrawn, or followed by another"),
        sa.Column("ended_why", sa.String(length=64), nullable=True),
        _key("made_by", "people", "invitations"),
        _key("organisation_id", "organisations", "invitations"),
        _key("person_id", "people", "invitations"),
        sa.CheckConstraint("kind in ('join', 'password')", name=op.f("ck_invitations_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_organisation_id", "invitations", ["organisation_id"])
    op.create_index("ix_invitations_person_id", "invitations", ["person_id"])
    op.create_table(
        "second_factors",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column(
            "secret", sa.Text(), nullable=False, comment="encrypted under the server's secret"
        ),
        _time("made_at", nullable=False),
        _time("confirmed_at", nullable=True, comment="it counts from then on"),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=False,
            comment="the step of time of the newest code that was taken: none is taken twice",
        ),
        sa.Column(
            "recovery",
            server.db.types.Json(),
            nullable=False,
            comment="marks of the recovery codes that are left",
        ),
        _key("person_id", "people", "second_factors"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_second_factors")),
    )
    op.add_column(
        "chains",
        sa.Column(
            "with_code",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="begun with a second factor, too",
        ),
    )
    op.add_column(
        "organisations",
        _time("granted_from", nullable=True, comment="and from then on; null: always"),
    )
    op.add_column(
        "organisations",
        sa.Column(
            "holidays_of",
            sa.String(length=64),
            nullable=True,
            comment="the country whose holidays a branch keeps; null: none",
        ),
    )
    op.add_column(
        "devices",
        sa.Column(
            "keeper_id",
            sa.String(length=40),
            nullable=True,
            comment="who has it now; null: whoever enrolled it",
        ),
    )
    op.create_index("ix_devices_keeper_id", "devices", ["keeper_id"])
    op.create_index("ix_uploads_device_id", "uploads", ["device_id"])
    op.create_index("ix_quarantine_device_id", "quarantine", ["device_id"])
    op.create_index("ix_exceptions_device_id", "exceptions", ["device_id"])
