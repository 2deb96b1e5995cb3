"""First attack: workers die in order runs, while every order of the marketplace is imported and the marketplace misbehaves."""

import random
import time
from collections.abc import Mapping
from typing import Any

from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import EntrepotError
from tests.chaos.checks import check_books, check_orders
from tests.chaos.hub import Hub, until
from tests.chaos.killing import SPARE, Killer, say

JOB = "flows.order_run"
LIST, ORDER = "GET /retailer/orders", "GET /retailer/orders/*"
PROGRESS = """
    SELECT concat((SELECT count(*) FROM inbox_document), ' ', (SELECT count(*) FROM inbox_document WHERE state = 'received'),
        ' ', (SELECT count(*) FROM sales_order), ' ', (SELECT sum(version) FROM sales_order),
        ' ', (SELECT cursor FROM channel_cursor WHERE kind = 'orders'),
        ' ', (SELECT count(*) FROM dbos.operation_outputs))
"""
MOMENTS = ("SELECT EXISTS (SELECT 1 FROM inbox_document WHERE state = 'received')",)
"""A page is stored and its orders are being imported."""
FAULTS: tuple[Mapping[str, object], ...] = (
    {"kind": "slow", "endpoint": ORDER, "probability": 0.5, "seconds": 0.8},
    {"kind": "duplicate_entries", "endpoint": LIST, "probability": 0.5},
    {"kind": "shuffled_pages", "endpoint": LIST, "probability": 0.3},
    {"kind": "429", "endpoint": ORDER, "probability": 0.01, "seconds": 1},
    {"kind": "500", "endpoint": ORDER, "probability": 0.03},
    {"kind": "503", "endpoint": ORDER, "probability": 0.01},
    {"kind": "broken_json", "endpoint": ORDER, "probability": 0.02},
    {"kind": "truncated", "endpoint": ORDER, "probability": 0.01},
    {"kind": "expired_token", "endpoint": ORDER, "probability": 0.01},
    {"kind": "500", "endpoint": LIST, "probability": 0.05},
    {"kind": "429", "endpoint": LIST, "probability": 0.05, "seconds": 1},
    {"kind": "broken_json", "endpoint": LIST, "probability": 0.03},
    {"kind": "500", "endpoint": "POST /token", "probability": 0.1},
    {"kind": "500", "endpoint": "PUT /retailer/orders/cancellation", "probability": 0.2, "applied": True},
    {"kind": "buyer_cancels", "endpoint": ORDER, "probability": 0.02},
    {"kind": "order_changes", "endpoint": ORDER, "probability": 0.02},
)
SETTLING = 300
"""Seconds in which everything must have come to rest once nobody is killed any more."""


class ImportAttack:
    """Kills during an import."""

    def __init__(self, hub: Hub, dice: random.Random, *, patience: float) -> None:
        self._hub = hub
        self._dice = dice
        self.killer = Killer(
            hub, dice, job=JOB, progress=PROGRESS, moments=MOMENTS, keep_busy=self._keep_busy, patience=patience
        )
        self._pressed = 0.0

    async def run(self, kills: int) -> list[str]:
        """Attack; return the violations."""
        hub = self._hub
        if kills:
            await hub.sandbox.misbehave(*FAULTS)
        for _ in range(SPARE):
            hub.start_worker()
        await hub.ready(SPARE)
        for _ in range(kills):
            await self.killer.strike()
        await self.killer.finish()
        await hub.sandbox.behave()
        say("  nobody is killed any more")
        await self.settle()
        truth = await hub.sandbox.orders()
        await self._report(truth)
        return [*await check_orders(hub, hub.account_id, truth), *await check_books(hub)]

    async def settle(self) -> None:
        """Import whatever is left, release what could not be fetched, and wait until nothing happens any more."""
        deadline = time.monotonic() + SETTLING
        last = ""
        while True:
            await self.press()
            await self.rest(seconds=max(1, deadline - time.monotonic()))
            await self._release_unfetched()
            await self.rest(seconds=max(1, deadline - time.monotonic()))
            state = await self._hub.value("SELECT concat(count(*), ' ', sum(version)) FROM sales_order")
            if state == last:
                return
            last = state

    async def rest(self, *, seconds: float) -> None:
        """Wait until no run is active or about to be, and every reaction has read every event."""

        async def look() -> bool:
            await self.killer.hurry()
            active = await self._hub.value(
                "SELECT count(*) FROM job_run WHERE state IN ('queued', 'running', 'waiting')"
                " AND due_at < now() + interval '20 s' AND (job LIKE 'orders.%' OR job LIKE 'flows.%')"
            )
            return not active

        calm = 0
        events = -1
        while calm < 3:
            await until("runs are still active", look, seconds=seconds, every=0.3)
            now = await self._hub.value("SELECT coalesce(max(id), 0) FROM event")
            calm = calm + 1 if now == events else 0
            events = now
            await until("a pause", _soon(time.monotonic() + 0.7), seconds=5)

    async def press(self) -> None:
        """Press “Import now”."""
        self._pressed = time.monotonic()
        async with self._hub.transaction() as session:
            await ChannelService(session).request_import(self._hub.account_id)

    async def _keep_busy(self) -> None:
        """Begin another import when the last one is over; buyers move house meanwhile, so that it has something to do."""
        if time.monotonic() < self._pressed + 3:
            return
        open_runs = "SELECT count(*) FROM job_run WHERE job = $1 AND state IN ('queued', 'running', 'waiting')"
        if await self._hub.value(open_runs, JOB):
            return
        if await self._hub.value("SELECT count(*) FROM sales_order"):
            known = [row[0] for row in await self._hub.sql("SELECT channel_order_id FROM sales_order ORDER BY 1")]
            for order_id in self._dice.sample(known, min(60, len(known))):
                await self._hub.sandbox.tell(f"/orders/{order_id}/change")
        await self.press()

    async def _release_unfetched(self) -> None:
        """Do what the page of the inbox offers for documents that could not be fetched: try again."""
        hub = self._hub
        rows = await hub.sql("SELECT id FROM inbox_document WHERE state = 'attention' AND refetch")
        connections = Connections.of(hub.database, hub.instance.box, hub.settings)
        try:
            for row in rows:
                try:
                    async with hub.transaction() as session:
                        await ChannelService(session, connections).release(row["id"])
                except EntrepotError as error:
                    say(f"  a document could not be fetched again: {error.detail}")
        finally:
            await connections.aclose()

    async def _report(self, truth: Mapping[str, Mapping[str, Any]]) -> None:
        documents = await self._hub.sql("SELECT state, count(*) FROM inbox_document GROUP BY 1 ORDER BY 1")
        runs = await self._hub.sql(
            "SELECT state, error_code, count(*) FROM job_run WHERE job = $1 GROUP BY 1, 2 ORDER BY 1", JOB
        )
        orders = await self._hub.sql("SELECT status, count(*) FROM sales_order GROUP BY 1 ORDER BY 1")
        lines = sum(len(order["items"]) for order in truth.values())
        say(f"  marketplace: {len(truth)} orders, {lines} lines; orders here: {_counts(orders)}")
        say(f"  documents: {_counts(documents)}; imports: {_counts(runs)}")


def _counts(rows: list[Any]) -> str:
    return ", ".join(f"{row['count']} {' '.join(str(part) for part in list(row)[:-1] if part)}" for row in rows)


def _soon(moment: float) -> Any:  # noqa: ANN401 -- a coroutine function
    async def look() -> bool:
        return time.monotonic() > moment

    return look
