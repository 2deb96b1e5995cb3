"""The inventory run of one channel account: listings, matching, stock, what changed."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.flows.book import Counts, StepBook, own
from entrepot.flows.domain import InventoryMode
from entrepot.jobs.run import Run
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.offers import inventory_steps

AS_READ = N_("Left out: a quick run takes the listings as they were read last.")
FROM_ERP = N_("The stock is the ERP's.")
OWN = N_("The stock is our own.")


class InventoryFlow:
    """One inventory run."""

    def __init__(self, run: Run, account_id: UUID, mode: str, book: StepBook, connections: Connections) -> None:
        self._run = run
        self._account_id = account_id
        self._mode = mode
        self._book = book
        self._connections = connections

    async def steps(self) -> dict[str, int]:
        """Do all four; return what was counted."""
        book = self._book
        await book.plan()
        if self._mode == InventoryMode.QUICK:
            await book.skip(AS_READ)
            listed = None
        else:
            listed = await book.do(self._listings)
        totals: dict[str, int] = {}
        for counts in (listed, await book.do(self._match), await book.do(self._stock), await book.do(self._publish)):
            totals |= counts.numbers if counts is not None else {}
        await book.settle()
        return {name: number for name, number in totals.items() if number}

    async def _listings(self) -> Counts:
        return Counts(_numbers(await inventory_steps.fetch_listings(self._run, self._connections, self._account_id)))

    async def _match(self) -> Counts:
        return Counts(_numbers(await inventory_steps.match(self._run, self._account_id)))

    async def _stock(self) -> Counts:
        found = await inventory_steps.read_stock(self._run, self._connections, self._account_id)
        return Counts(_numbers(found), own(FROM_ERP if found.source == "erp" else OWN))

    async def _publish(self) -> Counts:
        sent = await inventory_steps.push_changes(self._run, self._connections, self._account_id)
        return Counts(_numbers(sent), Sentence(sent.held))


def _numbers(found: msgspec.Struct) -> dict[str, int]:
    values: Mapping[str, object] = msgspec.structs.asdict(found)
    return {name: value for name, value in values.items() if isinstance(value, int) and not isinstance(value, bool)}
