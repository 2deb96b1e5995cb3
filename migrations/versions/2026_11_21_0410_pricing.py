"""Pricing: groups, rules, costs, decisions, the governor.

Revision ID: 2026_11_21_0410
Revises: 2026_11_21_0400
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from entrepot.kit.isolation import append_only, isolate

revision = "2026_11_21_0410"
down_revision = "2026_11_21_0400"

TABLES = (
    "pricing_group",
    "pricing_member",
    "pricing_rule",
    "pricing_rule_version",
    "pricing_cost",
    "pricing_commission",
    "pricing_stars",
    "pricing_supplier",
    "pricing_standing",
    "pricing_touched",
    "pricing_decision",
    "pricing_approval",
    "pricing_limits",
    "pricing_counter",
    "pricing_freeze",
)
SHARED = ("pricing_counter", "pricing_freeze")
"""The instance's own rows: every seller's transaction counts in them and may freeze; they hold numbers, nothing else."""
FORGET = """
CREATE FUNCTION forget_pricing_decisions(before timestamptz, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone integer;
BEGIN
    IF NOT scope_is_instance() OR before > now() - interval '30 days' THEN
        RAISE EXCEPTION 'decisions are only forgotten by the instance, after 30 days' USING ERRCODE = '42501';
    END IF;
    DELETE FROM pricing_decision WHERE id IN (
        SELECT id FROM pricing_decision WHERE decided_at < before LIMIT most
    );
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$
"""


def upgrade() -> None:
    _groups()
    _members()
    _rules()
    _rule_versions()
    _costs()
    _commissions()
    _stars()
    _suppliers()
    _standings()
    _toucheds()
    _decisions()
    _approvals()
    _limits()
    _counters()
    _freezes()
    for table in TABLES:
        if table not in SHARED:
            isolate(table, shared_rows=table == "pricing_limits")
    mine = "seller_id = ANY ((SELECT scope_sellers())::uuid[])"
    theirs = f"seller_id IS NULL OR {mine}"
    instance = f"(seller_id IS NULL AND (SELECT scope_is_instance())) OR {mine}"
    for table in SHARED:
        change = theirs if table == "pricing_counter" else instance
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seller_reads ON {table} FOR SELECT TO PUBLIC USING ({theirs})")
        op.execute(f"CREATE POLICY seller_adds ON {table} FOR INSERT TO PUBLIC WITH CHECK ({theirs})")
        op.execute(
            f"CREATE POLICY seller_changes ON {table} FOR UPDATE TO PUBLIC USING ({change}) WITH CHECK ({change})"
        )
        op.execute(f"CREATE POLICY seller_removes ON {table} FOR DELETE TO PUBLIC USING ({instance})")
    for table in ("pricing_rule_version", "pricing_decision"):
        append_only(table)
    op.execute(FORGET)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_pricing_decisions(timestamptz, integer)")
    for table in reversed(TABLES):
        op.drop_table(table)


def _approvals() -> None:
    op.create_table(
        "pricing_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_before", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("price_after", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("floor", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("ceiling", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_by_name", sa.Text(), nullable=False),
        sa.Column("asked_by", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answered_by", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)", name=op.f("ck_pricing_approval_answered_at_some_time")
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (answered_by <> '')",
            name=op.f("ck_pricing_approval_answered_by_somebody"),
        ),
        sa.CheckConstraint(
            "answered_by = '' OR (answered_by <> requested_by AND NOT jsonb_exists(asked_by, answered_by))",
            name=op.f("ck_pricing_approval_four_eyes"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'approved', 'refused', 'overtaken')", name=op.f("ck_pricing_approval_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_approval")),
    )
    op.create_index("ix_pricing_approval_offer_id", "pricing_approval", ["offer_id", "id"], unique=False)
    op.create_index("ix_pricing_approval_seller_id", "pricing_approval", ["seller_id", "id"], unique=False)
    op.create_index(
        "uq_pricing_approval_waiting",
        "pricing_approval",
        ["offer_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _counters() -> None:
    op.create_table(
        "pricing_counter",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("counting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour_began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hour_moved", sa.Integer(), nullable=False),
        sa.Column("day_began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day_moved", sa.Integer(), nullable=False),
        sa.Column("floor_allowed", sa.Numeric(precision=18, scale=4), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pricing_counter")),
    )


def _decisions() -> None:
    op.create_table(
        "pricing_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_before", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_after", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("floor", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("ceiling", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column(
            "limits",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("has_box", sa.Boolean(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("margin", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("derivation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome <> 'applied' OR price_after IS NOT NULL", name=op.f("ck_pricing_decision_applied_has_price")
        ),
        sa.CheckConstraint(
            "outcome IN ('proposed', 'applied', 'held', 'frozen', 'dry_run', 'unchanged')",
            name=op.f("ck_pricing_decision_outcome_known"),
        ),
        sa.CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after) AND price_after <= coalesce(ceiling, price_after))",
            name=op.f("ck_pricing_decision_inside_limits"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_decision")),
    )
    op.create_index(
        "ix_pricing_decision_decided_at", "pricing_decision", ["decided_at"], unique=False, postgresql_using="brin"
    )
    op.create_index("ix_pricing_decision_offer_id", "pricing_decision", ["offer_id", "decided_at"], unique=False)
    op.create_index("ix_pricing_decision_rule_id", "pricing_decision", ["rule_id", "decided_at"], unique=False)
    op.create_index(
        "ix_pricing_decision_seller_id", "pricing_decision", ["seller_id", "decided_at", "id"], unique=False
    )


def _freezes() -> None:
    op.create_table(
        "pricing_freeze",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("began_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name=op.f("ck_pricing_freeze_ended_by_somebody")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_freeze")),
    )
    op.create_index("ix_pricing_freeze_began_at", "pricing_freeze", ["began_at"], unique=False)
    op.create_index(
        "uq_pricing_freeze_open", "pricing_freeze", ["scope"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )


def _suppliers() -> None:
    op.create_table(
        "pricing_supplier",
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("with_vat", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seller_id", "store_id", name=op.f("pk_pricing_supplier")),
    )


def _groups() -> None:
    op.create_table(
        "pricing_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "selection",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column(
            "windows",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("paused_currency", sa.Text(), server_default="", nullable=False),
        sa.Column("market_minutes", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column("losing_minutes", sa.Integer(), server_default=sa.text("20"), nullable=False),
        sa.Column("winning_minutes", sa.Integer(), server_default=sa.text("1440"), nullable=False),
        sa.Column("activated_by", sa.Text(), server_default="", nullable=False),
        sa.Column("chosen_by", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(paused_price IS NULL) = (paused_currency = '')", name=op.f("ck_pricing_group_paused_price_complete")
        ),
        sa.CheckConstraint("kind IN ('filter', 'list')", name=op.f("ck_pricing_group_kind_known")),
        sa.CheckConstraint(
            "mode IN ('off', 'dry_run', 'approve', 'automatic')", name=op.f("ck_pricing_group_mode_known")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_pricing_group_name_not_empty")),
        sa.CheckConstraint(
            "market_minutes > 0 AND losing_minutes > 0 AND winning_minutes > 0",
            name=op.f("ck_pricing_group_pace_positive"),
        ),
        sa.CheckConstraint("paused_price > 0", name=op.f("ck_pricing_group_paused_price_positive")),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_pricing_group_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_group")),
    )
    op.create_index(
        "uq_pricing_group_name",
        "pricing_group",
        ["seller_id", "name"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _commissions() -> None:
    op.create_table(
        "pricing_commission",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("fixed", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("percent", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at_price", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column(
            "reductions",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_commission_account_id"),
        sa.PrimaryKeyConstraint("account_id", "gtin", name=op.f("pk_pricing_commission")),
    )


def _stars() -> None:
    op.create_table(
        "pricing_stars",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column(
            "levels",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_stars_account_id"),
        sa.PrimaryKeyConstraint("account_id", "gtin", name=op.f("pk_pricing_stars")),
    )


def _costs() -> None:
    op.create_table(
        "pricing_cost",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("purchase", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("landed", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("shipping", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("packaging", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("vat_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("minimum_price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("margin", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("margin_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("commission_fixed", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("commission_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("commission_percent BETWEEN 0 AND 99", name=op.f("ck_pricing_cost_commission_sane")),
        sa.CheckConstraint(
            "least(purchase, landed, shipping, packaging, minimum_price, margin, commission_fixed) >= 0",
            name=op.f("ck_pricing_cost_amounts_not_negative"),
        ),
        sa.CheckConstraint("margin_percent BETWEEN -100 AND 99", name=op.f("ck_pricing_cost_margin_sane")),
        sa.CheckConstraint("vat_percent BETWEEN 0 AND 100", name=op.f("ck_pricing_cost_vat_sane")),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_cost_account_id"),
        sa.ForeignKeyConstraint(
            ["seller_id", "product_id"],
            ["product.seller_id", "product.id"],
            name="fk_pricing_cost_product_id_product",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_cost")),
        sa.UniqueConstraint(
            "seller_id",
            "product_id",
            "account_id",
            name=op.f("uq_pricing_cost_seller_id_product_id_account_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _limits() -> None:
    op.create_table(
        "pricing_limits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("step_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("hour_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("approval_percent", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("hour_share", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("day_share", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("floor_share", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("stock_share", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("stock_units", sa.Integer(), nullable=True),
        sa.Column("hour_items", sa.Integer(), nullable=True),
        sa.Column("day_items", sa.Integer(), nullable=True),
        sa.Column("least_offers", sa.Integer(), nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "account_id IS NULL OR seller_id IS NOT NULL", name=op.f("ck_pricing_limits_account_has_seller")
        ),
        sa.CheckConstraint(
            "greatest(hour_share, day_share, floor_share, stock_share) <= 100",
            name=op.f("ck_pricing_limits_shares_sane"),
        ),
        sa.CheckConstraint(
            "least(hour_items, day_items, stock_units, least_offers) >= 0",
            name=op.f("ck_pricing_limits_counts_not_negative"),
        ),
        sa.CheckConstraint(
            "least(step_percent, hour_percent, approval_percent, hour_share, day_share, floor_share, stock_share) >= 0",
            name=op.f("ck_pricing_limits_shares_not_negative"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_limits_account_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_limits")),
        sa.UniqueConstraint(
            "seller_id",
            "account_id",
            name=op.f("uq_pricing_limits_seller_id_account_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _rules() -> None:
    op.create_table(
        "pricing_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "selection",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name <> ''", name=op.f("ck_pricing_rule_name_not_empty")),
        sa.CheckConstraint("version > 0", name=op.f("ck_pricing_rule_version_positive")),
        sa.ForeignKeyConstraint(["group_id"], ["pricing_group.id"], name="fk_pricing_rule_group_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pricing_rule")),
    )
    op.create_index("ix_pricing_rule_seller_id", "pricing_rule", ["seller_id"], unique=False)
    op.create_index(
        "uq_pricing_rule_name",
        "pricing_rule",
        ["group_id", "name"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )


def _members() -> None:
    op.create_table(
        "pricing_member",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["pricing_group.id"], name="fk_pricing_member_group_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_member_offer_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("group_id", "offer_id", name=op.f("pk_pricing_member")),
    )
    op.create_index("ix_pricing_member_offer_id", "pricing_member", ["offer_id"], unique=False)


def _rule_versions() -> None:
    op.create_table(
        "pricing_rule_version",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_by_name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["rule_id"], ["pricing_rule.id"], name="fk_pricing_rule_version_rule_id"),
        sa.PrimaryKeyConstraint("rule_id", "version", name=op.f("pk_pricing_rule_version")),
    )


def _standings() -> None:
    op.create_table(
        "pricing_standing",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("price_before", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_after", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("floor", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("ceiling", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("at_floor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_box", sa.Boolean(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("stock_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("memory", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after) AND price_after <= coalesce(ceiling, price_after))",
            name=op.f("ck_pricing_standing_inside_limits"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_standing_offer_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_pricing_standing")),
    )
    op.create_index("ix_pricing_standing_account_id", "pricing_standing", ["account_id", "applied_at"], unique=False)
    op.create_index("ix_pricing_standing_seller_id", "pricing_standing", ["seller_id", "applied_at"], unique=False)
    op.create_index(
        "ix_pricing_standing_at_floor",
        "pricing_standing",
        ["seller_id", "account_id"],
        unique=False,
        postgresql_where=sa.text("at_floor AND outcome IN ('applied', 'unchanged')"),
    )
    op.create_index("ix_pricing_standing_group_id", "pricing_standing", ["group_id", "outcome"], unique=False)
    op.create_index(
        "ix_pricing_standing_open",
        "pricing_standing",
        ["seller_id", "offer_id"],
        unique=False,
        postgresql_where=sa.text("outcome IN ('proposed', 'held', 'frozen')"),
    )


def _toucheds() -> None:
    op.create_table(
        "pricing_touched",
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("seller_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("read_market", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_touched_offer_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_pricing_touched")),
    )
    op.create_index(
        "ix_pricing_touched_account_id", "pricing_touched", ["account_id", "read_market", "offer_id"], unique=False
    )
