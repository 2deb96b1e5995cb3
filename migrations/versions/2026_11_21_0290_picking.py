"""Picking: carts with totes, the put wall, zones, lot swaps.

Revision ID: 2026_11_21_0290
Revises: 2026_11_21_0280
"""

import sqlalchemy as sa
from alembic import op

from entrepot.kit.isolation import act_as_owner, append_only, isolate

revision = "2026_11_21_0290"
down_revision = "2026_11_21_0280"

MODES = "'cart', 'batch', 'zone', 'single', 'singles'"

# Whatever packs or ships an order empties its totes, in the same statement.
FREE_FUNCTION = """
CREATE FUNCTION free_totes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tote_use SET freed_at = clock_timestamp() WHERE order_id = NEW.id AND freed_at IS NULL;
    RETURN NULL;
END $$
"""
FREE_TRIGGER = """
CREATE TRIGGER free_totes AFTER UPDATE OF status ON sales_order FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('packed', 'shipped', 'delivered'))
EXECUTE FUNCTION free_totes()
"""


def upgrade() -> None:
    # Who counted in a table held up everybody else of the seller until the end of the transaction.
    op.execute("CREATE SEQUENCE pick_list_number START 1001")
    op.execute(
        "SELECT setval('pick_list_number', greatest(1001, max(last) + 1), false) FROM floor_number"
        " WHERE kind = 'pick_list'"
    )
    op.add_column(
        "floor_setting", sa.Column("scan_tote", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )

    # What was called a batch so far had a compartment for each order: a cart.
    op.alter_column("pick_list", "mode", server_default="cart")
    op.execute("UPDATE pick_list SET mode = 'cart' WHERE mode NOT IN ('single', 'singles')")
    op.create_check_constraint(op.f("ck_pick_list_mode_known"), "pick_list", f"mode IN ({MODES})")
    op.add_column("pick_list", sa.Column("zone", sa.Text(), server_default="", nullable=False))
    op.add_column("pick_list", sa.Column("group_id", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_pick_list_group_id", "pick_list", ["group_id"], postgresql_where=sa.text("group_id IS NOT NULL")
    )
    op.add_column("pick_list_order", sa.Column("zone", sa.Text(), server_default="", nullable=False))
    op.drop_index("uq_pick_list_order_open", table_name="pick_list_order")
    op.create_index(
        "uq_pick_list_order_open",
        "pick_list_order",
        ["order_id", "warehouse_id", "zone"],
        unique=True,
        postgresql_where=sa.text("open"),
    )
    op.add_column("pick_line", sa.Column("in_hand", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("pick_line", sa.Column("sorted", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_pick_line_in_hand_not_negative"), "pick_line", "in_hand >= 0")
    op.create_check_constraint(op.f("ck_pick_line_sorted_were_picked"), "pick_line", "sorted >= 0 AND sorted <= picked")

    op.create_table(
        "tote_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("pick_list_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("bound_by", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("freed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code <> ''", name=op.f("ck_tote_use_code_not_empty")),
        sa.ForeignKeyConstraint(["pick_list_id"], ["pick_list.id"], name=op.f("fk_tote_use_pick_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tote_use")),
    )
    op.create_index(
        "uq_tote_use_code",
        "tote_use",
        ["warehouse_id", "code"],
        unique=True,
        postgresql_where=sa.text("freed_at IS NULL"),
    )
    op.create_index(
        "uq_tote_use_order",
        "tote_use",
        ["order_id", "pick_list_id"],
        unique=True,
        postgresql_where=sa.text("freed_at IS NULL"),
    )
    isolate("tote_use")
    op.execute(FREE_FUNCTION)
    op.execute(FREE_TRIGGER)
    act_as_owner("free_totes")

    op.create_table(
        "sort_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("pick_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("sorted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["pick_line_id"], ["pick_line.id"], name=op.f("fk_sort_scan_pick_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sort_scan")),
        sa.UniqueConstraint("seller_id", "client_id", name=op.f("uq_sort_scan_seller_id_client_id")),
    )
    op.create_index("ix_sort_scan_pick_line_id", "sort_scan", ["pick_line_id"])
    isolate("sort_scan")
    append_only("sort_scan")

    op.create_table(
        "lot_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("pick_line_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("location_code", sa.Text(), nullable=False),
        sa.Column("from_lot", sa.Text(), nullable=False),
        sa.Column("to_lot", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("swapped_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_lot_swap_quantity_positive")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_lot_swap_reason_given")),
        sa.CheckConstraint("from_lot <> to_lot", name=op.f("ck_lot_swap_another_lot")),
        sa.ForeignKeyConstraint(["pick_line_id"], ["pick_line.id"], name=op.f("fk_lot_swap_pick_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_swap")),
        sa.UniqueConstraint("seller_id", "client_id", name=op.f("uq_lot_swap_seller_id_client_id")),
    )
    op.create_index("ix_lot_swap_pick_line_id", "lot_swap", ["pick_line_id"])
    op.create_index("ix_lot_swap_seller_id_swapped_at", "lot_swap", ["seller_id", "swapped_at", "id"])
    isolate("lot_swap")
    append_only("lot_swap")


def downgrade() -> None:
    op.execute("DROP SEQUENCE pick_list_number")
    op.drop_table("lot_swap")
    op.drop_table("sort_scan")
    op.execute("DROP TRIGGER free_totes ON sales_order")
    op.execute("DROP FUNCTION free_totes()")
    op.drop_table("tote_use")
    op.drop_column("pick_line", "sorted")
    op.drop_column("pick_line", "in_hand")
    op.drop_index("uq_pick_list_order_open", table_name="pick_list_order")
    # An order may be open on several lists of one building now; the older index allows one.
    op.execute(
        "UPDATE pick_list_order o SET open = false WHERE open AND EXISTS (SELECT 1 FROM pick_list_order n"
        " WHERE n.order_id = o.order_id AND n.warehouse_id = o.warehouse_id AND n.open AND n.pick_list_id < o.pick_list_id)"
    )
    op.create_index(
        "uq_pick_list_order_open",
        "pick_list_order",
        ["order_id", "warehouse_id"],
        unique=True,
        postgresql_where=sa.text("open"),
    )
    op.drop_column("pick_list_order", "zone")
    op.drop_index("ix_pick_list_group_id", table_name="pick_list")
    op.drop_column("pick_list", "group_id")
    op.drop_column("pick_list", "zone")
    op.drop_constraint(op.f("ck_pick_list_mode_known"), "pick_list")
    op.execute("UPDATE pick_list SET mode = 'batch' WHERE mode NOT IN ('single', 'singles')")
    op.alter_column("pick_list", "mode", server_default="batch")
    op.drop_column("floor_setting", "scan_tote")
