"""Parcels, carriers, and what channels are told."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.fulfilment.domain import ParcelStatus, PushState, ShipmentState
from entrepot.fulfilment.models.constraints import one_of
from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Parcel(Base):
    """A box for one order."""

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("seller_id", "number"),
        UniqueConstraint("seller_id", "client_id"),
        CheckConstraint(one_of("status", ParcelStatus), name="status_known"),
        CheckConstraint("weight_g >= 0", name="weight_not_negative"),
        Index("ix_parcel_order_id", "order_id"),
        Index("ix_parcel_seller_id_packed_at", "seller_id", "packed_at"),
        Index("ix_parcel_with_parcel_id", "with_parcel_id", postgresql_where=text("with_parcel_id IS NOT NULL")),
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
    with_parcel_id: Mapped[UUID | None]
    """The parcel of another order in whose box it lies: one label for both."""


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
        CheckConstraint(one_of("state", ShipmentState), name="state_known"),
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
    received_by: Mapped[str] = mapped_column(server_default="")
    """Who took it, as told by hand."""
    handed_by: Mapped[str] = mapped_column(server_default="")
    """How it left without a label: ``counter`` or ``driver``."""


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
        CheckConstraint(one_of("state", PushState), name="state_known"),
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
