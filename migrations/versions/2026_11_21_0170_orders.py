"""Orders, lines, notes, saved views.

Revision ID: 2026_11_21_0170
Revises: 2026_11_21_0160
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import ROLE, isolate

revision = "2026_11_21_0170"
down_revision = "2026_11_21_0160"

STATUSES = "'pending', 'reserved', 'picking', 'picked', 'packed', 'handed_over', 'shipped', 'delivered', 'cancelled'"

# The same table as entrepot.orders.status.MOVES: whatever a program does, an order does not jump.
MOVE_FUNCTION = """
CREATE FUNCTION check_order_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (OLD.status, NEW.status) IN (
        ('pending', 'reserved'), ('pending', 'handed_over'), ('pending', 'shipped'), ('pending', 'cancelled'),
        ('reserved', 'pending'), ('reserved', 'picking'), ('reserved', 'shipped'), ('reserved', 'cancelled'),
        ('picking', 'pending'), ('picking', 'reserved'), ('picking', 'picked'), ('picking', 'cancelled'),
        ('picked', 'picking'), ('picked', 'packed'), ('picked', 'cancelled'),
        ('packed', 'picked'), ('packed', 'shipped'), ('packed', 'cancelled'),
        ('handed_over', 'shipped'), ('handed_over', 'cancelled'),
        ('shipped', 'delivered')
    ) THEN
        RAISE EXCEPTION 'order % cannot go from % to %', OLD.number, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_sales_order_move_legal';
    END IF;
    RETURN NEW;
END $$
"""

# An order moves five times on its way, and each move would write every trigram anew were they in an index of its own table.
KEEP_WORDS = """
CREATE FUNCTION keep_order_words() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO sales_order_words (order_id, seller_id, words) SELECT id, seller_id, search_text FROM fresh;
    RETURN NULL;
END $$
"""
CHANGE_WORDS = """
CREATE FUNCTION change_order_words() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE sales_order_words SET words = NEW.search_text WHERE order_id = NEW.id;
    RETURN NULL;
