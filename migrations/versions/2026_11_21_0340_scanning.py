"""Scanning: sessions of devices, scans, conflicts for review.

Revision ID: 2026_11_21_0340
Revises: 2026_11_21_0330
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import append_only, isolate

revision = "2026_11_21_0340"
down_revision = "2026_11_21_0330"

TABLES = ("scan_session", "device_scan", "scan_conflict")
NOW = sa.text("now()")
NOTHING = sa.text("''")


def upgrade() -> None:
    op.create_table(
        "scan_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("pick_list_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("device_name", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pick_list_id"], ["pick_list.id"], name=op.f("fk_scan_session_pick_list_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_scan_session_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_session")),
        sa.UniqueConstraint("pick_list_id", "version", name=op.f("uq_scan_session_pick_list_id_version")),
    )
    op.create_index("ix_scan_session_seller_id", "scan_session", ["seller_id", "last_seen_at"])

    op.create_table(
        "device_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pick_line_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("location", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("lot", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("tote", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("undoes", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("facts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('place', 'pick', 'short', 'undo', 'finish', 'wrong')", name=op.f("ck_device_scan_kind_known")
        ),
        sa.CheckConstraint("outcome IN ('applied', 'noted', 'conflict')", name=op.f("ck_device_scan_outcome_known")),
        sa.CheckConstraint("sequence > 0 AND quantity >= 0", name=op.f("ck_device_scan_numbers_sane")),
        sa.ForeignKeyConstraint(["session_id"], ["scan_session.id"], name=op.f("fk_device_scan_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_scan")),
        sa.UniqueConstraint("seller_id", "client_id", name=op.f("uq_device_scan_seller_id_client_id")),
    )
    op.create_index("ix_device_scan_session_id_sequence", "device_scan", ["session_id", "sequence"])
    op.create_index("ix_device_scan_seller_id_received_at", "device_scan", ["seller_id", "received_at"])

    op.create_table(
        "scan_conflict",
        sa.Column("scan_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("pick_list_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("resolved_by", sa.Text(), server_default=NOTHING, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=NOTHING, nullable=False),
        sa.CheckConstraint("state IN ('open', 'applied', 'discarded')", name=op.f("ck_scan_conflict_state_known")),
        sa.CheckConstraint(
            "(state = 'open') = (resolved_at IS NULL) AND (state = 'open' OR (reason <> '' AND resolved_by <> ''))",
            name=op.f("ck_scan_conflict_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["pick_list_id"], ["pick_list.id"], name=op.f("fk_scan_conflict_pick_list_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["device_scan.id"], name=op.f("fk_scan_conflict_scan_id")),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_scan_conflict")),
    )
    op.create_index(
        "ix_scan_conflict_open",
        "scan_conflict",
        ["seller_id", "found_at"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_scan_conflict_pick_list_id", "scan_conflict", ["pick_list_id"])
    for table in TABLES:
        isolate(table)
    append_only("device_scan")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
