"""Every SQL statement that changes orders, or reads them to decide."""

from entrepot.orders.repository.orders import OrderRepository
from entrepot.orders.repository.saved_views import SavedViewRepository

__all__ = ["OrderRepository", "SavedViewRepository"]
