"""Every SQL statement of documents."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.models import Document


class DocumentRepository:
    """Documents within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, document: Document) -> None:
        self._session.add(document)
        await self._session.flush()

    async def find(self, document_id: UUID) -> Document | None:
        return (await self._session.scalars(select(Document).where(Document.id == document_id))).one_or_none()

    async def of_subject(self, subject_kind: str, subject_id: UUID) -> Sequence[Document]:
        query = select(Document).where(Document.subject_id == subject_id, Document.subject_kind == subject_kind)
        return (await self._session.scalars(query.order_by(Document.id))).all()

    async def count(self, subject_kind: str, subject_id: UUID) -> int:
        query = select(func.count()).where(Document.subject_id == subject_id, Document.subject_kind == subject_kind)
        return (await self._session.scalars(query)).one()

    async def remove(self, document_id: UUID) -> None:
        await self._session.execute(delete(Document).where(Document.id == document_id))
