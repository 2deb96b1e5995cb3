"""Tables of the pricing slice.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Group(Base):
    """Offers that are priced alike, and how far the hub may go with them by itself."""

    __tablename__ = "pricing_group"
    __table_args__ = (
        Index("uq_pricing_group_name", "seller_id", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
        CheckConstraint("mode IN ('off', 'dry_run', 'approve', 'automatic')", name="mode_known"),
        CheckConstraint("kind IN ('filter', 'list')", name="kind_known"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("(paused_price IS NULL) = (paused_currency = '')", name="paused_price_complete"),
        CheckConstraint("paused_price > 0", name="paused_price_positive"),
        CheckConstraint("market_minutes > 0 AND losing_minutes > 0 AND winning_minutes > 0", name="pace_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    name: Mapped[str]
    mode: Mapped[str]
    kind: Mapped[str]
    """``filter``: whatever :attr:`selection` finds; ``list``: only offers picked by hand."""
    selection: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    country: Mapped[str] = mapped_column(server_default="")
    """Where competing offers are compared; empty: the seller's own country."""
    time_zone: Mapped[str]
    windows: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """``1-5 08:00-22:00``: days of the week (1 is Monday) and times of day at which prices may move; none: always."""
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    paused_until: Mapped[datetime | None]
    """When a vacation ends by itself."""
    paused_price: Mapped[Decimal | None]
    paused_currency: Mapped[str] = mapped_column(server_default="")
    market_minutes: Mapped[int] = mapped_column(server_default=text("60"))
    losing_minutes: Mapped[int] = mapped_column(server_default=text("20"))
    winning_minutes: Mapped[int] = mapped_column(server_default=text("1440"))
    activated_by: Mapped[str] = mapped_column(server_default="")
    """The id of who switched it on: what it asks for was asked by them."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]


class Member(Base):
    """An offer that a person put into a group, or took out of what its filter finds."""

    __tablename__ = "pricing_member"
    __table_args__ = (
        PrimaryKeyConstraint("group_id", "offer_id"),
        ForeignKeyConstraint(["group_id"], ["pricing_group.id"], name="fk_pricing_member_group_id", ondelete="CASCADE"),
        ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_member_offer_id", ondelete="CASCADE"),
        Index("ix_pricing_member_offer_id", "offer_id"),
    )

    group_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    included: Mapped[bool]


class Rule(Base):
    """A rule's place; what it says is in its versions."""

    __tablename__ = "pricing_rule"
    __table_args__ = (
        Index("uq_pricing_rule_name", "group_id", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
        ForeignKeyConstraint(["group_id"], ["pricing_group.id"], name="fk_pricing_rule_group_id"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("version > 0", name="version_positive"),
        Index("ix_pricing_rule_seller_id", "seller_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    group_id: Mapped[UUID]
    name: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool]
    selection: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """Narrows the group's offers; empty: all of them."""
    version: Mapped[int]
    """The version that counts."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    removed_at: Mapped[datetime | None]


class RuleVersion(Base):
    """What a rule said from a moment on.  Added, never changed: prices of the past point at it."""

    __tablename__ = "pricing_rule_version"
    __table_args__ = (
        PrimaryKeyConstraint("rule_id", "version"),
        ForeignKeyConstraint(["rule_id"], ["pricing_rule.id"], name="fk_pricing_rule_version_rule_id"),
    )

    rule_id: Mapped[UUID]
    version: Mapped[int]
    seller_id: Mapped[UUID]
    name: Mapped[str]
    body: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(server_default="")
    changed_by: Mapped[str]
    """The id of whoever did; *changed_by_name* is what people are shown."""
    changed_by_name: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Cost(Base):
    """What goods cost and what they must bring: of the seller, of an account, of a product, of a product on an account.

    What is left empty is taken from the next wider row.
    """

    __tablename__ = "pricing_cost"
    __table_args__ = (
        UniqueConstraint("seller_id", "product_id", "account_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(
            ["seller_id", "product_id"],
            ["product.seller_id", "product.id"],
            name="fk_pricing_cost_product_id_product",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_cost_account_id"),
        CheckConstraint(
            "least(purchase, landed, shipping, packaging, minimum_price, margin, commission_fixed) >= 0",
            name="amounts_not_negative",
        ),
        CheckConstraint("vat_percent BETWEEN 0 AND 100", name="vat_sane"),
        CheckConstraint("margin_percent BETWEEN -100 AND 99", name="margin_sane"),
        CheckConstraint("commission_percent BETWEEN 0 AND 99", name="commission_sane"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    product_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    currency: Mapped[str]
    purchase: Mapped[Decimal | None]
    landed: Mapped[Decimal | None]
    """What it costs once it lies on our shelf: purchase, freight, duties."""
    shipping: Mapped[Decimal | None]
    packaging: Mapped[Decimal | None]
    vat_percent: Mapped[Decimal | None]
    minimum_price: Mapped[Decimal | None]
    """The lowest price that may be advertised (MAP)."""
    margin: Mapped[Decimal | None]
    margin_percent: Mapped[Decimal | None]
    commission_fixed: Mapped[Decimal | None]
    commission_percent: Mapped[Decimal | None]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Commission(Base):
    """What a channel said it keeps of a sale."""

    __tablename__ = "pricing_commission"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "gtin"),
        ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_commission_account_id"),
    )

    account_id: Mapped[UUID]
    gtin: Mapped[str]
    seller_id: Mapped[UUID]
    fixed: Mapped[Decimal]
    percent: Mapped[Decimal]
    currency: Mapped[str]
    at_price: Mapped[Decimal]
    reductions: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB(none_as_null=True), server_default=text("'[]'::jsonb")
    )
    read_at: Mapped[datetime]


class SupplierStore(Base):
    """A watched web shop that is a supplier: its last price is a cost."""

    __tablename__ = "pricing_supplier"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "store_id"),)

    seller_id: Mapped[UUID]
    store_id: Mapped[UUID]
    with_vat: Mapped[bool]
    """Its prices include VAT, which is taken off."""


class Standing(Base):
    """How pricing stands with an offer: the last decision, and what a strategy remembers."""

    __tablename__ = "pricing_standing"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_standing_offer_id", ondelete="CASCADE"),
        Index("ix_pricing_standing_account_id", "account_id", "applied_at"),
        Index("ix_pricing_standing_group_id", "group_id", "outcome"),
        Index(
            "ix_pricing_standing_open",
            "seller_id",
            "offer_id",
            postgresql_where=text("outcome IN ('proposed', 'held', 'frozen')"),
        ),
        CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after)"
            " AND price_after <= coalesce(ceiling, price_after))",
            name="inside_limits",
        ),
    )

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    group_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rule_version: Mapped[int | None]
    decision_id: Mapped[UUID | None]
    outcome: Mapped[str]
    currency: Mapped[str]
    price_before: Mapped[Decimal | None]
    price_after: Mapped[Decimal | None]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    at_floor: Mapped[bool] = mapped_column(server_default=text("false"))
    has_box: Mapped[bool | None]
    """None: nobody told us yet."""
    position: Mapped[int | None]
    """1: nobody is cheaper."""
    stock: Mapped[int | None]
    stock_at: Mapped[datetime | None]
    memory: Mapped[dict[str, Any] | None]
    """What the strategy keeps between two decisions (win, then raise)."""
    decided_at: Mapped[datetime]
    logged_at: Mapped[datetime]
    """When the newest row of the log was written: an unchanged decision is written once a day."""
    applied_at: Mapped[datetime | None]


class Decision(Base):
    """What was decided about a price, and why.  Added, never changed; old ones are removed by retention."""

    __tablename__ = "pricing_decision"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('proposed', 'applied', 'held', 'frozen', 'dry_run', 'unchanged')", name="outcome_known"
        ),
        CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after)"
            " AND price_after <= coalesce(ceiling, price_after))",
            name="inside_limits",
        ),
        CheckConstraint("outcome <> 'applied' OR price_after IS NOT NULL", name="applied_has_price"),
        Index("ix_pricing_decision_offer_id", "offer_id", "decided_at"),
        Index("ix_pricing_decision_seller_id", "seller_id", "decided_at", "id"),
        Index("ix_pricing_decision_rule_id", "rule_id", "decided_at"),
        Index("ix_pricing_decision_decided_at", "decided_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    group_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rule_version: Mapped[int | None]
    trigger: Mapped[str]
    outcome: Mapped[str]
    currency: Mapped[str]
    price_before: Mapped[Decimal | None]
    price_after: Mapped[Decimal | None]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    limits: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    has_box: Mapped[bool | None]
    position: Mapped[int | None]
    margin: Mapped[Decimal | None]
    """What one unit would leave at *price_after*, or at *price_before* where nothing changes; None: costs unknown."""
    derivation: Mapped[dict[str, Any]]
    actor_name: Mapped[str]
    decided_at: Mapped[datetime]


class Approval(Base):
    """A change too large for one person: held until somebody else agrees."""

    __tablename__ = "pricing_approval"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'refused', 'overtaken')", name="state_known"),
        CheckConstraint("(state IN ('approved', 'refused')) = (answered_by <> '')", name="answered_by_somebody"),
        CheckConstraint("answered_by = '' OR answered_by <> requested_by", name="four_eyes"),
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="answered_at_some_time"),
        Index("uq_pricing_approval_waiting", "offer_id", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("ix_pricing_approval_seller_id", "seller_id", "id"),
        Index("ix_pricing_approval_offer_id", "offer_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    decision_id: Mapped[UUID]
    currency: Mapped[str]
    price_before: Mapped[Decimal]
    price_after: Mapped[Decimal]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    state: Mapped[str]
    requested_by: Mapped[str]
    """The id of who asked for it: who pressed apply, or who switched on the rule that wants it."""
    requested_by_name: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_by: Mapped[str] = mapped_column(server_default="")
    answered_by_name: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[datetime | None]


class Limits(Base):
    """What the governor allows: for the instance (no seller), a seller, or one account.  Empty: as the next wider one."""

    __tablename__ = "pricing_limits"
    __table_args__ = (
        UniqueConstraint("seller_id", "account_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_limits_account_id"),
        CheckConstraint("account_id IS NULL OR seller_id IS NOT NULL", name="account_has_seller"),
        CheckConstraint(
            "least(step_percent, hour_percent, approval_percent, hour_share, day_share, floor_share, stock_share) >= 0",
            name="shares_not_negative",
        ),
        CheckConstraint("greatest(hour_share, day_share, floor_share, stock_share) <= 100", name="shares_sane"),
        CheckConstraint("least(hour_items, day_items, stock_units, least_offers) >= 0", name="counts_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    step_percent: Mapped[Decimal | None]
    hour_percent: Mapped[Decimal | None]
    approval_percent: Mapped[Decimal | None]
    hour_share: Mapped[Decimal | None]
    day_share: Mapped[Decimal | None]
    floor_share: Mapped[Decimal | None]
    stock_share: Mapped[Decimal | None]
    stock_units: Mapped[int | None]
    hour_items: Mapped[int | None]
    day_items: Mapped[int | None]
    least_offers: Mapped[int | None]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Counter(Base):
    """One row per scope (``instance``, ``seller:<id>``, ``account:<id>``): locked while prices are let through.

    The instance's own row has no seller; every transaction counts in it, so it holds nothing but numbers.
    """

    __tablename__ = "pricing_counter"

    scope: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    counting_since: Mapped[datetime]
    """What moved before counts no more: set when a freeze is resumed."""
    hour_began: Mapped[datetime]
    hour_moved: Mapped[int]
    day_began: Mapped[datetime]
    day_moved: Mapped[int]
    floor_allowed: Mapped[Decimal] = mapped_column(server_default=text("0"))
    """The share at the floor with which somebody resumed: it alone does not freeze again."""


class Freeze(Base):
    """Nothing is sent any more: of the instance, a seller or an account, since when, why, and who ended it."""

    __tablename__ = "pricing_freeze"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended_by_somebody"),
        Index("uq_pricing_freeze_open", "scope", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_pricing_freeze_began_at", "began_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    seller_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    cause: Mapped[str]
    facts: Mapped[dict[str, Any]]
    began_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(server_default="")


class Touched(Base):
    """An offer whose price is to be looked at soon: bursts of events meet here, and one run takes them all."""

    __tablename__ = "pricing_touched"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_touched_offer_id", ondelete="CASCADE"),
        Index("ix_pricing_touched_account_id", "account_id", "read_market", "offer_id"),
    )

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    trigger: Mapped[str]
    read_market: Mapped[bool]
    """The market has to be read first."""
