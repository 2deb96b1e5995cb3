"""Pick lists, parcels, shipments, carriers, channel pushes.

Revision ID: 2026_11_21_0180
Revises: 2026_11_21_0170
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0180"
down_revision = "2026_11_21_0170"


def upgrade() -> None:
    op.create_table(
        "floor_number",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_floor_number_seller_id")),
        sa.PrimaryKeyConstraint("seller_id", "kind", name=op.f("pk_floor_number")),
    )
    isolate("floor_number")

    op.create_table(
        "pick_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Text(), server_default="", nullable=False),
        sa.Column("assigned_name", sa.Text(), server_default="", nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'picking', 'done', 'cancelled')", name=op.f("ck_pick_list_status_known")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_pick_list_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_list")),
        sa.UniqueConstraint("seller_id", "number", name=op.f("uq_pick_list_seller_id_number")),
    )
    op.create_index("ix_pick_list_seller_id_status", "pick_list", ["seller_id", "status", "id"], unique=False)
    isolate("pick_list")

    op.create_table(
        "pick_list_order",
        sa.Column("pick_list_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["pick_list_id"], ["pick_list.id"], name=op.f("fk_pick_list_order_pick_list_id")),
        sa.PrimaryKeyConstraint("pick_list_id", "order_id", name=op.f("pk_pick_list_order")),
    )
    op.create_index("ix_pick_list_order_order_id", "pick_list_order", ["order_id"], unique=False)
    op.create_index(
        "uq_pick_list_order_open",
        "pick_list_order",
        ["order_id", "warehouse_id"],
        unique=True,
        postgresql_where=sa.text("open"),
    )
    isolate("pick_list_order")

    op.create_table(
        "pick_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("pick_list_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("location_code", sa.Text(), nullable=False),
        sa.Column("walk_order", sa.Integer(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("picked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("short", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("put_back", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scanned_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('open', 'picked', 'short', 'cancelled')", name=op.f("ck_pick_line_state_known")),
        sa.CheckConstraint("picked + short <= quantity", name=op.f("ck_pick_line_parts_within_quantity")),
        sa.CheckConstraint(
            "picked >= 0 AND short >= 0 AND put_back >= 0", name=op.f("ck_pick_line_parts_not_negative")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_pick_line_quantity_positive")),
        sa.ForeignKeyConstraint(["pick_list_id"], ["pick_list.id"], name=op.f("fk_pick_line_pick_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_line")),
    )
    op.create_index("ix_pick_line_order_id", "pick_line", ["order_id"], unique=False)
    op.create_index("ix_pick_line_order_line_id", "pick_line", ["order_line_id"], unique=False)
    op.create_index(
        "ix_pick_line_pick_list_id", "pick_line", ["pick_list_id", "walk_order", "location_code", "id"], unique=False
    )
    op.create_index(
        "ix_pick_line_put_back", "pick_line", ["seller_id"], unique=False, postgresql_where=sa.text("put_back > 0")
    )
    isolate("pick_line")

    op.create_table(
        "pick_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("pick_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["pick_line_id"], ["pick_line.id"], name=op.f("fk_pick_scan_pick_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_scan")),
        sa.UniqueConstraint("seller_id", "client_id", name=op.f("uq_pick_scan_seller_id_client_id")),
    )
    op.create_index("ix_pick_scan_pick_line_id", "pick_scan", ["pick_line_id"], unique=False)
    op.create_index("ix_pick_scan_seller_id_scanned_at", "pick_scan", ["seller_id", "scanned_at"], unique=False)
    isolate("pick_scan")

    op.create_table(
        "parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("packed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('open', 'packed', 'shipped', 'cancelled')", name=op.f("ck_parcel_status_known")),
        sa.CheckConstraint("weight_g >= 0", name=op.f("ck_parcel_weight_not_negative")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_parcel_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint("seller_id", "client_id", name=op.f("uq_parcel_seller_id_client_id")),
        sa.UniqueConstraint("seller_id", "number", name=op.f("uq_parcel_seller_id_number")),
    )
    op.create_index("ix_parcel_order_id", "parcel", ["order_id"], unique=False)
    op.create_index("ix_parcel_seller_id_packed_at", "parcel", ["seller_id", "packed_at"], unique=False)
    isolate("parcel")

    op.create_table(
        "parcel_line",
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_parcel_line_quantity_positive")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_line_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", "order_line_id", name=op.f("pk_parcel_line")),
    )
    op.create_index("ix_parcel_line_order_line_id", "parcel_line", ["order_line_id"], unique=False)
    isolate("parcel_line")

    op.create_table(
        "carrier_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("default_service", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("known_as", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_carrier_account_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_account")),
        sa.UniqueConstraint("seller_id", "name", name=op.f("uq_carrier_account_seller_id_name")),
    )
    isolate("carrier_account")

    op.create_table(
        "sender_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("address", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_sender_address_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender_address")),
        sa.UniqueConstraint(
            "seller_id",
            "warehouse_id",
            name=op.f("uq_sender_address_seller_id_warehouse_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    isolate("sender_address")

    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("carrier_account_id", sa.Uuid(), nullable=True),
        sa.Column("carrier_name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("carrier_shipment_id", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking_code", sa.Text(), server_default="", nullable=False),
        sa.Column("tracking_url", sa.Text(), server_default="", nullable=False),
        sa.Column("label_pdf_id", sa.Uuid(), nullable=True),
        sa.Column("label_zpl_id", sa.Uuid(), nullable=True),
        sa.Column("cost", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'labelled', 'failed', 'cancelled', 'in_transit', 'problem', 'delivered')",
            name=op.f("ck_shipment_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_shipment_carrier_account_id")
        ),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_shipment_parcel_id")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_shipment_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
    )
    op.create_index("ix_shipment_order_id", "shipment", ["order_id"], unique=False)
    op.create_index("ix_shipment_parcel_id", "shipment", ["parcel_id"], unique=False)
    op.create_index(
        "ix_shipment_to_track",
        "shipment",
        ["carrier_account_id", "next_look_at"],
        unique=False,
        postgresql_where=sa.text("shipped_at IS NOT NULL AND state IN ('labelled', 'in_transit', 'problem')"),
    )
    op.create_index("ix_shipment_tracking_code", "shipment", ["tracking_code"], unique=False)
    op.create_index(
        "uq_shipment_current",
        "shipment",
        ["parcel_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('failed', 'cancelled')"),
    )
    isolate("shipment")

    op.create_table(
        "label_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_label_attempt_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_attempt")),
    )
    op.create_index("ix_label_attempt_shipment_id", "label_attempt", ["shipment_id", "id"], unique=False)
    isolate("label_attempt")

    op.create_table(
        "tracking_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_tracking_event_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_event")),
        sa.UniqueConstraint("shipment_id", "milestone", "at", name=op.f("uq_tracking_event_shipment_id_milestone_at")),
    )
    isolate("tracking_event")

    op.create_table(
        "channel_push",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("process_ref", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'confirmed', 'failed', 'skipped')", name=op.f("ck_channel_push_state_known")
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_channel_push_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_push")),
        sa.UniqueConstraint("shipment_id", name=op.f("uq_channel_push_shipment_id")),
    )
    op.create_index(
        "ix_channel_push_due",
        "channel_push",
        ["account_id", "next_look_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_index("ix_channel_push_seller_id_state", "channel_push", ["seller_id", "state"], unique=False)
    isolate("channel_push")


def downgrade() -> None:
    op.drop_table("channel_push")
    op.drop_table("tracking_event")
    op.drop_table("label_attempt")
    op.drop_table("shipment")
    op.drop_table("sender_address")
    op.drop_table("carrier_account")
    op.drop_table("parcel_line")
    op.drop_table("parcel")
    op.drop_table("pick_scan")
    op.drop_table("pick_line")
    op.drop_table("pick_list_order")
    op.drop_table("pick_list")
    op.drop_table("floor_number")
