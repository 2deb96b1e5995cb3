"""Badges and PINs for shared devices.

Revision ID: 2026_11_21_0330
Revises: 2026_11_21_0320
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0330"
down_revision = "2026_11_21_0320"

TABLES = ("badge", "user_pin", "shared_device")


def _when(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "badge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        _when("made_at", nullable=False),
        _when("last_used_at"),
        _when("revoked_at"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_badge_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_badge_code_hash")),
    )
    op.create_index("ix_badge_user_id", "badge", ["user_id"])
    op.create_table(
        "user_pin",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _when("set_at", nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_user_pin_failures_counted")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_pin_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_pin")),
    )
    op.create_table(
        "shared_device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.Column("enrolled_by", sa.Text(), nullable=False),
        _when("enrolled_at", nullable=False),
        _when("last_used_at"),
        _when("revoked_at"),
        sa.CheckConstraint("idle_minutes BETWEEN 1 AND 480", name=op.f("ck_shared_device_idle_sane")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_shared_device_seller_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shared_device_token_hash")),
    )  # fmt: skip
    isolate("shared_device")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY instance_manages ON {table} TO PUBLIC "
            "USING ((SELECT scope_is_instance())) WITH CHECK ((SELECT scope_is_instance()))"
        )
    op.add_column("user_session", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.add_column("user_session", sa.Column("badge_id", sa.Uuid(), nullable=True))
    op.add_column("user_session", sa.Column("idle", sa.Interval(), nullable=True))
    op.create_foreign_key(
        "fk_user_session_device_id", "user_session", "shared_device", ["device_id"], ["id"], ondelete="CASCADE"
    )
    op.create_foreign_key("fk_user_session_badge_id", "user_session", "badge", ["badge_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    op.drop_constraint("fk_user_session_badge_id", "user_session")
    op.drop_constraint("fk_user_session_device_id", "user_session")
    for column in ("idle", "badge_id", "device_id"):
        op.drop_column("user_session", column)
    for table in reversed(TABLES):
        op.drop_table(table)
