"""Which building somebody looks at: it decides the day."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.errors import SiteNotFoundError
from entrepot.inventory import views as inventory


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
