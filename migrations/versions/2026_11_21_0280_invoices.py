"""Invoices of outside systems: what was imported, gaps, mappings.

Revision ID: 2026_11_21_0280
Revises: 2026_11_21_0270
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0280"
down_revision = "2026_11_21_0270"

# However urgent an order is when it comes onto the floor, and whenever that changes, the floor knows.
TAKE_PRIORITY = """
CREATE FUNCTION take_order_priority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.priority = 0 THEN
        NEW.priority := coalesce((SELECT priority FROM sales_order WHERE id = NEW.order_id), 0);
    END IF;
    RETURN NEW;
END $$
"""
FOLLOW_PRIORITY = """
CREATE FUNCTION follow_order_priority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE floor_order SET priority = NEW.priority WHERE order_id = NEW.id;
    RETURN NULL;
END $$
"""

TABLES = ("invoice_source", "invoice", "invoice_wish", "invoice_code", "invoice_series", "invoice_void")


def upgrade() -> None:
    op.create_table(
        "invoice_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("order_prefix", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column(
            "mapping", postgresql.JSONB(none_as_null=True), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("folder_watched", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("key ~ '^[a-z0-9][a-z0-9-]{0,39}$'", name=op.f("ck_invoice_source_key_plain")),
        sa.CheckConstraint(
            "folder IS NULL OR folder ~ '^[a-z0-9][a-z0-9_-]{0,59}$'", name=op.f("ck_invoice_source_folder_plain")
        ),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_invoice_source_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_source")),
        sa.UniqueConstraint("seller_id", "key", name=op.f("uq_invoice_source_seller_id_key")),
        sa.UniqueConstraint("folder", name=op.f("uq_invoice_source_folder")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="invoice", nullable=False),
        sa.Column("state", sa.Text(), server_default="attention", nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("credits", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "taken_back", postgresql.JSONB(none_as_null=True), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("fingerprint", sa.Text(), server_default="", nullable=False),
        sa.Column("raw", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column(
            "problems", postgresql.JSONB(none_as_null=True), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column(
            "unknown", postgresql.JSONB(none_as_null=True), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("invoiced_on", sa.Date(), nullable=True),
        sa.Column("salesman", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_number", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("area", sa.Text(), server_default="", nullable=False),
        sa.Column("route", sa.Text(), server_default="", nullable=False),
        sa.Column("remarks", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("kind IN ('invoice', 'credit')", name=op.f("ck_invoice_kind_known")),
        sa.CheckConstraint(
            "state IN ('taken', 'attention', 'cancelled', 'dismissed')", name=op.f("ck_invoice_state_known")
        ),
        sa.CheckConstraint("state <> 'taken' OR order_id IS NOT NULL", name=op.f("ck_invoice_taken_as_order")),
        sa.ForeignKeyConstraint(["source_id"], ["invoice_source.id"], name=op.f("fk_invoice_source_id")),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], name=op.f("fk_invoice_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("source_id", "number", name=op.f("uq_invoice_source_id_number")),
    )
    op.create_index("ix_invoice_seller_id_received", "invoice", ["seller_id", "received_at", "id"], unique=False)
    op.create_index(
        "ix_invoice_order_id", "invoice", ["order_id"], unique=False, postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.create_index(
        "ix_invoice_attention",
        "invoice",
        ["seller_id", "received_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'attention'"),
    )
    op.create_index(
        "ix_invoice_series",
        "invoice",
        ["source_id", "prefix", "serial"],
        unique=False,
        postgresql_include=["width", "received_at"],
        postgresql_where=sa.text("serial IS NOT NULL"),
    )
    op.create_index(
        "ix_invoice_credits",
        "invoice",
        ["source_id", "credits"],
        unique=False,
        postgresql_where=sa.text("credits <> ''"),
    )
    op.create_table(
        "invoice_wish",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("packing", sa.Text(), nullable=False),
        sa.Column("shelf", sa.Text(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_invoice_wish")),
    )
    op.create_table(
        "invoice_code",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["invoice_source.id"], name=op.f("fk_invoice_code_source_id")),
        sa.PrimaryKeyConstraint("source_id", "code", name=op.f("pk_invoice_code")),
    )
    op.create_table(
        "invoice_series",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=True),
        sa.Column("watched", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["invoice_source.id"], name=op.f("fk_invoice_series_source_id")),
        sa.PrimaryKeyConstraint("source_id", "prefix", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoice_void",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("voided_by", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_invoice_void_reason_given")),
        sa.ForeignKeyConstraint(["source_id"], ["invoice_source.id"], name=op.f("fk_invoice_void_source_id")),
        sa.PrimaryKeyConstraint("source_id", "prefix", "serial", name=op.f("pk_invoice_void")),
    )
    for table in TABLES:
        isolate(table)

    op.add_column("data_import", sa.Column("subject", sa.Text(), server_default="", nullable=False))
    op.add_column("sales_order", sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_sales_order_priority_known"), "sales_order", "priority BETWEEN 0 AND 9")
    op.execute(TAKE_PRIORITY)
    op.execute(
        "CREATE TRIGGER take_order_priority BEFORE INSERT ON floor_order"
        " FOR EACH ROW EXECUTE FUNCTION take_order_priority()"
    )
    op.execute(FOLLOW_PRIORITY)
    op.execute(
        "CREATE TRIGGER follow_order_priority AFTER UPDATE OF priority ON sales_order FOR EACH ROW"
        " WHEN (OLD.priority <> NEW.priority) EXECUTE FUNCTION follow_order_priority()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER follow_order_priority ON sales_order")
    op.execute("DROP FUNCTION follow_order_priority()")
    op.execute("DROP TRIGGER take_order_priority ON floor_order")
    op.execute("DROP FUNCTION take_order_priority()")
    op.drop_column("sales_order", "priority")
    op.drop_column("data_import", "subject")
    for table in reversed(TABLES):
        op.drop_table(table)
