"""What channels tell us by themselves.

Revision ID: 2026_11_21_0190
Revises: 2026_11_21_0180
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0190"
down_revision = "2026_11_21_0180"


def upgrade() -> None:
    op.add_column("channel_account", sa.Column("credentials_end", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "channel_door",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=True),
        sa.Column("subscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_channel_door_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_channel_door"),
    )
    op.create_table(
        "channel_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('order', 'process', 'offer', 'return', 'other')", name="ck_channel_notice_kind"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_channel_notice_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_channel_notice"),
        sa.UniqueConstraint("account_id", "notice_id", name="uq_channel_notice_account_id_notice_id"),
    )
    op.create_index(
        "ix_channel_notice_waiting",
        "channel_notice",
        ["account_id", "id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_channel_notice_account_id_id", "channel_notice", ["account_id", "id"])
    op.create_index("ix_channel_notice_received_at", "channel_notice", ["received_at"], postgresql_using="brin")
    for table in ("channel_door", "channel_notice"):
        isolate(table)


def downgrade() -> None:
    op.drop_table("channel_notice")
    op.drop_table("channel_door")
    op.drop_column("channel_account", "credentials_end")
