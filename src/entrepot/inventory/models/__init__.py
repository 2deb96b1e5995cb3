"""Tables of the inventory slice.  Only this slice reads or writes them."""

from entrepot.inventory.models.stock import (
    Location,
    Reservation,
    StockCount,
    StockCountLine,
    StockLevel,
    StockMove,
    StockTotal,
    Warehouse,
)
from entrepot.inventory.models.work import Lot, LotEvent, PickFace, Reorganisation, ReorganisationSwap, Replenishment

__all__ = [
    "Location",
    "Lot",
    "LotEvent",
    "PickFace",
    "Reorganisation",
    "ReorganisationSwap",
    "Replenishment",
    "Reservation",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockMove",
    "StockTotal",
    "Warehouse",
]
