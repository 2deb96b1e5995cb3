"""Price watch: fetches, page snapshots, the corpus of known answers.

Revision ID: 2026_11_21_0370
Revises: 2026_11_21_0360
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0370"
down_revision = "2026_11_21_0360"

TABLES = ("price_snapshot", "price_fetch", "price_case", "watched_picture")

# A removed page's content must go, too, whether it was retention, a removed product or a removed seller that took the
# row.  Runs as whoever removes: everybody may note waste, and it names nobody.
NOTE_WASTE = """
CREATE FUNCTION note_storage_waste() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO storage_waste (storage_key) VALUES (OLD.storage_key) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$
"""


def _when(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if default else None
    )


def _of(table: str, column: str, target: str, short: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["seller_id", column],
        [f"{target}.seller_id", f"{target}.id"],
        name=op.f(f"fk_{table}_{short}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "price_host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=True),
        _when("leased_until", nullable=True),
        sa.Column("wanted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("interval_ms", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _when("asked_at", nullable=True),
        _when("free_at", default=True),
        _when("closed_until", nullable=True),
        sa.Column("strikes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(holder IS NULL) = (leased_until IS NULL)", name=op.f("ck_price_host_held_is_leased")),
        sa.CheckConstraint("interval_ms >= 0 AND strikes >= 0", name=op.f("ck_price_host_numbers_not_negative")),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_price_host")),
    )
    op.create_table(
        "storage_waste",
        sa.Column("storage_key", sa.Text(), nullable=False),
        _when("at", default=True),
        sa.PrimaryKeyConstraint("storage_key", name=op.f("pk_storage_waste")),
    )
    op.create_table(
        "price_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        _when("fetched_at"),
        _when("seen_at"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("answer_sha256", sa.Text(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.CheckConstraint("bytes >= 0 AND stored_bytes >= 0", name=op.f("ck_price_snapshot_sizes_not_negative")),
        _of("price_snapshot", "listing_id", "price_listing", "listing"),
        _of("price_snapshot", "store_id", "price_store", "store"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_snapshot")),
        sa.UniqueConstraint("seller_id", "id", name=op.f("uq_price_snapshot_seller_id_id")),
    )
    op.create_index("ix_price_snapshot_listing_id", "price_snapshot", ["listing_id", sa.text("fetched_at DESC")])
    op.create_index("ix_price_snapshot_store_id", "price_snapshot", ["store_id", sa.text("fetched_at DESC")])
    op.create_index("ix_price_snapshot_fetched_at", "price_snapshot", ["fetched_at"], postgresql_using="brin")
    _fetches()
    _pictures()
    op.create_table(
        "price_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=False),
        sa.Column("truth", JSONB(), nullable=False),
        sa.Column("wrong", JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        _when("at"),
        _of("price_case", "snapshot_id", "price_snapshot", "snapshot"),
        _of("price_case", "store_id", "price_store", "store"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_case")),
        sa.UniqueConstraint("snapshot_id", name=op.f("uq_price_case_snapshot_id")),
    )
    op.create_index("ix_price_case_store_id", "price_case", ["store_id", "id"])
    for table in TABLES:
        isolate(table)
    op.execute(NOTE_WASTE)
    op.execute(
        "CREATE TRIGGER note_storage_waste AFTER DELETE ON price_snapshot"
        " FOR EACH ROW EXECUTE FUNCTION note_storage_waste()"
    )
    op.execute(
        "CREATE TRIGGER note_storage_waste AFTER DELETE ON watched_picture"
        " FOR EACH ROW WHEN (OLD.storage_key <> '') EXECUTE FUNCTION note_storage_waste()"
    )


def _pictures() -> None:
    op.create_table(
        "watched_picture",
        sa.Column("watched_product_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("bytes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("storage_key", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _when("asked_at"),
        _when("next_try_at", nullable=True),
        sa.CheckConstraint("(storage_key = '') = (media_type = '')", name=op.f("ck_watched_picture_kept_has_kind")),
        sa.CheckConstraint("bytes >= 0 AND tries >= 0", name=op.f("ck_watched_picture_numbers_not_negative")),
        _of("watched_picture", "watched_product_id", "watched_product", "watched_product"),
        sa.PrimaryKeyConstraint("watched_product_id", name=op.f("pk_watched_picture")),
    )


def _fetches() -> None:
    op.create_table(
        "price_fetch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        _when("at"),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("problem", JSONB(), nullable=True),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("mode IN ('http', 'browser', 'service')", name=op.f("ck_price_fetch_mode_known")),
        _of("price_fetch", "listing_id", "price_listing", "listing"),
        _of("price_fetch", "store_id", "price_store", "store"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_fetch")),
    )
    op.create_index("ix_price_fetch_listing_id", "price_fetch", ["listing_id", sa.text("at DESC")])
    op.create_index("ix_price_fetch_store_id", "price_fetch", ["store_id", sa.text("at DESC")])
    op.create_index("ix_price_fetch_at", "price_fetch", ["at"], postgresql_using="brin")


def downgrade() -> None:
    for table in (*reversed(TABLES), "storage_waste", "price_host"):
        op.drop_table(table)
    op.execute("DROP FUNCTION note_storage_waste()")
