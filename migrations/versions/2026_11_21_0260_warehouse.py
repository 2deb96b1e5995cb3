"""Work in the warehouse: lots, put-away, replenishment, counts, reorganisation.

Revision ID: 2026_11_21_0260
Revises: 2026_11_21_0250
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from entrepot.kit.isolation import ROLE, append_only, isolate

revision = "2026_11_21_0260"
down_revision = "2026_11_21_0250"

# Goods of a lot that is quarantined or expired count as little as goods in a place that is not for picking.
LOT_SELLABLE = """
CREATE FUNCTION lot_sellable(seller uuid, product uuid, lot_code text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT b.sellable FROM lot b WHERE b.seller_id = seller AND b.product_id = product AND b.code = lot_code), true
    )
$$
"""
COUNTED = (
    (
        "keep_stock_of_moves",
        "l.pickable)",
        "l.pickable AND (a.lot = '' OR lot_sellable(a.seller_id, a.product_id, a.lot)))",
    ),
    *(
        (
            f"keep_stock_of_reservations_{operation}",
            "l.pickable)",
            "l.pickable AND (c.lot = '' OR lot_sellable(c.seller_id, c.product_id, c.lot)))",
        )
        for operation in ("insert", "update", "delete")
    ),
    (
        "keep_stock_of_locations",
        "s.location_id = NEW.id",
        "s.location_id = NEW.id AND (s.lot = '' OR lot_sellable(s.seller_id, s.product_id, s.lot))",
    ),
    (
        "reserve_planned",
        "l.pickable IS NOT TRUE",
        "l.pickable IS NOT TRUE OR (d.lot <> '' AND NOT lot_sellable(s.seller_id, d.product_id, d.lot))",
    ),
)
"""Function -> what it asked of a place, and what it asks of the place and the lot."""

LOTS_KEPT = """
CREATE FUNCTION keep_stock_of_lots() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
BEGIN
    UPDATE stock_total t SET available = t.available + CASE WHEN NEW.sellable THEN d.free ELSE -d.free END
    FROM (
        SELECT coalesce(sum(s.on_hand - s.reserved), 0)::integer AS free
        FROM stock_level s JOIN location l ON l.id = s.location_id
        WHERE s.seller_id = NEW.seller_id AND s.product_id = NEW.product_id AND s.lot = NEW.code AND l.pickable
    ) d
    WHERE t.seller_id = NEW.seller_id AND t.product_id = NEW.product_id;
    RETURN NULL;
