"""The contract between the product and its carriers.

A carrier connector translates; it decides nothing, stores nothing and retries nothing.  It reaches its carrier through
the same :class:`~entrepot.channels.line.Line` as a channel does, and raises the same errors
(:mod:`entrepot.channels.errors`): who has to act is the same question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from entrepot.channels.contract import Credentials, PostalAddress, ShippedLine
from entrepot.channels.line import Line
from entrepot.fulfilment.contract_carriage import (
    CarrierService,
    ClosesDays,
    FindsServicePoints,
    ListsServices,
    QuotesRates,
)
from entrepot.kit.text import N_

__all__ = [
    "CancelsLabels",
    "Carrier",
    "CarrierCapability",
    "CarrierService",
    "CarrierSpec",
    "CreatesLabels",
    "Credentials",
    "FindsLabels",
    "Label",
    "LabelRequest",
    "Milestone",
    "OrdersLabels",
    "PostalAddress",
    "ShippedLine",
    "TrackingEvent",
    "TracksParcels",
]


class CarrierCapability(StrEnum):
    """Something a carrier connector may be able to do."""

    LABELS = "labels"
    ORDERED_LABELS = "ordered_labels"
    FIND_LABELS = "find_labels"
    CANCEL_LABELS = "cancel_labels"
    TRACKING = "tracking"
    SERVICES = "services"
    QUOTES = "quotes"
    MANIFESTS = "manifests"
    SERVICE_POINTS = "service_points"


class Milestone(StrEnum):
    """Where a parcel is, in words that every carrier's are translated to."""

    LABEL_CREATED = "label_created"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AT_PICK_UP_POINT = "at_pick_up_point"
    DELIVERED = "delivered"
    FAILED_ATTEMPT = "failed_attempt"
    EXCEPTION = "exception"
    RETURNED = "returned"
    CANCELLED = "cancelled"


MILESTONE_LABELS: Final = {
    Milestone.LABEL_CREATED: N_("Label made"),
    Milestone.ACCEPTED: N_("Handed to the carrier"),
    Milestone.IN_TRANSIT: N_("On its way"),
    Milestone.OUT_FOR_DELIVERY: N_("Out for delivery"),
    Milestone.AT_PICK_UP_POINT: N_("At a pick-up point"),
    Milestone.DELIVERED: N_("Delivered"),
    Milestone.FAILED_ATTEMPT: N_("Delivery failed"),
    Milestone.EXCEPTION: N_("Trouble on the way"),
    Milestone.RETURNED: N_("On its way back"),
    Milestone.CANCELLED: N_("Cancelled by the carrier"),
}


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be carried."""

    reference: Annotated[str, Meta(min_length=1, max_length=60)]
    """Ours, unique per shipment.  Asking twice with one reference must make one parcel."""
    service: str
    sender: PostalAddress
    recipient: PostalAddress
    weight_g: Annotated[int, Meta(gt=0)]
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    order_number: str = ""
    """For the label, so that people recognise it."""
    channel_lines: tuple[ShippedLine, ...] = ()
    """What is in the parcel, for a carrier that serves one channel's orders only."""
    started: str = ""
    """The carrier's name for the making of this label, if it has begun: see :class:`OrdersLabels`."""
    in_doubt: bool = False
    """It was asked before and the answer is not known: a parcel may be booked under this reference already.  A carrier
    that makes a second parcel of a repeated reference is first asked for the one it has, or is not asked at all."""
    service_point: str = ""
    """The carrier's number of the pick-up point it goes to; empty: to the door."""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What the carrier made of a request."""

    carrier_shipment_id: Annotated[str, Meta(min_length=1)]
    tracking_code: str
    tracking_url: str = ""
    pdf: bytes
    zpl: bytes = b""
    """For thermal printers; empty if the carrier has none."""
    cost: Decimal | None = None
    currency: str = ""


class TrackingEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a parcel."""

    milestone: Milestone
    at: Annotated[datetime, Meta(tz=True)]
    place: str = ""
    text: str = ""
    """What the carrier says about it."""


class Carrier(Protocol):
    """What every carrier connector can do."""

    async def check(self) -> str:
        """Prove that the credentials work, and return a name for the account as the carrier knows it."""
        ...


@runtime_checkable
class CreatesLabels(Carrier, Protocol):
    """Capability ``labels``."""

    async def create_label(self, request: LabelRequest) -> Label:
        """Book a parcel and return its label; the same request again returns the same parcel."""
        ...


@runtime_checkable
class OrdersLabels(Carrier, Protocol):
    """Capability ``ordered_labels``: labels that are made while we wait."""

    async def order_label(self, request: LabelRequest) -> str:
        """Order a label, and return the carrier's name for its making, which is stored before anything else is done."""
        ...

    async def collect_label(self, request: LabelRequest) -> Label | None:
        """Return the label whose making is :attr:`~LabelRequest.started`; None: it is not ready yet.

        Raises:
            RequestRejectedError: there will be none.
        """
        ...


@runtime_checkable
class FindsLabels(Carrier, Protocol):
    """Capability ``find_labels``: for carriers that only know their own numbers."""

    async def find_label(self, carrier_shipment_id: str) -> Label:
        """Return the label of a parcel that a person found in the carrier's own portal.

        Raises:
            ChannelThingMissingError: the carrier has no such parcel, or no longer its label.
        """
        ...


@runtime_checkable
class CancelsLabels(Carrier, Protocol):
    """Capability ``cancel_labels``."""

    async def cancel_label(self, carrier_shipment_id: str) -> None:
        """Cancel a parcel that the carrier does not have yet; cancelling twice is fine.

        Raises:
            RequestRejectedError: the carrier has it already.
        """
        ...


@runtime_checkable
class TracksParcels(Carrier, Protocol):
    """Capability ``tracking``."""

    async def track(self, tracking_code: str) -> tuple[TrackingEvent, ...]:
        """Return everything that happened to a parcel so far, the oldest first."""
        ...


CARRIER_PROTOCOLS: dict[CarrierCapability, type] = {
    CarrierCapability.LABELS: CreatesLabels,
    CarrierCapability.ORDERED_LABELS: OrdersLabels,
    CarrierCapability.FIND_LABELS: FindsLabels,
    CarrierCapability.CANCEL_LABELS: CancelsLabels,
    CarrierCapability.TRACKING: TracksParcels,
    CarrierCapability.SERVICES: ListsServices,
    CarrierCapability.QUOTES: QuotesRates,
    CarrierCapability.MANIFESTS: ClosesDays,
    CarrierCapability.SERVICE_POINTS: FindsServicePoints,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSpec[C: Credentials]:
    """Everything the product knows about a carrier connector without running it."""

    key: str
    """Identifies the connector in the database and in URLs; equals its package name."""
    code: str
    """What channels are told: the carrier mapping turns it into the channel's code.  ``other``: none they know."""
    name: str
    website: str
    help_url: str
    """Where the seller finds or makes the credentials."""
    capabilities: frozenset[CarrierCapability]
    services: tuple[CarrierService, ...]
    """At least one; the first is offered first."""
    credentials: type[C]
    connect: Callable[[C, Line], Carrier]
    heaviest_g: int = 31_500
    """The most a parcel may weigh."""
    limits: tuple[str, ...] = ()
    """What the passport says about how often the carrier may be asked, and the like."""
    quirks: tuple[str, ...] = ()
    """What the passport warns of."""
    channel: str = ""
    """Key of the channel whose orders it serves, and which knows its labels; empty: any order's."""

    def serves(self, channel: str | None) -> bool:
        """Whether it makes labels for orders of *channel*."""
        return self.channel in {"", channel}
