"""Writes down what comes through the doors of this process: many at once, in one transaction.

Under a storm everything that came while one transaction ran goes into the next, so that ten thousand notices are some
dozens of transactions, and each sender still gets its answer only after its notice is safe.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from entrepot.channels.contract_notices import Notice
from entrepot.channels.notices import repository
from entrepot.channels.tasks import ReadNotices
from entrepot.jobs import service as jobs
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope

MOST_AT_ONCE = 1000
"""Deliveries in one transaction."""
WINDOW = 60
MOST_ACCEPTED = 20_000
"""Deliveries to one door in a window: far above what an honest channel sends."""
MOST_REFUSED = 600
"""Deliveries that are no good, to one door or from one address, in a window."""


@dataclass(slots=True)
class _Delivery:
    seller_id: UUID
    account_id: UUID
    notices: Sequence[Notice] = ()
    refused: str = ""
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class NoticeDesk:
    """What the doors of one process share."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[_Delivery] = []
        self._writing: asyncio.Task[None] | None = None
        self._window = -1
        self._counts: defaultdict[str, int] = defaultdict(int)
        self.transactions = 0
        """How often something was written."""

    def left(self, subject: str, most: int) -> int:
        """Count one delivery for *subject*; return the seconds to wait if it was one too many, else 0."""
        window = int(self._clock() // WINDOW)
        if window != self._window:
            self._window = window
            self._counts.clear()
        self._counts[subject] += 1
        return WINDOW - int(self._clock() % WINDOW) if self._counts[subject] > most else 0

    async def accept(self, seller_id: UUID, account_id: UUID, notices: Sequence[Notice]) -> None:
        """Write notices down; return when they are safe."""
        await self._hand_in(_Delivery(seller_id, account_id, notices))

    async def refuse(self, seller_id: UUID, account_id: UUID, reason: str) -> None:
        """Count a delivery that was refused."""
        await self._hand_in(_Delivery(seller_id, account_id, refused=reason))

    async def _hand_in(self, delivery: _Delivery) -> None:
        self._waiting.append(delivery)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await delivery.done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001 -- whoever waits for this batch is told; the next one is tried
                for delivery in batch:
                    if not delivery.done.done():
                        delivery.done.set_exception(error)
            else:
                for delivery in batch:
                    if not delivery.done.done():
                        delivery.done.set_result(None)

    async def _write(self, batch: Sequence[_Delivery]) -> None:
        at = now()
        counts: dict[UUID, tuple[int, int, str]] = {}
        for delivery in batch:
            received, refused, reason = counts.get(delivery.account_id, (0, 0, ""))
            counts[delivery.account_id] = (
                received + (not delivery.refused),
                refused + bool(delivery.refused),
                delivery.refused or reason,
            )
        async with self._database.transaction(Scope.over({delivery.seller_id for delivery in batch})) as session:
            self.transactions += 1
            added = await repository.add_notices(
                session,
                [
                    (delivery.seller_id, delivery.account_id, notice)
                    for delivery in batch
                    for notice in delivery.notices
                ],
                at=at,
            )
            await repository.count_at_doors(session, counts, at=at)
            for account_id, seller_id in added.items():
                task = ReadNotices(seller_id=seller_id, account_id=account_id)
                await jobs.enqueue(session, task, key=str(account_id), again=True)
