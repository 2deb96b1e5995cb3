"""Asking the ERP that an account takes its stock from."""

from contextlib import aclosing
from uuid import UUID

import msgspec

from entrepot.erp.accounts import ErpJoin
from entrepot.erp.connections import ErpConnections
from entrepot.erp.errors import ErpPausedError
from entrepot.erp.service import ErpService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError


class ErpTold(msgspec.Struct):
    """What became of asking."""

    articles: int = 0
    problem: str = ""


async def read_erp(run: Run, account_id: UUID) -> ErpTold:
    """Read the stock of the ERP that the account is joined to, if it takes its stock from there; one durable step."""

    async def ask() -> ErpTold:
        async with run.transaction() as session:
            join = await ErpService(session).joined(account_id)
        return await _read(run, join) if join is not None and join.take_stock else ErpTold()

    told = await run.step("read the ERP's stock", ask, returns=ErpTold)
    if told.problem:
        await run.log("error", told.problem, subject=("channel_account", account_id))
    return told


async def _read(run: Run, join: ErpJoin) -> ErpTold:
    async with aclosing(ErpConnections.of(run.database, run.box, run.settings)) as connections:
        read_at = now()
        try:
            async with run.transaction() as session:
                account = await ErpService(session).account(join.erp_account_id)
                if not account.usable:
                    return ErpTold(problem=ErpPausedError(name=account.name).detail)
                connector = await ErpService(session, connections).stock_connector(account.id, why="read stock")
            async with aclosing(connector):
                rows = await connector.read_stock()
            async with run.transaction() as session:
                await ErpService(session).record_stock(join.erp_account_id, rows, read_at, complete=True)
                await ErpService(session).record_success(join.erp_account_id)
        except EntrepotError as error:
            async with run.transaction() as session:
                await ErpService(session).record_failure(join.erp_account_id, error)
            return ErpTold(problem=error.detail)
    return ErpTold(articles=len(rows))
