"""Pictures of watched products, shown from the hub: nobody's browser asks a shop for them."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.storage import open_storage
from entrepot.pricewatch.pictures.service import picture_of


class PicturePages(Controller):
    """The picture of one product."""

    path = "/prices/products/{watched_product_id:uuid}/picture"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show(
        self, request: Request[Any, Any, Any], session: AsyncSession, watched_product_id: FromPath[UUID]
    ) -> Stream:
        """Hand the picture out, as nothing but a picture."""
        found = await picture_of(session, watched_product_id)
        headers = {
            "content-length": str(found.bytes),
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, max-age=604800, immutable",
        }
        storage = open_storage(request.app.state.settings)
        return Stream(storage.read(found.storage_key), media_type=found.media_type, headers=headers)


ROUTES = [PicturePages]
