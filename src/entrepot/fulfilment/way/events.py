"""What the way tells the others."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class OrderStepped(Event, frozen=True, kw_only=True):
    """Somebody moved an order to a station, sent it back, resolved that, or forced a step."""

    topic: ClassVar[str] = "fulfilment.order_stepped"
    subject_kind: ClassVar[str] = "order"

    number: str
    origin: str
    stage: str
    station: str = ""
    reason: str = ""
    forced: bool = False
