"""Tables of the floor.  Only this slice reads or writes them."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.domain import LineState, ListStatus, ParcelStatus, PushState, ShipmentState
from entrepot.kit.database import Base
from entrepot.kit.sql import text


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(f"'{value}'" for value in values)})"


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
        CheckConstraint(_one_of("status", ListStatus), name="status_known"),
        Index("ix_pick_list_seller_id_status", "seller_id", "status", "id"),
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


class PickListOrder(Base):
    """An order on a list."""

    __tablename__ = "pick_list_order"
    __table_args__ = (
        PrimaryKeyConstraint("pick_list_id", "order_id"),
        Index("uq_pick_list_order_open", "order_id", "warehouse_id", unique=True, postgresql_where=text("open")),
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
    """An order is on one open list of a building at a time."""


class PickLine(Base):
    """Units of one product to take from one place for one order line."""

    __tablename__ = "pick_line"
    __table_args__ = (
        CheckConstraint(_one_of("state", LineState), name="state_known"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("picked >= 0 AND short >= 0 AND put_back >= 0", name="parts_not_negative"),
        CheckConstraint("picked + short <= quantity", name="parts_within_quantity"),
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
    scanned_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Parcel(Base):
    """A box for one order."""

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("seller_id", "number"),
        UniqueConstraint("seller_id", "client_id"),
        CheckConstraint(_one_of("status", ParcelStatus), name="status_known"),
        CheckConstraint("weight_g >= 0", name="weight_not_negative"),
        Index("ix_parcel_order_id", "order_id"),
        Index("ix_parcel_seller_id_packed_at", "seller_id", "packed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    order_id: Mapped[UUID]
    order_number: Mapped[str]
    number: Mapped[str]
    """Of the order, a dash, and a count."""
    status: Mapped[str]
    weight_g: Mapped[int]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    client_id: Mapped[str | None]
    """Of the request that packed it: the same request again packs nothing."""
    packed_by: Mapped[str] = mapped_column(server_default="")
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ParcelLine(Base):
    """Units of one order line in a parcel."""

    __tablename__ = "parcel_line"
    __table_args__ = (
        PrimaryKeyConstraint("parcel_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_parcel_line_order_line_id", "order_line_id"),
    )

    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcel.id"))
    order_line_id: Mapped[UUID]
    seller_id: Mapped[UUID]
    sku: Mapped[str]
    title: Mapped[str]
    quantity: Mapped[int]


class CarrierAccount(Base):
    """One set of credentials at one carrier."""

    __tablename__ = "carrier_account"
    __table_args__ = (UniqueConstraint("seller_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    carrier: Mapped[str]
    name: Mapped[str]
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed."""
    default_service: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    known_as: Mapped[str]
    last_error: Mapped[str] = mapped_column(server_default="")
    last_error_at: Mapped[datetime | None]
    connected_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SenderAddress(Base):
    """What labels say about where parcels come from."""

    __tablename__ = "sender_address"
    __table_args__ = (UniqueConstraint("seller_id", "warehouse_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    warehouse_id: Mapped[UUID | None]
    """None: for every building without one of its own."""
    address: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Shipment(Base):
    """A parcel in the hands of a carrier: the label, the tracking, and each attempt to get there."""

    __tablename__ = "shipment"
    __table_args__ = (
        CheckConstraint(_one_of("state", ShipmentState), name="state_known"),
        Index(
            "uq_shipment_current",
            "parcel_id",
            unique=True,
            postgresql_where=text("state NOT IN ('failed', 'cancelled')"),
        ),
        Index("ix_shipment_parcel_id", "parcel_id"),
        Index("ix_shipment_order_id", "order_id"),
        Index("ix_shipment_tracking_code", "tracking_code"),
        Index(
            "ix_shipment_to_track",
            "carrier_account_id",
            "next_look_at",
            postgresql_where=text("shipped_at IS NOT NULL AND state IN ('labelled', 'in_transit', 'problem')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Also the reference under which carrier and channel know it."""
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    order_id: Mapped[UUID]
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcel.id"))
    carrier_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("carrier_account.id"))
    """None: somebody else sent it, the ERP."""
    carrier_name: Mapped[str]
    service: Mapped[str]
    state: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Exactly what the carrier is asked, so that asking again asks the same."""
    carrier_shipment_id: Mapped[str] = mapped_column(server_default="")
    tracking_code: Mapped[str] = mapped_column(server_default="")
    tracking_url: Mapped[str] = mapped_column(server_default="")
    label_pdf_id: Mapped[UUID | None]
    label_zpl_id: Mapped[UUID | None]
    cost: Mapped[Decimal | None]
    currency: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    labelled_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime | None]


class LabelAttempt(Base):
    """One time a carrier was asked for a label, and what came of it."""

    __tablename__ = "label_attempt"
    __table_args__ = (Index("ix_label_attempt_shipment_id", "shipment_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    outcome: Mapped[str]
    """``made``, ``refused`` or ``unknown``."""
    reason: Mapped[str]
    request_id: Mapped[str]
    actor_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class TrackingScan(Base):
    """Something that happened to a parcel on its way."""

    __tablename__ = "tracking_event"
    __table_args__ = (UniqueConstraint("shipment_id", "milestone", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    milestone: Mapped[str]
    at: Mapped[datetime]
    place: Mapped[str]
    text: Mapped[str]


class ChannelPush(Base):
    """What a channel must be told about one shipment, exactly once."""

    __tablename__ = "channel_push"
    __table_args__ = (
        UniqueConstraint("shipment_id"),
        CheckConstraint(_one_of("state", PushState), name="state_known"),
        Index(
            "ix_channel_push_due",
            "account_id",
            "next_look_at",
            postgresql_where=text("state IN ('waiting', 'sent')"),
        ),
        Index("ix_channel_push_seller_id_state", "seller_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    account_id: Mapped[UUID]
    order_id: Mapped[UUID]
    state: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The notice as it is sent: a :class:`~entrepot.channels.contract.ShipmentNotice`."""
    in_doubt: Mapped[bool] = mapped_column(server_default=text("false"))
    """A notice was, or may have been, sent and its fate is unknown: ask before sending again."""
    process_ref: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    """Notices sent."""
    looks: Mapped[int] = mapped_column(server_default=text("0"))
    """Times the channel was asked how far it is, since it took the notice."""
    last_error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CarrierMapping(Base):
    """What one channel account calls one of our carriers, or one that the ERP uses."""

    __tablename__ = "carrier_mapping"
    __table_args__ = (PrimaryKeyConstraint("account_id", "carrier", "service"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"))
    carrier: Mapped[str]
    """Our code, or the ERP's name, as it stands in notices."""
    service: Mapped[str]
    """Empty: for every service without a row of its own."""
    seller_id: Mapped[UUID]
    code: Mapped[str]
    """The channel's."""
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChannelCarriers(Base):
    """The carriers that one channel account accepts, as it said last."""

    __tablename__ = "channel_carriers"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    seller_id: Mapped[UUID]
    carriers: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    read_at: Mapped[datetime]


class PushTurn(Base):
    """Which run tells one channel account what left: one at a time, however many parcels leave."""

    __tablename__ = "push_turn"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    seller_id: Mapped[UUID]
    run_id: Mapped[UUID]
    until: Mapped[datetime]
    """A run that died is not waited for any longer."""
