"""Order runs and inventory runs; what channels call carriers; whose turn it is to tell a channel.

Revision ID: 2026_11_21_0220
Revises: 2026_11_21_0210
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0220"
down_revision = "2026_11_21_0210"

MOMENT = sa.DateTime(timezone=True)
EMPTY = sa.text("''")
ZERO = sa.text("0")


def upgrade() -> None:
    op.create_table(
        "flow_step",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("total", sa.Integer(), server_default=ZERO, nullable=False),
        sa.Column("counts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("note", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_flow_step"),
        sa.ForeignKeyConstraint(["run_id"], ["job_run.id"], name="fk_flow_step_run_id_job_run", ondelete="CASCADE"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'succeeded', 'failed', 'skipped')",
            name=op.f("ck_flow_step_state_known"),
        ),
        sa.CheckConstraint("flow IN ('order', 'inventory')", name=op.f("ck_flow_step_flow_known")),
    )
    op.create_index("ix_flow_step_account_id", "flow_step", ["account_id", "flow", "run_id"])
    isolate("flow_step")

    op.create_table(
        "carrier_mapping",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "carrier", "service", name="pk_carrier_mapping"),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_carrier_mapping_account_id"),
    )
    isolate("carrier_mapping")
    op.create_table(
        "channel_carriers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("carriers", postgresql.JSONB(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_channel_carriers"),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_channel_carriers_account_id"),
    )
    isolate("channel_carriers")
    op.create_table(
        "push_turn",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_push_turn"),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_push_turn_account_id"),
    )
    isolate("push_turn")


def downgrade() -> None:
    op.drop_table("push_turn")
    op.drop_table("channel_carriers")
    op.drop_table("carrier_mapping")
    op.drop_table("flow_step")
