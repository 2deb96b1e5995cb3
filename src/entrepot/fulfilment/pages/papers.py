"""Packing slips, address labels and invoice copies, as files."""

from uuid import UUID

from litestar import Controller, Response, post
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.http import printed, text_fields, whole_number
from entrepot.fulfilment.packaging.papers import address_labels
from entrepot.fulfilment.packaging.printing import Papers
from entrepot.orders.service import OrderService
from entrepot.printing.http import sent, workstation_of
from entrepot.printing.refs import Paper, Purpose
from entrepot.printing.service import PrintService

PURPOSES = {
    "slip": Purpose.PACKING_SLIP,
    "labels": Purpose.ADDRESS_LABEL,
    "invoice": Purpose.INVOICE_COPY,
}


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

    @post("/{order_id:uuid}/{what:str}/here", opt=needs(Right.PRINTING_PRINT), status_code=200)
    async def here(
        self, request: HTMXRequest, order_id: UUID, what: str, session: AsyncSession
    ) -> HTMXTemplate | Redirect:
        """Print a paper at the workstation at which this device stands."""
        copies = (await text_fields(request)).get("copies", "")
        papers = Papers(session, storage_of(request))
        made = await papers.make(order_id, what, copies=whole_number(copies, "copies") if copies else None)
        order = await OrderService(session).order(order_id)
        offered = [Paper(name=made.name, content=made.content)]
        if what == "labels":
            offered = [
                Paper(name=f"labels-{order.number}.pdf", content=address_labels(order, 1)),
                Paper(name=f"labels-{order.number}.zpl", content=address_labels(order, 1, thermal=True)),
            ]
        job = await PrintService(session).queue(
            order.seller_id,
            workstation_of(request),
            PURPOSES[what],
            offered,
            copies=made.copies,
            order_id=order_id,
        )
        return sent(job) if request.htmx else Redirect(f"/fulfilment/box/{order_id}", status_code=303)


ROUTES = [PaperPages]
