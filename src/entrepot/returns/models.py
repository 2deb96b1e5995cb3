"""Tables of the returns slice.  Only this slice reads or writes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class GoodsReturn(Base):
    """What one buyer sends back."""

    __tablename__ = "goods_return"
    __table_args__ = (
        CheckConstraint("fulfilment IN ('seller', 'channel')", name="fulfilment_known"),
        CheckConstraint(
            "state IN ('open', 'telling', 'handled', 'failed', 'by_channel')",
            name="state_known",
        ),
        Index(
            "ix_goods_return_channel_return_id",
            "account_id",
            "channel_return_id",
            unique=True,
            postgresql_where=text("channel_return_id <> ''"),
        ),
        Index(
            "ix_goods_return_registered_here",
            "account_id",
            "channel_order_id",
            postgresql_where=text("channel_return_id = ''"),
        ),
        Index("ix_goods_return_seller_id_id", "seller_id", "id"),
        Index("ix_goods_return_seller_id_state_id", "seller_id", "state", "id"),
        Index("ix_goods_return_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("channel_account.id"))
    """Who is told what was decided; None: the order came from nobody who can be."""
    channel: Mapped[str]
    channel_return_id: Mapped[str]
    """Empty: somebody here registered it, and the channel has not named it yet."""
    number: Mapped[str]
    """Ours: the account's prefix, and the channel's number; of one registered here, the order's number."""
    channel_order_id: Mapped[str]
    order_id: Mapped[UUID | None]
    """None while we do not have the order."""
    order_number: Mapped[str]
    buyer: Mapped[str]
    registered_at: Mapped[datetime]
    fulfilment: Mapped[str]
    state: Mapped[str]
    units: Mapped[int]
    search_text: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReturnLine(Base):
    """Units of one order line that come back, and what was decided about them."""

    __tablename__ = "return_line"
    __table_args__ = (
        UniqueConstraint("return_id", "channel_return_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("state IN ('open', 'telling', 'handled', 'failed')", name="state_known"),
        CheckConstraint("goods IN ('', 'restock', 'write_off', 'none')", name="goods_known"),
        CheckConstraint("quantity_handled BETWEEN 0 AND quantity", name="handled_within_quantity"),
        CheckConstraint("(goods = 'restock') = (location_id IS NOT NULL)", name="restocked_somewhere"),
        Index("ix_return_line_product_id", "product_id", postgresql_where=text("product_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    return_id: Mapped[UUID] = mapped_column(ForeignKey("goods_return.id"))
    position: Mapped[int]
    channel_return_line_id: Mapped[str]
    channel_line_id: Mapped[str] = mapped_column(server_default="")
    """Of the order's line, where somebody here registered it."""
    channel_order_id: Mapped[str]
    product_id: Mapped[UUID | None]
    sku: Mapped[str]
    gtin: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]
    reason: Mapped[str]
    """The buyer's, in the channel's words."""
    comment: Mapped[str]
    carrier: Mapped[str]
    tracking: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str] = mapped_column(server_default="")
    """What we decided, or, in the channel's words, what was decided elsewhere."""
    quantity_handled: Mapped[int] = mapped_column(server_default=text("0"))
    goods: Mapped[str] = mapped_column(server_default="")
    location_id: Mapped[UUID | None]
    process_ref: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(server_default="")
