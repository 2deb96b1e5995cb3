"""Tables of published prices.  Only this package reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text

STATE = """CASE WHEN gone_at IS NOT NULL THEN 'gone'
 WHEN wanted_price IS NULL THEN 'unknown'
 WHEN problem <> '' THEN 'failed'
 WHEN published_price IS DISTINCT FROM wanted_price OR sending_by IS NOT NULL THEN 'to_push'
 ELSE 'in_step' END"""
"""Derived by the database, so that no code path can leave a price in a state that its numbers contradict."""


class OfferPrice(Base):
    """What an offer should cost, who wants that, and what its channel has."""

    __tablename__ = "offer_price"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint(
            "wanted_price > 0 AND manual_price > 0 AND rule_price > 0 AND base_price > 0", name="prices_positive"
        ),
        CheckConstraint("(wanted_price IS NULL) = (wanted_source = '')", name="wanted_explained"),
        CheckConstraint("wanted_source IN ('', 'manual', 'schedule', 'list', 'rule', 'base')", name="source_known"),
        CheckConstraint("NOT locked OR manual_price IS NOT NULL", name="locked_at_a_price"),
        Index(
            "ix_offer_price_to_push",
            "account_id",
            "wanted_at",
            "offer_id",
            postgresql_where=text("state = 'to_push'"),
        ),
        Index("ix_offer_price_failed", "seller_id", "offer_id", postgresql_where=text("state = 'failed'")),
    )

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"))
    currency: Mapped[str]
    """Of every price of the offer: the channel's."""
    steps: Mapped[dict[str, Any] | None]
    """The channel's prices for larger quantities, as last read: quantity -> price; None: not known."""
    gone_at: Mapped[datetime | None]
    """As the offer's: the database keeps the two alike."""

    wanted_price: Mapped[Decimal | None]
    """None: nobody here decides it."""
    wanted_source: Mapped[str] = mapped_column(server_default="")
    wanted_source_id: Mapped[UUID | None]
    wanted_at: Mapped[datetime | None]
    derivation: Mapped[dict[str, Any] | None]

    published_price: Mapped[Decimal | None]
    """What the channel has, as we last told it or read it."""
    published_source: Mapped[str] = mapped_column(server_default="")
    """Empty: we did not tell it."""
    published_at: Mapped[datetime | None]
    """When we last told it."""
    published_derivation: Mapped[dict[str, Any] | None]
    sending_by: Mapped[UUID | None]
    """The run that sends it.  Committed before the call and taken away with its outcome: what is found here later was
    interrupted, and is sent again."""
    sending_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")
    """Why the channel refused our price, in its words."""
    problem_at: Mapped[datetime | None]

    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    """A person set the price: no list, schedule or rule changes it."""
    manual_price: Mapped[Decimal | None]
    manual_reason: Mapped[str] = mapped_column(server_default="")
    locked_by: Mapped[str] = mapped_column(server_default="")
    locked_at: Mapped[datetime | None]
    rule_price: Mapped[Decimal | None]
    """What pricing wants, whether it counts or not."""
    rule_source_id: Mapped[UUID | None]
    rule_derivation: Mapped[dict[str, Any] | None]
    rule_at: Mapped[datetime | None]
    base_price: Mapped[Decimal | None]
    """What the channel showed before a schedule or a list began, if nobody here decided it then."""

    state: Mapped[str] = mapped_column(Computed(STATE, persisted=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Counts changes by people; a change that names an old version is refused."""


class PricePush(Base):
    """A price that a channel was told, and what it answered.  Removed by retention."""

    __tablename__ = "offer_price_push"
    __table_args__ = (
        CheckConstraint("price > 0", name="price_positive"),
        CheckConstraint("outcome IN ('applied', 'refused', 'unavailable')", name="outcome_known"),
        Index("ix_offer_price_push_offer_id", "offer_id", "id"),
        Index("ix_offer_price_push_pushed_at", "pushed_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    price: Mapped[Decimal]
    currency: Mapped[str]
    before: Mapped[Decimal | None]
    source: Mapped[str]
    source_id: Mapped[UUID | None]
    outcome: Mapped[str]
    problem: Mapped[str]
    derivation: Mapped[dict[str, Any]]
    run_id: Mapped[UUID]
    pushed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceDrift(Base):
    """A channel showed another price than it was told."""

    __tablename__ = "offer_price_drift"
    __table_args__ = (
        Index("ix_offer_price_drift_offer_id", "offer_id", "id"),
        Index("ix_offer_price_drift_found_at", "found_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    told: Mapped[Decimal]
    found: Mapped[Decimal]
    found_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    """When the channel had accepted the right price again."""


class PriceHold(Base):
    """No price is sent: for a whole seller, or for one channel account."""

    __tablename__ = "offer_price_hold"
    __table_args__ = (UniqueConstraint("seller_id", "account_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel_account.id"))
    """None: every account of the seller."""
    reason: Mapped[str]
    held_by: Mapped[str]
    held_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceList(Base):
    """Prices of products under a name, for some time, for one channel account or all."""

    __tablename__ = "price_list"
    __table_args__ = (
        UniqueConstraint("seller_id", "name"),
        UniqueConstraint("seller_id", "id"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("valid_from < valid_to", name="ends_after_it_begins"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    name: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel_account.id"))
    currency: Mapped[str]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    began_at: Mapped[datetime | None]
    """When the offers were decided anew because it began, and *ended_at* because it ended; None: not yet."""
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceListEntry(Base):
    """What one product costs by a list."""

    __tablename__ = "price_list_entry"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "list_id"],
            ["price_list.seller_id", "price_list.id"],
            name="fk_price_list_entry_list_id_price_list",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_price_list_entry_product_id"
        ),
        CheckConstraint("price > 0", name="price_positive"),
        Index("ix_price_list_entry_product_id", "seller_id", "product_id"),
    )

    list_id: Mapped[UUID] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    price: Mapped[Decimal]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PriceSchedule(Base):
    """A price of one offer from one moment to another."""

    __tablename__ = "offer_price_schedule"
    __table_args__ = (
        CheckConstraint("price > 0", name="price_positive"),
        CheckConstraint("starts_at < ends_at", name="ends_after_it_begins"),
        Index("ix_offer_price_schedule_offer_id", "offer_id", "starts_at"),
        Index(
            "ix_offer_price_schedule_open",
            "starts_at",
            postgresql_where=text("cancelled_at IS NULL AND (began_at IS NULL OR ended_at IS NULL)"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"))
    price: Mapped[Decimal]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    """None: until somebody ends it."""
    reason: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_at: Mapped[datetime | None]
    """When the offer was decided anew because it began, and *ended_at* because it ended; None: not yet."""
    ended_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class PriceEdit(Base):
    """Many prices changed by a person at once: looked at first, then applied as one, and perhaps taken back."""

    __tablename__ = "price_edit"
    __table_args__ = (
        Index("ix_price_edit_seller_id", "seller_id", "id"),
        CheckConstraint("applied_at IS NOT NULL OR undone_at IS NULL", name="undone_after_applied"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    change: Mapped[dict[str, Any]]
    """What is done to each price."""
    reason: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[str] = mapped_column(server_default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(server_default="")


class PriceEditRow(Base):
    """One offer of such a change."""

    __tablename__ = "price_edit_row"
    __table_args__ = (Index("ix_price_edit_row_offer_id", "offer_id"),)

    edit_id: Mapped[UUID] = mapped_column(ForeignKey("price_edit.id", ondelete="CASCADE"), primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    seller_id: Mapped[UUID]
    place: Mapped[int]
    """Order in which they are shown."""
    currency: Mapped[str]
    before: Mapped[Decimal | None]
    """What it should cost, or costs on the channel, when the preview was made."""
    after: Mapped[Decimal | None]
    """None: refused, or let go of."""
    was_locked: Mapped[bool]
    was_price: Mapped[Decimal | None]
    """The manual price before, which undoing restores."""
    was_reason: Mapped[str] = mapped_column(server_default="")
    refused: Mapped[dict[str, Any] | None]
    """Why it is left alone: a stored sentence."""
    outcome: Mapped[str] = mapped_column(server_default="")
    """Once applied: ``applied``, ``changed`` (meanwhile, so left alone) or ``undone``."""
