"""Boards: presence, who may be shown person by person, daily reports.

Revision ID: 2026_11_21_0350
Revises: 2026_11_21_0340
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0350"
down_revision = "2026_11_21_0340"

# Who acts is known to every transaction; a person's own figures need the id, for names repeat.
ACTOR = "coalesce(current_setting('entrepot.actor_id', true), '')"


def upgrade() -> None:
    op.create_table(
        "floor_presence",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_floor_presence_order_id")),
        sa.PrimaryKeyConstraint("order_id", "actor_id", name=op.f("pk_floor_presence")),
    )
    op.create_index("ix_floor_presence_seller_id_seen_at", "floor_presence", ["seller_id", "seen_at"], unique=False)
    isolate("floor_presence")

    op.create_table(
        "board_setting",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("by_person", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_board_setting_seller_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_board_setting_warehouse_id")),
        sa.PrimaryKeyConstraint("seller_id", "warehouse_id", name=op.f("pk_board_setting")),
    )
    isolate("board_setting")

    op.create_table(
        "daily_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_daily_report_seller_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_daily_report_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_report")),
        sa.UniqueConstraint(
            "seller_id", "warehouse_id", "day", name=op.f("uq_daily_report_seller_id_warehouse_id_day")
        ),
    )
    isolate("daily_report")

    op.create_table(
        "report_subscription",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_report_subscription_seller_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_report_subscription_warehouse_id")),
        sa.PrimaryKeyConstraint("seller_id", "warehouse_id", "user_id", name=op.f("pk_report_subscription")),
    )
    isolate("report_subscription")

    op.add_column("pick_scan", sa.Column("actor_id", sa.Text(), server_default=sa.text(ACTOR), nullable=False))
    op.create_index(
        "ix_floor_order_on_its_way",
        "floor_order",
        ["seller_id", "since"],
        unique=False,
        postgresql_where=sa.text("stage = 'dispatched'"),
    )


def downgrade() -> None:
    op.drop_index("ix_floor_order_on_its_way", table_name="floor_order")
    op.drop_column("pick_scan", "actor_id")
    op.drop_table("report_subscription")
    op.drop_table("daily_report")
    op.drop_table("board_setting")
    op.drop_table("floor_presence")
