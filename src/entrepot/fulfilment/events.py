"""What the floor tells the others.  The order is the subject wherever there is one, so its timeline shows it."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class FloorEvent(Event, frozen=True, kw_only=True):
    """Something that happened to an order on the floor."""

    topic: ClassVar[str] = "fulfilment.floor_event"
    subject_kind: ClassVar[str] = "order"

    number: str
    """Of the order."""


class PickListReleased(FloorEvent, frozen=True, kw_only=True):
    """The order was put on a pick list."""

    topic: ClassVar[str] = "fulfilment.pick_list_released"

    pick_list_id: UUID
    pick_list: str


class PickListFinished(Event, frozen=True, kw_only=True):
    """Nothing on a list is open any more."""

    topic: ClassVar[str] = "fulfilment.pick_list_finished"
    subject_kind: ClassVar[str] = "pick_list"

    pick_list: str
    status: str


class PickListChangedHands(Event, frozen=True, kw_only=True):
    """Somebody took a list, put it down, or took it over."""

    topic: ClassVar[str] = "fulfilment.pick_list_changed_hands"
    subject_kind: ClassVar[str] = "pick_list"

    pick_list: str
    what: str
    """``claimed``, ``paused`` or ``resumed``."""
    before: str
    """Who had it."""
    name: str


class LinePicked(FloorEvent, frozen=True, kw_only=True):
    """Units were taken from their shelf."""

    topic: ClassVar[str] = "fulfilment.line_picked"

    pick_list: str
    sku: str
    location: str
    quantity: int


class PickUndone(FloorEvent, frozen=True, kw_only=True):
    """Units were put back on their shelf."""

    topic: ClassVar[str] = "fulfilment.pick_undone"

    pick_list: str
    sku: str
    location: str
    quantity: int


class LineShort(FloorEvent, frozen=True, kw_only=True):
    """There was less on the shelf than there should be."""

    topic: ClassVar[str] = "fulfilment.line_short"

    pick_list: str
    sku: str
    location: str
    missing: int
    replaced: int
    """Units found elsewhere instead."""
    reason: str


class ParcelPacked(FloorEvent, frozen=True, kw_only=True):
    """Goods are in a box."""

    topic: ClassVar[str] = "fulfilment.parcel_packed"

    parcel_id: UUID
    parcel: str
    units: int
    weight_g: int


class ParcelReopened(FloorEvent, frozen=True, kw_only=True):
    """A packed box was opened again."""

    topic: ClassVar[str] = "fulfilment.parcel_reopened"

    parcel_id: UUID
    parcel: str
    reason: str = ""


class LabelMade(FloorEvent, frozen=True, kw_only=True):
    """The carrier made a label."""

    topic: ClassVar[str] = "fulfilment.label_made"

    shipment_id: UUID
    parcel: str
    carrier: str
    tracking: str


class LabelFailed(FloorEvent, frozen=True, kw_only=True):
    """The carrier made no label."""

    topic: ClassVar[str] = "fulfilment.label_failed"

    shipment_id: UUID
    parcel: str
    carrier: str
    reason: str


class LabelCancelled(FloorEvent, frozen=True, kw_only=True):
    """A label will not be used."""

    topic: ClassVar[str] = "fulfilment.label_cancelled"

    shipment_id: UUID
    parcel: str
    tracking: str


class ParcelShipped(FloorEvent, frozen=True, kw_only=True):
    """A parcel left the building."""

    topic: ClassVar[str] = "fulfilment.parcel_shipped"

    shipment_id: UUID
    parcel: str
    carrier: str
    tracking: str


class ParcelTracked(FloorEvent, frozen=True, kw_only=True):
    """The carrier reported where a parcel is."""

    topic: ClassVar[str] = "fulfilment.parcel_tracked"

    shipment_id: UUID
    parcel: str
    milestone: str
    place: str


class ParcelDelivered(FloorEvent, frozen=True, kw_only=True):
    """The buyer has a parcel."""

    topic: ClassVar[str] = "fulfilment.parcel_delivered"

    shipment_id: UUID
    parcel: str
    place: str


class PushConfirmed(FloorEvent, frozen=True, kw_only=True):
    """The channel knows that the goods left."""

    topic: ClassVar[str] = "fulfilment.push_confirmed"

    shipment_id: UUID
    channel: str
    parcel: str


class PushFailed(FloorEvent, frozen=True, kw_only=True):
    """The channel refused the news of a shipment."""

    topic: ClassVar[str] = "fulfilment.push_failed"

    shipment_id: UUID
    channel: str
    parcel: str
    reason: str


class PushChanged(FloorEvent, frozen=True, kw_only=True):
    """Telling the channel got a step further, or waits for something."""

    topic: ClassVar[str] = "fulfilment.push_changed"

    shipment_id: UUID
    state: str
    reason: str = ""


class CarrierMapped(Event, frozen=True, kw_only=True):
    """Somebody said what a channel account calls a carrier."""

    topic: ClassVar[str] = "fulfilment.carrier_mapped"
    subject_kind: ClassVar[str] = "channel_account"

    carrier: str
    service: str
    code: str
    """Empty: it is no longer said."""


class CarrierConnected(Event, frozen=True, kw_only=True):
    """A carrier account can be used."""

    topic: ClassVar[str] = "fulfilment.carrier_connected"
    subject_kind: ClassVar[str] = "carrier_account"

    carrier: str
    name: str


class CarrierChanged(Event, frozen=True, kw_only=True):
    """A carrier account was changed."""

    topic: ClassVar[str] = "fulfilment.carrier_changed"
    subject_kind: ClassVar[str] = "carrier_account"

    name: str
    credentials_changed: bool
