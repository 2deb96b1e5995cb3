"""Delivery: routes, proofs, attempts.

Revision ID: 2026_11_21_0310
Revises: 2026_11_21_0300
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import append_only, isolate

revision = "2026_11_21_0310"
down_revision = "2026_11_21_0300"

TABLES = (
    "delivery_act",
    "counter_setting",
    "site_holiday",
    "vehicle",
    "carrier_change",
    "cut_off_time",
    "delivery_area",
    "delivery_choice",
    "delivery_route",
    "delivery_stop",
    "route_parcel",
    "delivery_proof",
)


def upgrade() -> None:
    op.create_table(
        "delivery_act",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "client_id", name=op.f("pk_delivery_act")),
    )

    op.create_table(
        "counter_setting",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("remind_days BETWEEN 1 AND 90", name=op.f("ck_counter_setting_days_sane")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_counter_setting_seller_id")),
        sa.PrimaryKeyConstraint("seller_id", name=op.f("pk_counter_setting")),
    )

    op.create_table(
        "site_holiday",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_site_holiday_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_holiday")),
        sa.UniqueConstraint(
            "seller_id",
            "warehouse_id",
            "day",
            name=op.f("uq_site_holiday_seller_id_warehouse_id_day"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    op.create_table(
        "vehicle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_vehicle_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vehicle")),
        sa.UniqueConstraint("seller_id", "name", name=op.f("uq_vehicle_seller_id_name")),
    )

    op.create_table(
        "carrier_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_number", sa.Text(), nullable=False),
        sa.Column("from_carrier", sa.Text(), nullable=False),
        sa.Column("from_service", sa.Text(), nullable=False),
        sa.Column("from_tracking", sa.Text(), nullable=False),
        sa.Column("to_carrier", sa.Text(), nullable=False),
        sa.Column("to_service", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_carrier_change_for_a_reason")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_carrier_change_order_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_carrier_change_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_change")),
    )
    op.create_index("ix_carrier_change_order_id", "carrier_change", ["order_id", "id"], unique=False)

    op.create_table(
        "cut_off_time",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("carrier_account_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.Text(), server_default="", nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.CheckConstraint(
            "service = '' OR carrier_account_id IS NOT NULL", name=op.f("ck_cut_off_time_service_of_a_carrier")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_cut_off_time_weekday_known")),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_cut_off_time_carrier_account_id")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_cut_off_time_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cut_off_time")),
        sa.UniqueConstraint(
            "seller_id",
            "warehouse_id",
            "carrier_account_id",
            "service",
            "weekday",
            name="uq_cut_off_time_one",
            postgresql_nulls_not_distinct=True,
        ),
    )

    op.create_table(
        "delivery_area",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("postcodes", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("driver_id", sa.Text(), server_default="", nullable=False),
        sa.Column("driver_name", sa.Text(), server_default="", nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_delivery_area_seller_id")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_delivery_area_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_area")),
        sa.UniqueConstraint("seller_id", "name", name=op.f("uq_delivery_area_seller_id_name")),
    )

    op.create_table(
        "delivery_choice",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), server_default="", nullable=False),
        sa.Column("carrier_account_id", sa.Uuid(), nullable=True),
        sa.Column("point", postgresql.JSONB(), nullable=True),
        sa.Column("chosen_by", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(point IS NULL) = (carrier_account_id IS NULL) AND (point IS NULL OR how = 'carrier')",
            name=op.f("ck_delivery_choice_point_of_a_carrier"),
        ),
        sa.CheckConstraint("how IN ('carrier', 'counter', 'driver')", name=op.f("ck_delivery_choice_how_known")),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"], ["carrier_account.id"], name=op.f("fk_delivery_choice_carrier_account_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_delivery_choice_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_delivery_choice")),
    )
    op.create_index("ix_delivery_choice_seller_id", "delivery_choice", ["seller_id", "how"], unique=False)

    op.create_table(
        "delivery_route",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("driver_id", sa.Text(), nullable=False),
        sa.Column("driver_name", sa.Text(), nullable=False),
        sa.Column("vehicle_id", sa.Uuid(), nullable=True),
        sa.Column("vehicle_name", sa.Text(), server_default="", nullable=False),
        sa.Column("area", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="planned", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'finished') = (finished_at IS NOT NULL)", name=op.f("ck_delivery_route_finished")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'under_way', 'finished', 'cancelled')", name=op.f("ck_delivery_route_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('under_way', 'finished') OR started_at IS NOT NULL", name=op.f("ck_delivery_route_started")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_delivery_route_seller_id")),
        sa.ForeignKeyConstraint(["vehicle_id"], ["vehicle.id"], name=op.f("fk_delivery_route_vehicle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_route")),
        sa.UniqueConstraint("seller_id", "number", name=op.f("uq_delivery_route_seller_id_number")),
    )
    op.create_index("ix_delivery_route_day", "delivery_route", ["seller_id", "day", "id"], unique=False)
    op.create_index(
        "ix_delivery_route_driver",
        "delivery_route",
        ["driver_id", "day"],
        unique=False,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )

    op.create_table(
        "delivery_stop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default="planned", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("received_by", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(status = 'delivered') = (received_by <> '')", name=op.f("ck_delivery_stop_delivered_to_somebody")
        ),
        sa.CheckConstraint(
            "(status = 'failed') = (reason <> '') AND (reason = '' OR reason IN ('nobody_home', 'refused', 'wrong_address', 'damaged', 'closed', 'no_access', 'not_paid', 'out_of_time', 'other'))",
            name=op.f("ck_delivery_stop_failed_for_a_reason"),
        ),
        sa.CheckConstraint("(status = 'planned') = (at IS NULL)", name=op.f("ck_delivery_stop_settled_at_a_moment")),
        sa.CheckConstraint(
            "status IN ('planned', 'delivered', 'failed', 'removed')", name=op.f("ck_delivery_stop_status_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_delivery_stop_order_id")),
        sa.ForeignKeyConstraint(["route_id"], ["delivery_route.id"], name=op.f("fk_delivery_stop_route_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_stop")),
    )
    op.create_index("ix_delivery_stop_order_id", "delivery_stop", ["order_id"], unique=False)
    op.create_index("ix_delivery_stop_route_id", "delivery_stop", ["route_id", "position"], unique=False)
    op.create_index(
        "uq_delivery_stop_open",
        "delivery_stop",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("status = 'planned'"),
    )

    op.create_table(
        "route_parcel",
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("loaded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_route_parcel_parcel_id")),
        sa.ForeignKeyConstraint(["route_id"], ["delivery_route.id"], name=op.f("fk_route_parcel_route_id")),
        sa.PrimaryKeyConstraint("route_id", "parcel_id", name=op.f("pk_route_parcel")),
    )

    op.create_table(
        "delivery_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("stop_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'signature', 'slip')", name=op.f("ck_delivery_proof_kind_known")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_delivery_proof_document_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_delivery_proof_order_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["delivery_stop.id"], name=op.f("fk_delivery_proof_stop_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_proof")),
    )
    op.create_index("ix_delivery_proof_order_id", "delivery_proof", ["order_id", "id"], unique=False)

    for table in TABLES:
        isolate(table)
    append_only("carrier_change")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
