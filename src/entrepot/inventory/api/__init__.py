"""The stock for programs."""

from entrepot.inventory.api.counts import CountApi
from entrepot.inventory.api.filling import PickFaceApi, ReplenishmentApi
from entrepot.inventory.api.labels import LabelApi
from entrepot.inventory.api.lots import LotApi
from entrepot.inventory.api.places import LocationApi, WarehouseApi
from entrepot.inventory.api.reorganising import ReorganisationApi
from entrepot.inventory.api.stock import MoveApi, StockApi

ROUTES = [
    WarehouseApi,
    LocationApi,
    StockApi,
    MoveApi,
    CountApi,
    LotApi,
    LabelApi,
    ReorganisationApi,
    PickFaceApi,
    ReplenishmentApi,
]
