"""The stock as other slices use it."""

from collections.abc import Collection
from uuid import UUID

from entrepot.inventory import views
from entrepot.inventory.arranging import Arranging
from entrepot.inventory.counting import Counting
from entrepot.inventory.domain import LocationKind, MoveKind
from entrepot.inventory.flooring import Flooring
from entrepot.inventory.refs import (
    Availability,
    LocationRef,
    LostReservation,
    Receipt,
    ReservationOutcome,
    ReservationRequest,
    ReservationRow,
)
from entrepot.inventory.reorganising import ReorganisationPreview, Reorganising
from entrepot.inventory.replenishing import Replenishing

__all__ = [
    "Availability",
    "InventoryService",
    "LocationKind",
    "LocationRef",
    "LostReservation",
    "MoveKind",
    "Receipt",
    "ReorganisationPreview",
    "ReservationOutcome",
    "ReservationRequest",
    "ReservationRow",
]


class InventoryService(Replenishing, Reorganising, Arranging, Counting, Flooring):
    """Every use case of the stock.

    Each runs inside the caller's transaction and never commits.  A transaction that makes several calls for several
    products calls :meth:`hold` for all of them first; then no two transactions can wait for each other in a circle.
    """

    async def availability(self, product_ids: Collection[UUID]) -> dict[UUID, Availability]:
        """Return how much there is of each product, bundles included; unknown ones have nothing."""
        found = await views.availability(self._session, product_ids)
        bundles = [product_id for product_id in product_ids if product_id not in found]
        if bundles:
            found |= await views.bundle_availability(self._session, bundles)
        return {product_id: found.get(product_id, Availability()) for product_id in product_ids}

    async def availability_in(self, product_ids: Collection[UUID], warehouse_id: UUID) -> dict[UUID, Availability]:
        """Return how much of each stored product lies in one building; what is not there is left out."""
        return await views.availability_in(self._session, product_ids, warehouse_id)

    async def set_low(self, seller_id: UUID, product_id: UUID, low: int) -> None:
        """Say at how many available units a product counts as low."""
        await self._stored([product_id])
        await self._stock.set_low(seller_id, product_id, max(0, low))
