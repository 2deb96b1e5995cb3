"""Pricing: backtests and what they found.

Revision ID: 2026_11_21_0420
Revises: 2026_11_21_0410
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0420"
down_revision = "2026_11_21_0410"


def upgrade() -> None:
    op.create_table(
        "pricing_backtest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("offers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name=op.f("ck_pricing_backtest_done_has_result")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_pricing_backtest_name_not_empty")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_pricing_backtest_state_known")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_pricing_backtest_seller_id_seller")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_backtest")),
    )
    op.create_index("ix_pricing_backtest_seller_id", "pricing_backtest", ["seller_id", "created_at"], unique=False)
    op.create_table(
        "pricing_backtest_offer",
        sa.Column("backtest_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["backtest_id"],
            ["pricing_backtest.id"],
            name="fk_pricing_backtest_offer_backtest_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("backtest_id", "offer_id", name=op.f("pk_pricing_backtest_offer")),
    )
    isolate("pricing_backtest")
    isolate("pricing_backtest_offer")


def downgrade() -> None:
    op.drop_table("pricing_backtest_offer")
    op.drop_table("pricing_backtest")
