"""Use cases of imports: upload, map, preview, start, apply."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.imports.domain import cut_chunks, guess_mapping, pick_cells, recalled
from entrepot.imports.errors import (
    ColumnsMissingError,
    ImportStartedError,
    NothingSentError,
    TooManyRowsError,
    UnknownImportError,
)
from entrepot.imports.events import ImportFinished, ImportStarted
from entrepot.imports.formats import as_csv
from entrepot.imports.models import DataImport
from entrepot.imports.registry import import_spec
from entrepot.imports.repository import ImportRepository
from entrepot.kit import i18n, outbox
from entrepot.kit.clock import now
from entrepot.kit.csv_reading import Table, TableEmptyError, TableRow
from entrepot.kit.database import context_of
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.tabular import DecimalMark, guess_mark
from entrepot.kit.text import N_

ROW_LIMIT = 500_000
SAMPLE_ROWS = 200
"""How many rows the preview tries."""
COUNTED = ("created", "updated", "unchanged", "failed")


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A row of the preview."""

    row: TableRow
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen to the first rows."""

    rows: Sequence[TriedRow]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Scanned:
    table: Table
    rows: int
    sample: list[TableRow]
    compressed: bytes


class ImportService:
    """Imports of the transaction's sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._imports = ImportRepository(session)

    async def upload(self, seller_id: UUID, kind: str, name: str, content: bytes, *, subject: str = "") -> UUID:
        """Keep a table, guess what its columns are, and return the import's id.  Every line is read once.

        Args:
            seller_id: whose things the rows are.
            kind: of import.
            name: of the file.
            content: CSV, an XLSX workbook, or JSON.
            subject: what the rows belong to, for kinds that need to know.

        Raises:
            WorkbookUnreadableError, JsonUnreadableError: as they say.
            TableUnreadableError: naming the line; or another error of :mod:`entrepot.kit.csv_reading`.
            TooManyRowsError, NothingSentError: as they say.
        """
        spec = import_spec(kind)
        if not content.strip():
            raise NothingSentError
        scanned = await asyncio.to_thread(_scan, content)
        mapping = guess_mapping(scanned.table.header, [*_translated(spec), *spec.columns])
        if spec.remembered is not None:
            known = await spec.remembered(self._session, seller_id, subject)
            mapping = recalled(scanned.table.header, known, mapping)
        numbers = [mapping[column.key] for column in spec.columns if column.number and column.key in mapping]
        mark = guess_mark([row.cells[position] for row in scanned.sample for position in numbers])
        import_id = new_id()
        await self._imports.add(
            {
                "id": import_id,
                "seller_id": seller_id,
                "kind": kind,
                "name": name[:200] or "import.csv",
                "mode": next(iter(spec.modes)),
                "mark": mark,
                "delimiter": scanned.table.delimiter,
                "header": list(scanned.table.header),
                "mapping": mapping,
                "row_count": scanned.rows,
                "locale": i18n.locale.get(),
                "author": context_of(self._session).actor.name,
                "subject": subject[:120],
            },
            scanned.compressed,
        )
        return import_id

    async def find(self, import_id: UUID) -> DataImport:
        """Return the import.

        Raises:
            UnknownImportError: there is none.
        """
        found = await self._imports.find(import_id)
        if found is None:
            raise UnknownImportError(what=import_id)
        return found

    async def configure(self, import_id: UUID, mapping: Mapping[str, int], mode: str, mark: DecimalMark) -> None:
        """Set what the columns are and what to do with the rows.  Unknown columns and positions are left out.

        Raises:
            ImportStartedError: it is too late.
        """
        found = await self._draft(import_id)
        spec = import_spec(found.kind)
        keys = {column.key for column in spec.columns}
        clean = {key: place for key, place in mapping.items() if key in keys and 0 <= place < len(found.header)}
        await self._imports.change(
            import_id, mapping=clean, mode=mode if mode in spec.modes else next(iter(spec.modes)), mark=mark
        )

    async def preview(self, import_id: UUID) -> Preview:
        """Apply the first rows, say what became of them, and take it back."""
        found = await self.find(import_id)
        spec = import_spec(found.kind)
        if missing_columns(spec, found.mapping):
            return Preview([], {})
        table = await self._table(found)
        rows = [row for row, _ in zip(table.rows(), range(SAMPLE_ROWS), strict=False)]
        savepoint = await self._session.begin_nested()
        try:
            outcomes = await self._apply(spec, found, [import_row(row, found.mapping) for row in rows])
        finally:
            await savepoint.rollback()
        tried = [TriedRow(row, outcome) for row, outcome in zip(rows, outcomes, strict=True)]
        return Preview(tried, Counter(outcome.result for outcome in outcomes))

    async def begin(self, import_id: UUID, run_id: str) -> None:
        """Note that the job *run_id* applies the table now.

        Raises:
            ImportStartedError: it was started before.
            ColumnsMissingError: needed columns are not mapped.
        """
        found = await self._draft(import_id)
        if missing := missing_columns(import_spec(found.kind), found.mapping):
            raise ColumnsMissingError(columns=", ".join(missing))
        spec = import_spec(found.kind)
        if spec.remember is not None:
            headings = {key: found.header[place] for key, place in found.mapping.items()}
            await spec.remember(self._session, found.seller_id, found.subject, headings)
        await self._imports.change(import_id, status="running", run_id=run_id)
        event = ImportStarted(
            seller_id=found.seller_id, subject_id=import_id, kind=found.kind, name=found.name, rows=found.row_count
        )
        await outbox.record(self._session, event)

    async def apply_chunk(self, found: DataImport, rows: Sequence[TableRow], before: int) -> bool:
        """Apply *rows*, the next after row *before*, and note how far it is.

        Returns:
            False if the import was cancelled or another worker has applied these rows; the caller rolls back.
        """
        spec = import_spec(found.kind)
        outcomes = await self._apply(spec, found, [import_row(row, found.mapping) for row in rows])
        counted: Counter[str] = Counter(outcome.result for outcome in outcomes)
        await self._imports.add_failed(
            [
                {
                    "import_id": found.id,
                    "number": row.number,
                    "seller_id": found.seller_id,
                    "line": row.line,
                    "cells": list(row.cells),
                    "problems": dict(outcome.problems),
                }
                for row, outcome in zip(rows, outcomes, strict=True)
                if outcome.result == "failed"
            ]
        )
        counts = {name: counted[name] for name in COUNTED}
        return await self._imports.advance(found.id, before, rows[-1].number, counts)

    async def finish(self, import_id: UUID) -> DataImport:
        """Note that every row was seen, and let go of the table."""
        found = await self.find(import_id)
        if found.status != "running":
            return found
        await self._imports.change(import_id, status="done", finished_at=now())
        await self._imports.drop_content(import_id)
        event = ImportFinished(
            seller_id=found.seller_id,
            subject_id=import_id,
            kind=found.kind,
            name=found.name,
            created=found.created,
            updated=found.updated,
            unchanged=found.unchanged,
            failed=found.failed,
        )
        await outbox.record(self._session, event)
        return found

    async def cancel(self, import_id: UUID) -> None:
        """Stop after the chunk that is being applied.  What was applied stays."""
        found = await self.find(import_id)
        if found.status in {"draft", "running"}:
            await self._imports.change(import_id, status="cancelled", finished_at=now())
            await self._imports.drop_content(import_id)

    async def open_table(self, found: DataImport) -> Table:
        """Return the table of an import that has not finished."""
        return await self._table(found)

    async def _draft(self, import_id: UUID) -> DataImport:
        found = await self._imports.find(import_id, lock=True)
        if found is None:
            raise UnknownImportError(what=import_id)
        if found.status != "draft":
            raise ImportStartedError
        return found

    async def _table(self, found: DataImport) -> Table:
        content = await self._imports.content(found.id)
        if content is None:
            raise UnknownImportError(what=found.id)
        return Table(zlib.decompress(content), found.delimiter)

    async def _apply(self, spec: ImportSpec, found: DataImport, rows: Sequence[ImportRow]) -> list[Outcome]:
        """Apply all rows at once; if that fails as a whole, one group at a time, so that one row fails alone."""
        options = Options(found.mode, "," if found.mark == "," else ".", found.subject, found.id)
        if not rows:
            return []
        try:
            async with self._session.begin_nested():
                return list(await spec.apply(self._session, found.seller_id, rows, options))
        except (EntrepotError, IntegrityError):
            outcomes: list[Outcome] = []
            for group in cut_chunks(rows, 1, spec.group):
                outcomes += await self._apply_group(spec, found.seller_id, group, options)
            return outcomes

    async def _apply_group(
        self, spec: ImportSpec, seller_id: UUID, rows: Sequence[ImportRow], options: Options
    ) -> list[Outcome]:
        try:
            async with self._session.begin_nested():
                return list(await spec.apply(self._session, seller_id, rows, options))
        except EntrepotError as error:
            sentence = i18n.gettext(error.message).format(**error.facts)
        except IntegrityError:
            sentence = i18n.gettext(N_("This row contradicts what is stored. Compare it with what the hub shows."))
        return [Outcome("failed", {"": sentence}) for _ in rows]


def import_row(row: TableRow, mapping: Mapping[str, int]) -> ImportRow:
    """Return *row* with its cells by column key."""
    return ImportRow(row.number, row.line, pick_cells(row.cells, mapping))


def missing_columns(spec: ImportSpec, mapping: Mapping[str, int]) -> list[str]:
    """Return the labels of the columns that are needed and not mapped."""
    return [i18n.gettext(column.label) for column in spec.columns if column.required and column.key not in mapping]


def _translated(spec: ImportSpec) -> list[Column]:
    return [replace(column, label=i18n.gettext(column.label), aliases=()) for column in spec.columns]


def _scan(content: bytes) -> _Scanned:
    content = as_csv(content)
    table = Table(content)
    sample: list[TableRow] = []
    count = 0
    for row in table.rows():
        count += 1
        if count <= SAMPLE_ROWS:
            sample.append(row)
        if count > ROW_LIMIT:
            raise TooManyRowsError(limit=ROW_LIMIT)
    if count == 0:
        raise TableEmptyError
    return _Scanned(table, count, sample, zlib.compress(content, 3))
