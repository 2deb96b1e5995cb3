"""The way of an order on the floor, and picking.

Revision ID: 2026_11_21_0250
Revises: 2026_11_21_0240
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import act_as_owner, append_only, isolate

revision = "2026_11_21_0250"
down_revision = "2026_11_21_0240"

STAGES = "'waiting', 'picking', 'picked', 'checking', 'packing', 'boxing', 'packed', 'dispatched', 'delivered', 'hold', 'review', 'cancelled'"

# Every step is checked and written down here, so nobody comes past it, whatever statement moves the order.
STEP_FUNCTION = """
CREATE FUNCTION write_floor_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    origin text := '';
    took bigint := 0;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'waiting' THEN
            RAISE EXCEPTION 'order % comes onto the floor as %', NEW.order_id, NEW.stage
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_floor_order_move_legal';
        END IF;
    ELSE
        IF OLD.stage = NEW.stage THEN
            RETURN NULL;
        END IF;
        origin := OLD.stage;
        took := greatest(0, (extract(epoch FROM NEW.since - OLD.since) * 1000)::bigint);
        IF NEW.forced THEN
            IF NEW.reason = '' OR NEW.moved_by = '' OR OLD.stage IN ('delivered', 'cancelled') THEN
                RAISE EXCEPTION 'order % is forced from % to % by nobody or without a reason', NEW.order_id, OLD.stage, NEW.stage
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_floor_order_forced_by_somebody';
            END IF;
        ELSIF NOT (OLD.stage, NEW.stage) IN (
            ('waiting', 'picking'), ('waiting', 'picked'), ('waiting', 'dispatched'), ('waiting', 'hold'),
            ('waiting', 'review'), ('waiting', 'cancelled'),
            ('picking', 'waiting'), ('picking', 'picked'), ('picking', 'hold'), ('picking', 'review'),
            ('picking', 'cancelled'),
            ('picked', 'picking'), ('picked', 'checking'), ('picked', 'packing'), ('picked', 'boxing'),
            ('picked', 'packed'), ('picked', 'hold'), ('picked', 'review'), ('picked', 'cancelled'),
            ('checking', 'picked'), ('checking', 'packing'), ('checking', 'boxing'), ('checking', 'packed'),
            ('checking', 'hold'), ('checking', 'review'), ('checking', 'cancelled'),
            ('packing', 'picked'), ('packing', 'checking'), ('packing', 'boxing'), ('packing', 'packed'),
            ('packing', 'hold'), ('packing', 'review'), ('packing', 'cancelled'),
            ('boxing', 'packing'), ('boxing', 'packed'), ('boxing', 'hold'), ('boxing', 'review'),
            ('boxing', 'cancelled'),
            ('packed', 'packing'), ('packed', 'boxing'), ('packed', 'dispatched'), ('packed', 'hold'),
            ('packed', 'review'), ('packed', 'cancelled'),
            ('dispatched', 'delivered'),
            ('hold', 'waiting'), ('hold', 'picking'), ('hold', 'picked'), ('hold', 'checking'), ('hold', 'packing'),
            ('hold', 'boxing'), ('hold', 'packed'), ('hold', 'review'), ('hold', 'cancelled'),
            ('review', 'waiting'), ('review', 'picking'), ('review', 'picked'), ('review', 'checking'),
            ('review', 'packing'), ('review', 'boxing'), ('review', 'packed'), ('review', 'hold'),
            ('review', 'cancelled')
        ) THEN
            RAISE EXCEPTION 'order % cannot go from % to % on the floor', NEW.order_id, OLD.stage, NEW.stage
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_floor_order_move_legal';
        ELSIF NOT NEW.express AND (
            (OLD.checks AND OLD.stage = 'picked' AND NEW.stage IN ('packing', 'boxing', 'packed'))
            OR (OLD.boxes AND OLD.stage IN ('picked', 'checking', 'packing') AND NEW.stage = 'packed')
        ) THEN
            RAISE EXCEPTION 'order % cannot skip a station from % to %', NEW.order_id, OLD.stage, NEW.stage
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_floor_order_station_skipped';
        END IF;
    END IF;
    INSERT INTO floor_step (seller_id, order_id, origin, stage, at, took_ms, actor_id, actor_name, station, reason, forced)
    VALUES (NEW.seller_id, NEW.order_id, origin, NEW.stage, NEW.since, took, NEW.moved_by, NEW.moved_by_name,
        NEW.station, NEW.reason, NEW.forced);
    RETURN NULL;
END $$
"""

MOVE_FUNCTION = """
CREATE FUNCTION move_on_floor(moving uuid, towards text, at_station text, why text) RETURNS void LANGUAGE sql AS $$
    UPDATE floor_order SET stage = towards, back_to = CASE WHEN towards IN ('hold', 'review') THEN stage ELSE '' END,
        since = clock_timestamp(), holder_id = '', holder_name = '', station = at_station, reason = why, forced = false,
        moved_by = coalesce(current_setting('entrepot.actor_id', true), ''),
        moved_by_name = coalesce(current_setting('entrepot.actor_name', true), '')
    WHERE order_id = moving AND stage <> towards
