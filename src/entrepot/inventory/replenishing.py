"""Keeping pick faces filled."""

from collections.abc import Collection
from uuid import UUID

from entrepot.inventory.domain import MOST_UNITS
from entrepot.inventory.errors import (
    BadPickFaceError,
    BringTooMuchError,
    NotForStorageError,
    ReplenishmentGoneError,
)
from entrepot.inventory.filling import fill
from entrepot.inventory.putting_away import TRANSIENT, PuttingAway
from entrepot.inventory.repository.filling import FillingRepository
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id


class Replenishing(PuttingAway):
    """Pick faces and what is brought to them."""

    async def set_pick_face(self, product_id: UUID, location_id: UUID, minimum: int, maximum: int) -> None:
        """Say that a place is to hold between *minimum* and *maximum* units of a product.

        Raises:
            UnknownProductError, NotStockedError, UnknownLocationError
            BadPickFaceError: the numbers make no sense.
            NotForStorageError: goods only pass through the place.
        """
        product = (await self._stored([product_id]))[product_id]
        location = (await self._locations([location_id]))[location_id]
        if location.kind in TRANSIENT:
            raise NotForStorageError(location=location.code, sku=product.sku)
        if not 1 <= minimum <= maximum <= MOST_UNITS:
            raise BadPickFaceError(minimum=minimum, maximum=maximum, sku=product.sku, location=location.code)
        await FillingRepository(self._session).set_face(
            {
                "id": new_id(),
                "seller_id": product.seller_id,
                "product_id": product_id,
                "location_id": location_id,
                "minimum": minimum,
                "maximum": maximum,
            }
        )

    async def remove_pick_faces(self, ids: Collection[UUID]) -> int:
        """Forget pick faces; what lies there stays there."""
        return await FillingRepository(self._session).remove_faces(ids)

    async def make_replenishment(self, seller_id: UUID) -> int:
        """Make the list of what to bring anew; return how many ways it has."""
        filling = FillingRepository(self._session)
        await filling.lock_list(seller_id)
        ways = fill(await filling.faces(seller_id), await filling.sources(seller_id))
        await filling.replace_open(
            seller_id,
            [
                {
                    "id": new_id(),
                    "seller_id": seller_id,
                    "warehouse_id": way.face.warehouse_id,
                    "product_id": way.face.product_id,
                    "lot": way.source.lot,
                    "from_location_id": way.source.location_id,
                    "to_location_id": way.face.location_id,
                    "quantity": way.quantity,
                }
                for way in ways
            ],
        )
        return len(ways)

    async def sellers_with_pick_faces(self) -> list[UUID]:
        """Return who has pick faces."""
        return await FillingRepository(self._session).sellers()

    async def bring(self, replenishment_id: UUID, quantity: int) -> bool:
        """Note that so many units were brought to the pick face, and move them in the books.

        Returns:
            False if it was noted before.

        Raises:
            ReplenishmentGoneError: the list was made anew meanwhile.
            BringTooMuchError: more than was asked for.
            Whatever :meth:`put_away` raises.
        """
        filling = FillingRepository(self._session)
        row = await filling.locked(replenishment_id)
        if row is None:
            raise ReplenishmentGoneError
        if row.status == "done":
            return False
        if quantity > row.quantity:
            sku = (await self._stored([row.product_id]))[row.product_id].sku
            target = (await self._locations([row.to_location_id]))[row.to_location_id]
            raise BringTooMuchError(quantity=quantity, sku=sku, location=target.code, asked=row.quantity)
        await self.put_away(
            row.product_id, row.from_location_id, row.to_location_id, quantity, lot=row.lot, transfer_id=row.id
        )
        await filling.done(row.id, quantity, context_of(self._session).actor.name, now())
        return True
