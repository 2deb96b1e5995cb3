"""Products, bundles, imports of tables.

Revision ID: 2026_11_21_0130
Revises: 2026_11_21_0120
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0130"
down_revision = "2026_11_21_0120"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="simple", nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("gtin_14", sa.Text(), sa.Computed("lpad(gtin, 14, '0')", persisted=True), nullable=True),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("length_mm", sa.Integer(), nullable=True),
        sa.Column("width_mm", sa.Integer(), nullable=True),
        sa.Column("height_mm", sa.Integer(), nullable=True),
        sa.Column("purchase_price", sa.Numeric(18, 4), nullable=True),
        sa.Column("purchase_currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("sales_price", sa.Numeric(18, 4), nullable=True),
        sa.Column("sales_currency", sa.Text(), server_default="EUR", nullable=False),
        sa.Column("vat_class", sa.Text(), server_default="standard", nullable=False),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("buffer", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column(
            "search_text",
            sa.Text(),
            sa.Computed("lower(sku || ' ' || title || coalesce(' ' || gtin, ''))", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.UniqueConstraint("seller_id", "sku", name="uq_product_seller_id"),
        sa.UniqueConstraint("seller_id", "id", name="uq_product_seller_id_id"),
        sa.ForeignKeyConstraint(
            ["seller_id", "parent_id"], ["product.seller_id", "product.id"], name="fk_product_parent_id_product"
        ),
        sa.CheckConstraint("kind IN ('simple', 'bundle', 'parent')", name="ck_product_kind_known"),
        sa.CheckConstraint("parent_id IS NULL OR kind = 'simple'", name="ck_product_variant_is_simple"),
        sa.CheckConstraint("sku <> ''", name="ck_product_sku_not_empty"),
        sa.CheckConstraint("buffer >= 0", name="ck_product_buffer_not_negative"),
        sa.CheckConstraint("weight_g > 0", name="ck_product_weight_positive"),
        sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="ck_product_dimensions_positive"),
        sa.CheckConstraint("sales_price >= 0 AND purchase_price >= 0", name="ck_product_prices_not_negative"),
    )
    op.create_index(
        "ix_product_gtin_14", "product", ["seller_id", "gtin_14"], postgresql_where=sa.text("gtin IS NOT NULL")
    )
    op.create_index(
        "ix_product_parent_id", "product", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.create_index("ix_product_updated_at", "product", ["seller_id", "updated_at", "id"])
    op.create_index("ix_product_tags", "product", ["tags"], postgresql_using="gin")
    op.create_index(
        "ix_product_search_text",
        "product",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    isolate("product")
    op.create_table(
        "bundle_component",
        sa.Column("bundle_id", sa.Uuid(), nullable=False),
        sa.Column("component_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id", "component_id", name="pk_bundle_component"),
        sa.ForeignKeyConstraint(
            ["seller_id", "bundle_id"],
            ["product.seller_id", "product.id"],
            name="fk_bundle_component_bundle_id_product",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "component_id"],
            ["product.seller_id", "product.id"],
            name="fk_bundle_component_component_id_product",
        ),
        sa.CheckConstraint("quantity > 0", name="ck_bundle_component_quantity_positive"),
        sa.CheckConstraint("bundle_id <> component_id", name="ck_bundle_component_not_of_itself"),
    )
    op.create_index("ix_bundle_component_component_id", "bundle_component", ["component_id"])
    isolate("bundle_component")


def downgrade() -> None:
    op.drop_table("bundle_component")
    op.drop_table("product")
