"""Reading all offers from a file that the channel makes, and what lies in the channel's own warehouse."""

from datetime import datetime
from functools import partial
from itertools import batched
from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, Connector, ProcessReport, ProcessState
from entrepot.channels.contract_offers import ExportsOffers, ReadsHeldStock
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import RefusedError, UnavailableError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.offers.held_repository import HeldRepository
from entrepot.offers.service import OfferService

BATCH = 500
"""Offers stored in one transaction."""
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
MOST_LOOKS = 30
"""With the pauses between them about two hours."""


class ExportFailedError(RefusedError):
    """The channel made no file."""

    code = "offers.export_failed"
    title = N_("No export")
    message = N_("{channel} made no file of the offers: {reason}. Try again later, or let the inventory run read them.")


class ExportTakesLongError(UnavailableError):
    """The channel is still at it."""

    code = "offers.export_takes_long"
    title = N_("Export takes long")
    message = N_("{channel} has been making a file of the offers for two hours. It is asked for again later.")


class ExportRead(msgspec.Struct):
    """What a file of all offers brought."""

    count: int = 0
    new: int = 0
    gone: int = 0


async def read_export(run: Run, connections: Connections, account_id: UUID) -> ExportRead:
    """Ask for the file, wait for it durably, longer each time, and store what it says.

    Nothing is held while waiting, and a run that dies goes on waiting for the file it asked for.
    """

    async def begin() -> str:
        return now().isoformat()

    began_at = datetime.fromisoformat(await run.step("begin", begin))
    ref = await run.step("ask for the file", partial(_request, run, connections, account_id))
    export_id = await _wait(run, connections, account_id, ref)
    read = await run.step("read the file", partial(_store, run, connections, account_id, export_id), returns=ExportRead)

    async def close() -> int:
        async with run.transaction() as session:
            return await OfferService(session).close_listing(account_id, began_at, count=read.count)

    read.gone = await run.step("find what is gone", close)
    return read


async def _wait(run: Run, connections: Connections, account_id: UUID, ref: str) -> str:
    """Return the number of the finished file."""
    pause = FIRST_PAUSE
    for number in range(1, MOST_LOOKS + 1):
        await run.sleep(pause)
        report = await run.step(
            f"look {number}", partial(_look, run, connections, account_id, ref), returns=ProcessReport
        )
        if report.state is ProcessState.SUCCEEDED and report.result:
            return report.result
        if report.state is not ProcessState.PENDING:
            raise ExportFailedError(channel=await _name(run, account_id), reason=report.message or str(report.state))
        pause = min(LONGEST_PAUSE, pause * 2)
    raise ExportTakesLongError(channel=await _name(run, account_id))


async def _request(run: Run, connections: Connections, account_id: UUID) -> str:
    return await _exporter(await _open(run, connections, account_id, "export offers")).request_export()


async def _look(run: Run, connections: Connections, account_id: UUID, ref: str) -> ProcessReport:
    [report] = await _exporter(await _open(run, connections, account_id, "export offers")).process_states([ref])
    return report


async def _store(run: Run, connections: Connections, account_id: UUID, export_id: str) -> ExportRead:
    """Fetch the file and store it, batch after batch; storing it twice changes nothing."""
    connector = _exporter(await _open(run, connections, account_id, "export offers"))
    read_at, read = now(), ExportRead()
    raw = await connector.fetch_export(export_id)
    for batch in batched(connector.read_export(raw), BATCH, strict=False):
        async with run.transaction() as session:
            account = await ChannelService(session).account(account_id)
            stored = await OfferService(session).store_page(account, batch, read_at)
        read = ExportRead(count=read.count + stored.count, new=read.new + stored.new)
        await run.progress(read.count, 0, N_("{count} offers, {new} new"), count=read.count, new=read.new)
    return read


async def read_held_stock(run: Run, connections: Connections, account_id: UUID) -> dict[str, int]:
    """Read what the channel's own warehouse holds for us, and store it."""
    connector = await _open(run, connections, account_id, "read stock at the channel")
    if not isinstance(connector, ReadsHeldStock):
        raise CannotDoThatError(channel=await _name(run, account_id), capability=Capability.READ_HELD_STOCK)
    page = await connector.held_stock()
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        rows = [
            {
                "id": new_id(),
                "seller_id": account.seller_id,
                "account_id": account.id,
                "channel_sku": item.channel_sku,
                "gtin": item.gtin,
                "title": item.title,
                "sellable": item.sellable,
                "damaged": item.damaged,
                "read_at": page.read_at,
            }
            for item in page.items
        ]
        await HeldRepository(session).replace(account_id, rows, page.read_at)
    return {"products": len(rows), "units": sum(item.sellable for item in page.items)}


async def _open(run: Run, connections: Connections, account_id: UUID, why: str) -> Connector:
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        account.require_read()
        return await channels.connector(account_id, why=why)


async def _name(run: Run, account_id: UUID) -> str:
    async with run.transaction() as session:
        return (await ChannelService(session).account(account_id)).name


def _exporter(connector: Connector) -> ExportsOffers:
    if not isinstance(connector, ExportsOffers):
        raise CannotDoThatError(channel=type(connector).__name__, capability=Capability.EXPORT_OFFERS)
    return connector
