"""Imports as pages and programs show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.imports.models import DataImport
from entrepot.imports.repository import ImportRepository


class FailedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not applied."""

    number: int
    line: int
    cells: list[str]
    problems: dict[str, Any]


class ImportRowView(msgspec.Struct, frozen=True, kw_only=True):
    """An import in a list."""

    id: UUID
    kind: str
    name: str
    status: str
    row_count: int
    rows_done: int
    created: int
    updated: int
    unchanged: int
    failed: int
    author: str
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, found: DataImport) -> "ImportRowView":
        return cls(**{name: getattr(found, name) for name in cls.__struct_fields__})


async def recent_imports(session: AsyncSession, kinds: Sequence[str], limit: int = 50) -> list[ImportRowView]:
    """Return the last imports of these kinds, the newest first."""
    return [ImportRowView.of(found) for found in await ImportRepository(session).recent(kinds, limit)]


async def failed_rows(session: AsyncSession, import_id: UUID, *, after: int = 0, limit: int = 100) -> list[FailedRow]:
    """Return failed rows after row number *after*, in the order of the file."""
    return [
        FailedRow(number=row.number, line=row.line, cells=row.cells, problems=row.problems)
        for row in await ImportRepository(session).failed_rows(import_id, after=after, limit=limit)
    ]
