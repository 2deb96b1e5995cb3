"""What happens to ERP accounts by themselves."""

from contextlib import aclosing

import msgspec

from entrepot.erp.connections import ErpConnections
from entrepot.erp.reading import StockReading, read_stock
from entrepot.erp.tasks import ReadErpStock
from entrepot.jobs.registry import job
from entrepot.jobs.run import Run
from entrepot.kit.text import N_

__all__ = ["read_erp_stock"]


@job("erp.read_stock", label=N_("Read the ERP's stock"))
async def read_erp_stock(run: Run, args: ReadErpStock) -> object:
    """Read the stock of every article."""
    async with aclosing(ErpConnections.of(run.database, run.box, run.settings)) as connections:
        reading = await run.step(
            "read stock",
            lambda: read_stock(run.transaction, connections, args.account_id),
            returns=StockReading,
        )
    await run.progress(reading.rows, reading.rows, N_("{changed} changed"), changed=reading.changed)
    return msgspec.to_builtins(reading)