END $$
"""
# Says of the places in reach only whether anything lies there, whoever owns it: in a shared building a slot that looks
# free to one seller may be full of another's goods.
PLACES_IN_USE = """
CREATE FUNCTION places_in_use(building uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT DISTINCT s.location_id FROM stock_level s JOIN location l ON l.id = s.location_id
    WHERE l.warehouse_id = building AND s.on_hand > 0
        AND (l.seller_id IS NULL OR l.seller_id = ANY ((SELECT scope_sellers())::uuid[]))
$$
"""
LOT_EVENTS = "kind IN ('made', 'quarantined', 'released', 'expired', 'date_changed')"
COUNT_CAUSES = "cause IN ('request', 'cycle', 'short_pick', 'stocktake')"


def upgrade() -> None:
    make_lots()
    make_replenishment()
    extend_counts()
    make_reorganisation()
    for table in ("lot", "lot_event", "pick_face", "replenishment", "reorganisation", "reorganisation_swap"):
        isolate(table)
    op.execute(f"REVOKE DELETE, TRUNCATE ON lot FROM {ROLE}")
    append_only("lot_event")
    op.add_column("location", sa.Column("max_units", sa.Integer(), nullable=True))
    op.create_check_constraint("ck_location_max_units_positive", "location", "max_units > 0")
    op.execute(PLACES_IN_USE)
    op.execute(LOT_SELLABLE)
    for name, place, place_and_lot in COUNTED:
        rewrite(name, place, place_and_lot)
    op.execute(LOTS_KEPT)
    op.execute(
        "CREATE TRIGGER keep_stock_added AFTER INSERT ON lot"
        " FOR EACH ROW WHEN (NOT NEW.sellable) EXECUTE FUNCTION keep_stock_of_lots()"
    )
    op.execute(
        "CREATE TRIGGER keep_stock AFTER UPDATE OF sellable ON lot"
        " FOR EACH ROW WHEN (OLD.sellable <> NEW.sellable) EXECUTE FUNCTION keep_stock_of_lots()"
    )


def rewrite(name: str, old: str, new: str) -> None:
    """Put *new* in place of *old* in the one function of this name."""
    connection = op.get_bind()
    query = sa.text(
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = :name AND pronamespace = 'public'::regnamespace"
    )
    definition = connection.execute(query, {"name": name}).scalar_one()
    if old not in definition:
        message = f"{name} does not say {old}"
        raise RuntimeError(message)
    connection.exec_driver_sql(definition.replace(old, new))


def make_lots() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), server_default="ok", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("sellable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("code <> ''", name="ck_lot_code_not_empty"),
        sa.CheckConstraint("status IN ('ok', 'quarantined')", name="ck_lot_status_known"),
        sa.CheckConstraint("NOT (sellable AND status = 'quarantined')", name="ck_lot_not_sold_from_quarantine"),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_lot_product"
        ),
        sa.UniqueConstraint("seller_id", "product_id", "code", name="uq_lot_seller_id_product_id_code"),
    )
    op.create_table(
        "lot_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(LOT_EVENTS, name="ck_lot_event_kind_known"),
        sa.PrimaryKeyConstraint("id", name="pk_lot_event"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name="fk_lot_event_lot_id"),
    )
    op.create_index("ix_lot_event_lot_id", "lot_event", ["lot_id", "id"])
    op.create_index("ix_lot_product_id", "lot", ["product_id", "code"])
    op.create_index("ix_lot_expires_on", "lot", ["seller_id", "expires_on"])


def make_replenishment() -> None:
    op.create_table(
        "pick_face",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.CheckConstraint("minimum > 0 AND maximum >= minimum", name="ck_pick_face_minimum_below_maximum"),
        sa.PrimaryKeyConstraint("id", name="pk_pick_face"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_pick_face_product"
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_pick_face_location_id"),
        sa.UniqueConstraint("product_id", "location_id", name="uq_pick_face_product_id_location_id"),
    )
    op.create_table(
        "replenishment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("from_location_id", sa.Uuid(), nullable=False),
        sa.Column("to_location_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("done_by", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("quantity > 0", name="ck_replenishment_quantity_positive"),
        sa.CheckConstraint("status IN ('open', 'done')", name="ck_replenishment_status_known"),
        sa.CheckConstraint("from_location_id <> to_location_id", name="ck_replenishment_goes_somewhere"),
        sa.PrimaryKeyConstraint("id", name="pk_replenishment"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_replenishment_warehouse_id"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_replenishment_product"
        ),
        sa.ForeignKeyConstraint(["from_location_id"], ["location.id"], name="fk_replenishment_from_location_id"),
        sa.ForeignKeyConstraint(["to_location_id"], ["location.id"], name="fk_replenishment_to_location_id"),
    )
    op.create_index("ix_replenishment_warehouse_id", "replenishment", ["seller_id", "warehouse_id", "status"])
    op.create_index(
        "uq_replenishment_open",
        "replenishment",
        ["product_id", "from_location_id", "to_location_id", "lot"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def extend_counts() -> None:
    op.add_column("stock_count", sa.Column("cause", sa.Text(), server_default="request", nullable=False))
    op.add_column("stock_count", sa.Column("recount", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("stock_count", sa.Column("assigned_to", sa.Uuid(), nullable=True))
    op.add_column("stock_count", sa.Column("assigned_name", sa.Text(), server_default="", nullable=False))
    op.add_column("stock_count", sa.Column("stocktake_id", sa.Uuid(), nullable=True))
    op.create_check_constraint("ck_stock_count_cause_known", "stock_count", COUNT_CAUSES)
    op.add_column("stock_count_line", sa.Column("first_counted", sa.Integer(), nullable=True))
    op.add_column("stock_count_line", sa.Column("first_counted_by", sa.Text(), server_default="", nullable=False))
    op.add_column("stock_count_line", sa.Column("rounds", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("stock_count_line", sa.Column("unit_value", sa.Numeric(18, 4), nullable=True))
    op.add_column("stock_count_line", sa.Column("currency", sa.Text(), server_default="", nullable=False))


def make_reorganisation() -> None:
    op.create_table(
        "reorganisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("before", sa.Numeric(18, 4), nullable=False),
        sa.Column("after", sa.Numeric(18, 4), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'done', 'stopped')", name="ck_reorganisation_status_known"),
        sa.CheckConstraint('"after" <= "before"', name="ck_reorganisation_never_worse"),
        sa.PrimaryKeyConstraint("id", name="pk_reorganisation"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_reorganisation_warehouse_id"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_reorganisation_location_id"),
    )
    op.create_index("ix_reorganisation_seller_id", "reorganisation", ["seller_id", "created_at"])
    op.create_table(
        "reorganisation_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("reorganisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("first_location_id", sa.Uuid(), nullable=False),
        sa.Column("second_location_id", sa.Uuid(), nullable=False),
        sa.Column("first_products", JSONB(), nullable=False),
        sa.Column("second_products", JSONB(), nullable=False),
        sa.Column("cost", sa.Numeric(18, 4), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("done_by", sa.Text(), server_default="", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'done', 'skipped')", name="ck_reorganisation_swap_status_known"),
        sa.CheckConstraint("first_location_id <> second_location_id", name="ck_reorganisation_swap_two_places"),
        sa.PrimaryKeyConstraint("id", name="pk_reorganisation_swap"),
        sa.ForeignKeyConstraint(
            ["reorganisation_id"], ["reorganisation.id"], name="fk_reorganisation_swap_reorganisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["first_location_id"], ["location.id"], name="fk_reorganisation_swap_first_location_id"
        ),
        sa.ForeignKeyConstraint(
            ["second_location_id"], ["location.id"], name="fk_reorganisation_swap_second_location_id"
        ),
        sa.UniqueConstraint("reorganisation_id", "position", name="uq_reorganisation_swap_reorganisation_id_position"),
    )


def downgrade() -> None:
    op.drop_table("reorganisation_swap")
    op.drop_table("reorganisation")
    for column in ("currency", "unit_value", "rounds", "first_counted_by", "first_counted"):
        op.drop_column("stock_count_line", column)
    for column in ("stocktake_id", "assigned_name", "assigned_to", "recount", "cause"):
        op.drop_column("stock_count", column)
    op.drop_table("replenishment")
    op.drop_table("pick_face")
    for name, place, place_and_lot in COUNTED:
        rewrite(name, place_and_lot, place)
    op.drop_table("lot_event")
    op.drop_table("lot")
    op.execute("DROP FUNCTION keep_stock_of_lots")
    op.execute("DROP FUNCTION lot_sellable")
    op.execute("DROP FUNCTION places_in_use")
    op.drop_column("location", "max_units")