$$
"""

# Whatever moves, holds or cancels an order, the floor follows in the same statement.
FOLLOW_FUNCTION = """
CREATE FUNCTION follow_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    here floor_order%ROWTYPE;
    target text;
BEGIN
    SELECT * INTO here FROM floor_order WHERE order_id = NEW.id;
    IF NOT FOUND THEN
        IF NEW.held_at IS NULL AND NEW.status NOT IN ('picking', 'picked', 'packed', 'shipped') THEN
            RETURN NULL;
        END IF;
        INSERT INTO floor_order (order_id, seller_id, stage, since, warehouse_id, due_by, moved_by, moved_by_name, checks, boxes)
        SELECT NEW.id, NEW.seller_id, 'waiting', clock_timestamp(), NEW.warehouse_id, NEW.ship_by,
            coalesce(current_setting('entrepot.actor_id', true), ''),
            coalesce(current_setting('entrepot.actor_name', true), ''), coalesce(s.checks, false), coalesce(s.boxes, false)
        FROM (SELECT 1) one LEFT JOIN LATERAL (
            SELECT checks, boxes FROM floor_setting f
            WHERE f.seller_id = NEW.seller_id AND (f.warehouse_id = NEW.warehouse_id OR f.warehouse_id IS NULL)
            ORDER BY f.warehouse_id NULLS LAST LIMIT 1
        ) s ON true RETURNING * INTO here;
    END IF;
    IF OLD.status <> NEW.status THEN
        target := CASE NEW.status
            WHEN 'pending' THEN 'waiting' WHEN 'reserved' THEN 'waiting'
            WHEN 'picking' THEN CASE OLD.status WHEN 'picked' THEN 'picking' ELSE 'waiting' END
            WHEN 'picked' THEN CASE OLD.status WHEN 'packed' THEN 'packing' ELSE 'picked' END
            WHEN 'packed' THEN 'packed' WHEN 'shipped' THEN 'dispatched' WHEN 'delivered' THEN 'delivered'
            WHEN 'cancelled' THEN 'cancelled' END;
        IF target = 'dispatched' AND here.stage IN ('hold', 'review') AND here.back_to = 'waiting' THEN
            PERFORM move_on_floor(NEW.id, 'waiting', '', '');
            PERFORM move_on_floor(NEW.id, 'dispatched', '', '');
        ELSIF here.stage IN ('hold', 'review') AND target IN ('waiting', 'picking', 'picked', 'packing', 'packed') THEN
            UPDATE floor_order SET back_to = target WHERE order_id = NEW.id;
        ELSIF target <> here.stage THEN
            UPDATE floor_order SET stage = target, back_to = '', since = clock_timestamp(), holder_id = '', holder_name = '',
                station = CASE target WHEN 'picked' THEN 'pick' WHEN 'packed' THEN 'pack' WHEN 'packing' THEN 'pack'
                    WHEN 'dispatched' THEN 'dispatch' WHEN 'delivered' THEN 'deliver' ELSE '' END,
                reason = '', forced = false, moved_by = coalesce(current_setting('entrepot.actor_id', true), ''),
                moved_by_name = coalesce(current_setting('entrepot.actor_name', true), '')
            WHERE order_id = NEW.id;
        END IF;
        IF (NEW.held_at IS NULL) <> (OLD.held_at IS NULL) THEN
            SELECT * INTO here FROM floor_order WHERE order_id = NEW.id;
        END IF;
    END IF;
    IF NEW.held_at IS NOT NULL AND OLD.held_at IS NULL THEN
        IF here.stage NOT IN ('hold', 'review', 'dispatched', 'delivered', 'cancelled') THEN
            PERFORM move_on_floor(NEW.id, 'hold', '', coalesce(NEW.hold_reason, ''));
        END IF;
    ELSIF NEW.held_at IS NULL AND OLD.held_at IS NOT NULL AND here.stage = 'hold' THEN
        PERFORM move_on_floor(NEW.id, here.back_to, '', '');
    END IF;
    IF OLD.ship_by IS DISTINCT FROM NEW.ship_by THEN
        UPDATE floor_order SET due_by = NEW.ship_by WHERE order_id = NEW.id;
    END IF;
    RETURN NULL;
