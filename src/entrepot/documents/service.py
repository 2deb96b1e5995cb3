"""Use cases of documents."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.domain import IMAGES, clean_name, sniff_type
from entrepot.documents.errors import EmptyFileError, TooManyDocumentsError, UnknownDocumentError
from entrepot.documents.events import DocumentAttached, DocumentRemoved
from entrepot.documents.models import Document
from entrepot.documents.repository import DocumentRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage

LIMIT = 100
"""Documents on one thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRef:
    """A document as other code sees it."""

    id: UUID
    seller_id: UUID
    subject_kind: str
    subject_id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    storage_key: str
    author: str
    created_at: datetime

    @property
    def is_image(self) -> bool:
        """It may be shown as a picture."""
        return self.media_type in IMAGES


class DocumentService:
    """Documents of the transaction's sellers."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._storage = storage
        self._documents = DocumentRepository(session)

    async def attach(
        self, seller_id: UUID, subject_kind: str, subject_id: UUID, name: str, content: bytes
    ) -> DocumentRef:
        """Attach a file to something.

        The content is stored before the transaction commits: if it does not, a file without a row is left behind, which
        nobody sees; a row without a file would be worse.

        Raises:
            EmptyFileError, TooManyDocumentsError, StorageAwayError: as they say.
        """
        clean = clean_name(name)
        if not content:
            raise EmptyFileError(name=clean)
        if await self._documents.count(subject_kind, subject_id) >= LIMIT:
            raise TooManyDocumentsError(limit=LIMIT)
        document_id = new_id()
        key = f"{seller_id}/{document_id}"
        digest = await asyncio.to_thread(hashlib.sha256, content)
        await self._storage.put(key, content)
        document = Document(
            id=document_id,
            seller_id=seller_id,
            subject_kind=subject_kind,
            subject_id=subject_id,
            name=clean,
            media_type=sniff_type(content),
            size=len(content),
            sha256=digest.hexdigest(),
            storage_key=key,
            author=context_of(self._session).actor.name,
            created_at=now(),
        )
        await self._documents.add(document)
        event = DocumentAttached(
            seller_id=seller_id, subject_id=subject_id, document_id=document_id, name=clean, size=len(content)
        )
        await outbox.record(self._session, event)
        return _ref(document)

    async def find(self, document_id: UUID) -> DocumentRef:
        """Return the document.

        Raises:
            UnknownDocumentError: there is none.
        """
        return await find_document(self._session, document_id)

    async def of(self, subject_kind: str, subject_id: UUID) -> Sequence[DocumentRef]:
        """Return what is attached to something, the oldest first."""
        return [_ref(document) for document in await self._documents.of_subject(subject_kind, subject_id)]

    async def remove(self, document_id: UUID) -> DocumentRef:
        """Take a document away.  Its content stays in storage for restores; nothing leads to it any more.

        Raises:
            UnknownDocumentError: there is none.
        """
        found = await self.find(document_id)
        await self._documents.remove(document_id)
        event = DocumentRemoved(
            seller_id=found.seller_id, subject_id=found.subject_id, document_id=document_id, name=found.name
        )
        await outbox.record(self._session, event)
        return found


async def find_document(session: AsyncSession, document_id: UUID) -> DocumentRef:
    """Return a document without its content.

    Raises:
        UnknownDocumentError: there is none.
    """
    document = await DocumentRepository(session).find(document_id)
    if document is None:
        raise UnknownDocumentError
    return _ref(document)


def _ref(document: Document) -> DocumentRef:
    return DocumentRef(
        id=document.id,
        seller_id=document.seller_id,
        subject_kind=document.subject_kind,
        subject_id=document.subject_id,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
        storage_key=document.storage_key,
        author=document.author,
        created_at=document.created_at,
    )
