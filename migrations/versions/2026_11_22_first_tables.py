"""The first tables, and the epoch of this database."""

import uuid

import sqlalchemy as sa
from alembic import op

import server.db.types

revision = "first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "person_id",
            sa.String(length=40),
            nullable=True,
            comment="null: the house itself, by a policy",
        ),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("noun", sa.String(length=64), nullable=False),
        sa.Column("noun_id", sa.String(length=200), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("details", server.db.types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_noun", ["noun", "noun_id"], unique=False)

    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "counters",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_counters")),
    )
    op.create_table(
        "feed_changes",
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column(
            "data", sa.Text(), nullable=True, comment="ready JSON; a job's stands in its own row"
        ),
        sa.PrimaryKeyConstraint("scope", "kind", "entity_id", name=op.f("pk_feed_changes")),
    )
    with op.batch_alter_table("feed_changes", schema=None) as batch_op:
        batch_op.create_index("uq_feed_changes_version", ["scope", "version"], unique=True)

    op.create_table(
        "feed_scopes",
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column(
            "horizon",
            sa.BigInteger(),
            nullable=False,
            comment="the highest version that was pruned",
        ),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_scopes")),
    )
    op.create_table(
        "field_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.String(length=64), nullable=False),
        sa.Column(
            "visit_id",
            sa.String(length=40),
            nullable=True,
            comment="the visit that it counts for, once applied",
        ),
        sa.Column("base_rev", sa.Integer(), nullable=True),
        sa.Column("after_id", sa.String(length=40), nullable=True),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column(
            "person_id", sa.String(length=40), nullable=False, comment="whose sign-in delivered it"
        ),
        sa.Column(
            "captured_at", sa.String(length=64), nullable=False, comment="as the tablet wrote it"
        ),
        sa.Column(
            "captured_est",
            server.db.types.UtcTime(timezone=True),
            nullable=False,
            comment="the tablet's clock corrected",
        ),
        sa.Column("uncertainty_s", sa.Integer(), nullable=False),
        sa.Column("is_clock_suspect", sa.Boolean(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("sent_at", sa.String(length=64), nullable=True),
        sa.Column("received_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "raw",
            sa.Text(),
            nullable=False,
            comment="the whole envelope as ASCII JSON, never changed",
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("waits_for", sa.String(length=40), nullable=True),
        sa.Column(
            "was",
            sa.String(length=64),
            nullable=True,
            comment="the status before a logged act changed it",
        ),
        sa.Column("effect_version", sa.Integer(), nullable=True),
        sa.Column("is_forked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_events")),
    )
    with op.batch_alter_table("field_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_events_after_id"), ["after_id"], unique=False)
        batch_op.create_index("ix_field_events_job", ["job_id", "received_at"], unique=False)
        batch_op.create_index("ix_field_events_waiting", ["status", "received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_field_events_waits_for"), ["waits_for"], unique=False)
        batch_op.create_index("uq_field_events_device_seq", ["device_id", "seq"], unique=True)

    op.create_table(
        "guesses",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guesses")),
    )
    with op.batch_alter_table("guesses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guesses_subject"), ["subject"], unique=False)

    op.create_table(
        "house",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_house")),
    )
    op.create_table(
        "kept_answers",
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", server.db.types.Json(), nullable=False),
        sa.Column("at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_kept_answers")),
    )
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answers_at"), ["at"], unique=False)

    op.create_table(
        "organisations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column(
            "granted_until",
            server.db.types.UtcTime(timezone=True),
            nullable=True,
            comment="a contractor sees its jobs until then",
        ),
        sa.Column(
            "auto_accept",
            sa.Boolean(),
            nullable=False,
            comment="policy: visits in full and without a doubt are accepted by themselves",
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('branch', 'contractor')", name=op.f("ck_organisations_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "owners",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "person_id", name=op.f("pk_owners")),
    )
    op.create_table(
        "parts",
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("unit_price", sa.Integer(), nullable=False, comment="in cents of `currency`"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "is_returnable", sa.Boolean(), nullable=False, comment="the old one must come back"
        ),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_parts")),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("care_card", sa.Text(), nullable=False),
        sa.Column("care_card_zh", sa.Text(), nullable=False),
        sa.Column(
            "certificate",
            sa.String(length=64),
            nullable=True,
            comment="who installs it must hold this one",
        ),
        sa.Column("warranty_months", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("model", name=op.f("uq_products_model")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("device_id", sa.String(length=40), nullable=True),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("received_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_event_id"), ["event_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_quarantine_fingerprint"), ["fingerprint"], unique=False
        )

    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("run_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=True),
        sa.Column("leased_until", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("done_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("failed_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("details", server.db.types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_due", ["done_at", "run_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_tasks_subject"), ["subject"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("metadata_raw", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("expires_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "holder", sa.String(length=40), nullable=True, comment="the request that writes now"
        ),
        sa.Column("held_until", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "wanted_by",
            sa.String(length=40),
            nullable=True,
            comment="a request that waits to write",
        ),
        sa.Column(
            "is_whole",
            sa.Boolean(),
            nullable=False,
            comment="its hash was right; the file may lie in its place already",
        ),
        sa.Column("finished_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index("uq_uploads_person_hash", ["person_id", "sha256"], unique=True)

    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("is_vip", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column(
            "search_text",
            sa.Text(),
            nullable=False,
            comment="what a search looks at; kept by itself",
        ),
        sa.Column("created_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_customers_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customers_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_customers_phone"), ["phone"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=40), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("skills", server.db.types.Json(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_people_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("username", name=op.f("uq_people_username")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_people_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_people_team"), ["team"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_certificates_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificates_person_id"), ["person_id"], unique=False)

    op.create_table(
        "chains",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=True),
        sa.Column("started_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("ended_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_chains_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chains")),
    )
    with op.batch_alter_table("chains", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chains_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_chains_person_id"), ["person_id"], unique=False)

    op.create_table(
        "devices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("enrolled_by", sa.String(length=40), nullable=False),
        sa.Column("enrolled_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column(
            "report",
            server.db.types.Json(),
            nullable=True,
            comment="what it last said of its outbox",
        ),
        sa.Column("revoked_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "status in ('active', 'draining', 'revoked')", name=op.f("ck_devices_status")
        ),
        sa.ForeignKeyConstraint(
            ["enrolled_by"],
            ["people.id"],
            name=op.f("fk_devices_enrolled_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"],
            ["people.id"],
            name=op.f("fk_devices_revoked_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_enrolled_by"), ["enrolled_by"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("id", sa.String(length=40), nullable=False, comment="the token's jti"),
        sa.Column("chain_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=40), nullable=True),
        sa.Column("predecessor_id", sa.String(length=40), nullable=True),
        sa.Column("issued_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("expires_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("used_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_sign_ins_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("predecessor_id", name=op.f("uq_sign_ins_predecessor_id")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_ins_chain_id"), ["chain_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_ins_device_id"), ["device_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_ins_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("district", sa.String(length=100), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("province", sa.String(length=100), nullable=False),
        sa.Column("postcode", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_sites_customer_id_customers"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
    )
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sites_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "assets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("product_id", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=True),
        sa.Column("order_number", sa.String(length=100), nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_assets_product_id_products"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_assets_site_id_sites"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    with op.batch_alter_table("assets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assets_product_id"), ["product_id"], unique=False)
        batch_op.create_index("ix_assets_serial", ["serial"], unique=False)
        batch_op.create_index(batch_op.f("ix_assets_site_id"), ["site_id"], unique=False)

    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=True),
        sa.Column("asset_id", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=True),
        sa.Column("ticket_class", sa.String(length=64), nullable=False),
        sa.Column(
            "fault",
            sa.String(length=64),
            nullable=True,
            comment="fault code, for repeats of the same one",
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False, comment="derived, never set"),
        sa.Column("opened_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("triaged_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("responded_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("planned_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "answered_at",
            server.db.types.UtcTime(timezone=True),
            nullable=True,
            comment="a consultation answered without a trip",
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("closed_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "closed_by_hand",
            sa.Text(),
            nullable=True,
            comment="the reason, where a person closed it",
        ),
        sa.Column("cancelled_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=False),
        sa.Column("reopened_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "repeats",
            sa.String(length=40),
            nullable=True,
            comment="the earlier ticket with the same fault",
        ),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["assets.id"],
            name=op.f("fk_tickets_asset_id_assets"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_tickets_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_tickets_customer_id_customers"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"],
            ["people.id"],
            name=op.f("fk_tickets_opened_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_tickets_site_id_sites"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_asset_id"), ["asset_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tickets_state"), ["state"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("asset_id", sa.String(length=40), nullable=True),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("priority", sa.String(length=64), nullable=False),
        sa.Column("window_start", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("window_end", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("assignee_id", sa.String(length=40), nullable=False),
        sa.Column("skills", server.db.types.Json(), nullable=False),
        sa.Column("certificates", server.db.types.Json(), nullable=False),
        sa.Column("slots", server.db.types.Json(), nullable=False),
        sa.Column("checklist", server.db.types.Json(), nullable=False),
        sa.Column("planned_parts", server.db.types.Json(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("care_card", sa.Text(), nullable=False),
        sa.Column("revisit_of", sa.String(length=40), nullable=True),
        sa.Column("revisit_id", sa.String(length=40), nullable=True),
        sa.Column("cause", sa.String(length=64), nullable=True),
        sa.Column("issued_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(length=40), nullable=False),
        sa.Column(
            "override_reason",
            sa.Text(),
            nullable=True,
            comment="why it was issued in spite of warnings",
        ),
        sa.Column("cancelled_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=64), nullable=True),
        sa.Column("verdict_reason", sa.Text(), nullable=False),
        sa.Column("verdict_by", sa.String(length=40), nullable=True),
        sa.Column("verdict_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("is_auto_accepted", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False, comment="revision of the sheet"),
        sa.Column(
            "edition",
            sa.Integer(),
            nullable=False,
            comment="raised by every office edit, for If-Match",
        ),
        sa.Column(
            "visit_id",
            sa.String(length=40),
            nullable=True,
            comment="the visit under the present assignment",
        ),
        sa.Column("state", sa.String(length=64), nullable=False, comment="derived, never set"),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("outcome_cause", sa.String(length=64), nullable=True),
        sa.Column("finished_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("received", sa.String(length=64), nullable=False),
        sa.Column("missing", server.db.types.Json(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="ready JSON for the pull"),
        sa.ForeignKeyConstraint(
            ["asset_id"], ["assets.id"], name=op.f("fk_jobs_asset_id_assets"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"],
            ["people.id"],
            name=op.f("fk_jobs_assignee_id_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_jobs_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["people.id"], name=op.f("fk_jobs_issued_by_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["revisit_of"], ["jobs.id"], name=op.f("fk_jobs_revisit_of_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"], name=op.f("fk_jobs_site_id_sites"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_jobs_ticket_id_tickets"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["verdict_by"],
            ["people.id"],
            name=op.f("fk_jobs_verdict_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_assignee_window", ["assignee_id", "window_start"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_jobs_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_received"), ["received"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_revisit_id"), ["revisit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_revisit_of"), ["revisit_of"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "crew",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_crew_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_crew_person_id_people"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("job_id", "person_id", name=op.f("pk_crew")),
    )
    with op.batch_alter_table("crew", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crew_person_id"), ["person_id"], unique=False)

    op.create_table(
        "exceptions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("branch_id", sa.String(length=40), nullable=True),
        sa.Column("ticket_id", sa.String(length=40), nullable=True),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("device_id", sa.String(length=40), nullable=True),
        sa.Column(
            "person_id", sa.String(length=40), nullable=True, comment="whose work it is about"
        ),
        sa.Column("details", server.db.types.Json(), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=True),
        sa.Column("owner_role", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("opened_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["branch_id"],
            ["organisations.id"],
            name=op.f("fk_exceptions_branch_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["people.id"],
            name=op.f("fk_exceptions_decided_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_exceptions_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["people.id"],
            name=op.f("fk_exceptions_owner_id_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_exceptions_ticket_id_tickets"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exceptions")),
        sa.UniqueConstraint("subject", name=op.f("uq_exceptions_subject")),
    )
    with op.batch_alter_table("exceptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exceptions_branch_id"), ["branch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_exceptions_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "movements",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column(
            "sku",
            sa.String(length=200),
            nullable=False,
            comment="as the field wrote it, known or not",
        ),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("from_place", sa.String(length=100), nullable=False),
        sa.Column("to_place", sa.String(length=100), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=True),
        sa.Column("line_id", sa.String(length=40), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("serial", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("from_place <> to_place", name=op.f("ck_movements_places")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movements_quantity")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_movements_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_movements_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movements")),
    )
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.create_index("ix_movements_from", ["from_place", "sku"], unique=False)
        batch_op.create_index(batch_op.f("ix_movements_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_movements_line_id"), ["line_id"], unique=False)
        batch_op.create_index("ix_movements_to", ["to_place", "sku"], unique=False)

    op.create_table(
        "part_requests",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("sku", sa.String(length=200), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("requested_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("expected_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "tracking",
            sa.String(length=200),
            nullable=False,
            comment="carrier and number of the parcel",
        ),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_part_requests_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_part_requests_ticket_id_tickets"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_requests")),
    )
    with op.batch_alter_table("part_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_requests_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_requests_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_part_requests_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "photos",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("visit_id", sa.String(length=40), nullable=False),
        sa.Column("slot", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mime", sa.String(length=100), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.String(length=40), nullable=True),
        sa.Column("taken_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.String(length=40), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True, comment="how sure the position was"),
        sa.Column("is_apart", sa.Boolean(), nullable=False, comment="recorded only; kept apart"),
        sa.Column(
            "state",
            sa.String(length=64),
            nullable=False,
            comment="awaited, stored, checked, unreadable, discarded or lost",
        ),
        sa.Column("doubts", server.db.types.Json(), nullable=False),
        sa.Column("measured", server.db.types.Json(), nullable=True),
        sa.Column("hash", sa.String(length=16), nullable=True, comment="dHash, 64 bits as hex"),
        sa.Column(
            "seen_in",
            sa.String(length=40),
            nullable=True,
            comment="an earlier photo that looks the same",
        ),
        sa.Column("verdict", sa.String(length=64), nullable=True),
        sa.Column("verdict_reason", sa.Text(), nullable=False),
        sa.Column("verdict_by", sa.String(length=40), nullable=True),
        sa.Column("verdict_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column(
            "answer_by",
            server.db.types.UtcTime(timezone=True),
            nullable=True,
            comment="until when a retake should come",
        ),
        sa.Column(
            "replaced_by",
            sa.String(length=40),
            nullable=True,
            comment="the photo that answered a retake",
        ),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_photos_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"], ["people.id"], name=op.f("fk_photos_taken_by_people"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["verdict_by"],
            ["people.id"],
            name=op.f("fk_photos_verdict_by_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
    )
    with op.batch_alter_table("photos", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photos_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_photos_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("visit_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=64),
            nullable=False,
            comment="presented, signed, unsigned (with a reason), changed",
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", server.db.types.Json(), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("base_rev", sa.Integer(), nullable=False),
        sa.Column(
            "event_id",
            sa.String(length=40),
            nullable=True,
            comment="the last receipt event that it rests on",
        ),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("signature_sha256", sa.String(length=64), nullable=True),
        sa.Column(
            "signed_digest",
            sa.String(length=64),
            nullable=True,
            comment="what the tablet said was signed",
        ),
        sa.Column("signed_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("reservation", sa.Text(), nullable=True),
        sa.Column("unsigned_reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_receipts_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("job_id", "version", name=op.f("uq_receipts_job_id_version")),
    )
    with op.batch_alter_table("receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipts_job_id"), ["job_id"], unique=False)

    op.create_table(
        "revisits",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("ticket_id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False, comment="the job it repairs"),
        sa.Column("trigger", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column(
            "mode", sa.String(length=64), nullable=False, comment="at_once, proposed or call_first"
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=64),
            nullable=False,
            comment="due, proposed, call_first, planned, dismissed",
        ),
        sa.Column("opened_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "earliest_at",
            server.db.types.UtcTime(timezone=True),
            nullable=True,
            comment="when the parts it carries are there",
        ),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("planned_job_id", sa.String(length=40), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["people.id"],
            name=op.f("fk_revisits_decided_by_people"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_revisits_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["planned_job_id"],
            ["jobs.id"],
            name=op.f("fk_revisits_planned_job_id_jobs"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
            name=op.f("fk_revisits_ticket_id_tickets"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisits")),
    )
    with op.batch_alter_table("revisits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revisits_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_revisits_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_revisits_ticket_id"), ["ticket_id"], unique=False)

    op.create_table(
        "serial_swaps",
        sa.Column(
            "id", sa.String(length=40), nullable=False, comment="the field event that told it"
        ),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("asset_id", sa.String(length=40), nullable=True),
        sa.Column("line_id", sa.String(length=40), nullable=True),
        sa.Column("old_serial", sa.String(length=200), nullable=False),
        sa.Column("new_serial", sa.String(length=200), nullable=False),
        sa.Column("swapped_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column("returned_at", server.db.types.UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asset_id"],
            ["assets.id"],
            name=op.f("fk_serial_swaps_asset_id_assets"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_serial_swaps_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serial_swaps")),
    )
    with op.batch_alter_table("serial_swaps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_serial_swaps_job_id"), ["job_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_serial_swaps_new_serial"), ["new_serial"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_serial_swaps_old_serial"), ["old_serial"], unique=False
        )

    op.create_table(
        "sheets",
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("content", server.db.types.Json(), nullable=False),
        sa.Column("made_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_sheets_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("job_id", "rev", name=op.f("pk_sheets")),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("assigned_at", server.db.types.UtcTime(timezone=True), nullable=False),
        sa.Column(
            "ended_at",
            server.db.types.UtcTime(timezone=True),
            nullable=True,
            comment="when the job was given to somebody else",
        ),
        sa.Column("content", server.db.types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_visits_job_id_jobs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
            name=op.f("fk_visits_person_id_people"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visits_job_id"), ["job_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visits_person_id"), ["person_id"], unique=False)

    op.create_table(
        "photo_bands",
        sa.Column("band", sa.Integer(), nullable=False, comment="which quarter, then its 16 bits"),
        sa.Column("photo_id", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"],
            ["photos.id"],
            name=op.f("fk_photo_bands_photo_id_photos"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("band", "photo_id", name=op.f("pk_photo_bands")),
        sqlite_with_rowid=False,
    )
    house = sa.table("house", sa.column("name", sa.String), sa.column("value", sa.Text))
    op.execute(house.insert().values(name="epoch", value=str(uuid.uuid4())))
