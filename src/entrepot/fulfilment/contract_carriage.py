"""What some carriers can do beyond labels: services of an account, rates, manifests at day's end, pick-up points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from entrepot.channels.contract import PostalAddress


@dataclass(frozen=True, slots=True)
class CarrierService:
    """A way of sending that a carrier offers."""

    code: str
    name: str


class RateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that is not booked yet."""

    sender: PostalAddress
    recipient: PostalAddress
    weight_g: Annotated[int, Meta(gt=0)]
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What one way of sending a parcel would cost."""

    service: str
    name: str
    cost: Decimal | None
    """None: the carrier offers it without telling a price."""
    currency: str = ""
    hours: int | None = None
    """Expected time on the way."""


class ManifestRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that the carrier did not take onto the manifest."""

    carrier_shipment_id: str
    reason: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the carrier made of closing a day."""

    number: str = ""
    documents: tuple[bytes, ...] = ()
    """PDF, one per contract; none: ours is used."""
    refused: tuple[ManifestRefusal, ...] = ()
    """All others are on it."""


class ServicePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A shop or a locker where parcels are picked up."""

    point_id: str
    name: str
    street: str
    house_number: str
    postcode: str
    city: str
    country: str


@runtime_checkable
class ListsServices(Protocol):
    """Capability ``services``: what can be booked depends on the account's contracts."""

    async def services(self) -> tuple[CarrierService, ...]:
        """Return what this account can book."""
        ...


@runtime_checkable
class QuotesRates(Protocol):
    """Capability ``quotes``."""

    async def quote(self, request: RateRequest) -> tuple[Rate, ...]:
        """Return every way of sending this parcel, the cheapest first, those without a price last."""
        ...


@runtime_checkable
class ClosesDays(Protocol):
    """Capability ``manifests``."""

    async def close_day(self, carrier_shipment_ids: Sequence[str], day: date) -> Manifest:
        """Tell the carrier that these parcels are handed over; closing one again is fine."""
        ...


@runtime_checkable
class FindsServicePoints(Protocol):
    """Capability ``service_points``."""

    async def service_points(self, country: str, postcode: str) -> tuple[ServicePoint, ...]:
        """Return pick-up points, the nearest first."""
        ...
