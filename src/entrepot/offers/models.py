"""Tables of the offers slice.  Only this slice reads or writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base

STATE = """CASE WHEN fulfilment <> 'seller' THEN 'by_channel'
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
        CheckConstraint("matched_by IN ('', 'sku', 'gtin', 'hand')", name="matched_by_known"),
        CheckConstraint("(product_id IS NULL) = (matched_by = '')", name="match_explained"),
        CheckConstraint("wanted_quantity >= 0", name="wanted_not_negative"),
        CheckConstraint("maximum >= 0", name="maximum_not_negative"),
        Index(
            # Everything the search for numbers that are out of date reads of an offer: it never visits the table.
            "ix_offer_seller_id_product_id",
            "seller_id",
            "product_id",
            postgresql_include=["id", "account_id", "fulfilment", "wanted_quantity", "maximum", "paused"],
        ),
        Index("ix_offer_seller_id_id", "seller_id", "id"),
        Index("ix_offer_to_push", "account_id", "wanted_at", "id", postgresql_where=text("state = 'to_push'")),
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

    product_id: Mapped[UUID | None]
    matched_by: Mapped[str] = mapped_column(server_default="")
    maximum: Mapped[int | None]
    """The channel is never told more than this."""
    paused: Mapped[bool] = mapped_column(server_default=text("false"))

    wanted_quantity: Mapped[int | None]
    wanted_at: Mapped[datetime | None]
    derivation: Mapped[dict[str, Any] | None]
    published_quantity: Mapped[int | None]
    """What the channel has from us; None if we do not know, and then it is told again."""
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
