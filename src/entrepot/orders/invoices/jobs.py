"""Watches the folders that programs put invoices into."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.imports.jobs import apply_rows
from entrepot.imports.service import ImportService
from entrepot.imports.views import failed_rows
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.jobs.schedules import remove_schedule, set_schedule
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.orders.invoices.exchange import MOST_BYTES, Exchange
from entrepot.orders.invoices.refs import SourceRef
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.invoices.table import INVOICES, KIND

EVERY = timedelta(minutes=1)
REPORTED = 1000
"""Failed rows that a report names."""
TOO_LARGE = N_("The file is larger than 50 MB. Cut it into smaller files.")


class WatchFolder(msgspec.Struct, frozen=True):
    """Take the files in the folder of one source of invoices."""

    seller_id: UUID
    source_id: UUID


class FileDone(msgspec.Struct, frozen=True):
    """What came of one file."""

    name: str
    failed: int
    rows: int
    problem: str = ""


def _key(args: WatchFolder) -> str:
    return str(args.source_id)


@job("orders.take_invoices", label=N_("Take invoices from a folder"), queue=Queue.DEFAULT, key=_key)
async def take_invoices(run: Run, args: WatchFolder) -> object:
    """Take every file that waits: to the done ones, or to the failed ones if a row of it could not be taken."""
    async with run.transaction() as session:
        source = await InvoiceService(session).source_by_id(args.source_id)
    if not source.folder or not source.folder_watched:
        return {"files": 0}
    exchange = Exchange(run.settings.data_dir, source.folder)

    async def look() -> list[str]:
        return await asyncio.to_thread(exchange.claim)

    names = await run.step("look", look)
    failed = 0
    for number, name in enumerate(names, 1):
        done = await _take_file(run, source, exchange, name)
        failed += bool(done.failed or done.problem)
        await run.log(
            "warning" if done.failed or done.problem else "info",
            N_("{name}: {rows} rows, {failed} failed {problem}"),
            name=name,
            rows=done.rows,
            failed=done.failed,
            problem=done.problem,
        )
        await run.progress(number, len(names), name)
    return {"files": len(names), "failed": failed}


async def _take_file(run: Run, source: SourceRef, exchange: Exchange, name: str) -> FileDone:
    """Take one file.  Started again after a kill, it goes on behind the rows that are in already."""

    async def upload() -> str:
        content = await asyncio.to_thread(exchange.read, name)
        if content is None or len(content) > MOST_BYTES:
            return f"!{gettext(TOO_LARGE)}" if content else ""
        try:
            async with run.transaction() as session:
                return str(await _begin(session, source, name, content, str(run.id)))
        except EntrepotError as error:
            return f"!{error.detail}"

    begun = await run.step(f"upload {name}", upload)
    if not begun:
        return FileDone(name, 0, 0)
    if begun.startswith("!"):
        done, report = FileDone(name, 0, 0, begun[1:]), f"{_title(source, name)}\n{begun[1:]}\n"
    else:
        import_id = UUID(begun)
        await apply_rows(run, import_id)
        async with run.transaction() as session:
            done, report = await _report(session, source, name, import_id)

    async def settle() -> str:
        return await asyncio.to_thread(exchange.settle, name, report, failed=bool(done.failed or done.problem))

    await run.step(f"move {name}", settle)
    return done


async def _begin(session: AsyncSession, source: SourceRef, name: str, content: bytes, run_id: str) -> UUID:
    service = ImportService(session)
    import_id = await service.upload(source.seller_id, KIND, name, content, subject=source.key)
    await service.begin(import_id, run_id)
    return import_id


async def _report(session: AsyncSession, source: SourceRef, name: str, import_id: UUID) -> tuple[FileDone, str]:
    found = await ImportService(session).find(import_id)
    labels = {column.key: gettext(column.label) for column in INVOICES.columns}
    lines = [
        _title(source, name),
        gettext(
            N_(
                "{rows} rows: {created} of new invoices, {updated} of changed ones, {unchanged} unchanged, {failed} failed."
            )
        ).format(
            rows=found.row_count,
            created=found.created,
            updated=found.updated,
            unchanged=found.unchanged,
            failed=found.failed,
        ),
    ]
    for row in await failed_rows(session, import_id, limit=REPORTED):
        for key, sentence in row.problems.items():
            where = gettext(N_("Line {line}")).format(line=row.line)
            lines.append(f"{where}{', ' + labels[key] if key in labels else ''}: {sentence}")
    return FileDone(name, found.failed, found.row_count), "\n".join(lines) + "\n"


def _title(source: SourceRef, name: str) -> str:
    return f"{source.name}: {name}, {now():%Y-%m-%d %H:%M} UTC"


async def keep_watch(session: AsyncSession, source: SourceRef) -> None:
    """Have the folder of a source looked at every minute, or no more."""
    name = f"orders.invoices:{source.id}"
    if source.folder and source.folder_watched:
        task = WatchFolder(seller_id=source.seller_id, source_id=source.id)
        await set_schedule(session, name, task, every=EVERY, seller_id=source.seller_id)
    else:
        await remove_schedule(session, name)


async def look_now(session: AsyncSession, source: SourceRef) -> UUID:
    """Look into the folder of a source at once; return the run."""
    return await jobs.enqueue(session, WatchFolder(seller_id=source.seller_id, source_id=source.id))