END $$
"""

FOLLOW_TRIGGER = """
CREATE TRIGGER follow_order AFTER UPDATE OF status, held_at, ship_by ON sales_order FOR EACH ROW
WHEN (
    (OLD.status IS DISTINCT FROM NEW.status
        AND NOT (OLD.status IN ('pending', 'reserved') AND NEW.status IN ('pending', 'reserved')))
    OR (OLD.held_at IS NULL) IS DISTINCT FROM (NEW.held_at IS NULL)
    OR (OLD.ship_by IS DISTINCT FROM NEW.ship_by AND NEW.status IN ('picking', 'picked', 'packed'))
)
EXECUTE FUNCTION follow_order()
"""

ALREADY_THERE = """
INSERT INTO floor_order (order_id, seller_id, stage, since, warehouse_id, due_by)
SELECT id, seller_id, 'waiting', changed_at, warehouse_id, ship_by FROM sales_order
WHERE status IN ('picking', 'picked', 'packed') OR (held_at IS NOT NULL AND status IN ('pending', 'reserved'))
"""
ALREADY_FARTHER = """
UPDATE floor_order f SET since = clock_timestamp(), back_to = CASE WHEN o.held_at IS NULL THEN '' ELSE s.stage END,
    stage = CASE WHEN o.held_at IS NULL THEN s.stage ELSE 'hold' END, reason = coalesce(o.hold_reason, 'upgrade'),
    moved_by = 'upgrade', moved_by_name = 'Entrepot', forced = true
FROM sales_order o CROSS JOIN LATERAL (SELECT CASE o.status WHEN 'picked' THEN 'picked' WHEN 'packed' THEN 'packed'
    WHEN 'picking' THEN 'picking' ELSE 'waiting' END AS stage) s
WHERE o.id = f.order_id AND (s.stage <> 'waiting' OR o.held_at IS NOT NULL)
"""


def upgrade() -> None:
    op.create_table(
        "floor_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("checks", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("boxes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("scan_location", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("scan_product", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("scan_lot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_floor_setting_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_setting")),
        sa.UniqueConstraint(
            "seller_id",
            "warehouse_id",
            name=op.f("uq_floor_setting_seller_id_warehouse_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    isolate("floor_setting")

    op.create_table(
        "floor_order",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("back_to", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder_id", sa.Text(), server_default="", nullable=False),
        sa.Column("holder_name", sa.Text(), server_default="", nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("due_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("checks", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("boxes", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("express", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("station", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("forced", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("moved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_by_name", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(f"stage IN ({STAGES})", name=op.f("ck_floor_order_stage_known")),
        sa.CheckConstraint(
            "(stage IN ('hold', 'review')) = (back_to <> '')", name=op.f("ck_floor_order_way_back_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_floor_order_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_floor_order")),
    )
    op.create_index(
        "ix_floor_order_on_the_floor",
        "floor_order",
        ["seller_id", "stage", "since"],
        unique=False,
        postgresql_where=sa.text("stage NOT IN ('dispatched', 'delivered', 'cancelled')"),
    )
    isolate("floor_order")

    op.create_table(
        "floor_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_step")),
    )
    op.create_index("ix_floor_step_order_id", "floor_step", ["order_id", "id"], unique=False)
    op.create_index("ix_floor_step_seller_id_at", "floor_step", ["seller_id", "at"], unique=False)
    isolate("floor_step")
    append_only("floor_step")

    op.add_column("pick_list", sa.Column("mode", sa.Text(), server_default="batch", nullable=False))
    op.add_column("pick_list", sa.Column("due_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pick_list", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pick_line", sa.Column("located_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pick_line", sa.Column("lot_scanned", sa.Text(), server_default="", nullable=False))
    op.add_column("shipment", sa.Column("received_by", sa.Text(), server_default="", nullable=False))
    op.add_column("shipment", sa.Column("handed_by", sa.Text(), server_default="", nullable=False))

    op.create_index("ix_sales_order_seller_id_number", "sales_order", ["seller_id", "number"], unique=False)

    op.execute(STEP_FUNCTION)
    op.execute(
        "CREATE TRIGGER write_floor_step AFTER INSERT OR UPDATE OF stage ON floor_order"
        " FOR EACH ROW EXECUTE FUNCTION write_floor_step()"
    )
    op.execute(MOVE_FUNCTION)
    op.execute(FOLLOW_FUNCTION)
    op.execute(ALREADY_THERE)
    op.execute(ALREADY_FARTHER)
    op.execute(FOLLOW_TRIGGER)
    act_as_owner("write_floor_step", "follow_order")


def downgrade() -> None:
    op.execute("DROP TRIGGER follow_order ON sales_order")
    op.drop_index("ix_sales_order_seller_id_number", table_name="sales_order")
    op.drop_column("shipment", "handed_by")
    op.drop_column("shipment", "received_by")
    op.drop_column("pick_line", "lot_scanned")
    op.drop_column("pick_line", "located_at")
    op.drop_column("pick_list", "paused_at")
    op.drop_column("pick_list", "due_by")
    op.drop_column("pick_list", "mode")
    op.drop_table("floor_step")
    op.drop_table("floor_order")
    op.drop_table("floor_setting")
    op.execute("DROP FUNCTION follow_order()")
    op.execute("DROP FUNCTION move_on_floor(uuid, text, text, text)")
    op.execute("DROP FUNCTION write_floor_step()")
