"""What the shop decides for itself: versions of documents, and their drafts."""

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "settings"
down_revision = "index_of_search"
branch_labels = None
depends_on = None

OF_THE_HOUSE = sa.text("branch_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="counted by name, through all branches",
        ),
        sa.Column(
            "branch_id",
            sa.String(length=40),
            nullable=True,
            comment="null: of the house, for branches without their own",
        ),
        sa.Column("valid_from", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="why, in the words of who made it"),
        sa.Column(
            "value",
            server.db.types.Json(),
            nullable=True,
            comment="null: the branch follows the house",
        ),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_settings_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["people.id"],
            name=op.f("fk_settings_made_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_settings_name_version")),
    )
    op.create_table(
        "setting_drafts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=True),
        sa.Column(
            "based_on",
            sa.Integer(),
            nullable=False,
            comment="the version that held when it was begun",
        ),
        sa.Column("value", server.db.types.Json(), nullable=False),
        sa.Column("changed_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_setting_drafts_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["people.id"],
            name=op.f("fk_setting_drafts_changed_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_drafts")),
        sa.UniqueConstraint("name", "branch_id", name=op.f("uq_setting_drafts_name_branch_id")),
    )
    op.create_index(
        "uq_setting_drafts_of_the_house",
        "setting_drafts",
        ["name"],
        unique=True,
        sqlite_where=OF_THE_HOUSE,
        postgresql_where=OF_THE_HOUSE,
    )
