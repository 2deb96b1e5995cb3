"""Documents as a part of other pages: a list that uploads and removes, and the download."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import MissingRightError
from entrepot.access.guards import open_to_signed_in
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.domain import attachment
from entrepot.documents.errors import UnknownDocumentError
from entrepot.documents.service import DocumentService
from entrepot.kit.storage import Storage, open_storage

SUBJECTS: dict[str, tuple[Right, Right]] = {
    "product": (Right.CATALOG_READ, Right.CATALOG_WRITE),
    "order": (Right.ORDERS_READ, Right.ORDERS_WRITE),
    "shipment": (Right.FULFILMENT_READ, Right.FULFILMENT_SHIP),
    "delivery": (Right.FULFILMENT_READ, Right.FULFILMENT_SHIP),
    "daily_report": (Right.FULFILMENT_READ, Right.FULFILMENT_SUPERVISE),
}
"""What files may be attached to -> the rights to see and to change them."""


def storage_of(request: Request[Any, Any, Any]) -> Storage:
    """Return the storage of this process."""
    state = request.app.state
    if not hasattr(state, "storage"):
        state.storage = open_storage(state.settings)
    storage: Storage = state.storage
    return storage


def allow(principal: Principal, kind: str, *, change: bool = False) -> None:
    """Raise unless *principal* may see (or change) documents of *kind*."""
    if kind not in SUBJECTS:
        raise UnknownDocumentError
    right = SUBJECTS[kind][1 if change else 0]
    if not principal.can(right):
        raise MissingRightError(right=str(right))


class DocumentPages(Controller):
    """Each route checks the right of what the document is attached to."""

    path = "/documents"
    opt = open_to_signed_in()
    include_in_schema = False

    @get("/of/{kind:str}/{subject_id:uuid}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        subject_id: FromPath[UUID],
        session: AsyncSession,
        principal: Principal,
    ) -> Template:
        """Show what is attached."""
        allow(principal, kind)
        return await _list(DocumentService(session, storage_of(request)), principal, kind, subject_id)

    @post("/of/{kind:str}/{subject_id:uuid}", status_code=200)
    async def upload(
        self,
        request: Request[Any, Any, Any],
        kind: FromPath[str],
        subject_id: FromPath[UUID],
        session: AsyncSession,
        principal: Principal,
    ) -> Template:
        """Attach the files that were sent."""
        allow(principal, kind, change=True)
        service = DocumentService(session, storage_of(request))
        form = await request.form()
        for sent in form.getall("file", []):
            if isinstance(sent, UploadFile) and sent.filename:
                await service.attach(principal.seller_id(), kind, subject_id, sent.filename, await sent.read())
        return await _list(service, principal, kind, subject_id)

    @post("/{document_id:uuid}/remove", status_code=200)
    async def remove(
        self, request: Request[Any, Any, Any], document_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Template:
        """Take a document away and show the rest."""
        service = DocumentService(session, storage_of(request))
        allow(principal, (await service.find(document_id)).subject_kind, change=True)
        removed = await service.remove(document_id)
        return await _list(service, principal, removed.subject_kind, removed.subject_id)

    @get("/{document_id:uuid}")
    async def download(
        self, request: Request[Any, Any, Any], document_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Stream:
        """Hand the file out to be saved, never to be shown as a page of this site."""
        storage = storage_of(request)
        found = await DocumentService(session, storage).find(document_id)
        allow(principal, found.subject_kind)
        headers = {
            "content-disposition": attachment(found.name),
            "content-length": str(found.size),
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, max-age=86400, immutable",
        }
        return Stream(storage.read(found.storage_key), media_type=found.media_type, headers=headers)


async def _list(service: DocumentService, principal: Principal, kind: str, subject_id: UUID) -> Template:
    return Template(
        "documents/_list.html",
        context={
            "kind": kind,
            "subject_id": subject_id,
            "documents": await service.of(kind, subject_id),
            "may_change": principal.can(SUBJECTS[kind][1]),
        },
    )


ROUTES = [DocumentPages]
