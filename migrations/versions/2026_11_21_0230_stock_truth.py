"""Stock truth per channel: limits, matching, drift.

Revision ID: 2026_11_21_0230
Revises: 2026_11_21_0220
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0230"
down_revision = "2026_11_21_0220"

TABLES = ("offer_account", "offer_mapping", "offer_push", "offer_drift", "offer_sample")


def upgrade() -> None:
    make_rules()
    make_past()
    for table in TABLES:
        isolate(table)


def make_rules() -> None:
    op.create_table(
        "offer_account",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("buffer", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pause_account", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("oldest_minutes", sa.Integer(), server_default=sa.text("120"), nullable=False),
        sa.Column("listing_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample_cursor", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("buffer >= 0", name="ck_offer_account_buffer_not_negative"),
        sa.CheckConstraint("maximum >= 0", name="ck_offer_account_maximum_not_negative"),
        sa.CheckConstraint("oldest_minutes > 0", name="ck_offer_account_oldest_positive"),
        sa.PrimaryKeyConstraint("account_id", name="pk_offer_account"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_offer_account_account_id_channel_account"
        ),
    )
    op.create_table(
        "offer_mapping",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('sku', 'gtin')", name="ck_offer_mapping_kind_known"),
        sa.CheckConstraint("value <> ''", name="ck_offer_mapping_value_not_empty"),
        sa.PrimaryKeyConstraint("id", name="pk_offer_mapping"),
        sa.UniqueConstraint("seller_id", "kind", "value", name="uq_offer_mapping_seller_id_kind_value"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_offer_mapping_product"
        ),
    )


def make_past() -> None:
    op.create_table(
        "offer_push",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("derivation", postgresql.JSONB(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offer_push"),
    )
    op.create_index("ix_offer_push_offer_id", "offer_push", ["offer_id", "id"])
    op.create_index("ix_offer_push_pushed_at", "offer_push", ["pushed_at"])
    op.create_table(
        "offer_drift",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_offer_drift"),
    )
    op.create_index("ix_offer_drift_account_id", "offer_drift", ["account_id", "id"])
    op.create_index("ix_offer_drift_open", "offer_drift", ["offer_id"], postgresql_where=sa.text("repaired_at IS NULL"))
    op.create_index("ix_offer_drift_found_at", "offer_drift", ["found_at"])
    op.create_table(
        "offer_sample",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("differed", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_offer_sample"),
    )
    op.create_index("ix_offer_sample_account_id", "offer_sample", ["account_id", "read_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
