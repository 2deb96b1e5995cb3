"""A carrier connector under test, and the carrier that is played for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from entrepot.channels.line import Line
from entrepot.fulfilment.contract import Carrier, CarrierSpec, Credentials, LabelRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCarrier:
    """A carrier of one test."""

    transport: httpx.AsyncBaseTransport
    credentials: Credentials
    request: LabelRequest
    """A parcel that it carries."""
    booked: Callable[[], int]
    """How many parcels it made."""


@dataclass(frozen=True, slots=True)
class CarrierCandidate:
    """A carrier connector, and how to open a carrier for it."""

    spec: CarrierSpec[Any]
    open: Callable[[], PlayedCarrier]

    def connect(self, played: PlayedCarrier, transport: httpx.AsyncBaseTransport | None = None) -> Carrier:
        """Connect to a played carrier, or over *transport* to one that misbehaves."""
        http = httpx.AsyncClient(transport=transport or played.transport)
        return self.spec.connect(played.credentials, Line(http=http))
