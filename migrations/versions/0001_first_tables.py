"""First tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_api_key")),
    )
    op.create_table(
        "calibration",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("forecasts", sa.Integer(), nullable=False),
        sa.Column("cycles", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_calibration")),
    )
    op.create_table(
        "day_use",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.Column("exposure_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "slot", "day_on", name=op.f("pk_day_use")),
    )
    op.create_table(
        "decision_cursor",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_decision_cursor")),
    )
    op.create_table(
        "device_event",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("boot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "boot_id", "seq", name=op.f("pk_device_event")),
    )
    with op.batch_alter_table("device_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_device_event_device_id_measured_at"),
            ["device_id", "measured_at"],
            unique=False,
        )

    op.create_table(
        "leaf",
        sa.Column("leaf_id", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("leaf_id", name=op.f("pk_leaf")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_leaf_leaf_index")),
    )
    with op.batch_alter_table("leaf", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leaf_commitment"), ["commitment"], unique=False)

    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cosignatures", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_head",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("verifier_key", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_log_head")),
    )
    op.create_table(
        "maker_claim",
        sa.Column("manufacturer_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("claim", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "manufacturer_id", "model", "claim_id", name=op.f("pk_maker_claim")
        ),
    )
    op.create_table(
        "manufacturer",
        sa.Column("manufacturer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("manufacturer_id", name=op.f("pk_manufacturer")),
        sa.UniqueConstraint("name", name=op.f("uq_manufacturer_name")),
    )
    op.create_table(
        "meter_run",
        sa.Column("meter_run_id", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("replay_changes", sa.Integer(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("meter_run_id", name=op.f("pk_meter_run")),
    )
    op.create_table(
        "mirror",
        sa.Column("mirror_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("refused_why", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mirror_id", name=op.f("pk_mirror")),
    )
    op.create_table(
        "mirror_note",
        sa.Column(
            "mirror_note_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("boot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("mirror_note_id", name=op.f("pk_mirror_note")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("mirror_note", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mirror_note_given",
            ["given_at"],
            unique=False,
            sqlite_where=sa.text("given_at IS NOT NULL"),
            postgresql_where=sa.text("given_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_mirror_note_waiting",
            ["mirror_note_id"],
            unique=False,
            sqlite_where=sa.text("given_at IS NULL"),
            postgresql_where=sa.text("given_at IS NULL"),
        )

    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_dedupe_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_due_at_outbox_id"), ["due_at", "outbox_id"], unique=False
        )

    op.create_table(
        "owner",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("readings_kept_days", sa.Integer(), nullable=False),
        sa.Column("shares_outcomes", sa.Boolean(), nullable=False),
        sa.Column("is_auto_stopped", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_owner")),
    )
    op.create_table(
        "product_card",
        sa.Column("gtin", sa.String(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("gtin", name=op.f("pk_product_card")),
    )
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("fix", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_quarantine_device_id_received_at"),
            ["device_id", "received_at"],
            unique=False,
        )

    op.create_table(
        "quarantine_count",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "day_on", name=op.f("pk_quarantine_count")),
    )
    op.create_table(
        "reading",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("boot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_clock", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Float(), nullable=True),
        sa.Column("quantity", sa.Float(), nullable=True),
        sa.Column("used_total", sa.Float(), nullable=True),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "slot", "boot_id", "seq", name=op.f("pk_reading")),
    )
    op.create_table(
        "refill",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("boot_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("filled", sa.Float(), nullable=False),
        sa.Column("from_spares", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "slot", "boot_id", "seq", name=op.f("pk_refill")),
    )
    op.create_table(
        "tree_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_tree_node")),
    )
    op.create_table(
        "vendor",
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("register_number", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("base_url", sa.String(), nullable=False),
        sa.Column("dialect", sa.String(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("declaration", sa.JSON(), nullable=False),
        sa.Column("declaration_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("vendor_id", name=op.f("pk_vendor")),
    )
    op.create_table(
        "witness",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("verifier_key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_witness")),
    )
    op.create_table(
        "witnessed_log",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("verifier_key", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_witnessed_log")),
    )
    op.create_table(
        "bridge_code",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_bridge_code_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_bridge_code")),
    )
    with op.batch_alter_table("bridge_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bridge_code_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "catalogue_sight",
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["vendor.vendor_id"],
            name=op.f("fk_catalogue_sight_vendor_id_vendor"),
        ),
        sa.PrimaryKeyConstraint("vendor_id", "category", name=op.f("pk_catalogue_sight")),
    )
    op.create_table(
        "claim_try",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("claim_try_id", sa.Integer(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_claim_try_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("claim_try_id", name=op.f("pk_claim_try")),
        sa.UniqueConstraint("owner_id", name=op.f("uq_claim_try_owner_id")),
    )
    with op.batch_alter_table("claim_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_try_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "decision",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("record_hash", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_decision_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decision_stock_id"), ["stock_id"], unique=False)

    op.create_table(
        "declined_recommendation",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("declined_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["owner.owner_id"],
            name=op.f("fk_declined_recommendation_owner_id_owner"),
        ),
        sa.PrimaryKeyConstraint("declined_id", name=op.f("pk_declined_recommendation")),
        sa.UniqueConstraint(
            "owner_id", "key", name=op.f("uq_declined_recommendation_owner_id_key")
        ),
    )
    with op.batch_alter_table("declined_recommendation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_declined_recommendation_owner_id"), ["owner_id"], unique=False
        )

    op.create_table(
        "device_model",
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("manufacturer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["manufacturer_id"],
            ["manufacturer.manufacturer_id"],
            name=op.f("fk_device_model_manufacturer_id_manufacturer"),
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_device_model")),
        sa.UniqueConstraint(
            "manufacturer_id",
            "name",
            "version",
            name=op.f("uq_device_model_manufacturer_id_name_version"),
        ),
    )
    op.create_table(
        "listing",
        sa.Column("leaf_id", sa.Integer(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["leaf_id"], ["leaf.leaf_id"], name=op.f("fk_listing_leaf_id_leaf")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendor.vendor_id"], name=op.f("fk_listing_vendor_id_vendor")
        ),
        sa.PrimaryKeyConstraint("leaf_id", name=op.f("pk_listing")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_listing_category_is_current"),
            ["category", "is_current"],
            unique=False,
        )

    op.create_table(
        "log_entry",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["leaf_id"], ["leaf.leaf_id"], name=op.f("fk_log_entry_leaf_id_leaf")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_log_entry_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("leaf_id", name=op.f("pk_log_entry")),
    )
    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_entry_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_log_entry_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_log_entry_record_id"), ["record_id"], unique=False)

    op.create_table(
        "mandate",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("mandate_hash", sa.String(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_mandate_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("mandate_id", name=op.f("pk_mandate")),
    )
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mandate_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mandate_stock_id"), ["stock_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_member_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "notice",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_notice_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "offer",
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("offer", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendor.vendor_id"], name=op.f("fk_offer_vendor_id_vendor")
        ),
        sa.PrimaryKeyConstraint("vendor_id", "sku", name=op.f("pk_offer")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offer_category_expires_at"), ["category", "expires_at"], unique=False
        )

    op.create_table(
        "policy",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("policy_hash", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_policy_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_policy")),
        sa.UniqueConstraint("owner_id", "version", name=op.f("uq_policy_owner_id_version")),
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "recommendation_setting",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("setting_id", sa.Uuid(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["owner.owner_id"],
            name=op.f("fk_recommendation_setting_owner_id_owner"),
        ),
        sa.PrimaryKeyConstraint("setting_id", name=op.f("pk_recommendation_setting")),
    )
    with op.batch_alter_table("recommendation_setting", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recommendation_setting_owner_id"), ["owner_id"], unique=False
        )

    op.create_table(
        "refused_offer",
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendor.vendor_id"], name=op.f("fk_refused_offer_vendor_id_vendor")
        ),
        sa.PrimaryKeyConstraint("vendor_id", "sku", name=op.f("pk_refused_offer")),
    )
    op.create_table(
        "stock",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("fits", sa.JSON(), nullable=False),
        sa.Column("products", sa.JSON(), nullable=False),
        sa.Column("spares", sa.Integer(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("keeps_days", sa.Integer(), nullable=True),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("service_level_ppm", sa.Integer(), nullable=False),
        sa.Column("stock_out_minor_per_day", sa.Integer(), nullable=True),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("needs_so_far", sa.Integer(), nullable=False),
        sa.Column("review_level", sa.Float(), nullable=True),
        sa.Column("next_review_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forecast", sa.JSON(), nullable=True),
        sa.Column("is_stale_told", sa.Boolean(), nullable=False),
        sa.Column("is_full_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_stock_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("stock_id", name=op.f("pk_stock")),
    )
    with op.batch_alter_table("stock", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stock_next_review_at"), ["next_review_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_stock_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "vendor_statement",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("short_minor", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["vendor.vendor_id"],
            name=op.f("fk_vendor_statement_vendor_id_vendor"),
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_vendor_statement")),
    )
    with op.batch_alter_table("vendor_statement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_vendor_statement_vendor_id_decided_on"),
            ["vendor_id", "decided_on"],
            unique=False,
        )

    op.create_table(
        "complaint",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["vendor_statement.statement_id"],
            name=op.f("fk_complaint_statement_id_vendor_statement"),
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendor.vendor_id"], name=op.f("fk_complaint_vendor_id_vendor")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("statement_id", name=op.f("uq_complaint_statement_id")),
    )
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_complaint_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "correction",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("factor_ppm", sa.Integer(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_correction_owner_id_owner")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_correction_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_correction_stock_id"), ["stock_id"], unique=False)

    op.create_table(
        "device",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=True),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("broker_password", sa.String(), nullable=False),
        sa.Column("claim_hash", sa.String(), nullable=True),
        sa.Column("claim_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credentials_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("boot_id", sa.BigInteger(), nullable=False),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("firmware", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["device_model.model_id"],
            name=op.f("fk_device_model_id_device_model"),
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_claim_hash"), ["claim_hash"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_device_credentials_changed_at"),
            ["credentials_changed_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_device_model_id"), ["model_id"], unique=False)

    op.create_table(
        "need",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("risk_ppm", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_reason", sa.String(), nullable=False),
        sa.Column("quiet_facts", sa.JSON(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_need_owner_id_owner")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_need_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_need")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_need_stock_id"), ["stock_id"], unique=False)
        batch_op.create_index(
            "uq_need_open",
            ["stock_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.member_id"], name=op.f("fk_session_member_id_member")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_session_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_member_id"), ["member_id"], unique=False)

    op.create_table(
        "trial",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("formulas", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("family_group", sa.String(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("watched_days", sa.Integer(), nullable=False),
        sa.Column("chances_ppm", sa.JSON(), nullable=False),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("before_ppm", sa.Integer(), nullable=True),
        sa.Column("after_ppm", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_trial_owner_id_owner")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_trial_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("stock_id", "made_on", name=op.f("pk_trial")),
    )
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trial_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_trial_resolved_on"), ["resolved_on"], unique=False)

    op.create_table(
        "command",
        sa.Column("command_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_command_device_id_device")
        ),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_command")),
    )
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_command_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_command_device_id"), ["device_id"], unique=False)

    op.create_table(
        "complaint_event",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaint.complaint_id"],
            name=op.f("fk_complaint_event_complaint_id_complaint"),
        ),
        sa.PrimaryKeyConstraint("complaint_id", "number", name=op.f("pk_complaint_event")),
    )
    op.create_table(
        "correction_removal",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("correction_id", sa.Uuid(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"],
            ["correction.correction_id"],
            name=op.f("fk_correction_removal_correction_id_correction"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_correction_removal_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_correction_removal")),
    )
    with op.batch_alter_table("correction_removal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_correction_removal_owner_id"), ["owner_id"], unique=False
        )

    op.create_table(
        "cycle_correction",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("cycle_correction_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("boot_id", sa.BigInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["device.device_id"],
            name=op.f("fk_cycle_correction_device_id_device"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_cycle_correction_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("cycle_correction_id", name=op.f("pk_cycle_correction")),
    )
    with op.batch_alter_table("cycle_correction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cycle_correction_device_id"), ["device_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_cycle_correction_owner_id"), ["owner_id"], unique=False
        )

    op.create_table(
        "mqtt_session",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_mqtt_session_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_mqtt_session")),
    )
    op.create_table(
        "order",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("vendor_id", sa.String(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("mandate_id", sa.Uuid(), nullable=True),
        sa.Column("is_override", sa.Boolean(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("vendor_order_number", sa.String(), nullable=True),
        sa.Column("checkout", sa.String(), nullable=True),
        sa.Column("continue_url", sa.String(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["need_id"], ["need.need_id"], name=op.f("fk_order_need_id_need")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_order_owner_id_owner")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["decision.record_id"], name=op.f("fk_order_record_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_order_stock_id_stock")
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"], ["vendor.vendor_id"], name=op.f("fk_order_vendor_id_vendor")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order")),
        sa.UniqueConstraint("need_id", "attempt", name=op.f("uq_order_need_id_attempt")),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_stock_id"), ["stock_id"], unique=False)
        batch_op.create_index(
            "uq_order_live",
            ["stock_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('approved', 'awaiting_approval', 'needs_owner', 'placed', 'proposed', 'shipped', 'stopping', 'submitting')"
            ),
            postgresql_where=sa.text(
                "state IN ('approved', 'awaiting_approval', 'needs_owner', 'placed', 'proposed', 'shipped', 'stopping', 'submitting')"
            ),
        )

    op.create_table(
        "ownership",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_ownership_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_ownership_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_ownership")),
    )
    with op.batch_alter_table("ownership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ownership_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "slot",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=True),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("fold", sa.JSON(), nullable=True),
        sa.Column("checkpoint", sa.JSON(), nullable=True),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("in_slot", sa.Float(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.device_id"], name=op.f("fk_slot_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_slot_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("device_id", "slot", name=op.f("pk_slot")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_stock_id"), ["stock_id"], unique=False)

    op.create_table(
        "order_contest",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.order_id"], name=op.f("fk_order_contest_order_id_order")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_order_contest_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_contest")),
    )
    with op.batch_alter_table("order_contest", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_order_contest_owner_id"), ["owner_id"], unique=False
        )

    op.create_table(
        "order_cycle",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("family_group", sa.String(), nullable=False),
        sa.Column("service_level_ppm", sa.Integer(), nullable=False),
        sa.Column("spares", sa.Integer(), nullable=False),
        sa.Column("empty_below", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_stock_out", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.order_id"], name=op.f("fk_order_cycle_order_id_order")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_order_cycle_owner_id_owner")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_order_cycle_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_cycle")),
    )
    with op.batch_alter_table("order_cycle", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_cycle_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_cycle_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_cycle_stock_id"), ["stock_id"], unique=False)

    op.create_table(
        "order_event",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_event_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.order_id"], name=op.f("fk_order_event_order_id_order")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_order_event_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("order_event_id", name=op.f("pk_order_event")),
    )
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_event_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_event_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("gtin", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("pack_quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order.order_id"], name=op.f("fk_order_line_order_id_order")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_order_line_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("pk_order_line")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_line_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "contest_event",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["order_contest.order_id"],
            name=op.f("fk_contest_event_order_id_order_contest"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["owner.owner_id"], name=op.f("fk_contest_event_owner_id_owner")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_contest_event")),
    )
    with op.batch_alter_table("contest_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contest_event_owner_id"), ["owner_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("contest_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_event_owner_id"))

    op.drop_table("contest_event")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_line_owner_id"))

    op.drop_table("order_line")
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_event_owner_id"))
        batch_op.drop_index(batch_op.f("ix_order_event_order_id"))

    op.drop_table("order_event")
    with op.batch_alter_table("order_cycle", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_cycle_stock_id"))
        batch_op.drop_index(batch_op.f("ix_order_cycle_owner_id"))
        batch_op.drop_index(batch_op.f("ix_order_cycle_ended_at"))

    op.drop_table("order_cycle")
    with op.batch_alter_table("order_contest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_contest_owner_id"))

    op.drop_table("order_contest")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slot_stock_id"))

    op.drop_table("slot")
    with op.batch_alter_table("ownership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ownership_owner_id"))

    op.drop_table("ownership")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_order_live",
            sqlite_where=sa.text(
                "state IN ('approved', 'awaiting_approval', 'needs_owner', 'placed', 'proposed', 'shipped', 'stopping', 'submitting')"
            ),
            postgresql_where=sa.text(
                "state IN ('approved', 'awaiting_approval', 'needs_owner', 'placed', 'proposed', 'shipped', 'stopping', 'submitting')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_order_stock_id"))
        batch_op.drop_index(batch_op.f("ix_order_owner_id"))

    op.drop_table("order")
    op.drop_table("mqtt_session")
    with op.batch_alter_table("cycle_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cycle_correction_owner_id"))
        batch_op.drop_index(batch_op.f("ix_cycle_correction_device_id"))

    op.drop_table("cycle_correction")
    with op.batch_alter_table("correction_removal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_removal_owner_id"))

    op.drop_table("correction_removal")
    op.drop_table("complaint_event")
    with op.batch_alter_table("command", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_command_device_id"))
        batch_op.drop_index(batch_op.f("ix_command_created_at"))

    op.drop_table("command")
    with op.batch_alter_table("trial", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trial_resolved_on"))
        batch_op.drop_index(batch_op.f("ix_trial_owner_id"))

    op.drop_table("trial")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_member_id"))

    op.drop_table("session")
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_need_open",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_need_stock_id"))
        batch_op.drop_index(batch_op.f("ix_need_owner_id"))

    op.drop_table("need")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_model_id"))
        batch_op.drop_index(batch_op.f("ix_device_credentials_changed_at"))
        batch_op.drop_index(batch_op.f("ix_device_claim_hash"))

    op.drop_table("device")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_stock_id"))
        batch_op.drop_index(batch_op.f("ix_correction_owner_id"))

    op.drop_table("correction")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_complaint_vendor_id"))

    op.drop_table("complaint")
    with op.batch_alter_table("vendor_statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_statement_vendor_id_decided_on"))

    op.drop_table("vendor_statement")
    with op.batch_alter_table("stock", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stock_owner_id"))
        batch_op.drop_index(batch_op.f("ix_stock_next_review_at"))

    op.drop_table("stock")
    op.drop_table("refused_offer")
    with op.batch_alter_table("recommendation_setting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recommendation_setting_owner_id"))

    op.drop_table("recommendation_setting")
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_owner_id"))

    op.drop_table("policy")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_category_expires_at"))

    op.drop_table("offer")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_owner_id"))

    op.drop_table("notice")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_owner_id"))

    op.drop_table("member")
    with op.batch_alter_table("mandate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mandate_stock_id"))
        batch_op.drop_index(batch_op.f("ix_mandate_owner_id"))

    op.drop_table("mandate")
    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_entry_record_id"))
        batch_op.drop_index(batch_op.f("ix_log_entry_owner_id"))
        batch_op.drop_index(batch_op.f("ix_log_entry_need_id"))

    op.drop_table("log_entry")
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_listing_category_is_current"))

    op.drop_table("listing")
    op.drop_table("device_model")
    with op.batch_alter_table("declined_recommendation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_declined_recommendation_owner_id"))

    op.drop_table("declined_recommendation")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_stock_id"))
        batch_op.drop_index(batch_op.f("ix_decision_owner_id"))
        batch_op.drop_index(batch_op.f("ix_decision_need_id"))

    op.drop_table("decision")
    with op.batch_alter_table("claim_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_try_owner_id"))

    op.drop_table("claim_try")
    op.drop_table("catalogue_sight")
    with op.batch_alter_table("bridge_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bridge_code_owner_id"))

    op.drop_table("bridge_code")
    op.drop_table("witnessed_log")
    op.drop_table("witness")
    op.drop_table("vendor")
    op.drop_table("tree_node")
    op.drop_table("refill")
    op.drop_table("reading")
    op.drop_table("quarantine_count")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quarantine_device_id_received_at"))

    op.drop_table("quarantine")
    op.drop_table("product_card")
    op.drop_table("owner")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_due_at_outbox_id"))

    op.drop_table("outbox")
    with op.batch_alter_table("mirror_note", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mirror_note_waiting",
            sqlite_where=sa.text("given_at IS NULL"),
            postgresql_where=sa.text("given_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_mirror_note_given",
            sqlite_where=sa.text("given_at IS NOT NULL"),
            postgresql_where=sa.text("given_at IS NOT NULL"),
        )

    op.drop_table("mirror_note")
    op.drop_table("mirror")
    op.drop_table("meter_run")
    op.drop_table("manufacturer")
    op.drop_table("maker_claim")
    op.drop_table("log_head")
    op.drop_table("log_checkpoint")
    with op.batch_alter_table("leaf", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leaf_commitment"))

    op.drop_table("leaf")
    with op.batch_alter_table("device_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_event_device_id_measured_at"))

    op.drop_table("device_event")
    op.drop_table("decision_cursor")
    op.drop_table("day_use")
    op.drop_table("calibration")
    op.drop_table("api_key")
