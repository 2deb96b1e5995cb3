"""Tells printing, which stands below, the names of our warehouses."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.views.places import warehouses
from entrepot.printing.buildings import tells_buildings


@tells_buildings
async def warehouse_names(session: AsyncSession) -> Sequence[tuple[UUID, str]]:
    """Return id and name of every warehouse that the transaction sees."""
    return [(one.id, f"{one.code} · {one.name}") for one in await warehouses(session)]
