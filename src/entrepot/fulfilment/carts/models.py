"""What stands in which tote, what was sorted, and which lots were taken instead of others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class ToteUse(Base):
    """A tote that holds the goods of one order, until they are packed.  Totes belong to the building, not to a seller."""

    __tablename__ = "tote_use"
    __table_args__ = (
        CheckConstraint("code <> ''", name="code_not_empty"),
        Index("uq_tote_use_code", "warehouse_id", "code", unique=True, postgresql_where=text("freed_at IS NULL")),
        Index("uq_tote_use_order", "order_id", "pick_list_id", unique=True, postgresql_where=text("freed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    warehouse_id: Mapped[UUID]
    code: Mapped[str]
    """What its barcode says, in capitals."""
    pick_list_id: Mapped[UUID] = mapped_column(ForeignKey("pick_list.id"))
    order_id: Mapped[UUID]
    bound_by: Mapped[str]
    bound_at: Mapped[datetime] = mapped_column(server_default=func.now())
    freed_at: Mapped[datetime | None]


class SortScan(Base):
    """One piece that was put into the compartment of its order.  Its client id makes a repeat harmless."""

    __tablename__ = "sort_scan"
    __table_args__ = (
        UniqueConstraint("seller_id", "client_id"),
        Index("ix_sort_scan_pick_line_id", "pick_line_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    client_id: Mapped[str]
    pick_line_id: Mapped[UUID] = mapped_column(ForeignKey("pick_line.id"))
    quantity: Mapped[int]
    """Negative: taken out again."""
    actor_name: Mapped[str]
    sorted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LotSwap(Base):
    """Another lot than the suggested one was taken, by whom and why.  Never changed, never removed."""

    __tablename__ = "lot_swap"
    __table_args__ = (
        UniqueConstraint("seller_id", "client_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("from_lot <> to_lot", name="another_lot"),
        Index("ix_lot_swap_pick_line_id", "pick_line_id"),
        Index("ix_lot_swap_seller_id_swapped_at", "seller_id", "swapped_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    client_id: Mapped[str]
    order_id: Mapped[UUID]
    pick_line_id: Mapped[UUID] = mapped_column(ForeignKey("pick_line.id"))
    sku: Mapped[str]
    location_code: Mapped[str]
    from_lot: Mapped[str]
    to_lot: Mapped[str]
    quantity: Mapped[int]
    reason: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    swapped_at: Mapped[datetime] = mapped_column(server_default=func.now())
