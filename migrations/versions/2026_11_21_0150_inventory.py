"""Warehouses, locations, stock, ledger, reservations.

Revision ID: 2026_11_21_0150
Revises: 2026_11_21_0140
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import ROLE, append_only, isolate

revision = "2026_11_21_0150"
down_revision = "2026_11_21_0140"

LOCATION_KINDS = "kind IN ('zone', 'rack', 'shelf', 'box', 'slot', 'staging', 'receiving', 'quarantine')"
MOVE_KINDS = "kind IN ('receive', 'move', 'adjust', 'count', 'pick', 'ship', 'return', 'put_back')"
COUNT_STATUSES = "status IN ('open', 'counted', 'approved', 'cancelled')"

# The functions that keep the levels run as their owner: the application's role has no right to write levels at all, so
# no statement of it can make a level differ from the ledger.  Their plans are made once per connection, for whatever
# size the first statement had, so joins by hashing whole tables are switched off: few rows or many, each finds its
# level through the index.
KEEPER = """
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
"""

# A location of another seller is as good as none: it matches no level, so the counts differ.
MOVES_KEPT = f"""
CREATE FUNCTION keep_stock_of_moves() RETURNS trigger {KEEPER} AS $$
DECLARE
    expected bigint;
    kept bigint;
BEGIN
    INSERT INTO stock_total (seller_id, product_id)
    SELECT DISTINCT a.seller_id, a.product_id FROM added a WHERE a.quantity > 0 ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    INSERT INTO stock_level (seller_id, product_id, location_id, lot)
    SELECT DISTINCT a.seller_id, a.product_id, a.location_id, a.lot
    FROM added a JOIN location l ON l.id = a.location_id AND (l.seller_id IS NULL OR l.seller_id = a.seller_id)
    WHERE a.quantity > 0 ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING;

    WITH d AS (
        SELECT a.seller_id, a.product_id, a.location_id, a.lot, sum(a.quantity)::integer AS quantity
        FROM added a GROUP BY 1, 2, 3, 4
    ), u AS (
        UPDATE stock_level s SET on_hand = s.on_hand + d.quantity FROM d
        WHERE s.product_id = d.product_id AND s.location_id = d.location_id AND s.lot = d.lot
            AND s.seller_id = d.seller_id
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM u) INTO expected, kept;
    IF kept <> expected THEN
        RAISE EXCEPTION 'a stock move names goods that are not at its location' USING ERRCODE = 'check_violation';
    END IF;

    UPDATE stock_total t SET on_hand = t.on_hand + d.quantity, available = t.available + d.pickable
    FROM (
        SELECT a.seller_id, a.product_id, sum(a.quantity)::integer AS quantity,
            coalesce(sum(a.quantity) FILTER (WHERE l.pickable), 0)::integer AS pickable
        FROM added a JOIN location l ON l.id = a.location_id GROUP BY 1, 2
    ) d
    WHERE t.seller_id = d.seller_id AND t.product_id = d.product_id;
    RETURN NULL;
END $$
"""


def reservations_kept(operation: str) -> str:
    """Return the function that follows reservations being added, changed or removed."""
    changed = {
        "insert": "SELECT a.*, a.quantity AS change FROM added a",
        "delete": "SELECT r.*, -r.quantity AS change FROM removed r",
        "update": """
            SELECT a.*, a.quantity AS change FROM added a
            UNION ALL SELECT r.*, -r.quantity AS change FROM removed r
        """,
    }[operation]
    return f"""
CREATE FUNCTION keep_stock_of_reservations_{operation}() RETURNS trigger {KEEPER} AS $$
DECLARE
    expected bigint;
    kept bigint;
BEGIN
    WITH d AS (
        SELECT c.seller_id, c.product_id, c.location_id, c.lot, sum(c.change)::integer AS change
        FROM ({changed}) c GROUP BY 1, 2, 3, 4
    ), u AS (
        UPDATE stock_level s SET reserved = s.reserved + d.change FROM d
        WHERE s.product_id = d.product_id AND s.location_id = d.location_id AND s.lot = d.lot
            AND s.seller_id = d.seller_id
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM u) INTO expected, kept;
    IF kept <> expected THEN
        RAISE EXCEPTION 'a reservation names goods that are not at its location' USING ERRCODE = 'check_violation';
    END IF;

    UPDATE stock_total t SET reserved = t.reserved + d.change, available = t.available - d.pickable
    FROM (
        SELECT c.seller_id, c.product_id, sum(c.change)::integer AS change,
            coalesce(sum(c.change) FILTER (WHERE l.pickable), 0)::integer AS pickable
        FROM ({changed}) c JOIN location l ON l.id = c.location_id GROUP BY 1, 2
    ) d
    WHERE t.seller_id = d.seller_id AND t.product_id = d.product_id;
    RETURN NULL;
