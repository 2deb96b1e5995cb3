"""Channel accounts and the inbox.

Revision ID: 2026_11_21_0140
Revises: 2026_11_21_0130
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0140"
down_revision = "2026_11_21_0130"

TABLES = ("inbox_document", "channel_cursor", "channel_token", "channel_account")


def upgrade() -> None:
    op.create_table(
        "channel_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("known_as", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_code", sa.Text(), nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_new", sa.Integer(), nullable=False),
        sa.Column("last_attention", sa.Integer(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("mode IN ('import_only', 'live', 'paused')", name="ck_channel_account_mode"),
        sa.CheckConstraint(
            "health IN ('untested', 'healthy', 'failing', 'rejected')", name="ck_channel_account_health"
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_channel_account_seller_id_seller"),
        sa.PrimaryKeyConstraint("id", name="pk_channel_account"),
        sa.UniqueConstraint("seller_id", "name", name="uq_channel_account_seller_id_name"),
        sa.UniqueConstraint("id", "seller_id", name="uq_channel_account_id_seller_id"),
    )
    op.create_table(
        "channel_token",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_channel_token_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_channel_token"),
    )
    op.create_table(
        "channel_cursor",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_channel_cursor_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", name="pk_channel_cursor"),
    )
    op.create_table(
        "inbox_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refetch", sa.Boolean(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('received', 'imported', 'attention', 'ignored')", name="ck_inbox_document_state"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_inbox_document_account_id_channel_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbox_document"),
        sa.UniqueConstraint(
            "account_id",
            "kind",
            "document_id",
            "fingerprint",
            name="uq_inbox_document_account_id_kind_document_id_fingerprint",
        ),
    )
    op.create_index(
        "ix_inbox_document_waiting",
        "inbox_document",
        ["account_id", "kind", "id"],
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index(
        "ix_inbox_document_attention",
        "inbox_document",
        ["seller_id", "id"],
        postgresql_where=sa.text("state = 'attention'"),
    )
    op.create_index("ix_inbox_document_order_id", "inbox_document", ["order_id"])
    for table in TABLES:
        isolate(table)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
