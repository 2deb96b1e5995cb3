"""Carriers: rules of choice, manifests, problems.

Revision ID: 2026_11_21_0270
Revises: 2026_11_21_0260
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0270"
down_revision = "2026_11_21_0260"

TABLES = ("carrier_rule", "carrier_choice", "carrier_settings", "parcel_problem", "manifest", "manifest_parcel")


def upgrade() -> None:
    op.create_table(
        "carrier_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("countries", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("least_g", sa.Integer(), nullable=True),
        sa.Column("most_g", sa.Integer(), nullable=True),
        sa.Column("least_value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("most_value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("channel_account_id", sa.Uuid(), nullable=True),
        sa.Column("least_days", sa.Integer(), nullable=True),
        sa.Column("most_days", sa.Integer(), nullable=True),
        sa.Column("carrier_account_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_carrier_rule_carrier_account_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_carrier_rule_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_rule")),
    )
    op.create_index("ix_carrier_rule_seller_id", "carrier_rule", ["seller_id", "position"])

    op.create_table(
        "carrier_choice",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_carrier_choice_shipment_id")),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_carrier_choice")),
    )

    op.create_table(
        "carrier_settings",
        sa.Column("carrier_account_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("services", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("quiet_days", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.CheckConstraint("quiet_days BETWEEN 1 AND 60", name=op.f("ck_carrier_settings_quiet_days_sane")),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_carrier_settings_carrier_account_id")
        ),
        sa.PrimaryKeyConstraint("carrier_account_id", name=op.f("pk_carrier_settings")),
    )

    op.create_table(
        "parcel_problem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.Text(), server_default="", nullable=False),
        sa.Column("cleared_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('exception', 'failed_attempt', 'returned', 'cancelled', 'no_movement', 'label')",
            name=op.f("ck_parcel_problem_kind_known"),
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_parcel_problem_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_problem")),
        sa.UniqueConstraint("shipment_id", "kind", "since", name=op.f("uq_parcel_problem_shipment_id_kind_since")),
    )
    op.create_index(
        "ix_parcel_problem_open",
        "parcel_problem",
        ["seller_id", "since"],
        postgresql_where=sa.text("cleared_at IS NULL"),
    )

    op.create_table(
        "manifest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("carrier_account_id", sa.Uuid(), nullable=False),
        sa.Column("carrier_name", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("refused", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("document_ids", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_manifest_carrier_account_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_manifest_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifest")),
    )
    op.create_index("ix_manifest_carrier_account_id", "manifest", ["carrier_account_id", "id"])

    op.create_table(
        "manifest_parcel",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"], name=op.f("fk_manifest_parcel_manifest_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_manifest_parcel_shipment_id")),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_manifest_parcel")),
    )
    op.create_index("ix_manifest_parcel_manifest_id", "manifest_parcel", ["manifest_id"])

    for table in TABLES:
        isolate(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
