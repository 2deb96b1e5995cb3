"""Price watch: stores, watched products, listings, observations.

Revision ID: 2026_11_21_0360
Revises: 2026_11_21_0350
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import append_only, isolate, partition_by_month

revision = "2026_11_21_0360"
down_revision = "2026_11_21_0350"

TABLES = (
    "price_store",
    "price_store_domain",
    "watch_group",
    "watched_product",
    "watched_favourite",
    "price_listing",
    "price_observation",
)

# The application may make the partitions of months to come, and nothing else: it reads and writes none of them by name.
MAKE_PARTITIONS = """
CREATE FUNCTION make_month_partitions(parent text, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    part text := (
        SELECT a.attname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = parent AND p.partstrat = 'r'
    );
    rest text := parent || '_rest';
    name text;
    starts timestamptz;
    ends timestamptz;
    made integer := 0;
BEGIN
    IF part IS NULL OR to_regclass(format('partitions.%I', rest)) IS NULL THEN
        RAISE EXCEPTION 'not a table by month: %', parent;
    END IF;
    FOR month IN 0..least(months, 36) LOOP
        starts := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month)) AT TIME ZONE 'UTC';
        ends := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month + 1)) AT TIME ZONE 'UTC';
        name := parent || '_' || to_char(starts AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass(format('partitions.%I', name)) IS NOT NULL;
        EXECUTE format('CREATE TABLE partitions.%I (LIKE public.%I INCLUDING ALL)', name, parent);
        EXECUTE format(
            'WITH moved AS (DELETE FROM partitions.%I WHERE %I >= $1 AND %I < $2 RETURNING *)'
            ' INSERT INTO partitions.%I SELECT * FROM moved',
            rest, part, part, name
        ) USING starts, ends;
        EXECUTE format(
            'ALTER TABLE public.%I ATTACH PARTITION partitions.%I FOR VALUES FROM (%L) TO (%L)', parent, name, starts, ends
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""


def upgrade() -> None:
    op.execute("CREATE SCHEMA partitions")
    op.execute(MAKE_PARTITIONS)
    op.create_table(
        "price_store",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "recipe",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("fetch_mode", sa.Text(), server_default="http", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("interval_ms", sa.Integer(), server_default=sa.text("1000"), nullable=False),
        sa.Column("concurrency", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("check_minutes", sa.Integer(), server_default=sa.text("240"), nullable=False),
        sa.Column("largest_jump", sa.Integer(), server_default=sa.text("40"), nullable=False),
        sa.Column("made_by", sa.Text(), server_default="hand", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("currency ~ '^([A-Z]{3})?$'", name=op.f("ck_price_store_currency_code")),
        sa.CheckConstraint(
            "fetch_mode IN ('http', 'browser', 'service')", name=op.f("ck_price_store_fetch_mode_known")
        ),
        sa.CheckConstraint("made_by IN ('hand', 'address', 'import')", name=op.f("ck_price_store_made_by_known")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_price_store_name_not_empty")),
        sa.CheckConstraint("check_minutes > 0", name=op.f("ck_price_store_check_minutes_positive")),
        sa.CheckConstraint("interval_ms >= 0 AND concurrency > 0", name=op.f("ck_price_store_limits_sane")),
        sa.CheckConstraint("largest_jump > 0", name=op.f("ck_price_store_largest_jump_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_store")),
        sa.UniqueConstraint("seller_id", "id", name="uq_price_store_seller_id_id"),
    )
    op.create_index("ix_price_store_seller_id_name", "price_store", ["seller_id", "name", "id"], unique=False)
    op.create_table(
        "watch_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_watch_group_name_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_group")),
        sa.UniqueConstraint("seller_id", "id", name="uq_watch_group_seller_id_id"),
        sa.UniqueConstraint("seller_id", "name", name=op.f("uq_watch_group_seller_id_name")),
    )
    op.create_table(
        "price_store_domain",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("domain <> '' AND domain = lower(domain)", name=op.f("ck_price_store_domain_domain_lower")),
        sa.ForeignKeyConstraint(
            ["seller_id", "store_id"],
            ["price_store.seller_id", "price_store.id"],
            name="fk_price_store_domain_store",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("seller_id", "domain", name=op.f("pk_price_store_domain")),
    )
    op.create_index("ix_price_store_domain_store_id", "price_store_domain", ["store_id"], unique=False)
    op.create_table(
        "watched_product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("image_url", sa.Text(), server_default="", nullable=False),
        sa.Column("gtin", sa.Text(), server_default="", nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column(
            "tags",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "search_text",
            sa.Text(),
            sa.Computed("lower(title || ' ' || gtin || ' ' || note)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_watched_product_title_not_empty")),
        sa.ForeignKeyConstraint(
            ["seller_id", "group_id"], ["watch_group.seller_id", "watch_group.id"], name="fk_watched_product_group"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_watched_product_product"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_product")),
        sa.UniqueConstraint("seller_id", "id", name="uq_watched_product_seller_id_id"),
    )
    op.create_index(
        "ix_watched_product_group_id",
        "watched_product",
        ["group_id"],
        unique=False,
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.create_index(
        "ix_watched_product_product_id",
        "watched_product",
        ["seller_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("product_id IS NOT NULL"),
    )
    op.create_index(
        "ix_watched_product_search_text",
        "watched_product",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index("ix_watched_product_tags", "watched_product", ["tags"], unique=False, postgresql_using="gin")
    op.create_table(
        "price_listing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("watched_product_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("sku", sa.Text(), server_default="", nullable=False),
        sa.Column("gtin", sa.Text(), server_default="", nullable=False),
        sa.Column("image_url", sa.Text(), server_default="", nullable=False),
        sa.Column("pack", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "pins",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("discontinued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_minutes", sa.Integer(), nullable=True),
        sa.Column("window", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("etag", sa.Text(), server_default="", nullable=False),
        sa.Column("last_modified", sa.Text(), server_default="", nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("gone_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attention", sa.Text(), server_default="", nullable=False),
        sa.Column("attention_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doubt", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("availability", sa.Text(), server_default="unknown", nullable=False),
        sa.Column("shipping", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_where", sa.Text(), server_default="", nullable=False),
        sa.Column("before_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(price IS NULL) OR (currency <> '')", name=op.f("ck_price_listing_price_has_currency")),
        sa.CheckConstraint(
            "attention IN ('', 'failing', 'undecided', 'doubtful', 'currency', 'gone')",
            name=op.f("ck_price_listing_attention_known"),
        ),
        sa.CheckConstraint(
            "availability IN ('in_stock', 'pre_order', 'back_order', 'out_of_stock', 'discontinued', 'unknown')",
            name=op.f("ck_price_listing_availability_known"),
        ),
        sa.CheckConstraint("url ~ '^https?://'", name=op.f("ck_price_listing_url_is_web")),
        sa.CheckConstraint("check_minutes > 0", name=op.f("ck_price_listing_check_minutes_positive")),
        sa.CheckConstraint("pack > 0", name=op.f("ck_price_listing_pack_positive")),
        sa.CheckConstraint(
            "price > 0 AND shipping >= 0 AND unit_price > 0", name=op.f("ck_price_listing_prices_positive")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "store_id"], ["price_store.seller_id", "price_store.id"], name="fk_price_listing_store"
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_price_listing_watched_product",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_listing")),
        sa.UniqueConstraint("seller_id", "id", name="uq_price_listing_seller_id_id"),
        sa.UniqueConstraint("seller_id", "url", name=op.f("uq_price_listing_seller_id_url")),
    )
    op.create_index(
        "ix_price_listing_attention",
        "price_listing",
        ["seller_id", "attention_at"],
        unique=False,
        postgresql_where=sa.text("attention <> ''"),
    )
    op.create_index(
        "ix_price_listing_due",
        "price_listing",
        ["next_check_at"],
        unique=False,
        postgresql_where=sa.text("NOT paused AND discontinued_at IS NULL"),
    )
    op.create_index("ix_price_listing_store_id", "price_listing", ["store_id"], unique=False)
    op.create_index("ix_price_listing_watched_product_id", "price_listing", ["watched_product_id"], unique=False)
    op.create_table(
        "watched_favourite",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("watched_product_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_watched_favourite_watched_product",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "watched_product_id", name=op.f("pk_watched_favourite")),
    )
    op.create_index(
        "ix_watched_favourite_watched_product_id", "watched_favourite", ["watched_product_id"], unique=False
    )
    op.create_table(
        "price_observation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.Column("shipping", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("unit_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(price IS NULL) OR (currency <> '')", name=op.f("ck_price_observation_price_has_currency")),
        sa.CheckConstraint(
            "availability IN ('in_stock', 'pre_order', 'back_order', 'out_of_stock', 'discontinued', 'unknown')",
            name=op.f("ck_price_observation_availability_known"),
        ),
        sa.CheckConstraint("reason IN ('changed', 'daily')", name=op.f("ck_price_observation_reason_known")),
        sa.CheckConstraint(
            "price > 0 AND shipping >= 0 AND unit_price > 0", name=op.f("ck_price_observation_prices_positive")
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "listing_id"],
            ["price_listing.seller_id", "price_listing.id"],
            name="fk_price_observation_listing",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("listing_id", "observed_at", "id", name=op.f("pk_price_observation")),
        postgresql_partition_by="RANGE (observed_at)",
    )
    op.create_index(
        "ix_price_observation_chart",
        "price_observation",
        ["listing_id", sa.literal_column("observed_at DESC")],
        unique=False,
        postgresql_include=["seller_id", "price", "currency", "availability", "shipping", "unit_price"],
    )

    partition_by_month("price_observation")
    for table in TABLES:
        isolate(table)
    append_only("price_observation")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION make_month_partitions(text, integer)")
    op.execute("DROP SCHEMA partitions")
