"""Every SQL statement of the inventory slice that locks or writes."""

from entrepot.inventory.repository.counts import CountRepository
from entrepot.inventory.repository.lots import LotRepository
from entrepot.inventory.repository.places import PlaceRepository
from entrepot.inventory.repository.stock import Level, Movement, StockRepository, Total

__all__ = ["CountRepository", "Level", "LotRepository", "Movement", "PlaceRepository", "StockRepository", "Total"]
