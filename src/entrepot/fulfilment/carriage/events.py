"""What carriage tells the others."""

from typing import ClassVar
from uuid import UUID

from entrepot.fulfilment.events import FloorEvent
from entrepot.kit.outbox import Event


class RulesChanged(Event, frozen=True, kw_only=True):
    """The rules of choice of a seller are others now."""

    topic: ClassVar[str] = "fulfilment.carrier_rules_changed"
    subject_kind: ClassVar[str] = "seller"


class ParcelInTrouble(FloorEvent, frozen=True, kw_only=True):
    """Something about a parcel on its way needs a person."""

    topic: ClassVar[str] = "fulfilment.parcel_in_trouble"

    shipment_id: UUID
    parcel: str
    kind: str


class ProblemCleared(FloorEvent, frozen=True, kw_only=True):
    """A person took care of a problem."""

    topic: ClassVar[str] = "fulfilment.problem_cleared"

    shipment_id: UUID
    parcel: str
    kind: str
    reason: str


class ManifestMade(Event, frozen=True, kw_only=True):
    """A day's parcels were handed to their carrier."""

    topic: ClassVar[str] = "fulfilment.manifest_made"
    subject_kind: ClassVar[str] = "manifest"

    carrier: str
    parcels: int
    refused: int
