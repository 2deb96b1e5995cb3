"""Packing slips, address labels and invoice copies, as files."""

from uuid import UUID

from litestar import Controller, Response, post
from litestar.plugins.htmx import HTMXRequest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.http import printed, text_fields, whole_number
from entrepot.fulfilment.packaging.printing import Papers


class PaperPages(Controller):
    """Print, and print again."""

    path = "/fulfilment/papers"
    include_in_schema = False

    @post("/{order_id:uuid}/{what:str}", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def paper(self, request: HTMXRequest, order_id: UUID, what: str, session: AsyncSession) -> Response[bytes]:
        """Give a paper of an order as a file; who had it printed is kept."""
        values = await text_fields(request)
        copies = values.get("copies", "")
        paper = await Papers(session, storage_of(request)).make(
            order_id,
            what,
            copies=whole_number(copies, "copies") if copies else None,
            thermal=values.get("format") == "zpl",
        )
        return printed(paper.name, paper.media_type, paper.content)


ROUTES = [PaperPages]