END $$
"""


PICKABLE_KEPT = f"""
CREATE FUNCTION keep_stock_of_locations() RETURNS trigger {KEEPER} AS $$
BEGIN
    UPDATE stock_total t SET available = t.available + CASE WHEN NEW.pickable THEN d.free ELSE -d.free END
    FROM (
        SELECT s.seller_id, s.product_id, sum(s.on_hand - s.reserved)::integer AS free
        FROM stock_level s WHERE s.location_id = NEW.id GROUP BY 1, 2
    ) d
    WHERE t.seller_id = d.seller_id AND t.product_id = d.product_id;
    RETURN NULL;
END $$
"""

# Reserves what was planned without a lock, if it is still there: one round trip while others wait for the hot product.
# It returns the new numbers of the products, or nothing if the plan is out of date; then nothing was reserved.
# Its plans may be made while the tables are empty and are kept: none of them may read a whole table.
#
# It acts as its owner and asks once whose rows it may see; row-level security would ask for each table of each statement.
#
# Who finds a product locked stands in line for it before waiting for its row.  A row alone keeps no line: each commit
# makes a new version of it, and all who waited for the old one wake up and throng around the new one, which took a third
# of the server's time and let some wait for a second.  Whoever holds the row already gets it at once and never stands in
# line, so a line stays part of the order (seller, product) in which rows are locked.  Big orders of many products skip it.
RESERVE = """
CREATE FUNCTION reserve_planned(
    ids uuid[], sellers uuid[], orders uuid[], lines uuid[], products uuid[], locations uuid[], lots text[],
    quantities integer[]
) RETURNS SETOF stock_total LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    mine uuid[] := scope_sellers();
    wanted uuid;
BEGIN
    IF NOT sellers <@ mine THEN
        RAISE EXCEPTION 'a reservation names a seller outside the scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF cardinality(products) <= 4 THEN
        FOR wanted IN
            SELECT p.product FROM unnest(sellers, products) AS p(seller, product) GROUP BY p.seller, p.product
            ORDER BY p.seller, p.product
        LOOP
            PERFORM 1 FROM stock_total t WHERE t.product_id = wanted AND t.seller_id = ANY(mine)
            FOR NO KEY UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                PERFORM pg_advisory_xact_lock(hashtextextended('stock ' || wanted, 0));
                PERFORM 1 FROM stock_total t WHERE t.product_id = wanted AND t.seller_id = ANY(mine)
                FOR NO KEY UPDATE;
            END IF;
        END LOOP;
    ELSE
        PERFORM 1 FROM stock_total t WHERE t.product_id = ANY(products) AND t.seller_id = ANY(mine)
        ORDER BY t.seller_id, t.product_id FOR NO KEY UPDATE;
    END IF;
    IF EXISTS (SELECT 1 FROM reservation r WHERE r.order_line_id = ANY(lines) AND r.seller_id = ANY(mine)) OR EXISTS (
        SELECT 1 FROM (
            SELECT p.product_id, p.location_id, p.lot, sum(p.quantity) AS quantity
            FROM unnest(products, locations, lots, quantities) AS p(product_id, location_id, lot, quantity)
            GROUP BY 1, 2, 3
        ) d
        LEFT JOIN stock_level s ON s.product_id = d.product_id AND s.location_id = d.location_id AND s.lot = d.lot
            AND s.seller_id = ANY(mine)
        LEFT JOIN location l ON l.id = d.location_id AND (l.seller_id IS NULL OR l.seller_id = ANY(mine))
        WHERE coalesce(s.on_hand - s.reserved, 0) < d.quantity OR l.pickable IS NOT TRUE
    ) THEN
        RETURN;
    END IF;
    INSERT INTO reservation (id, seller_id, order_id, order_line_id, product_id, location_id, lot, quantity)
    SELECT * FROM unnest(ids, sellers, orders, lines, products, locations, lots, quantities);
    RETURN QUERY SELECT t.* FROM stock_total t WHERE t.product_id = ANY(products) AND t.seller_id = ANY(mine)
        ORDER BY t.product_id;
