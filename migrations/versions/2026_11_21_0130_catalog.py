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

# Planned afresh for each call, with the values in it.  Up to 2000 matches are found by the trigram index and sorted; if
# there are more, walking from the youngest product soon meets enough of them.  The planner alone would often take the
# walk for terms that are rare or not there at all.  Every value is quoted by format(%L).
SEARCH = """
CREATE FUNCTION product_search(
    terms text[], wanted_active boolean, wanted_kind text, wanted_tag text, wanted_gtin boolean,
    before uuid, max integer
) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    sellers uuid[] := scope_sellers();
    condition text;
    term text;
    few uuid[];
BEGIN
    IF cardinality(sellers) = 0 OR terms IS NULL OR cardinality(terms) = 0 THEN
        RETURN;
    ELSIF cardinality(sellers) = 1 THEN
        condition := format('seller_id = %L', sellers[1]);
    ELSE
        condition := format('seller_id = ANY (%L::uuid[])', sellers);
    END IF;
    FOREACH term IN ARRAY terms LOOP
        -- Fewer than three letters make no trigram inside a word, but they do at its start.
        condition := condition || format(' AND search_text LIKE %L',
            CASE WHEN length(term) < 3 THEN '% ' ELSE '%' END
            || regexp_replace(term, '([%_\\\\])', '\\\\\\1', 'g') || '%');
    END LOOP;
    IF wanted_active IS NOT NULL THEN
        condition := condition || format(' AND active = %L', wanted_active);
    END IF;
    IF wanted_kind IS NOT NULL THEN
        condition := condition || format(' AND kind = %L', wanted_kind);
    END IF;
    IF wanted_tag IS NOT NULL THEN
        condition := condition || format(' AND tags @> %L::jsonb', jsonb_build_array(wanted_tag));
    END IF;
    IF wanted_gtin IS NOT NULL THEN
        condition := condition || CASE WHEN wanted_gtin THEN ' AND gtin IS NOT NULL' ELSE ' AND gtin IS NULL' END;
    END IF;
    IF before IS NOT NULL THEN
        condition := condition || format(' AND id < %L', before);
    END IF;
    EXECUTE 'SELECT array_agg(id) FROM (SELECT id FROM product WHERE ' || condition || ' LIMIT 2001) AS first'
        INTO few;
    IF cardinality(few) <= 2000 THEN
        RETURN QUERY SELECT f.id FROM unnest(few) AS f(id) ORDER BY f.id DESC LIMIT max;
    ELSIF cardinality(few) > 2000 THEN
        RETURN QUERY EXECUTE 'SELECT id FROM product WHERE ' || condition || ' ORDER BY id DESC LIMIT ' || max;
    END IF;
END $$
"""

SPELLING = """
CREATE FUNCTION product_spelling(terms text[]) RETURNS TABLE (term text, word text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET pg_trgm.similarity_threshold = 0.2 AS $$
DECLARE
    sellers uuid[] := scope_sellers();
    one text;
BEGIN
    FOREACH one IN ARRAY terms LOOP
        IF length(one) >= 4 THEN
            RETURN QUERY EXECUTE
                'SELECT $1, w.word FROM (SELECT DISTINCT p.word FROM product_word p'
                ' WHERE p.seller_id = ANY ($2) AND p.word % $1) w'
                ' ORDER BY similarity(w.word, $1) DESC, w.word LIMIT 20'
                USING one, sellers;
        END IF;
    END LOOP;
END $$
"""

COLLECT = """
CREATE FUNCTION collect_product_words() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO product_word (seller_id, word)
    SELECT DISTINCT n.seller_id, w.word
    FROM new_rows n, regexp_split_to_table(lower(n.title), '[^[:alnum:]]+') AS w(word)
    WHERE length(w.word) BETWEEN 4 AND 40
        AND NOT EXISTS (SELECT 1 FROM product_word k WHERE k.seller_id = n.seller_id AND k.word = w.word)
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

COLLECT_NEW = """
CREATE TRIGGER collect_new AFTER INSERT ON product REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION collect_product_words()
"""

COLLECT_CHANGED = """
CREATE TRIGGER collect_changed AFTER UPDATE ON product REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION collect_product_words()
"""


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
            sa.Computed("lower(' ' || sku || ' ' || title || coalesce(' ' || gtin, ''))", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_product"),
        sa.UniqueConstraint("seller_id", "sku", name="uq_product_seller_id_sku"),
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
    op.create_index("ix_product_parent_id", "product", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL"))
    op.create_index("ix_product_updated_at", "product", ["seller_id", "updated_at", "id"])
    op.create_index("ix_product_tags", "product", ["tags"], postgresql_using="gin")
    op.create_index("ix_product_tagged", "product", ["id"], postgresql_where=sa.text("tags <> '[]'::jsonb"))
    op.create_index(
        "ix_product_search_text",
        "product",
        ["search_text"],
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    # The two functions below search as the owner: row-level security would keep the application from the
    # trigram index, whose operators are not leakproof.  They see to the scope themselves.
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

    op.create_table(
        "product_word",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "word", name="pk_product_word"),
    )
    op.create_index(
        "ix_product_word_word",
        "product_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    isolate("product_word")
    for statement in (SEARCH, SPELLING, COLLECT, COLLECT_NEW, COLLECT_CHANGED):
        op.execute(statement)
    create_imports()


def create_imports() -> None:
    op.create_table(
        "data_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("delimiter", sa.Text(), nullable=False),
        sa.Column("header", postgresql.JSONB(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="en", nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_data_import"),
        sa.CheckConstraint("status IN ('draft', 'running', 'done', 'cancelled')", name="ck_data_import_status_known"),
    )
    op.create_index("ix_data_import_seller_id", "data_import", ["seller_id", "id"])
    op.create_table(
        "data_import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_data_import_file"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["data_import.id"], name="fk_data_import_file_import_id_data_import", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "data_import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", postgresql.JSONB(), nullable=False),
        sa.Column("problems", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_data_import_row"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["data_import.id"], name="fk_data_import_row_import_id_data_import", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.CheckConstraint("size >= 0", name="ck_document_size_not_negative"),
    )
    op.create_index("ix_document_subject_id", "document", ["subject_id", "id"])
    for table in ("data_import", "data_import_file", "data_import_row", "document"):
        isolate(table)


def downgrade() -> None:
    for table in ("document", "data_import_row", "data_import_file", "data_import"):
        op.drop_table(table)
    op.execute("DROP FUNCTION product_search(text[], boolean, text, text, boolean, uuid, integer)")
    op.execute("DROP FUNCTION product_spelling(text[])")
    op.drop_table("bundle_component")
    op.drop_table("product")
    op.execute("DROP FUNCTION collect_product_words()")
    op.drop_table("product_word")
