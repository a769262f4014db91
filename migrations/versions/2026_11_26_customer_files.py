"""The customer file: consent, merges with their way back, holds and erasures.

Customers are listed by name, so the index of the branch is one of its names, too. `phone_key` is filled
for those that are there already; the code before this leaves it empty, and the next change fills it.
"""

import re

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "customer_files"
down_revision = "people_of_the_office"
branch_labels = None
depends_on = None

AT_ONCE = 1_000
TIME = server.db.types.UtcTime(timezone=True)
JSON = server.db.types.Json()
MERGED = sa.text("merged_into IS NOT NULL")


def _id(name: str, *, nullable: bool = False, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=40), nullable=nullable, comment=comment)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="RESTRICT")


def upgrade() -> None:
    _widen_customers()
    op.add_column(
        "blobs",
        sa.Column(
            "erased_at",
            TIME,
            nullable=True,
            comment="the bytes were removed for good; that they had come stays on record",
        ),
    )
    _make_consents()
    _make_merges()
    _make_erasures()
    _fill_phone_keys()


def _widen_customers() -> None:
    for column in (
        sa.Column(
            "phone_key",
            sa.String(length=20),
            nullable=True,
            comment="the number as all ways of writing it have it in common",
        ),
        _id("merged_into", nullable=True, comment="the customer who this one really is"),
        sa.Column(
            "hold_reason", sa.Text(), nullable=True, comment="why nothing of it may be erased"
        ),
        _id("held_by", nullable=True),
        sa.Column("held_at", TIME, nullable=True),
        sa.Column("erased_at", TIME, nullable=True),
    ):
        op.add_column("customers", column)
    op.create_index("ix_customers_phone_key", "customers", ["phone_key"])
    op.create_index(
        "ix_customers_merged",
        "customers",
        ["merged_into"],
        sqlite_where=MERGED,
        postgresql_where=MERGED,
    )
    op.create_index("ix_customers_name", "customers", ["name", "id"])
    op.create_index("ix_customers_branch_name", "customers", ["branch_id", "name", "id"])
    op.drop_index("ix_customers_branch_id", "customers")


def _make_consents() -> None:
    op.create_table(
        "consents",
        _id("id"),
        _id("customer_id"),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False, comment="false: withdrawn"),
        sa.Column("how", sa.String(length=64), nullable=False, comment="how it reached us"),
        sa.Column("words", sa.Text(), nullable=False),
        _id("noted_by"),
        sa.Column("noted_at", TIME, nullable=False),
        _refers("consents", "customer_id", "customers"),
        _refers("consents", "noted_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_customer", "consents", ["customer_id", "noted_at"])


def _make_merges() -> None:
    op.create_table(
        "merges",
        _id("id"),
        _id("kept_id"),
        _id("merged_id"),
        sa.Column("moved", JSON, nullable=False),
        sa.Column(
            "fields", JSON, nullable=False, comment="field -> [before, after] of the kept one"
        ),
        sa.Column("merged_at", TIME, nullable=False),
        _id("merged_by"),
        sa.Column("undo_until", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        _id("undone_by", nullable=True),
        _refers("merges", "kept_id", "customers"),
        _refers("merges", "merged_id", "customers"),
        _refers("merges", "merged_by", "people"),
        _refers("merges", "undone_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    op.create_index(op.f("ix_merges_kept_id"), "merges", ["kept_id"])
    op.create_index(op.f("ix_merges_merged_id"), "merges", ["merged_id"])


def _make_erasures() -> None:
    op.create_table(
        "erasures",
        _id("id"),
        _id("customer_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("erased_at", TIME, nullable=False),
        _id("erased_by"),
        sa.Column("last_at", TIME, nullable=False, comment="up to when what came in was erased"),
        sa.Column(
            "counts", JSON, nullable=False, comment="how much of what was emptied or removed"
        ),
        _refers("erasures", "customer_id", "customers"),
        _refers("erasures", "erased_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_customer_id"), "erasures", ["customer_id"])
    op.create_index(op.f("ix_erasures_erased_at"), "erasures", ["erased_at"])


def _fill_phone_keys() -> None:
    """The rule as it was on this day, written down here: a migration does not change with the product."""
    rows = sa.table("customers", sa.column("id"), sa.column("phone"), sa.column("phone_key"))
    bind, last = op.get_bind(), ""
    changed = rows.update().where(rows.c.id == sa.bindparam("its_id"))
    changed = changed.values(phone_key=sa.bindparam("key"))
    while True:
        found = bind.execute(
            sa.select(rows.c.id, rows.c.phone)
            .where(rows.c.id > last)
            .order_by(rows.c.id)
            .limit(AT_ONCE)
        ).all()
        if not found:
            return
        last = found[-1].id
        known = [{"its_id": each.id, "key": _phone_key(each.phone)} for each in found]
        keys = [each for each in known if each["key"]]
        if keys:
            bind.execute(changed, keys)


def _phone_key(phone: str) -> str | None:
    digits = re.sub(r"\D", "", phone)
    found = re.match(r"(?:00)?86(1\d{10})\Z", digits)
    return (found[1] if found else digits)[:20] if len(digits) >= 7 else None
