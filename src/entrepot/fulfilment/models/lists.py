"""Pick lists."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, PrimaryKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.domain import LineState, ListStatus, PickMode
from entrepot.fulfilment.models.constraints import one_of
from entrepot.kit.database import Base
from entrepot.kit.sql import text


class FloorNumber(Base):
    """The last number given out, per seller and kind of thing."""

    __tablename__ = "floor_number"
    __table_args__ = (PrimaryKeyConstraint("seller_id", "kind"),)

    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    kind: Mapped[str]
    last: Mapped[int] = mapped_column(Integer)


class PickList(Base):
    """One walk through the warehouse, for one or many orders."""

    __tablename__ = "pick_list"
    __table_args__ = (
        UniqueConstraint("seller_id", "number"),
        CheckConstraint(one_of("status", ListStatus), name="status_known"),
        CheckConstraint(one_of("mode", PickMode), name="mode_known"),
        Index("ix_pick_list_seller_id_status", "seller_id", "status", "id"),
        Index("ix_pick_list_group_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    number: Mapped[str]
    warehouse_id: Mapped[UUID]
    status: Mapped[str]
    assigned_to: Mapped[str] = mapped_column(server_default="")
    """Id of whoever picks it."""
    assigned_name: Mapped[str] = mapped_column(server_default="")
    order_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    mode: Mapped[str] = mapped_column(server_default="cart")
    due_by: Mapped[datetime | None]
    """When the most urgent of its orders must leave."""
    paused_at: Mapped[datetime | None]
    zone: Mapped[str] = mapped_column(server_default="")
    """Code of the zone that it stays in; empty: it goes through all of them."""
    group_id: Mapped[UUID | None]
    """Shared by the parts of one list that was split by zone."""


class PickListOrder(Base):
    """An order on a list."""

    __tablename__ = "pick_list_order"
    __table_args__ = (
        PrimaryKeyConstraint("pick_list_id", "order_id"),
        Index(
            "uq_pick_list_order_open", "order_id", "warehouse_id", "zone", unique=True, postgresql_where=text("open")
        ),
        Index("ix_pick_list_order_order_id", "order_id"),
    )

    pick_list_id: Mapped[UUID] = mapped_column(ForeignKey("pick_list.id"))
    order_id: Mapped[UUID]
    warehouse_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    order_number: Mapped[str]
    position: Mapped[int]
    """Compartment of the cart."""
    open: Mapped[bool] = mapped_column(server_default=text("true"))
    """An order is on one open list of a building at a time, or on one for each zone."""
    zone: Mapped[str] = mapped_column(server_default="")


class PickLine(Base):
    """Units of one product to take from one place for one order line."""

    __tablename__ = "pick_line"
    __table_args__ = (
        CheckConstraint(one_of("state", LineState), name="state_known"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("picked >= 0 AND short >= 0 AND put_back >= 0", name="parts_not_negative"),
        CheckConstraint("picked + short <= quantity", name="parts_within_quantity"),
        CheckConstraint("in_hand >= 0", name="in_hand_not_negative"),
        CheckConstraint("sorted >= 0 AND sorted <= picked", name="sorted_were_picked"),
        Index("ix_pick_line_pick_list_id", "pick_list_id", "walk_order", "location_code", "id"),
        Index("ix_pick_line_order_line_id", "order_line_id"),
        Index("ix_pick_line_order_id", "order_id"),
        Index("ix_pick_line_put_back", "seller_id", postgresql_where=text("put_back > 0")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    pick_list_id: Mapped[UUID] = mapped_column(ForeignKey("pick_list.id"))
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    product_id: Mapped[UUID]
    sku: Mapped[str]
    gtin: Mapped[str]
    title: Mapped[str]
    location_id: Mapped[UUID]
    location_code: Mapped[str]
    walk_order: Mapped[int]
    lot: Mapped[str] = mapped_column(server_default="")
    quantity: Mapped[int]
    picked: Mapped[int] = mapped_column(server_default=text("0"))
    short: Mapped[int] = mapped_column(server_default=text("0"))
    put_back: Mapped[int] = mapped_column(server_default=text("0"))
    """Units in staging that no order takes any more."""
    reason: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    scanned_at: Mapped[datetime | None]
    scanned_by: Mapped[str] = mapped_column(server_default="")
    located_at: Mapped[datetime | None]
    """When its place was scanned, where that must be."""
    lot_scanned: Mapped[str] = mapped_column(server_default="")
    """The lot that was scanned, where that must be."""
    in_hand: Mapped[int] = mapped_column(server_default=text("0"))
    """Units scanned whose tote was not scanned yet, where that must be."""
    sorted: Mapped[int] = mapped_column(server_default=text("0"))
    """Units that lie in the compartment of their order, where goods are sorted after picking."""


class PickScan(Base):
    """One act of picking.  Its client id makes a repeat harmless."""

    __tablename__ = "pick_scan"
    __table_args__ = (
        UniqueConstraint("seller_id", "client_id"),
        Index("ix_pick_scan_pick_line_id", "pick_line_id"),
        Index("ix_pick_scan_seller_id_scanned_at", "seller_id", "scanned_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    client_id: Mapped[str]
    pick_line_id: Mapped[UUID] = mapped_column(ForeignKey("pick_line.id"))
    quantity: Mapped[int]
    """Negative: taken back."""
    actor_name: Mapped[str]
    actor_id: Mapped[str] = mapped_column(
        server_default=text("coalesce(current_setting('entrepot.actor_id', true), '')")
    )
    """Names repeat; whose figures these are is told by the id, which the database takes from the transaction."""
    scanned_at: Mapped[datetime] = mapped_column(server_default=func.now())
