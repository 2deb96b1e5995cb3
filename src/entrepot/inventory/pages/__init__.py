"""The stock for people."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.inventory.buildings import warehouse_names
from entrepot.inventory.pages.counts import CountPages
from entrepot.inventory.pages.labels import LabelPages
from entrepot.inventory.pages.lots import LotPages
from entrepot.inventory.pages.movements import MovementPages
from entrepot.inventory.pages.places import LocationPages, WarehousePages
from entrepot.inventory.pages.put_away import PutAwayPages
from entrepot.inventory.pages.reorganise import ReorganisePages
from entrepot.inventory.pages.replenish import PickFacePages, ReplenishPages
from entrepot.inventory.pages.stock import StockPages
from entrepot.kit.text import N_

ROUTES = [
    StockPages,
    MovementPages,
    WarehousePages,
    LocationPages,
    CountPages,
    LotPages,
    LabelPages,
    ReorganisePages,
    PutAwayPages,
    ReplenishPages,
    PickFacePages,
]
NAV = [
    NavItem(
        section="stock",
        label=N_("Stock"),
        url="/stock",
        icon="packages",
        right=Right.INVENTORY_READ,
        shortcut="s",
        order=20,
    ),
    NavItem(
        section="stock",
        label=N_("Warehouses"),
        url="/warehouses",
        icon="building-warehouse",
        right=Right.INVENTORY_READ,
        shortcut="w",
        order=30,
    ),
    NavItem(
        section="stock",
        label=N_("Lots"),
        url="/lots",
        icon="calendar-due",
        right=Right.INVENTORY_READ,
        order=25,
    ),
    NavItem(
        section="stock",
        label=N_("Put away"),
        url="/stock/put-away",
        icon="package-import",
        right=Right.INVENTORY_WRITE,
        order=32,
    ),
    NavItem(
        section="stock",
        label=N_("Replenish"),
        url="/replenish",
        icon="refresh",
        right=Right.INVENTORY_WRITE,
        order=34,
    ),
    NavItem(
        section="stock",
        label=N_("Reorganise"),
        url="/reorganise",
        icon="arrows-exchange",
        right=Right.INVENTORY_WRITE,
        order=45,
    ),
    NavItem(
        section="stock",
        label=N_("Counts"),
        url="/counts",
        icon="clipboard-list",
        right=Right.INVENTORY_COUNT,
        order=40,
    ),
]

__all__ = ["NAV", "ROUTES", "warehouse_names"]
