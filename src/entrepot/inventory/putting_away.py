"""Putting away what came in: where to, and the way there."""

from datetime import date
from uuid import UUID

from entrepot.inventory.desk import check_quantity
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import NoRoomError, NotForStorageError
from entrepot.inventory.moving import Moving
from entrepot.inventory.refs import Receipt
from entrepot.inventory.repository.storing import StoringRepository
from entrepot.inventory.storing import Suggestion, suggest

TRANSIENT = frozenset({LocationKind.STAGING, LocationKind.RECEIVING})
"""Where goods only wait."""


class PuttingAway(Moving):
    """Put-away."""

    async def places_for(
        self, product_id: UUID, warehouse_id: UUID, quantity: int, *, lot: str = "", most: int = 5
    ) -> list[Suggestion]:
        """Return where so many units of a product are best put in a building, the best place first."""
        spots = await StoringRepository(self._session).spots(product_id, lot, warehouse_id)
        return suggest(spots, quantity)[:most]

    async def was_put_away(self, product_id: UUID, transfer_id: UUID) -> bool:
        """Whether this way was gone already."""
        return await self._stock.was_moved(product_id, transfer_id)

    async def put_away(
        self,
        product_id: UUID,
        from_location_id: UUID,
        to_location_id: UUID,
        quantity: int,
        *,
        lot: str = "",
        to_lot: str = "",
        expires_on: date | None = None,
        transfer_id: UUID | None = None,
    ) -> bool:
        """Carry goods that wait somewhere to the place where they stay.

        Args:
            product_id: what.
            from_location_id: where it waits.
            to_location_id: where it stays.
            quantity: units.
            lot: under which lot the books have them.
            to_lot: which lot their label says, if the books have them without one.
            expires_on: what their label says.
            transfer_id: of this way; if it was gone already, nothing happens.

        Returns:
            False if this way was gone before.

        Raises:
            NotForStorageError: goods only pass through *to_location_id*.
            NoRoomError: they do not fit.
            Whatever :meth:`move` and :meth:`receive` raise.
        """
        product = (await self._stored([product_id]))[product_id]
        check_quantity(quantity, product.sku)
        locations = await self._locations([from_location_id, to_location_id])
        target = locations[to_location_id]
        if target.kind in TRANSIENT:
            raise NotForStorageError(location=target.code, sku=product.sku)
        await self._stock.lock([product_id])
        if transfer_id is not None and await self._stock.was_moved(product_id, transfer_id):
            return False
        if target.max_units is not None:
            room = max(0, target.max_units - await StoringRepository(self._session).units_in(target.id))
            if room < quantity:
                raise NoRoomError(quantity=quantity, sku=product.sku, location=target.code, room=room)
        known = lot or to_lot
        receipt = Receipt(
            product_id=product_id, location_id=target.id, quantity=quantity, lot=known, expires_on=expires_on
        )
        await self._write_lots([receipt], {product_id: product}, locations)
        return await self.move(
            product_id,
            from_location_id,
            to_location_id,
            quantity,
            lot=lot,
            to_lot=known if known != lot else None,
            transfer_id=transfer_id,
        )
