"""Tables of the offers slice.  Only this slice reads or writes them."""

from datetime import datetime
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
 WHEN fulfilment <> 'seller' THEN 'by_channel'
 WHEN product_id IS NULL AND ignored THEN 'ignored'
 WHEN product_id IS NULL THEN 'unmatched'
 WHEN problem <> '' THEN 'failed'
 WHEN wanted_quantity IS NULL OR published_quantity IS DISTINCT FROM wanted_quantity OR sending_by IS NOT NULL
 THEN 'to_push'
 WHEN paused THEN 'paused' ELSE 'in_step' END"""
"""Derived by the database, so that no code path can leave an offer in a state that its numbers contradict."""


class Offer(Base):
    """Something for sale on one channel account, what the channel should say of its stock, and what it was told."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("account_id", "channel_offer_id"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"], ["product.seller_id", "product.id"], name="fk_offer_product_id_product"
        ),
        CheckConstraint("fulfilment IN ('seller', 'channel')", name="fulfilment_known"),
        CheckConstraint("matched_by IN ('', 'sku', 'gtin', 'mapping', 'hand')", name="matched_by_known"),
        CheckConstraint("(product_id IS NULL) = (matched_by = '')", name="match_explained"),
        CheckConstraint("wanted_quantity >= 0", name="wanted_not_negative"),
        CheckConstraint("buffer >= 0", name="buffer_not_negative"),
        CheckConstraint("maximum >= 0", name="maximum_not_negative"),
        Index(
            # Everything the search for numbers that are out of date reads of an offer: it never visits the table.
            "ix_offer_seller_id_product_id",
            "seller_id",
            "product_id",
            postgresql_include=["id", "account_id", "fulfilment", "wanted_quantity", "buffer", "maximum", "paused"],
        ),
        Index("ix_offer_seller_id_id", "seller_id", "id"),
        Index(
            # What was decided together is sent in the order of the channel's ids, so that variants of one thing meet.
            "ix_offer_to_push",
            "account_id",
            "wanted_at",
            "channel_offer_id",
            postgresql_where=text("state = 'to_push'"),
        ),
        Index("ix_offer_trouble", "seller_id", "id", postgresql_where=text("state IN ('failed', 'unmatched')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"))
    channel_offer_id: Mapped[str]
    sku: Mapped[str]
    """As the channel knows it, like *gtin* and *title*; empty if it says nothing."""
    gtin: Mapped[str]
    title: Mapped[str]
    fulfilment: Mapped[str]
    on_hold: Mapped[bool]
    """Not for sale, by a switch on the channel's own pages."""
    channel_quantity: Mapped[int]
    """What the channel said it had when it was last read."""
    last_seen_at: Mapped[datetime]

    gone_at: Mapped[datetime | None]
    """When a complete reading of the channel did not find it any more."""

    product_id: Mapped[UUID | None]
    matched_by: Mapped[str] = mapped_column(server_default="")
    ignored: Mapped[bool] = mapped_column(server_default=text("false"))
    """Nobody wants a product for it: it is left alone, and out of the list of open ones."""
    suggested_product_id: Mapped[UUID | None]
    """Perhaps this product; a person decides."""
    suggested_by: Mapped[str] = mapped_column(server_default="")
    buffer: Mapped[int | None]
    """Units withheld from this offer; None: as the product and the account say."""
    maximum: Mapped[int | None]
    """The channel is never told more than this; None: as the account says."""
    paused: Mapped[bool] = mapped_column(server_default=text("false"))

    wanted_quantity: Mapped[int | None]
    wanted_at: Mapped[datetime | None]
    derivation: Mapped[dict[str, Any] | None]
    published_quantity: Mapped[int | None]
    """What the channel has from us, or had from whoever told it before us; None if we do not know, and then it is told
    again."""
    published_at: Mapped[datetime | None]
    published_derivation: Mapped[dict[str, Any] | None]
    sending_by: Mapped[UUID | None]
    """The run that sends it.  Committed before the call and taken away with its outcome: what is found here later was
    interrupted, and is sent again."""
    sending_at: Mapped[datetime | None]
    """When that run began; None if it gave up, and any other may take over."""
    problem: Mapped[str] = mapped_column(server_default="")
    """Why the channel refused our number, in its words."""
    problem_at: Mapped[datetime | None]

    state: Mapped[str] = mapped_column(Computed(STATE, persisted=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    """Counts changes by people; a change that names an old version is refused."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search_text: Mapped[str] = mapped_column(
        Computed("lower(sku || ' ' || title || ' ' || gtin || ' ' || channel_offer_id)", persisted=True)
    )


class AccountRules(Base):
    """What a person decided about the stock on one channel account."""

    __tablename__ = "offer_account"
    __table_args__ = (
        CheckConstraint("buffer >= 0", name="buffer_not_negative"),
        CheckConstraint("maximum >= 0", name="maximum_not_negative"),
        CheckConstraint("oldest_minutes > 0", name="oldest_positive"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    seller_id: Mapped[UUID]
    buffer: Mapped[int] = mapped_column(server_default=text("0"))
    """Units withheld from each of its offers that has no buffer of its own."""
    maximum: Mapped[int | None]
    paused: Mapped[bool] = mapped_column(server_default=text("false"))
    """Every offer is kept at nothing, and the channel is told so."""
    pause_account: Mapped[bool] = mapped_column(server_default=text("false"))
    """Once the channel knows that there is nothing, the whole account is paused."""
    oldest_minutes: Mapped[int] = mapped_column(server_default=text("120"))
    """Numbers of an ERP that were read longer ago are called too old; they are still used."""
    listing_read_at: Mapped[datetime | None]
    """When a complete reading of the channel's list began last."""
    sample_cursor: Mapped[str] = mapped_column(server_default="")
    """Where the next sample of the channel's list begins."""
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Mapping(Base):
    """What a person said once: what channels call so is this product."""

    __tablename__ = "offer_mapping"
    __table_args__ = (
        UniqueConstraint("seller_id", "kind", "value"),
        ForeignKeyConstraint(
            ["seller_id", "product_id"],
            ["product.seller_id", "product.id"],
            name="fk_offer_mapping_product",
        ),
        CheckConstraint("kind IN ('sku', 'gtin')", name="kind_known"),
        CheckConstraint("value <> ''", name="value_not_empty"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    kind: Mapped[str]
    value: Mapped[str]
    product_id: Mapped[UUID]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Push(Base):
    """A number that a channel was told, and what it answered.  Removed by retention."""

    __tablename__ = "offer_push"
    __table_args__ = (
        Index("ix_offer_push_offer_id", "offer_id", "id"),
        Index("ix_offer_push_pushed_at", "pushed_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    quantity: Mapped[int]
    before: Mapped[int | None]
    applied: Mapped[bool]
    problem: Mapped[str]
    derivation: Mapped[dict[str, Any]]
    run_id: Mapped[UUID]
    pushed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Drift(Base):
    """A channel said another number than it was told."""

    __tablename__ = "offer_drift"
    __table_args__ = (
        Index("ix_offer_drift_account_id", "account_id", "id"),
        Index("ix_offer_drift_open", "offer_id", postgresql_where=text("repaired_at IS NULL")),
        Index("ix_offer_drift_found_at", "found_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    told: Mapped[int]
    found: Mapped[int]
    found_at: Mapped[datetime]
    repaired_at: Mapped[datetime | None]
    """When the channel had accepted the right number again."""


class Sample(Base):
    """How many offers of an account were looked at in one reading, and how many of them differed."""

    __tablename__ = "offer_sample"
    __table_args__ = (Index("ix_offer_sample_account_id", "account_id", "read_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    looked: Mapped[int]
    """Offers of which we knew what the channel should say."""
    differed: Mapped[int]
    read_at: Mapped[datetime]


class HeldStock(Base):
    """Units of ours that lie in a channel's own warehouse, as the channel says."""

    __tablename__ = "held_stock"
    __table_args__ = (
        UniqueConstraint("account_id", "channel_sku"),
        Index("ix_held_stock_seller_id_id", "seller_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"))
    channel_sku: Mapped[str]
    """The channel's number of the goods."""
    gtin: Mapped[str]
    title: Mapped[str]
    sellable: Mapped[int]
    damaged: Mapped[int]
    read_at: Mapped[datetime]
