"""Stock as others read it: straight from SQL, no decisions."""

from entrepot.inventory.views.counts import CountLineView, CountView, count_lines, counts
from entrepot.inventory.views.filling import BringView, PickFaceView, pick_faces, replenishments
from entrepot.inventory.views.for_sale import Counted, for_sale
from entrepot.inventory.views.lots import LotAlerts, LotEventView, LotView, lot_alerts, lot_events, lots
from entrepot.inventory.views.past import PastLevel, stock_at
from entrepot.inventory.views.places import LocationView, WarehouseView, find_location, locations, warehouses
from entrepot.inventory.views.stock import (
    LevelView,
    MoveView,
    PromiseView,
    StockRow,
    availability,
    availability_in,
    bundle_availability,
    contents,
    levels,
    moves,
    promises,
    staged_leftovers,
    stock_list,
    waiting,
)

__all__ = [
    "BringView",
    "CountLineView",
    "CountView",
    "Counted",
    "LevelView",
    "LocationView",
    "LotAlerts",
    "LotEventView",
    "LotView",
    "MoveView",
    "PastLevel",
    "PickFaceView",
    "PromiseView",
    "StockRow",
    "WarehouseView",
    "availability",
    "availability_in",
    "bundle_availability",
    "contents",
    "count_lines",
    "counts",
    "find_location",
    "for_sale",
    "levels",
    "locations",
    "lot_alerts",
    "lot_events",
    "lots",
    "moves",
    "pick_faces",
    "promises",
    "replenishments",
    "staged_leftovers",
    "stock_at",
    "stock_list",
    "waiting",
    "warehouses",
]
