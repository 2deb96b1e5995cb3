"""The floor as pages and programs read it: straight from SQL, no decisions."""

from entrepot.fulfilment.views.channel_pushes import PushRow, push_of, pushes
from entrepot.fulfilment.views.floor import (
    EVERYTHING,
    FloorCounts,
    Known,
    PackRow,
    ReadyOrder,
    counts,
    known_of,
    orders_called,
    ready_orders,
    to_pack,
)
from entrepot.fulfilment.views.lists import PickLineRow, PickListRow, lists_of, pick_lines, pick_lists
from entrepot.fulfilment.views.parcels import (
    AttemptRow,
    ScanRow,
    ShipmentRow,
    attempts,
    shipment_counts,
    shipments,
    tracking,
)

__all__ = [
    "EVERYTHING",
    "AttemptRow",
    "FloorCounts",
    "Known",
    "PackRow",
    "PickLineRow",
    "PickListRow",
    "PushRow",
    "ReadyOrder",
    "ScanRow",
    "ShipmentRow",
    "attempts",
    "counts",
    "known_of",
    "lists_of",
    "orders_called",
    "pick_lines",
    "pick_lists",
    "push_of",
    "pushes",
    "ready_orders",
    "shipment_counts",
    "shipments",
    "to_pack",
    "tracking",
]
