"""Buttons beside downloads: the same on a printer of the workstation at which this device stands."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.carriage.errors import ManifestNotFoundError
from entrepot.fulfilment.printed import label_papers, manifest_papers, pick_list_paper
from entrepot.printing.http import sent, workstation_of
from entrepot.printing.refs import JobRef, Purpose
from entrepot.printing.service import PrintService

type Answer = HTMXTemplate | Redirect


class PrintPages(Controller):
    """Print here."""

    path = "/fulfilment/print"
    include_in_schema = False
    opt = needs(Right.PRINTING_PRINT)

    @post("/label/{shipment_id:uuid}", status_code=200)
    async def label(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, shipment_id: FromPath[UUID]
    ) -> Answer:
        """Print a carrier's label."""
        order_id, papers = await label_papers(session, shipment_id)
        job = await PrintService(session).queue(
            principal.seller_id(), workstation_of(request), Purpose.SHIPPING_LABEL, papers, order_id=order_id
        )
        return _answer(request, job, f"/fulfilment/shipments/{shipment_id}")

    @post("/manifest/{manifest_id:uuid}/{number:int}", status_code=200)
    async def manifest(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        manifest_id: FromPath[UUID],
        number: FromPath[int],
    ) -> Answer:
        """Print one of the documents of a manifest."""
        papers = await manifest_papers(session, manifest_id)
        if not 1 <= number <= len(papers):
            raise ManifestNotFoundError(manifest=str(manifest_id))
        job = await PrintService(session).queue(
            principal.seller_id(), workstation_of(request), Purpose.MANIFEST, papers[number - 1]
        )
        return _answer(request, job, "/fulfilment/manifests")

    @post("/pick-list/{list_id:uuid}", status_code=200)
    async def pick_list(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, list_id: FromPath[UUID]
    ) -> Answer:
        """Print a pick list as a sheet."""
        paper = await pick_list_paper(session, list_id)
        job = await PrintService(session).queue(
            principal.seller_id(), workstation_of(request), Purpose.PICK_LIST, paper
        )
        return _answer(request, job, f"/fulfilment/pick/{list_id}/lines")


def _answer(request: Request[Any, Any, Any], job: JobRef, back: str) -> Answer:
    return sent(job) if request.headers.get("hx-request") else Redirect(back, status_code=303)


ROUTES = [PrintPages]
