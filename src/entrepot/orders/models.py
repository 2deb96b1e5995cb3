"""Tables of the orders slice.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Sequence, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base, BigInt
from entrepot.kit.sql import text
from entrepot.orders.status import OrderStatus

MANUAL_NUMBER = Sequence("order_number_seq", start=1001, metadata=Base.metadata)
"""Numbers of orders entered by hand: never repeated, may have gaps.  One for all sellers, because a counter row per
seller would make every new order wait for the commit of the one before."""

_STATUSES = ", ".join(f"'{status}'" for status in OrderStatus)


class SalesOrder(Base):
    """What a buyer wants from a seller, and how far it has come."""

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("channel_account_id", "channel_order_id"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status_known"),
        CheckConstraint("(channel_account_id IS NULL) = (channel_order_id IS NULL)", name="channel_order_complete"),
        CheckConstraint("(hold_reason IS NULL) = (held_at IS NULL)", name="hold_complete"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority_known"),
        Index("ix_sales_order_seller_id_placed_at", "seller_id", "placed_at", "id"),
        Index("ix_sales_order_seller_id_status_placed_at", "seller_id", "status", "placed_at", "id"),
        Index("ix_sales_order_seller_id_number", "seller_id", "number"),
        Index("ix_sales_order_account_currency", "channel_account_id", "currency"),
        Index(
            "uq_sales_order_manual_number",
            "seller_id",
            "number",
            unique=True,
            postgresql_where=text("channel_account_id IS NULL"),
        ),
        Index(
            "ix_sales_order_attention",
            "seller_id",
            "placed_at",
            "id",
            postgresql_where=text("attention <> '[]'::jsonb"),
        ),
        Index("ix_sales_order_tagged", "seller_id", "placed_at", "id", postgresql_where=text("tags <> '[]'::jsonb")),
        Index(
            "ix_sales_order_erp",
            "channel_account_id",
            "status",
            "id",
            postgresql_where=text("erp_account_id IS NOT NULL"),
        ),
        Index("ix_sales_order_held", "seller_id", "placed_at", "id", postgresql_where=text("held_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    number: Mapped[str]
    """What people call it: the channel's own number behind the channel's letter, or M- and a count."""
    channel: Mapped[str | None]
    """Key of the connector, for showing; None for an order entered here."""
    channel_account_id: Mapped[UUID | None]
    channel_order_id: Mapped[str | None]
    status: Mapped[str]
    hold_reason: Mapped[str | None]
    held_at: Mapped[datetime | None]
    attention: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    """Codes of :class:`entrepot.orders.domain.Attention`."""
    placed_at: Mapped[datetime]
    ship_by: Mapped[datetime | None]
    currency: Mapped[str]
    goods_total: Mapped[Decimal]
    shipping_total: Mapped[Decimal]
    total: Mapped[Decimal]
    line_count: Mapped[int]
    unit_count: Mapped[int]
    customer_name: Mapped[str]
    customer_email: Mapped[str]
    customer_phone: Mapped[str]
    shipping_address: Mapped[dict[str, Any]]
    channel_address: Mapped[dict[str, Any] | None]
    """What the channel says, where the shipping address was corrected here."""
    billing_address: Mapped[dict[str, Any] | None]
    ship_name: Mapped[str]
    ship_postcode: Mapped[str]
    ship_country: Mapped[str]
    buyer_reference: Mapped[str]
    """The buyer's own order number."""
    language: Mapped[str]
    pick_up_point: Mapped[bool]
    warehouse_id: Mapped[UUID | None]
    """Where it is shipped from; None: wherever there is stock."""
    erp_account_id: Mapped[UUID | None]
    """The ERP that ships it, as the join was when it was imported; None: we do."""
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    """0 to 9; the floor takes it over."""
    tags: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    search_text: Mapped[str]
    """Number (the channel's is part of it), names, postcode and tracking codes, in lower case.  SKU and GTIN are found
    through the lines: twenty of them per order would make this index ten times as large."""
    fingerprint: Mapped[str | None]
    """Of the channel's last word on this order: the same word again changes nothing."""
    channel_changed_at: Mapped[datetime | None]
    """When the channel last changed it, as far as we know; an older word is ignored."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrderWords(Base):
    """What an order is found by.  The database keeps it; :attr:`SalesOrder.search_text` is where it is written."""

    __tablename__ = "sales_order_words"
    __table_args__ = (
        Index("ix_sales_order_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
    )

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    words: Mapped[str]


class OrderLine(Base):
    """Units of one product within an order."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("quantity_cancelled >= 0 AND quantity_shipped >= 0", name="parts_not_negative"),
        CheckConstraint("quantity_cancelled + quantity_shipped <= quantity", name="parts_within_quantity"),
        CheckConstraint("fulfilment IN ('seller', 'channel', 'erp')", name="fulfilment_known"),
        Index("ix_order_line_product_id_order_id", "product_id", "order_id"),
        Index(
            "ix_order_line_waiting",
            "seller_id",
            "product_id",
            postgresql_where=text(
                "NOT reserved AND product_id IS NOT NULL AND fulfilment = 'seller'"
                " AND quantity > quantity_cancelled + quantity_shipped"
            ),
        ),
        Index("ix_order_line_unknown", "seller_id", "sku", postgresql_where=text("product_id IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    """No foreign key: its check would cost a third of the import's time in the database.  Orders are never removed, and
    lines are only written beside their order, in one transaction; a test looks for orphans."""
    position: Mapped[int]
    product_id: Mapped[UUID | None]
    """None while the catalogue does not know the SKU."""
    sku: Mapped[str]
    gtin: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]
    """As ordered; what was cancelled or shipped of it is beside it."""
    quantity_cancelled: Mapped[int] = mapped_column(server_default=text("0"))
    quantity_shipped: Mapped[int] = mapped_column(server_default=text("0"))
    unit_price: Mapped[Decimal]
    """What the buyer pays for one unit, tax included, in the order's currency."""
    tax: Mapped[Decimal | None]
    """Tax within the line's price, if known."""
    discount: Mapped[Decimal] = mapped_column(server_default=text("0"))
    """What is taken off the whole line."""
    commission: Mapped[Decimal | None]
    """What the channel keeps of the whole line."""
    channel_line_id: Mapped[str | None]
    channel_offer_id: Mapped[str | None]
    fulfilment: Mapped[str]
    """``seller``: we ship it; ``channel``: the channel does, from its own warehouse; ``erp``: the joined ERP does."""
    reserved: Mapped[bool]


class OrderNote(Base):
    """What somebody wants the others to know about an order."""

    __tablename__ = "order_note"
    __table_args__ = (Index("ix_order_note_order_id", "order_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    text: Mapped[str]
    author_id: Mapped[str]
    author_name: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SavedView(Base):
    """A list somebody wants to see again."""

    __tablename__ = "order_saved_view"
    __table_args__ = (UniqueConstraint("seller_id", "user_id", "name"),)

    id: Mapped[int] = mapped_column(BigInt, Identity(), primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    user_id: Mapped[str]
    name: Mapped[str]
    filter: Mapped[dict[str, Any]]
    """Query parameters of the list."""
