"""What delivery tells the others."""

from typing import ClassVar
from uuid import UUID

from entrepot.fulfilment.events import FloorEvent
from entrepot.kit.outbox import Event


class RouteChanged(Event, frozen=True, kw_only=True):
    """A route was made, planned, loaded, started, finished or cancelled."""

    topic: ClassVar[str] = "fulfilment.route_changed"
    subject_kind: ClassVar[str] = "route"

    route: str
    status: str
    what: str
    """``made``, ``planned``, ``loaded``, ``started``, ``finished``, ``cancelled``."""


class OutForDelivery(FloorEvent, frozen=True, kw_only=True):
    """Our driver left with the order."""

    topic: ClassVar[str] = "fulfilment.out_for_delivery"

    route: str
    driver: str


class DeliveryFailed(FloorEvent, frozen=True, kw_only=True):
    """Our driver could not hand the order over."""

    topic: ClassVar[str] = "fulfilment.delivery_failed"

    route: str
    why: str
    note: str


class CameBack(FloorEvent, frozen=True, kw_only=True):
    """What could not be delivered is in stock again."""

    topic: ClassVar[str] = "fulfilment.came_back"

    units: int
    location: str


class ProofAdded(FloorEvent, frozen=True, kw_only=True):
    """There is a proof."""

    topic: ClassVar[str] = "fulfilment.proof_added"

    kind: str
    document_id: UUID


class HandOverChosen(FloorEvent, frozen=True, kw_only=True):
    """Somebody said how an order is to leave."""

    topic: ClassVar[str] = "fulfilment.hand_over_chosen"

    how: str
    point: str = ""


class CarrierChanged(FloorEvent, frozen=True, kw_only=True):
    """A packed parcel goes with another carrier."""

    topic: ClassVar[str] = "fulfilment.parcel_carrier_changed"

    parcel: str
    before: str
    after: str
    reason_given: str


class NotCollected(FloorEvent, frozen=True, kw_only=True):
    """An order waits at the counter for too long."""

    topic: ClassVar[str] = "fulfilment.not_collected"

    days: int


class CutOffsChanged(Event, frozen=True, kw_only=True):
    """Somebody changed cut-off times or days off."""

    topic: ClassVar[str] = "fulfilment.cut_offs_changed"
    subject_kind: ClassVar[str] = "seller"