END $$
"""

RESERVE_SIGNATURE = "reserve_planned(uuid[], uuid[], uuid[], uuid[], uuid[], uuid[], text[], integer[])"

# Carries promised units, as the caller read them without a lock, if they still are so: to the staging of their building,
# or out of it.  It returns the new numbers of the products, or nothing if the caller's rows are out of date; then nothing
# was carried, and the products are locked either way.  It acts as its owner for the reason above.
#
# In this order, because each statement leaves the levels true: promised units are never more than there are.
CARRY = """
CREATE FUNCTION carry_promised(
    ids uuid[], products uuid[], places uuid[], lots text[], held integer[], units integer[], fresh uuid[], ways uuid[],
    moved text, author_kind text, author_id text, author_name text, request text
) RETURNS SETOF stock_total LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    mine uuid[] := scope_sellers();
    goods reservation[];
    targets uuid[];
BEGIN
    PERFORM 1 FROM stock_total t WHERE t.product_id = ANY(products) AND t.seller_id = ANY(mine)
    ORDER BY t.seller_id, t.product_id FOR NO KEY UPDATE;
    SELECT array_agg(r ORDER BY w.place), array_agg(s.id ORDER BY w.place) INTO goods, targets
    FROM unnest(ids, products, places, lots, held) WITH ORDINALITY AS w(id, product_id, location_id, lot, quantity, place)
    JOIN reservation r ON r.id = w.id AND r.product_id = w.product_id AND r.location_id = w.location_id
        AND r.lot = w.lot AND r.quantity = w.quantity AND r.seller_id = ANY(mine)
    JOIN location l ON l.id = r.location_id
    LEFT JOIN LATERAL (
        SELECT s.id FROM location s
        WHERE moved = 'pick' AND s.warehouse_id = l.warehouse_id AND s.parent_id IS NULL AND s.kind = 'staging'
        ORDER BY s.id LIMIT 1
    ) s ON true;
    IF cardinality(goods) IS DISTINCT FROM cardinality(ids) THEN
        RETURN;
    END IF;
    DELETE FROM reservation r USING unnest(ids, held, units) AS w(id, held, units)
    WHERE r.id = w.id AND w.held = w.units;
    IF EXISTS (SELECT 1 FROM unnest(held, units) AS w(held, units) WHERE w.held <> w.units) THEN
        UPDATE reservation r SET quantity = r.quantity - w.units FROM unnest(ids, held, units) AS w(id, held, units)
        WHERE r.id = w.id AND w.held <> w.units;
    END IF;
    INSERT INTO stock_move (
        seller_id, product_id, location_id, lot, quantity, kind, transfer_id, reference_kind, reference_id,
        actor_kind, actor_id, actor_name, request_id
    )
    SELECT g.seller_id, g.product_id, c.location_id, g.lot, c.change, moved, w.way, 'order', g.order_id,
        author_kind, author_id, author_name, request
    FROM unnest(goods) WITH ORDINALITY AS g
    JOIN unnest(units, ways, targets) WITH ORDINALITY AS w(units, way, target, ordinality) USING (ordinality)
    CROSS JOIN LATERAL (VALUES (g.location_id, -w.units), (w.target, w.units)) AS c(location_id, change)
    WHERE moved = 'pick' OR c.change < 0 ORDER BY ordinality, c.change;
    IF moved = 'pick' THEN
        INSERT INTO reservation (id, seller_id, order_id, order_line_id, product_id, location_id, lot, quantity)
        SELECT (array_agg(w.fresh))[1], g.seller_id, g.order_id, g.order_line_id, g.product_id, w.target, g.lot, sum(w.units)
        FROM unnest(goods) WITH ORDINALITY AS g
        JOIN unnest(units, fresh, targets) WITH ORDINALITY AS w(units, fresh, target, ordinality) USING (ordinality)
        GROUP BY 2, 3, 4, 5, 6, 7
        ON CONFLICT (order_line_id, product_id, location_id, lot)
        DO UPDATE SET quantity = reservation.quantity + excluded.quantity;
    END IF;
    RETURN QUERY SELECT t.* FROM stock_total t WHERE t.product_id = ANY(products) AND t.seller_id = ANY(mine)
        ORDER BY t.product_id;
