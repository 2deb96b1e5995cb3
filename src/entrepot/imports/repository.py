"""Every SQL statement of imports."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.imports.models import DataImport, DataImportFile, DataImportRow
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class ImportRepository:
    """Imports within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, import_id: UUID, *, lock: bool = False) -> DataImport | None:
        query = select(DataImport).where(DataImport.id == import_id).execution_options(populate_existing=True)
        return (await self._session.scalars(query.with_for_update() if lock else query)).one_or_none()

    async def recent(self, kinds: Sequence[str], limit: int) -> Sequence[DataImport]:
        query = select(DataImport).where(DataImport.kind.in_(kinds)).order_by(DataImport.id.desc()).limit(limit)
        return (await self._session.scalars(query)).all()

    async def add(self, values: Mapping[str, Any], content: bytes) -> None:
        await self._session.execute(insert(DataImport).values(**values))
        await self._session.execute(
            insert(DataImportFile).values(import_id=values["id"], seller_id=values["seller_id"], content=content)
        )

    async def content(self, import_id: UUID) -> bytes | None:
        query = select(DataImportFile.content).where(DataImportFile.import_id == import_id)
        return (await self._session.scalars(query)).one_or_none()

    async def drop_content(self, import_id: UUID) -> None:
        await self._session.execute(delete(DataImportFile).where(DataImportFile.import_id == import_id))

    async def change(self, import_id: UUID, **values: object) -> None:
        await self._session.execute(update(DataImport).where(DataImport.id == import_id).values(**values))

    async def advance(self, import_id: UUID, before: int, after: int, counts: Mapping[str, int]) -> bool:
        """Move on from row *before* to row *after*; False if somebody else did, or the import was cancelled."""
        result = await self._session.execute(
            text(
                """
                UPDATE data_import SET rows_done = :after, created = created + :created, updated = updated + :updated,
                    unchanged = unchanged + :unchanged, failed = failed + :failed
                WHERE id = :id AND rows_done = :before AND status = 'running'
                RETURNING id
                """
            ),
            {"id": import_id, "before": before, "after": after, **counts},
        )
        return result.first() is not None

    async def add_failed(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, DataImportRow, rows)

    async def failed_rows(self, import_id: UUID, *, after: int = 0, limit: int = 100) -> Sequence[DataImportRow]:
        query = (
            select(DataImportRow)
            .where(DataImportRow.import_id == import_id, DataImportRow.number > after)
            .order_by(DataImportRow.number)
            .limit(limit)
        )
        return (await self._session.scalars(query)).all()

    async def discard(self, import_id: UUID) -> None:
        await self._session.execute(delete(DataImport).where(DataImport.id == import_id))
