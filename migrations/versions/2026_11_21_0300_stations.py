"""Stations: checking, boxes and their content, consolidation.

Revision ID: 2026_11_21_0300
Revises: 2026_11_21_0290
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import act_as_owner, append_only, isolate

revision = "2026_11_21_0300"
down_revision = "2026_11_21_0290"

# Past the check station comes only what somebody counted there since it came; by force, with its reason, too.
CHECKED = """
CREATE FUNCTION must_be_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM floor_check c
        WHERE c.order_id = NEW.order_id AND c.state IN ('clean', 'accepted') AND c.ended_at >= OLD.since
    ) THEN
        RAISE EXCEPTION 'order % leaves the check station unchecked', NEW.order_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_floor_order_checked';
    END IF;
    RETURN NEW;
END $$
"""
CHECKED_TRIGGER = """
CREATE TRIGGER must_be_checked BEFORE UPDATE OF stage ON floor_order FOR EACH ROW
WHEN (OLD.stage = 'checking' AND NEW.stage IN ('packing', 'boxing', 'packed')
    AND OLD.checks AND NOT NEW.express AND NOT NEW.forced)
EXECUTE FUNCTION must_be_checked()
"""
# Whatever takes an order off the bench, its trays are free again in the same statement.
FREE = """
CREATE FUNCTION free_containers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM container_line WHERE order_id = NEW.id)
        OR EXISTS (SELECT FROM container WHERE order_id = NEW.id)
    THEN
        DELETE FROM container_line l USING container c
        WHERE c.id = l.container_id AND c.state = 'open' AND l.order_id = NEW.id;
        UPDATE container c SET order_id = o.order_id, order_number = o.number, changed_at = now()
        FROM (
            SELECT DISTINCT ON (l.container_id) l.container_id, l.order_id, s.number
            FROM container k JOIN container_line l ON l.container_id = k.id JOIN sales_order s ON s.id = l.order_id
            WHERE k.order_id = NEW.id AND k.state = 'open' ORDER BY l.container_id, l.order_id
        ) o WHERE c.id = o.container_id;
        UPDATE container SET order_id = CASE kind WHEN 'tray' THEN NULL ELSE order_id END,
            order_number = CASE kind WHEN 'tray' THEN '' ELSE order_number END,
            state = CASE kind WHEN 'tray' THEN 'free' ELSE 'gone' END, used_by = '', parcel_id = NULL, changed_at = now()
        WHERE order_id = NEW.id AND (state = 'open' OR (state = 'sealed' AND NEW.status IN ('shipped', 'cancelled')));
    END IF;
    IF NEW.status IN ('shipped', 'cancelled')
        AND EXISTS (SELECT FROM consolidation_order WHERE order_id = NEW.id) THEN
        UPDATE consolidation_order SET current = false WHERE order_id = NEW.id AND current;
        UPDATE consolidation c SET state = 'over' FROM consolidation_order o
        WHERE o.order_id = NEW.id AND c.id = o.consolidation_id AND c.state <> 'over'
            AND NOT EXISTS (SELECT FROM consolidation_order p WHERE p.consolidation_id = c.id AND p.current);
    END IF;
    RETURN NULL;
END $$
"""
FREE_TRIGGER = """
CREATE TRIGGER free_containers AFTER UPDATE OF status ON sales_order FOR EACH ROW
WHEN (OLD.status IN ('pending', 'reserved', 'picking', 'picked', 'packed')
    AND NEW.status IN ('packed', 'shipped', 'cancelled') AND OLD.status <> NEW.status)
EXECUTE FUNCTION free_containers()
"""
# A parcel that is opened again is an open box again.
OPEN_AGAIN = """
CREATE FUNCTION open_box_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE container SET state = 'open', parcel_id = NULL, weight_g = NULL, changed_at = now()
    WHERE parcel_id = NEW.id AND state = 'sealed';
    RETURN NULL;
