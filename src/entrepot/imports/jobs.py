"""Applying a table in the background, chunk by chunk."""

from collections.abc import Iterator
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.imports.contract import ImportRow
from entrepot.imports.domain import cut_chunks
from entrepot.imports.registry import import_spec
from entrepot.imports.service import ImportService, import_row
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit import i18n
from entrepot.kit.csv_reading import TableRow
from entrepot.kit.text import N_


class ApplyTable(msgspec.Struct, frozen=True):
    """Apply an uploaded table."""

    seller_id: UUID
    import_id: UUID


class _OvertakenError(Exception):
    """Cancelled, or another worker took over: what this one was about to write must not be written."""


@job("imports.apply_table", label=N_("Import a table"), queue=Queue.DEFAULT)
async def apply_table(run: Run, args: ApplyTable) -> dict[str, int]:
    """Apply the rows not yet applied.  Each chunk commits together with how far it is, so a kill costs nothing."""
    return await apply_rows(run, args.import_id)


async def apply_rows(run: Run, import_id: UUID) -> dict[str, int]:
    """Do so within another job's run."""
    async with run.transaction() as session:
        service = ImportService(session)
        found = await service.find(import_id)
        if found.status != "running":
            return {"rows": found.rows_done}
        table = await service.open_table(found)
    i18n.locale.set(found.locale)
    spec = import_spec(found.kind)
    done = found.rows_done
    pending: dict[int, TableRow] = {}

    def reading() -> Iterator[ImportRow]:
        for row in table.rows(after=done):
            pending[row.number] = row
            yield import_row(row, found.mapping)

    try:
        for chunk in cut_chunks(reading(), spec.chunk, spec.group):
            run.check_cancelled()
            async with run.transaction() as session:
                rows = [pending.pop(row.number) for row in chunk]
                if not await ImportService(session).apply_chunk(found, rows, done):
                    raise _OvertakenError  # noqa: TRY301 -- leaves the transaction, which must not commit
            done = rows[-1].number
            await run.progress(done, found.row_count, found.name)
    except _OvertakenError:
        return {"rows": done}
    async with run.transaction() as session:
        finished = await ImportService(session).finish(import_id)
    return {
        "rows": done,
        "created": finished.created,
        "updated": finished.updated,
        "unchanged": finished.unchanged,
        "failed": finished.failed,
    }


async def start_import(session: AsyncSession, import_id: UUID) -> None:
    """Have the worker apply the table.

    Raises:
        ImportStartedError, ColumnsMissingError: as :meth:`ImportService.begin`.
    """
    service = ImportService(session)
    found = await service.find(import_id)
    run_id = await jobs.enqueue(session, ApplyTable(seller_id=found.seller_id, import_id=import_id), key=str(import_id))
    await service.begin(import_id, str(run_id))
