"""Labels."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.inventory.pages.labels import printed


class LabelsIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which labels, how large, and for which printer."""

    kind: Literal["locations", "products", "lots"]
    ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=500)]
    format: Literal["pdf", "zpl"] = "pdf"
    size: Literal["62x29", "100x50", "102x152"] = "100x50"
    copies: Annotated[int, msgspec.Meta(ge=1, le=500)] = 1


class LabelApi(Controller):
    """Labels of locations, products and lots."""

    path = "/api/v1/labels"
    tags = ("labels",)
    opt = needs(Right.INVENTORY_READ)

    @post(operation_id="printLabels", summary="Draw labels", status_code=200)
    async def draw(self, session: AsyncSession, data: JSONBody[LabelsIn]) -> Response[bytes]:
        """Answer a PDF with one label per page, or ZPL."""
        return await printed(session, data.kind, data.ids, data.size, data.format, data.copies)