END $$
"""

CARRY_SIGNATURE = (
    "carry_promised(uuid[], uuid[], uuid[], text[], integer[], integer[], uuid[], uuid[], text, text, text, text, text)"
)

GUARD = """
CREATE FUNCTION refuse_direct_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'stock levels follow the ledger: add a row to stock_move or reservation instead'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$
"""
TABLES = (
    "stock_count_line",
    "stock_count",
    "reservation",
    "stock_move",
    "stock_level",
    "stock_total",
    "location",
    "warehouse",
)


def upgrade() -> None:
    make_places()
    make_stock()
    make_ledger()
    make_counts()
    for table in ("warehouse", "location"):
        isolate(table, shared_rows=True)
    for table in ("stock_total", "stock_level", "stock_move", "reservation", "stock_count", "stock_count_line"):
        isolate(table)
    append_only("stock_move")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON stock_level, stock_total FROM {ROLE}")
    op.execute(f"GRANT INSERT (seller_id, product_id, low), UPDATE (low) ON stock_total TO {ROLE}")
    keep_stock()


def keep_stock() -> None:
    """Make the triggers that derive the levels."""
    op.execute(MOVES_KEPT)
    op.execute(
        "CREATE TRIGGER keep_stock AFTER INSERT ON stock_move REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_of_moves()"
    )
    images = {
        "insert": "NEW TABLE AS added",
        "delete": "OLD TABLE AS removed",
        "update": "OLD TABLE AS removed NEW TABLE AS added",
    }
    for operation, tables in images.items():
        op.execute(reservations_kept(operation))
        op.execute(
            f"CREATE TRIGGER keep_stock_{operation} AFTER {operation.upper()} ON reservation REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION keep_stock_of_reservations_{operation}()"
        )
    op.execute(RESERVE)
    op.execute(CARRY)
    for function in (RESERVE_SIGNATURE, CARRY_SIGNATURE):
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {ROLE}")
    op.execute(PICKABLE_KEPT)
    op.execute(
        "CREATE TRIGGER keep_stock AFTER UPDATE OF pickable ON location"
        " FOR EACH ROW WHEN (OLD.pickable <> NEW.pickable) EXECUTE FUNCTION keep_stock_of_locations()"
    )
    op.execute(GUARD)
    for table, operations in {
        "stock_level": "INSERT OR UPDATE OR DELETE OR TRUNCATE",
        "stock_total": "UPDATE OF on_hand, reserved, available OR DELETE OR TRUNCATE",
        "stock_move": "UPDATE OR DELETE OR TRUNCATE",
    }.items():
        op.execute(
            f"CREATE TRIGGER only_by_ledger BEFORE {operations} ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_direct_stock()"
        )


def make_places() -> None:
    op.create_table(
        "warehouse",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Europe/Amsterdam", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("code <> ''", name="ck_warehouse_code_not_empty"),
        sa.PrimaryKeyConstraint("id", name="pk_warehouse"),
        sa.UniqueConstraint(
            "seller_id", "code", name="uq_warehouse_seller_id_code", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("walk_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("pickable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint(LOCATION_KINDS, name="ck_location_kind_known"),
        sa.CheckConstraint("code <> '' AND code !~ '/'", name="ck_location_code_fit_for_a_path"),
        sa.CheckConstraint("capacity > 0", name="ck_location_capacity_positive"),
        sa.CheckConstraint("id <> parent_id", name="ck_location_not_in_itself"),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_location_warehouse_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["location.id"], name="fk_location_parent_id"),
        sa.UniqueConstraint("warehouse_id", "code", name="uq_location_warehouse_id_code"),
    )
    op.create_index(
        "ix_location_path", "location", ["warehouse_id", "path"], postgresql_ops={"path": "text_pattern_ops"}
    )
    op.create_index("ix_location_barcode", "location", ["barcode"])
    op.create_index("ix_location_parent_id", "location", ["parent_id"])


def make_stock() -> None:
    op.create_table(
        "stock_total",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("available", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("low", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="ck_stock_total_on_hand_not_negative"),
        sa.CheckConstraint("reserved >= 0", name="ck_stock_total_reserved_not_negative"),
        sa.CheckConstraint("reserved <= on_hand", name="ck_stock_total_not_oversold"),
        sa.CheckConstraint("available >= 0", name="ck_stock_total_available_not_negative"),
        sa.CheckConstraint("low >= 0", name="ck_stock_total_low_not_negative"),
        sa.PrimaryKeyConstraint("seller_id", "product_id", name="pk_stock_total"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_total_product"
        ),
        postgresql_with={"fillfactor": "70"},  # room for the next version of a hot row on the same page
    )
    op.create_index("ix_stock_total_product_id", "stock_total", ["product_id"])
    op.create_table(
        "stock_level",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("on_hand >= 0", name="ck_stock_level_on_hand_not_negative"),
        sa.CheckConstraint("reserved >= 0", name="ck_stock_level_reserved_not_negative"),
        sa.CheckConstraint("reserved <= on_hand", name="ck_stock_level_not_oversold"),
        sa.PrimaryKeyConstraint("product_id", "location_id", "lot", name="pk_stock_level"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_level_product"
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_stock_level_location_id"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_stock_level_location_id", "stock_level", ["location_id"])
    op.create_index("ix_stock_level_seller_id", "stock_level", ["seller_id", "product_id"])


def make_ledger() -> None:
    op.create_table(
        "stock_move",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("reference_kind", sa.Text(), server_default="", nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "occurred_at", sa.DateTime(timezone=True), server_default=sa.text("statement_timestamp()"), nullable=False
        ),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("statement_timestamp()"), nullable=False
        ),
        sa.Column(
            "txid", sa.BigInteger(), server_default=sa.text("(pg_current_xact_id()::text)::bigint"), nullable=False
        ),
        sa.CheckConstraint("quantity <> 0", name="ck_stock_move_quantity_not_zero"),
        sa.CheckConstraint(MOVE_KINDS, name="ck_stock_move_kind_known"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_move"),
    )
    op.create_index("ix_stock_move_product_id", "stock_move", ["product_id", "occurred_at", "id"])
    op.create_index("ix_stock_move_location_id", "stock_move", ["location_id", "occurred_at"])
    op.create_index("ix_stock_move_seller_id", "stock_move", ["seller_id", "occurred_at", "id"])
    op.create_index(
        "ix_stock_move_reference_id",
        "stock_move",
        ["reference_id"],
        postgresql_where=sa.text("reference_id IS NOT NULL"),
    )
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "reserved_at", sa.DateTime(timezone=True), server_default=sa.text("statement_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("quantity > 0", name="ck_reservation_quantity_positive"),
        sa.PrimaryKeyConstraint("id", name="pk_reservation"),
        sa.UniqueConstraint("order_line_id", "product_id", "location_id", "lot", name="uq_reservation_order_line_id"),
    )
    op.create_index("ix_reservation_product_id", "reservation", ["product_id", "location_id"])
    op.create_index("ix_reservation_location_id", "reservation", ["location_id"])
    op.create_index("ix_reservation_order_id", "reservation", ["order_id"])


def make_counts() -> None:
    op.create_table(
        "stock_count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(COUNT_STATUSES, name="ck_stock_count_status_known"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_count"),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name="fk_stock_count_warehouse_id"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_stock_count_location_id"),
    )
    op.create_index("ix_stock_count_seller_id", "stock_count", ["seller_id", "created_at"])
    op.create_table(
        "stock_count_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), server_default="", nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("counted_by", sa.Text(), server_default="", nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("counted >= 0", name="ck_stock_count_line_counted_not_negative"),
        sa.CheckConstraint("(counted IS NULL) = (expected IS NULL)", name="ck_stock_count_line_compared_when_counted"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_count_line"),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name="fk_stock_count_line_count_id"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_stock_count_line_location_id"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_stock_count_line_product"
        ),
        sa.UniqueConstraint("count_id", "product_id", "location_id", "lot", name="uq_stock_count_line_count_id"),
    )


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {CARRY_SIGNATURE}")
    op.execute(f"DROP FUNCTION {RESERVE_SIGNATURE}")
    for table in TABLES:
        op.drop_table(table)
    for operation in ("insert", "update", "delete"):
        op.execute(f"DROP FUNCTION keep_stock_of_reservations_{operation}()")
    for function in ("keep_stock_of_moves", "keep_stock_of_locations", "refuse_direct_stock"):
        op.execute(f"DROP FUNCTION {function}()")
