"""Outside calls and rate budgets.

Revision ID: 2026_11_21_0105
Revises: 2026_11_21_0100
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import ROLE, isolate

revision = "2026_11_21_0105"
down_revision = "2026_11_21_0100"


def upgrade() -> None:
    op.create_table(
        "external_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("request_headers", postgresql.JSONB(), nullable=False),
        sa.Column("request_body", sa.Text(), nullable=False),
        sa.Column("response_headers", postgresql.JSONB(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.Column("response_bytes", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_external_call"),
    )
    op.create_index(
        "ix_external_call_account_id_started_at", "external_call", ["account_id", sa.literal_column("started_at DESC")]
    )
    op.create_index("ix_external_call_subject", "external_call", ["subject"], postgresql_where=sa.text("subject <> ''"))
    for column in ("run_id", "order_id"):
        op.create_index(
            f"ix_external_call_{column}", "external_call", [column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
    op.create_index("ix_external_call_seller_id_id", "external_call", ["seller_id", "id"])
    op.create_index("ix_external_call_started_at", "external_call", ["started_at"], postgresql_using="brin")
    isolate("external_call", shared_rows=True)
    # Unlike other rows without a seller, calls without one show the instance's own business: only it reads them.
    op.execute(
        "ALTER POLICY seller_reads ON external_call USING"
        " ((seller_id IS NULL AND (SELECT scope_is_instance())) OR seller_id = ANY ((SELECT scope_sellers())::uuid[]))"
    )
    op.execute(f"REVOKE UPDATE, TRUNCATE ON external_call FROM {ROLE}")
    op.create_table(
        "rate_budget",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_left", sa.Integer(), nullable=True),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_rate_budget"),
    )


def downgrade() -> None:
    op.drop_table("rate_budget")
    op.drop_table("external_call")
