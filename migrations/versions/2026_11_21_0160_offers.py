"""Offers and what was published.

Revision ID: 2026_11_21_0160
Revises: 2026_11_21_0150
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0160"
down_revision = "2026_11_21_0150"

STATE = """CASE WHEN gone_at IS NOT NULL THEN 'gone'
 WHEN fulfilment <> 'seller' THEN 'by_channel'
 WHEN product_id IS NULL AND ignored THEN 'ignored'
 WHEN product_id IS NULL THEN 'unmatched'
 WHEN problem <> '' THEN 'failed'
 WHEN wanted_quantity IS NULL OR published_quantity IS DISTINCT FROM wanted_quantity OR sending_by IS NOT NULL
 THEN 'to_push'
 WHEN paused THEN 'paused' ELSE 'in_step' END"""
SEARCH = "lower(sku || ' ' || title || ' ' || gtin || ' ' || channel_offer_id)"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_offer_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("channel_quantity", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.Column("gone_at", moment, nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.Text(), server_default="", nullable=False),
        sa.Column("ignored", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("suggested_product_id", sa.Uuid(), nullable=True),
        sa.Column("suggested_by", sa.Text(), server_default="", nullable=False),
        sa.Column("buffer", sa.Integer(), nullable=True),
        sa.Column("maximum", sa.Integer(), nullable=True),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("wanted_quantity", sa.Integer(), nullable=True),
        sa.Column("wanted_at", moment, nullable=True),
        sa.Column("derivation", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("published_quantity", sa.Integer(), nullable=True),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("published_derivation", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("sending_by", sa.Uuid(), nullable=True),
        sa.Column("sending_at", moment, nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("problem_at", moment, nullable=True),
        sa.Column("state", sa.Text(), sa.Computed(STATE, persisted=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("search_text", sa.Text(), sa.Computed(SEARCH, persisted=True), nullable=False),
        sa.CheckConstraint("fulfilment IN ('seller', 'channel')", name="ck_offer_fulfilment_known"),
        sa.CheckConstraint("matched_by IN ('', 'sku', 'gtin', 'mapping', 'hand')", name="ck_offer_matched_by_known"),
        sa.CheckConstraint("(product_id IS NULL) = (matched_by = '')", name="ck_offer_match_explained"),
        sa.CheckConstraint("wanted_quantity >= 0", name="ck_offer_wanted_not_negative"),
        sa.CheckConstraint("buffer >= 0", name="ck_offer_buffer_not_negative"),
        sa.CheckConstraint("maximum >= 0", name="ck_offer_maximum_not_negative"),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_offer_account_id_channel_account"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_offer_product_id_product"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
        sa.UniqueConstraint("account_id", "channel_offer_id", name="uq_offer_account_id_channel_offer_id"),
    )
    op.create_index(
        "ix_offer_seller_id_product_id",
        "offer",
        ["seller_id", "product_id"],
        postgresql_include=["id", "account_id", "fulfilment", "wanted_quantity", "buffer", "maximum", "paused"],
    )
    op.create_index("ix_offer_seller_id_id", "offer", ["seller_id", "id"])
    op.create_index(
        "ix_offer_to_push",
        "offer",
        ["account_id", "wanted_at", "channel_offer_id"],
        postgresql_where=sa.text("state = 'to_push'"),
    )
    op.create_index(
        "ix_offer_trouble",
        "offer",
        ["seller_id", "id"],
        postgresql_where=sa.text("state IN ('failed', 'unmatched')"),
    )
    isolate("offer")


def downgrade() -> None:
    op.drop_table("offer")
