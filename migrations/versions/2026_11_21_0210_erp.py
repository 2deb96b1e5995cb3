"""ERP accounts, joins, stock and hand-overs.

Revision ID: 2026_11_21_0210
Revises: 2026_11_21_0200
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0210"
down_revision = "2026_11_21_0200"

TABLES = ("erp_hand_over", "erp_stock", "erp_join", "erp_account")


def upgrade() -> None:
    op.create_table(
        "erp_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("erp", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("known_as", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_code", sa.Text(), nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("warehouses", postgresql.JSONB(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("health IN ('healthy', 'failing', 'rejected')", name="ck_erp_account_health"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_erp_account_seller_id_seller"),
        sa.PrimaryKeyConstraint("id", name="pk_erp_account"),
        sa.UniqueConstraint("seller_id", "name", name="uq_erp_account_seller_id_name"),
        sa.UniqueConstraint("id", "seller_id", name="uq_erp_account_id_seller_id"),
    )
    op.create_table(
        "erp_join",
        sa.Column("channel_account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("erp_account_id", sa.Uuid(), nullable=False),
        sa.Column("hand_over", sa.Boolean(), nullable=False),
        sa.Column("take_stock", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_account_id", "seller_id"],
            ["channel_account.id", "channel_account.seller_id"],
            name="fk_erp_join_channel_account",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["erp_account_id", "seller_id"],
            ["erp_account.id", "erp_account.seller_id"],
            name="fk_erp_join_erp_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("channel_account_id", name="pk_erp_join"),
    )
    op.create_index("ix_erp_join_erp_account_id", "erp_join", ["erp_account_id"])
    op.create_table(
        "erp_stock",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("warehouse", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Numeric(18, 4), nullable=False),
        sa.Column("buffer", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("available >= 0", name="ck_erp_stock_available"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["erp_account.id"], name="fk_erp_stock_account_id_erp_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "sku", "warehouse", name="pk_erp_stock"),
    )
    op.create_table(
        "erp_hand_over",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("channel_order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'present', 'refused')", name="ck_erp_hand_over_state"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["erp_account.id"], name="fk_erp_hand_over_account_id_erp_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_erp_hand_over"),
        sa.UniqueConstraint("account_id", "reference", name="uq_erp_hand_over_account_id_reference"),
    )
    op.create_index(
        "ix_erp_hand_over_account_id_last_tried_at", "erp_hand_over", ["account_id", sa.text("last_tried_at DESC")]
    )
    for table in TABLES:
        isolate(table)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
