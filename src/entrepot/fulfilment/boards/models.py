"""Who has which order open, and which sites show figures of people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class FloorPresence(Base):
    """Somebody has an order open.  Worth a minute: a page that is closed stops beating."""

    __tablename__ = "floor_presence"
    __table_args__ = (
        PrimaryKeyConstraint("order_id", "actor_id"),
        Index("ix_floor_presence_seller_id_seen_at", "seller_id", "seen_at"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"))
    actor_id: Mapped[str]
    seller_id: Mapped[UUID]
    actor_name: Mapped[str]
    station: Mapped[str]
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class BoardSetting(Base):
    """What one site shows.  No row: figures of people are shown to themselves alone."""

    __tablename__ = "board_setting"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "warehouse_id"),)

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID] = mapped_column(ForeignKey("warehouse.id"))
    by_person: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_by: Mapped[str] = mapped_column(server_default="")
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
