"""Offers: published prices, price lists, schedules.

Revision ID: 2026_11_21_0400
Revises: 2026_11_21_0390
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import isolate

revision = "2026_11_21_0400"
down_revision = "2026_11_21_0390"

STATE = """CASE WHEN gone_at IS NOT NULL THEN 'gone'
 WHEN wanted_price IS NULL THEN 'unknown'
 WHEN problem <> '' THEN 'failed'
 WHEN published_price IS DISTINCT FROM wanted_price OR sending_by IS NOT NULL THEN 'to_push'
 ELSE 'in_step' END"""

# The price of an offer that is gone is gone with it, whichever way that came to be known.
FOLLOW = """
CREATE FUNCTION follow_offer_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offer_price SET gone_at = NEW.gone_at WHERE offer_id = NEW.id;
    RETURN NULL;
END $$
"""
TABLES = (
    "offer_price",
    "offer_price_push",
    "offer_price_drift",
    "offer_price_hold",
    "price_list",
    "price_list_entry",
    "offer_price_schedule",
    "price_edit",
    "price_edit_row",
)

MOMENT = sa.DateTime(timezone=True)
MONEY = sa.Numeric(18, 4)
DOCUMENT = postgresql.JSONB(none_as_null=True)


def upgrade() -> None:
    _prices()
    _lists()
    _edits()
    for table in TABLES:
        isolate(table)
    op.execute(FOLLOW)
    op.execute(
        "CREATE TRIGGER offer_gone AFTER UPDATE OF gone_at ON offer FOR EACH ROW"
        " WHEN (OLD.gone_at IS DISTINCT FROM NEW.gone_at) EXECUTE FUNCTION follow_offer_gone()"
    )


def _prices() -> None:
    op.create_table(
        "offer_price",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("steps", DOCUMENT, nullable=True),
        sa.Column("gone_at", MOMENT, nullable=True),
        sa.Column("wanted_price", MONEY, nullable=True),
        sa.Column("wanted_source", sa.Text(), server_default="", nullable=False),
        sa.Column("wanted_source_id", sa.Uuid(), nullable=True),
        sa.Column("wanted_at", MOMENT, nullable=True),
        sa.Column("derivation", DOCUMENT, nullable=True),
        sa.Column("published_price", MONEY, nullable=True),
        sa.Column("published_source", sa.Text(), server_default="", nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("published_derivation", DOCUMENT, nullable=True),
        sa.Column("sending_by", sa.Uuid(), nullable=True),
        sa.Column("sending_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("problem_at", MOMENT, nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("manual_price", MONEY, nullable=True),
        sa.Column("manual_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("locked_by", sa.Text(), server_default="", nullable=False),
        sa.Column("locked_at", MOMENT, nullable=True),
        sa.Column("rule_price", MONEY, nullable=True),
        sa.Column("rule_source_id", sa.Uuid(), nullable=True),
        sa.Column("rule_derivation", DOCUMENT, nullable=True),
        sa.Column("rule_at", MOMENT, nullable=True),
        sa.Column("base_price", MONEY, nullable=True),
        sa.Column("state", sa.Text(), sa.Computed(STATE, persisted=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_offer_price_currency_code")),
        sa.CheckConstraint(
            "wanted_price > 0 AND manual_price > 0 AND rule_price > 0 AND base_price > 0",
            name=op.f("ck_offer_price_prices_positive"),
        ),
        sa.CheckConstraint(
            "(wanted_price IS NULL) = (wanted_source = '')", name=op.f("ck_offer_price_wanted_explained")
        ),
        sa.CheckConstraint(
            "wanted_source IN ('', 'manual', 'schedule', 'list', 'rule', 'base')",
            name=op.f("ck_offer_price_source_known"),
        ),
        sa.CheckConstraint("NOT locked OR manual_price IS NOT NULL", name=op.f("ck_offer_price_locked_at_a_price")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_offer_price_account_id_channel_account"
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_offer_price_offer_id_offer"),
        sa.PrimaryKeyConstraint("offer_id", name="pk_offer_price"),
    )
    op.create_index(
        "ix_offer_price_to_push",
        "offer_price",
        ["account_id", "wanted_at", "offer_id"],
        postgresql_where=sa.text("state = 'to_push'"),
    )
    op.create_index(
        "ix_offer_price_failed", "offer_price", ["seller_id", "offer_id"], postgresql_where=sa.text("state = 'failed'")
    )
    op.create_table(
        "offer_price_push",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("before", MONEY, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("derivation", DOCUMENT, nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("pushed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("price > 0", name=op.f("ck_offer_price_push_price_positive")),
        sa.CheckConstraint(
            "outcome IN ('applied', 'refused', 'unavailable')", name=op.f("ck_offer_price_push_outcome_known")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_offer_price_push"),
    )
    op.create_index("ix_offer_price_push_offer_id", "offer_price_push", ["offer_id", "id"])
    op.create_index("ix_offer_price_push_pushed_at", "offer_price_push", ["pushed_at"])
    op.create_table(
        "offer_price_drift",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("told", MONEY, nullable=False),
        sa.Column("found", MONEY, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("repaired_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_offer_price_drift"),
    )
    op.create_index("ix_offer_price_drift_offer_id", "offer_price_drift", ["offer_id", "id"])
    op.create_index("ix_offer_price_drift_found_at", "offer_price_drift", ["found_at"])
    op.create_table(
        "offer_price_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("held_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_offer_price_hold_account_id_channel_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_offer_price_hold"),
        sa.UniqueConstraint(
            "seller_id",
            "account_id",
            name="uq_offer_price_hold_seller_id_account_id",
            postgresql_nulls_not_distinct=True,
        ),
    )


def _lists() -> None:
    op.create_table(
        "price_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=True),
        sa.Column("valid_to", MOMENT, nullable=True),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("began_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("name <> ''", name=op.f("ck_price_list_name_not_empty")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_price_list_currency_code")),
        sa.CheckConstraint("valid_from < valid_to", name=op.f("ck_price_list_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name="fk_price_list_account_id_channel_account"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_list"),
        sa.UniqueConstraint("seller_id", "id", name="uq_price_list_seller_id_id"),
        sa.UniqueConstraint("seller_id", "name", name="uq_price_list_seller_id_name"),
    )
    op.create_table(
        "price_list_entry",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("price > 0", name=op.f("ck_price_list_entry_price_positive")),
        sa.ForeignKeyConstraint(
            ["seller_id", "list_id"],
            ["price_list.seller_id", "price_list.id"],
            name="fk_price_list_entry_list_id_price_list",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_price_list_entry_product_id"
        ),
        sa.PrimaryKeyConstraint("list_id", "product_id", name="pk_price_list_entry"),
    )
    op.create_index("ix_price_list_entry_product_id", "price_list_entry", ["seller_id", "product_id"])
    op.create_table(
        "offer_price_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.CheckConstraint("price > 0", name=op.f("ck_offer_price_schedule_price_positive")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_offer_price_schedule_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_offer_price_schedule_offer_id_offer"),
        sa.PrimaryKeyConstraint("id", name="pk_offer_price_schedule"),
    )
    op.create_index("ix_offer_price_schedule_offer_id", "offer_price_schedule", ["offer_id", "starts_at"])
    op.create_index(
        "ix_offer_price_schedule_open",
        "offer_price_schedule",
        ["starts_at"],
        postgresql_where=sa.text("cancelled_at IS NULL AND (began_at IS NULL OR ended_at IS NULL)"),
    )


def _edits() -> None:
    op.create_table(
        "price_edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("change", DOCUMENT, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.Column("applied_by", sa.Text(), server_default="", nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "applied_at IS NOT NULL OR undone_at IS NULL", name=op.f("ck_price_edit_undone_after_applied")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_price_edit"),
    )
    op.create_index("ix_price_edit_seller_id", "price_edit", ["seller_id", "id"])
    op.create_table(
        "price_edit_row",
        sa.Column("edit_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("before", MONEY, nullable=True),
        sa.Column("after", MONEY, nullable=True),
        sa.Column("was_locked", sa.Boolean(), nullable=False),
        sa.Column("was_price", MONEY, nullable=True),
        sa.Column("was_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("refused", DOCUMENT, nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["edit_id"], ["price_edit.id"], name="fk_price_edit_row_edit_id_price_edit", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_price_edit_row_offer_id_offer"),
        sa.PrimaryKeyConstraint("edit_id", "offer_id", name="pk_price_edit_row"),
    )
    op.create_index("ix_price_edit_row_offer_id", "price_edit_row", ["offer_id"])


def downgrade() -> None:
    op.execute("DROP TRIGGER offer_gone ON offer")
    op.execute("DROP FUNCTION follow_offer_gone()")
    for table in reversed(TABLES):
        op.drop_table(table)
