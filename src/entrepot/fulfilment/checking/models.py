"""Checks of picked orders, and what was counted."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.checking.verdict import CheckState
from entrepot.kit.database import Base
from entrepot.kit.sql import text

_STATES = ", ".join(f"'{state}'" for state in CheckState)


class FloorCheck(Base):
    """One time an order was counted.  A recount is another one: what differed is kept."""

    __tablename__ = "floor_check"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_when_over"),
        Index("uq_floor_check_open", "order_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_floor_check_order_id", "order_id", "id"),
        Index("ix_floor_check_seller_id_begun_at", "seller_id", "begun_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    order_id: Mapped[UUID]
    state: Mapped[str]
    begun_at: Mapped[datetime] = mapped_column(server_default=func.now())
    begun_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")


class FloorCheckLine(Base):
    """Units of one product and lot: how many there should be, how many were counted."""

    __tablename__ = "floor_check_line"
    __table_args__ = (
        UniqueConstraint("check_id", "product_id", "lot"),
        CheckConstraint("expected >= 0 AND counted >= 0", name="units_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    check_id: Mapped[UUID] = mapped_column(ForeignKey("floor_check.id"))
    product_id: Mapped[UUID]
    sku: Mapped[str]
    gtin: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str]
    lot: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    """Where it was picked, or, for a thing that does not belong here, where it lives."""
    expected: Mapped[int]
    counted: Mapped[int] = mapped_column(server_default=text("0"))
