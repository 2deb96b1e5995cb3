"""Manifests: what was handed to whom, and closing the day by hand."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.documents.service import DocumentService
from entrepot.fulfilment.carriage.errors import ManifestNotFoundError
from entrepot.fulfilment.carriage.handed_over import left_unlisted, parcels_on, still_here
from entrepot.fulfilment.carriage.manifests import LOOKS_BACK
from entrepot.fulfilment.carriage.views import manifests, waiting_counts
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.http import carrier_lines, manifest_desk, own_transaction
from entrepot.fulfilment.pages.shipments import SHOWN_ALONE
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

PATH = "/fulfilment/manifests"
PAGE = 50
LONGEST_NUMBER = 4


class ManifestPages(Controller):
    """Manifests."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(self, session: AsyncSession, before: UUID | None = None) -> Template:
        """List manifests, and what waits for the next."""
        return Template("fulfilment/manifests.html", context=await _context(session, before=before))

    @post("/close/{account_id:uuid}", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def close(self, request: HTMXRequest, account_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Hand over what left now."""
        try:
            async with carrier_lines(request) as lines:
                await manifest_desk(request, principal, lines).close(account_id)
        except EntrepotError as error:
            async with own_transaction(request, principal) as session:
                context = await _context(session, error)
            return Template("fulfilment/manifests.html", context=context, status_code=422)
        return Redirect(PATH, status_code=303)

    @get("/{manifest_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(self, manifest_id: UUID, session: AsyncSession) -> Template:
        """Show what is on a manifest, to print it again and to look for a parcel."""
        found = await manifests(session, manifest_id=manifest_id)
        if not found:
            raise ManifestNotFoundError(manifest=str(manifest_id))
        context = {"row": found[0], "parcels": await parcels_on(session, manifest_id)}
        return Template("fulfilment/manifest.html", context=context)

    @get("/{manifest_id:uuid}/{file:str}", opt=needs(Right.FULFILMENT_READ))
    async def document(self, request: HTMXRequest, manifest_id: UUID, file: str, session: AsyncSession) -> Stream:
        """Send one of the documents, ``1.pdf`` and on, to be shown and printed."""
        written = file.removesuffix(".pdf")
        number = int(written) if written.isdecimal() and len(written) < LONGEST_NUMBER else 0
        found = await manifests(session, manifest_id=manifest_id)
        if not found or not 1 <= number <= len(found[0].document_ids):
            raise ManifestNotFoundError(manifest=str(manifest_id))
        storage = storage_of(request)
        document = await DocumentService(session, storage).find(found[0].document_ids[number - 1])
        return Stream(
            storage.read(document.storage_key),
            media_type="application/pdf",
            headers={
                "Content-Disposition": f'inline; filename="{document.name}"',
                "content-security-policy": SHOWN_ALONE,
            },
        )


async def _context(
    session: AsyncSession, error: EntrepotError | None = None, before: UUID | None = None
) -> dict[str, Any]:
    found = await manifests(session, before=before, limit=PAGE + 1)
    counts = await waiting_counts(session, now() - LOOKS_BACK)
    accounts = await Carriers(session).accounts()
    return {
        "rows": found[:PAGE],
        "unlisted": await left_unlisted(session, now() - LOOKS_BACK),
        "here": await still_here(session),
        "accounts": {one.id: one.name for one in accounts},
        "waiting": [(one, counts[one.id]) for one in accounts if counts.get(one.id)],
        "next": f"{PATH}?before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        "error": error,
    }


ROUTES = [ManifestPages]
