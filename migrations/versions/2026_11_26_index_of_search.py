"""The index of search: its tables, filled with the words of all the things there are.

What customers were searched by until now goes.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from server.db import words

revision = "index_of_search"
down_revision = "indexes_of_lists"
branch_labels = None
depends_on = None

WORD = sa.String(length=33).with_variant(postgresql.VARCHAR(length=33, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False, comment="a letter for its noun"),
        sa.Column("noun_id", sa.String(length=64), nullable=False),
        sa.Column(
            "words",
            sa.Text(),
            nullable=False,
            comment="all that it is found by, a blank before each",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("kind", "noun_id", name=op.f("uq_search_entries_kind_noun_id")),
    )
    op.create_table(
        "search_words",
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.Column(
            "newest",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="minus the entry's number, so that the newest come first",
        ),
        sa.Column(
            "scope",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="of the branch, to leave others out early; 0 for all",
        ),
        sa.PrimaryKeyConstraint("kind", "word", "newest", "scope", name=op.f("pk_search_words")),
        sqlite_with_rowid=False,
    )
    words.make_anew(op.get_bind())
    op.drop_column("customers", "search_text")
