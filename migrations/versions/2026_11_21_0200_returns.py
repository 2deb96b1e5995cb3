"""Returns, and how each was handled; what lies in channels' own warehouses.

Revision ID: 2026_11_21_0200
Revises: 2026_11_21_0190
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0200"
down_revision = "2026_11_21_0190"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "goods_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("channel_return_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel_order_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("registered_at", moment, nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("changed_at", moment, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("fulfilment IN ('seller', 'channel')", name="ck_goods_return_fulfilment_known"),
        sa.CheckConstraint(
            "state IN ('open', 'telling', 'handled', 'failed', 'by_channel')", name="ck_goods_return_state_known"
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_goods_return_seller_id_seller"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_goods_return_account_id_channel_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_goods_return"),
    )
    op.create_index(
        "ix_goods_return_channel_return_id",
        "goods_return",
        ["account_id", "channel_return_id"],
        unique=True,
        postgresql_where=sa.text("channel_return_id <> ''"),
    )
    op.create_index(
        "ix_goods_return_registered_here",
        "goods_return",
        ["account_id", "channel_order_id"],
        postgresql_where=sa.text("channel_return_id = ''"),
    )
    op.create_index("ix_goods_return_seller_id_id", "goods_return", ["seller_id", "id"])
    op.create_index("ix_goods_return_seller_id_state_id", "goods_return", ["seller_id", "state", "id"])
    op.create_index(
        "ix_goods_return_order_id", "goods_return", ["order_id"], postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.create_table(
        "return_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel_return_line_id", sa.Text(), nullable=False),
        sa.Column("channel_line_id", sa.Text(), server_default="", nullable=False),
        sa.Column("channel_order_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity_handled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("goods", sa.Text(), server_default="", nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("process_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("quantity > 0", name="ck_return_line_quantity_positive"),
        sa.CheckConstraint("state IN ('open', 'telling', 'handled', 'failed')", name="ck_return_line_state_known"),
        sa.CheckConstraint("goods IN ('', 'restock', 'write_off', 'none')", name="ck_return_line_goods_known"),
        sa.CheckConstraint("quantity_handled BETWEEN 0 AND quantity", name="ck_return_line_handled_within_quantity"),
        sa.CheckConstraint(
            "(goods = 'restock') = (location_id IS NOT NULL)", name="ck_return_line_restocked_somewhere"
        ),
        sa.ForeignKeyConstraint(["return_id"], ["goods_return.id"], name="fk_return_line_return_id_goods_return"),
        sa.PrimaryKeyConstraint("id", name="pk_return_line"),
        sa.UniqueConstraint(
            "return_id", "channel_return_line_id", name="uq_return_line_return_id_channel_return_line_id"
        ),
    )
    op.create_index(
        "ix_return_line_product_id", "return_line", ["product_id"], postgresql_where=sa.text("product_id IS NOT NULL")
    )
    op.create_table(
        "held_stock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("channel_sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sellable", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("read_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_held_stock_account_id_channel_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_held_stock"),
        sa.UniqueConstraint("account_id", "channel_sku", name="uq_held_stock_account_id_channel_sku"),
    )
    op.create_index("ix_held_stock_seller_id_id", "held_stock", ["seller_id", "id"])
    isolate("held_stock")
    isolate("goods_return")
    isolate("return_line")


def downgrade() -> None:
    op.drop_table("held_stock")
    op.drop_table("return_line")
    op.drop_table("goods_return")
