"""What boards and station pages tell each other."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class OrderOpened(Event, frozen=True, kw_only=True):
    """Somebody opened a page of an order.  The subject is not the order itself: looking is no part of its history."""

    topic: ClassVar[str] = "fulfilment.order_opened"
    subject_kind: ClassVar[str] = "order_presence"

    station: str
