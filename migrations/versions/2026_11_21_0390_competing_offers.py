"""Price watch: what others ask on a channel, over time.

Revision ID: 2026_11_21_0390
Revises: 2026_11_21_0380
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import append_only, isolate, partition_by_month

revision = "2026_11_21_0390"
down_revision = "2026_11_21_0380"

# The application may drop months that are long past, of tables by month, and nothing else.
DROP_PARTITIONS = """
CREATE FUNCTION drop_month_partitions(parent text, days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    name text;
    month timestamptz;
    dropped integer := 0;
BEGIN
    IF days < 28 OR to_regclass(format('partitions.%I', parent || '_rest')) IS NULL THEN
        RAISE EXCEPTION 'not a table by month, or too young: %, % days', parent, days;
    END IF;
    FOR name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relname = parent AND p.relnamespace = 'public'::regnamespace
          AND c.relname ~ ('^' || parent || '_[0-9]{4}_[0-9]{2}$')
        ORDER BY 1
    LOOP
        month := make_timestamptz(left(right(name, 7), 4)::int, right(name, 2)::int, 1, 0, 0, 0, 'UTC');
        CONTINUE WHEN (month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC' > now() - make_interval(days => days);
        EXECUTE format('DROP TABLE partitions.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    op.execute(DROP_PARTITIONS)
    op.drop_constraint(op.f("ck_channel_notice_ck_channel_notice_kind"), "channel_notice")
    op.create_check_constraint(
        op.f("ck_channel_notice_kind"),
        "channel_notice",
        "kind IN ('order', 'process', 'offer', 'return', 'competing', 'other')",
    )
    op.create_table(
        "competing_reading",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column(
            "offers",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "gone",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("gtin <> ''", name=op.f("ck_competing_reading_gtin_not_empty")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competing_reading_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "gtin", "country", name=op.f("pk_competing_reading")),
    )
    op.create_index("ix_competing_reading_seller_id", "competing_reading", ["seller_id", "gtin"], unique=False)
    isolate("competing_reading")
    op.create_table(
        "competitor",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("rating", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rating BETWEEN 0 AND 10", name=op.f("ck_competitor_rating_of_ten")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competitor_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_competitor")),
    )
    op.create_index("ix_competitor_seller_id", "competitor", ["seller_id"], unique=False)
    isolate("competitor")
    op.create_table(
        "competing_offers",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("offers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["channel_account.id"],
            name="fk_competing_offers_account_id_channel_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "gtin", "country", "observed_at", name=op.f("pk_competing_offers")),
        postgresql_partition_by="RANGE (observed_at)",
    )
    op.create_index(
        "ix_competing_offers_seller_id", "competing_offers", ["seller_id", "gtin", "observed_at"], unique=False
    )
    isolate("competing_offers")
    append_only("competing_offers")
    partition_by_month("competing_offers")


def downgrade() -> None:
    op.execute("UPDATE channel_notice SET kind = 'other' WHERE kind = 'competing'")
    op.drop_constraint(op.f("ck_channel_notice_kind"), "channel_notice")
    op.create_check_constraint(
        op.f("ck_channel_notice_ck_channel_notice_kind"),
        "channel_notice",
        "kind IN ('order', 'process', 'offer', 'return', 'other')",
    )
    op.drop_table("competing_offers")
    op.drop_table("competitor")
    op.drop_table("competing_reading")
    op.execute("DROP FUNCTION drop_month_partitions(text, integer)")
