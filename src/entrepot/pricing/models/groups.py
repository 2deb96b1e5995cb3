"""Tables of groups, rules and costs.  Only this slice reads or writes them."""

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
    chosen_by: Mapped[str] = mapped_column(server_default="")
    """The id of who last changed which offers it is for."""
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
    changed_by: Mapped[str]
    """The id of whoever did; *updated_by* is what people are shown."""
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


class Stars(Base):
    """Up to which price a channel said it shows how many stars for a product."""

    __tablename__ = "pricing_stars"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "gtin"),
        ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_stars_account_id"),
    )

    account_id: Mapped[UUID]
    gtin: Mapped[str]
    seller_id: Mapped[UUID]
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(none_as_null=True), server_default=text("'[]'::jsonb"))
    """Each with *level*, *maximum_price* and *currency*; empty: the channel shows none."""
    read_at: Mapped[datetime]


class SupplierStore(Base):
    """A watched web shop that is a supplier: its last price is a cost."""

    __tablename__ = "pricing_supplier"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "store_id"),)

    seller_id: Mapped[UUID]
    store_id: Mapped[UUID]
    with_vat: Mapped[bool]
    """Its prices include VAT, which is taken off."""
