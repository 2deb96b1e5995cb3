"""The floor's things as services, pages and the API see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from entrepot.fulfilment.domain import LineState, ListStatus, ParcelStatus, PushState, ShipmentState, SkipReason
from entrepot.fulfilment.errors import NotBookedHereError


class PickListRef(msgspec.Struct, frozen=True, kw_only=True):
    """A pick list."""

    id: UUID
    seller_id: UUID
    number: str
    warehouse_id: UUID
    status: ListStatus
    assigned_to: str
    assigned_name: str
    order_count: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int
    mode: str
    due_by: datetime | None
    paused_at: datetime | None
    zone: str
    group_id: UUID | None

    @property
    def is_open(self) -> bool:
        return self.status in {ListStatus.OPEN, ListStatus.PICKING}


class PickLineRef(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a pick list."""

    id: UUID
    seller_id: UUID
    pick_list_id: UUID
    order_id: UUID
    order_line_id: UUID
    product_id: UUID
    sku: str
    gtin: str
    title: str
    location_id: UUID
    location_code: str
    walk_order: int
    lot: str
    quantity: int
    picked: int
    short: int
    put_back: int
    reason: str
    state: LineState
    scanned_at: datetime | None
    scanned_by: str
    located_at: datetime | None
    """When its place was scanned."""
    lot_scanned: str
    in_hand: int
    sorted: int
    order_number: str
    position: int
    tote: str
    """The tote of its order on this list, if it has one."""

    @property
    def left(self) -> int:
        return self.quantity - self.picked - self.short if self.state is LineState.OPEN else 0


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was not released."""

    number: str
    """Of the order, or the id that was asked for."""
    reason: SkipReason
    status: str
    """Where the order is."""


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What releasing orders brought."""

    pick_list_ids: tuple[UUID, ...]
    numbers: tuple[str, ...]
    orders: int
    skipped: tuple[Skipped, ...] = ()
    """Orders that were left out."""


class PickOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan or a click did."""

    pick_list_id: UUID
    pick_line_id: UUID | None
    picked: int
    """Units picked by this."""
    repeated: bool = False
    """It had been done before: nothing changed."""
    hit: str = "product"
    message: str = ""
    """English template."""
    facts: dict[str, str | int] = {}


class ParcelLineRef(msgspec.Struct, frozen=True, kw_only=True):
    """Units in a parcel."""

    order_line_id: UUID
    sku: str
    title: str
    quantity: int


class ParcelRef(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel."""

    id: UUID
    seller_id: UUID
    order_id: UUID
    order_number: str
    number: str
    status: ParcelStatus
    weight_g: int
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    packed_by: str
    packed_at: datetime | None
    shipped_at: datetime | None
    with_parcel_id: UUID | None = None
    """The parcel of another order in whose box it lies; that one has the label."""
    lines: tuple[ParcelLineRef, ...] = ()


class ShipmentRef(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel in the hands of a carrier."""

    id: UUID
    seller_id: UUID
    order_id: UUID
    parcel_id: UUID
    carrier_account_id: UUID | None
    """None: the ERP sent it."""
    carrier_name: str
    service: str
    state: ShipmentState
    request: dict[str, Any]
    carrier_shipment_id: str
    tracking_code: str
    tracking_url: str
    label_pdf_id: UUID | None
    label_zpl_id: UUID | None
    attempts: int
    last_error: str
    created_at: datetime
    labelled_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None

    @property
    def booked_with(self) -> UUID:
        """The carrier account that made its label.

        Raises:
            NotBookedHereError: the ERP sent it.
        """
        if self.carrier_account_id is None:
            raise NotBookedHereError(carrier=self.carrier_name, tracking=self.tracking_code)
        return self.carrier_account_id


class PushRef(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel must be told."""

    id: UUID
    seller_id: UUID
    shipment_id: UUID
    account_id: UUID
    order_id: UUID
    state: PushState
    payload: dict[str, Any]
    in_doubt: bool
    process_ref: str
    attempts: int
    looks: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    next_look_at: datetime


class CarrierAccountRef(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier account, without its secrets."""

    id: UUID
    seller_id: UUID
    carrier: str
    name: str
    default_service: str
    active: bool
    known_as: str
    last_error: str
    last_error_at: datetime | None
    connected_at: datetime
