"""Where each order is on the floor, how it came there, and what a site wants scanned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.database import Base
from entrepot.kit.sql import text

_STAGES = ", ".join(f"'{stage}'" for stage in Stage)


class FloorSetting(Base):
    """Which stations a site has, and what must be scanned there."""

    __tablename__ = "floor_setting"
    __table_args__ = (UniqueConstraint("seller_id", "warehouse_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID | None]
    """None: every building without a row of its own."""
    checks: Mapped[bool] = mapped_column(server_default=text("false"))
    boxes: Mapped[bool] = mapped_column(server_default=text("false"))
    scan_location: Mapped[bool] = mapped_column(server_default=text("false"))
    scan_product: Mapped[bool] = mapped_column(server_default=text("false"))
    scan_lot: Mapped[bool] = mapped_column(server_default=text("false"))
    scan_tote: Mapped[bool] = mapped_column(server_default=text("false"))


class FloorOrder(Base):
    """Where one order is.  A trigger of the order moves it along; another writes and checks each step."""

    __tablename__ = "floor_order"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage_known"),
        CheckConstraint("(stage IN ('hold', 'review')) = (back_to <> '')", name="way_back_known"),
        Index(
            "ix_floor_order_on_the_floor",
            "seller_id",
            "stage",
            "since",
            postgresql_where=text("stage NOT IN ('dispatched', 'delivered', 'cancelled')"),
        ),
        Index("ix_floor_order_on_its_way", "seller_id", "since", postgresql_where=text("stage = 'dispatched'")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id"), primary_key=True)
    seller_id: Mapped[UUID]
    stage: Mapped[str]
    back_to: Mapped[str] = mapped_column(server_default="")
    """Where it goes on after a hold or a review."""
    since: Mapped[datetime]
    holder_id: Mapped[str] = mapped_column(server_default="")
    holder_name: Mapped[str] = mapped_column(server_default="")
    warehouse_id: Mapped[UUID | None]
    due_by: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    checks: Mapped[bool] = mapped_column(server_default=text("false"))
    boxes: Mapped[bool] = mapped_column(server_default=text("false"))
    express: Mapped[bool] = mapped_column(server_default=text("false"))
    station: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    forced: Mapped[bool] = mapped_column(server_default=text("false"))
    moved_by: Mapped[str] = mapped_column(server_default="")
    moved_by_name: Mapped[str] = mapped_column(server_default="")


class FloorStep(Base):
    """One step of an order.  Added by the database alone; never changed, never removed."""

    __tablename__ = "floor_step"
    __table_args__ = (
        Index("ix_floor_step_order_id", "order_id", "id"),
        Index("ix_floor_step_seller_id_at", "seller_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[UUID]
    order_id: Mapped[UUID]
    origin: Mapped[str]
    """Empty: it came onto the floor."""
    stage: Mapped[str]
    at: Mapped[datetime]
    took_ms: Mapped[int] = mapped_column(BigInteger)
    """How long it was where it came from."""
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    station: Mapped[str]
    reason: Mapped[str]
    forced: Mapped[bool]


class StationScan(Base):
    """One scan at a station.  Its client id makes a repeat harmless, however late it comes."""

    __tablename__ = "station_scan"
    __table_args__ = (PrimaryKeyConstraint("order_id", "station", "client_id"),)

    order_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    station: Mapped[str]
    """``check`` or ``box``."""
    client_id: Mapped[str]
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