END $$
"""

# Row-level security lets an index answer only what "leakproof" operators ask, and LIKE is not one.  This function reads
# past it as the owner of the table, and therefore checks the scope itself.
SEARCH_FUNCTION = """
CREATE FUNCTION search_orders(pattern text, others text[], at_most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 100 AS $$
    SELECT order_id FROM sales_order_words
    WHERE words LIKE pattern AND words LIKE ALL (others)
        AND seller_id = ANY ((SELECT scope_sellers())::uuid[])
    LIMIT at_most
$$
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(sa.schema.CreateSequence(sa.Sequence("order_number_seq", start=1001)))
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("channel_account_id", sa.Uuid(), nullable=True),
        sa.Column("channel_order_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attention", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("goods_total", sa.Numeric(18, 4), nullable=False),
        sa.Column("shipping_total", sa.Numeric(18, 4), nullable=False),
        sa.Column("total", sa.Numeric(18, 4), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("unit_count", sa.Integer(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("customer_email", sa.Text(), nullable=False),
        sa.Column("customer_phone", sa.Text(), nullable=False),
        sa.Column("shipping_address", postgresql.JSONB(), nullable=False),
        sa.Column("channel_address", postgresql.JSONB(), nullable=True),
        sa.Column("billing_address", postgresql.JSONB(), nullable=True),
        sa.Column("ship_name", sa.Text(), nullable=False),
        sa.Column("ship_postcode", sa.Text(), nullable=False),
        sa.Column("ship_country", sa.Text(), nullable=False),
        sa.Column("buyer_reference", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("pick_up_point", sa.Boolean(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("erp_account_id", sa.Uuid(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("channel_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sales_order"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_sales_order_seller_id"),
        sa.UniqueConstraint(
            "channel_account_id", "channel_order_id", name="uq_sales_order_channel_account_id_channel_order_id"
        ),
        sa.CheckConstraint(f"status IN ({STATUSES})", name=op.f("ck_sales_order_status_known")),
        sa.CheckConstraint(
            "(channel_account_id IS NULL) = (channel_order_id IS NULL)",
            name=op.f("ck_sales_order_channel_order_complete"),
        ),
        sa.CheckConstraint("(hold_reason IS NULL) = (held_at IS NULL)", name=op.f("ck_sales_order_hold_complete")),
    )
    op.create_index("ix_sales_order_seller_id_placed_at", "sales_order", ["seller_id", "placed_at", "id"])
    op.create_index(
        "ix_sales_order_seller_id_status_placed_at", "sales_order", ["seller_id", "status", "placed_at", "id"]
    )
    op.create_index("ix_sales_order_account_currency", "sales_order", ["channel_account_id", "currency"])
    op.create_index(
        "uq_sales_order_manual_number",
        "sales_order",
        ["seller_id", "number"],
        unique=True,
        postgresql_where=sa.text("channel_account_id IS NULL"),
    )
    op.create_index(
        "ix_sales_order_erp",
        "sales_order",
        ["channel_account_id", "status", "id"],
        postgresql_where=sa.text("erp_account_id IS NOT NULL"),
    )
    op.create_index(
        "ix_sales_order_attention",
        "sales_order",
        ["seller_id", "placed_at", "id"],
        postgresql_where=sa.text("attention <> '[]'::jsonb"),
    )
    op.create_index(
        "ix_sales_order_tagged",
        "sales_order",
        ["seller_id", "placed_at", "id"],
        postgresql_where=sa.text("tags <> '[]'::jsonb"),
    )
    op.create_index(
        "ix_sales_order_held",
        "sales_order",
        ["seller_id", "placed_at", "id"],
        postgresql_where=sa.text("held_at IS NOT NULL"),
    )
    isolate("sales_order")
    op.create_table(
        "sales_order_words",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_sales_order_words"),
    )
    op.create_index(
        "ix_sales_order_words",
        "sales_order_words",
        ["words"],
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )
    isolate("sales_order_words")  # search_orders reads as the owner
    op.execute(KEEP_WORDS)
    op.execute(CHANGE_WORDS)
    op.execute(
        "CREATE TRIGGER keep_order_words AFTER INSERT ON sales_order REFERENCING NEW TABLE AS fresh"
        " FOR EACH STATEMENT EXECUTE FUNCTION keep_order_words()"
    )
    op.execute(
        "CREATE TRIGGER change_order_words AFTER UPDATE OF search_text ON sales_order FOR EACH ROW"
        " WHEN (OLD.search_text IS DISTINCT FROM NEW.search_text) EXECUTE FUNCTION change_order_words()"
    )
    op.execute(MOVE_FUNCTION)
    op.execute(
        "CREATE TRIGGER check_order_move BEFORE UPDATE OF status ON sales_order FOR EACH ROW"
        " WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION check_order_move()"
    )
    op.execute(SEARCH_FUNCTION)
    op.execute("REVOKE ALL ON FUNCTION search_orders(text, text[], integer) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION search_orders(text, text[], integer) TO {ROLE}")

    op.create_table(
        "order_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("quantity_cancelled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity_shipped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unit_price", sa.Numeric(18, 4), nullable=False),
        sa.Column("tax", sa.Numeric(18, 4), nullable=True),
        sa.Column("discount", sa.Numeric(18, 4), server_default=sa.text("0"), nullable=False),
        sa.Column("commission", sa.Numeric(18, 4), nullable=True),
        sa.Column("channel_line_id", sa.Text(), nullable=True),
        sa.Column("channel_offer_id", sa.Text(), nullable=True),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_line"),
        sa.UniqueConstraint("order_id", "position", name="uq_order_line_order_id_position"),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity_positive")),
        sa.CheckConstraint(
            "quantity_cancelled >= 0 AND quantity_shipped >= 0", name=op.f("ck_order_line_parts_not_negative")
        ),
        sa.CheckConstraint(
            "quantity_cancelled + quantity_shipped <= quantity", name=op.f("ck_order_line_parts_within_quantity")
        ),
        sa.CheckConstraint("fulfilment IN ('seller', 'channel', 'erp')", name=op.f("ck_order_line_fulfilment_known")),
    )
    op.create_index("ix_order_line_product_id_order_id", "order_line", ["product_id", "order_id"])
    op.create_index(
        "ix_order_line_waiting",
        "order_line",
        ["seller_id", "product_id"],
        postgresql_where=sa.text(
            "NOT reserved AND product_id IS NOT NULL AND fulfilment = 'seller'"
            " AND quantity > quantity_cancelled + quantity_shipped"
        ),
    )
    op.create_index(
        "ix_order_line_unknown", "order_line", ["seller_id", "sku"], postgresql_where=sa.text("product_id IS NULL")
    )
    isolate("order_line")

    op.create_table(
        "order_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_note"),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name="fk_order_note_order_id"),
    )
    op.create_index("ix_order_note_order_id", "order_note", ["order_id", "id"])
    isolate("order_note")

    op.create_table(
        "order_saved_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filter", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_order_saved_view"),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name="fk_order_saved_view_seller_id"),
        sa.UniqueConstraint("seller_id", "user_id", "name", name="uq_order_saved_view_seller_id_user_id_name"),
    )
    isolate("order_saved_view")


def downgrade() -> None:
    op.drop_table("order_saved_view")
    op.drop_table("order_note")
    op.drop_table("order_line")
    op.execute("DROP FUNCTION search_orders(text, text[], integer)")
    op.drop_table("sales_order_words")
    op.drop_table("sales_order")
    for function in ("check_order_move", "keep_order_words", "change_order_words"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute(sa.schema.DropSequence(sa.Sequence("order_number_seq")))
