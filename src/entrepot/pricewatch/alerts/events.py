"""What happens to alerts.  Other slices may import this module."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class AlertFired(Event, frozen=True, kw_only=True):
    """An alert went off, and its user was told."""

    topic: ClassVar[str] = "pricewatch.alert_fired"
    subject_kind: ClassVar[str] = "watched_product"

    alert_id: UUID
    listing_id: UUID
    kind: str