END $$
"""
OPEN_AGAIN_TRIGGER = """
CREATE TRIGGER open_box_again AFTER UPDATE OF status ON parcel FOR EACH ROW
WHEN (NEW.status = 'cancelled' AND OLD.status = 'packed') EXECUTE FUNCTION open_box_again()
"""


def upgrade() -> None:
    op.create_table(
        "packing_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("weighs", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tolerance_percent", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("tolerance_g", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("consolidates", sa.Text(), server_default="", nullable=False),
        sa.Column("wait_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column("address_labels", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("consolidates IN ('', 'address', 'customer')", name=op.f("ck_packing_setting_rule_known")),
        sa.CheckConstraint("address_labels BETWEEN 0 AND 20", name=op.f("ck_packing_setting_labels_sane")),
        sa.CheckConstraint("tolerance_g BETWEEN 0 AND 100000", name=op.f("ck_packing_setting_grams_sane")),
        sa.CheckConstraint("tolerance_percent BETWEEN 0 AND 100", name=op.f("ck_packing_setting_percent_sane")),
        sa.CheckConstraint("wait_minutes BETWEEN 1 AND 10080", name=op.f("ck_packing_setting_wait_sane")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_packing_setting_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packing_setting")),
        sa.UniqueConstraint(
            "seller_id",
            "warehouse_id",
            name=op.f("uq_packing_setting_seller_id_warehouse_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    isolate("packing_setting")

    op.create_table(
        "box_kind",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("own_weight_g", sa.Integer(), nullable=False),
        sa.Column("max_weight_g", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("code <> '' AND name <> ''", name=op.f("ck_box_kind_named")),
        sa.CheckConstraint(
            "length_mm > 0 AND width_mm > 0 AND height_mm > 0", name=op.f("ck_box_kind_dimensions_positive")
        ),
        sa.CheckConstraint("own_weight_g >= 0 AND max_weight_g > 0", name=op.f("ck_box_kind_weights_sane")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_box_kind_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_box_kind")),
        sa.UniqueConstraint("seller_id", "code", name=op.f("uq_box_kind_seller_id_code")),
        sa.UniqueConstraint("seller_id", "id", name="uq_box_kind_seller_id_id"),
    )
    isolate("box_kind")

    op.create_table(
        "weighing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("expected_g", sa.Integer(), nullable=True),
        sa.Column("measured_g", sa.Integer(), nullable=False),
        sa.Column("allowed_g", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("outcome <> 'differs' OR reason <> ''", name=op.f("ck_weighing_difference_explained")),
        sa.CheckConstraint("outcome IN ('fits', 'differs', 'unknown')", name=op.f("ck_weighing_outcome_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing")),
    )
    op.create_index("ix_weighing_order_id", "weighing", ["order_id", "id"], unique=False)
    isolate("weighing")
    append_only("weighing")

    op.create_table(
        "paper_print",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("what IN ('slip', 'labels', 'invoice')", name=op.f("ck_paper_print_what_known")),
        sa.CheckConstraint("copies BETWEEN 1 AND 20", name=op.f("ck_paper_print_copies_sane")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_print")),
    )
    op.create_index("ix_paper_print_order_id", "paper_print", ["order_id", "id"], unique=False)
    isolate("paper_print")
    append_only("paper_print")

    op.create_table(
        "container",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("box_kind_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("order_number", sa.Text(), server_default="", nullable=False),
        sa.Column("parcel_id", sa.Uuid(), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("used_by", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(state = 'free') = (order_id IS NULL)", name=op.f("ck_container_in_use_by_an_order")),
        sa.CheckConstraint(
            "(state = 'sealed') = (parcel_id IS NOT NULL)", name=op.f("ck_container_sealed_is_a_parcel")
        ),
        sa.CheckConstraint("code <> ''", name=op.f("ck_container_code_given")),
        sa.CheckConstraint("kind = 'box' OR state IN ('free', 'open')", name=op.f("ck_container_trays_stay")),
        sa.CheckConstraint("kind IN ('tray', 'box')", name=op.f("ck_container_kind_known")),
        sa.CheckConstraint("state IN ('free', 'open', 'sealed', 'gone')", name=op.f("ck_container_state_known")),
        sa.ForeignKeyConstraint(
            ["seller_id", "box_kind_id"], ["box_kind.seller_id", "box_kind.id"], name="fk_container_box_kind"
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_container_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_container")),
        sa.UniqueConstraint("seller_id", "id", name="uq_container_seller_id_id"),
    )
    op.create_index(
        "ix_container_order_id",
        "container",
        ["order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "uq_container_code",
        "container",
        ["seller_id", "code"],
        unique=True,
        postgresql_where=sa.text("state <> 'gone'"),
    )
    op.create_index(
        "uq_container_parcel",
        "container",
        ["parcel_id"],
        unique=True,
        postgresql_where=sa.text("parcel_id IS NOT NULL"),
    )
    isolate("container")

    op.create_table(
        "container_line",
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_container_line_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["seller_id", "container_id"],
            ["container.seller_id", "container.id"],
            name="fk_container_line_container",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("container_id", "order_line_id", name=op.f("pk_container_line")),
    )
    op.create_index("ix_container_line_order_id", "container_line", ["order_id"], unique=False)
    isolate("container_line")

    op.create_table(
        "container_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("container_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("what <> 'reopened' OR reason <> ''", name=op.f("ck_container_act_reopening_explained")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_container_act")),
    )
    op.create_index("ix_container_act_order_id", "container_act", ["order_id", "id"], unique=False)
    isolate("container_act")
    append_only("container_act")

    op.create_table(
        "floor_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_floor_check_ended_when_over")),
        sa.CheckConstraint(
            "state IN ('open', 'clean', 'accepted', 'recounted', 'sent_back', 'left')",
            name=op.f("ck_floor_check_state_known"),
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_floor_check_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_check")),
    )
    op.create_index("ix_floor_check_order_id", "floor_check", ["order_id", "id"], unique=False)
    op.create_index("ix_floor_check_seller_id_begun_at", "floor_check", ["seller_id", "begun_at"], unique=False)
    op.create_index(
        "uq_floor_check_open", "floor_check", ["order_id"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    isolate("floor_check")

    op.create_table(
        "floor_check_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), server_default="", nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("expected >= 0 AND counted >= 0", name=op.f("ck_floor_check_line_units_not_negative")),
        sa.ForeignKeyConstraint(["check_id"], ["floor_check.id"], name=op.f("fk_floor_check_line_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_check_line")),
        sa.UniqueConstraint("check_id", "product_id", "lot", name=op.f("uq_floor_check_line_check_id_product_id_lot")),
    )
    isolate("floor_check_line")

    op.create_table(
        "station_scan",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "station", "client_id", name=op.f("pk_station_scan")),
    )
    isolate("station_scan")
    append_only("station_scan")

    op.create_table(
        "consolidation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("ship_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("rule IN ('hand', 'address', 'customer')", name=op.f("ck_consolidation_rule_known")),
        sa.CheckConstraint("state IN ('open', 'let_go', 'over')", name=op.f("ck_consolidation_state_known")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_consolidation_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consolidation")),
        sa.UniqueConstraint("seller_id", "id", name="uq_consolidation_seller_id_id"),
        sa.UniqueConstraint("seller_id", "number", name=op.f("uq_consolidation_seller_id_number")),
    )
    op.create_index(
        "ix_consolidation_open",
        "consolidation",
        ["seller_id", "address_key"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    isolate("consolidation")

    op.create_table(
        "consolidation_order",
        sa.Column("consolidation_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_consolidation_order_order_id")),
        sa.ForeignKeyConstraint(
            ["seller_id", "consolidation_id"],
            ["consolidation.seller_id", "consolidation.id"],
            name="fk_consolidation_order_consolidation",
        ),
        sa.PrimaryKeyConstraint("consolidation_id", "order_id", name=op.f("pk_consolidation_order")),
    )
    op.create_index(
        "uq_consolidation_order_current",
        "consolidation_order",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("current"),
    )
    isolate("consolidation_order")

    op.add_column("parcel", sa.Column("with_parcel_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_parcel_with_parcel_id",
        "parcel",
        ["with_parcel_id"],
        unique=False,
        postgresql_where=sa.text("with_parcel_id IS NOT NULL"),
    )
    for statement in (CHECKED, CHECKED_TRIGGER, FREE, FREE_TRIGGER, OPEN_AGAIN, OPEN_AGAIN_TRIGGER):
        op.execute(statement)
    act_as_owner("free_containers")


def downgrade() -> None:
    op.execute("DROP TRIGGER open_box_again ON parcel")
    op.execute("DROP TRIGGER free_containers ON sales_order")
    op.execute("DROP TRIGGER must_be_checked ON floor_order")
    for function in ("open_box_again", "free_containers", "must_be_checked"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_index("ix_parcel_with_parcel_id", table_name="parcel")
    op.drop_column("parcel", "with_parcel_id")
    op.drop_table("consolidation_order")
    op.drop_table("consolidation")
    op.drop_table("station_scan")
    op.drop_table("floor_check_line")
    op.drop_table("floor_check")
    op.drop_table("container_act")
    op.drop_table("container_line")
    op.drop_table("container")
    op.drop_table("paper_print")
    op.drop_table("weighing")
    op.drop_table("box_kind")
    op.drop_table("packing_setting")
