"""Which building somebody looks at: it decides the day."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.errors import SiteNotFoundError
from entrepot.inventory import views as inventory

AT_SITE = """(CAST(:site AS uuid) IS NULL OR f.warehouse_id = CAST(:site AS uuid)
    OR (f.warehouse_id IS NULL AND EXISTS (SELECT 1 FROM pick_list_order at_site
        WHERE at_site.order_id = f.order_id AND at_site.warehouse_id = CAST(:site AS uuid))))"""
"""Whether order ``f`` of the floor is in building ``:site``, or on a pick list of it that nobody has begun; NULL: any."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A building."""

    id: UUID
    name: str
    code: str
    time_zone: str


async def sites(session: AsyncSession) -> list[Site]:
    """Return the buildings that the session's scope reaches."""
    return [
        Site(id=one.id, name=one.name, code=one.code, time_zone=one.time_zone)
        for one in await inventory.warehouses(session)
    ]


def site_called(known: Sequence[Site], wanted: UUID | None) -> Site | None:
    """Return the building that was asked for; None: all of them.

    Raises:
        SiteNotFoundError: it is none of *known*.
    """
    if wanted is None:
        return None
    for one in known:
        if one.id == wanted:
            return one
    raise SiteNotFoundError
