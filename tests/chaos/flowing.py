"""Third attack: seed after seed of faults and kills, in order runs and inventory runs by turns."""

import random
from collections.abc import Mapping
from typing import Any

from entrepot.flows.tasks import InventoryRun, OrderRun
from entrepot.jobs import service as jobs
from tests.chaos.checks import MOST_NAMED, check_books, check_orders
from tests.chaos.hub import Hub, StuckError, until
from tests.chaos.importing import FAULTS as ORDER_FAULTS
from tests.chaos.importing import ImportAttack
from tests.chaos.killing import SPARE, Killer, say

ORDERS, INVENTORY = "flows.order_run", "flows.inventory_run"
OFFERS, OFFER = "GET /retailer/offers", "PATCH /retailer/offers/*"
OFFER_FAULTS: tuple[Mapping[str, object], ...] = (
    {"kind": "slow", "endpoint": OFFER, "probability": 0.5, "seconds": 0.3},
    {"kind": "500", "endpoint": OFFER, "probability": 0.1, "applied": True},
    {"kind": "503", "endpoint": OFFER, "probability": 0.05},
    {"kind": "429", "endpoint": OFFER, "probability": 0.02, "seconds": 1},
    {"kind": "expired_token", "endpoint": OFFER, "probability": 0.02},
    {"kind": "500", "endpoint": OFFERS, "probability": 0.1},
    {"kind": "broken_json", "endpoint": OFFERS, "probability": 0.05},
    {"kind": "slow", "endpoint": OFFERS, "probability": 0.5, "seconds": 0.3},
)
OFFERS_TO_SEND = 80
"""By one inventory run; bol takes 25 a second."""
MOST_FAULTS = 5
"""At a time."""
PROGRESS = """
    SELECT concat((SELECT count(*) FROM inbox_document), ' ', (SELECT sum(version) FROM sales_order),
        ' ', (SELECT count(*) FROM dbos.operation_outputs),
        ' ', (SELECT string_agg(state || done, ',' ORDER BY run_id, number) FROM flow_step),
        ' ', (SELECT max(published_at) FROM offer), ' ', (SELECT count(*) FROM job_run WHERE finished_at IS NOT NULL))
"""
MOMENTS = {
    ORDERS: (
        "SELECT EXISTS (SELECT 1 FROM inbox_document WHERE state = 'received')",
        "SELECT EXISTS (SELECT 1 FROM flow_step WHERE state = 'running' AND flow = 'order' AND number >= 3)",
    ),
    INVENTORY: (
        "SELECT EXISTS (SELECT 1 FROM offer WHERE sending_by IS NOT NULL)",
        "SELECT EXISTS (SELECT 1 FROM flow_step WHERE state = 'running' AND flow = 'inventory' AND number = 1)",
    ),
}
CHECKS = {
    "a run hangs in one of its steps": """
        SELECT s.run_id, s.name, s.state, r.state AS run FROM flow_step s JOIN job_run r ON r.id = s.run_id
        WHERE s.state IN ('running', 'waiting') AND r.state NOT IN ('queued', 'running', 'waiting', 'cancelled')
            AND r.error_kind <> 'bug'
    """,
    "two runs of one kind and account overlapped": """
        SELECT a.id, b.id FROM job_run a JOIN job_run b ON a.job = b.job AND a.key = b.key AND a.id < b.id
        WHERE a.job LIKE 'flows.%' AND b.started_at < a.finished_at AND a.started_at < b.finished_at
    """,
    "an offer says something else than was decided": """
        SELECT sku, wanted_quantity, published_quantity, channel_quantity, problem FROM offer
        WHERE product_id IS NOT NULL AND gone_at IS NULL AND NOT ignored AND NOT on_hold AND fulfilment = 'seller'
            AND problem = '' AND wanted_quantity IS DISTINCT FROM channel_quantity
    """,
}
SETTLING = 300


class RunsAttack:
    """Kills during both kinds of runs, each seed with faults of its own."""

    def __init__(self, hub: Hub, *, patience: float) -> None:
        self._hub = hub
        self._patience = patience
        self.blows = Killer(
            hub,
            random.Random(0),
            job=ORDERS,
            progress=PROGRESS,
            moments=(),
            keep_busy=self._nothing,
            patience=patience,
        )
        """Collects what all seeds did."""

    async def run(self, seeds: range) -> list[str]:
        """Attack with each seed; return the violations."""
        hub = self._hub
        while len([one for one in hub.workers if one.alive]) < SPARE:
            hub.start_worker()
        await hub.ready(SPARE)
        for seed in seeds:
            await self._strike(seed)
        await self.blows.finish()
        await hub.sandbox.behave()
        violations = await self._settle()
        for what, query in CHECKS.items():
            rows = await hub.sql(query)
            if rows:
                named = "; ".join(str(dict(row)) for row in rows[:MOST_NAMED])
                violations.append(f"{what} ({len(rows)}): {named}")
        return [*violations, *await check_orders(hub, await hub.sandbox.orders()), *await check_books(hub)]

    async def _strike(self, seed: int) -> None:
        hub, dice = self._hub, random.Random(seed)
        job = ORDERS if seed % 2 else INVENTORY
        await hub.sandbox.behave()
        faults = ORDER_FAULTS if job == ORDERS else OFFER_FAULTS
        chosen = dice.sample(faults, dice.randint(0, min(MOST_FAULTS, len(faults))))
        await hub.sandbox.misbehave(*chosen)
        killer = Killer(
            hub,
            dice,
            job=job,
            progress=PROGRESS,
            moments=MOMENTS[job],
            keep_busy=lambda: self._press(job, dice),
            patience=self._patience,
        )
        await self._press(job, dice)
        blow = await killer.strike()
        blow.doing = f"{blow.doing} (seed {seed}, {len(chosen)} faults)"
        await killer.finish()
        self.blows.blows.append(blow)

    async def _press(self, job: str, dice: random.Random) -> None:
        """Press “Run now”, with something to do for the run."""
        hub = self._hub
        if await hub.value(
            "SELECT count(*) FROM job_run WHERE job = $1 AND state IN ('queued', 'running', 'waiting')", job
        ):
            return
        if job == ORDERS:
            known = [row[0] for row in await hub.sql("SELECT channel_order_id FROM sales_order ORDER BY 1")]
            for order_id in dice.sample(known, min(30, len(known))):
                await hub.sandbox.tell(f"/orders/{order_id}/change")
        else:
            await hub.sql(
                "UPDATE offer SET published_quantity = NULL"
                " WHERE id IN (SELECT id FROM offer WHERE product_id IS NOT NULL ORDER BY random() LIMIT $1)",
                OFFERS_TO_SEND,
            )
        args: Any = (OrderRun if job == ORDERS else InventoryRun)(seller_id=hub.seller_id, account_id=hub.account_id)
        async with hub.transaction() as session:
            await jobs.enqueue(session, args)

    async def _nothing(self) -> None:
        pass

    async def _settle(self) -> list[str]:
        """Let both kinds of runs go through undisturbed, and everything come to rest."""
        hub = self._hub
        resting = ImportAttack(hub, random.Random(0), patience=1)
        try:
            await resting.settle()
            for _ in range(2):
                async with hub.transaction() as session:
                    run_id = await jobs.enqueue(
                        session, InventoryRun(seller_id=hub.seller_id, account_id=hub.account_id)
                    )

                async def over(wanted: object = run_id) -> bool:
                    state = await hub.value("SELECT state FROM job_run WHERE id = $1", wanted)
                    return state in {"succeeded", "failed", "cancelled"}

                await until("the last inventory run did not end", over, seconds=SETTLING, every=0.3)
        except StuckError as error:
            return [str(error)]
        failed = await hub.value(
            "SELECT count(*) FROM job_run WHERE job LIKE 'flows.%' AND state = 'failed' AND error_kind = 'bug'"
        )
        runs = await hub.sql(
            "SELECT job, state, count(*) FROM job_run WHERE job LIKE 'flows.%' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        say("  runs: " + ", ".join(f"{row['count']} {row['job']} {row['state']}" for row in runs))
        return [f"{failed} runs ended by a mistake of ours"] if failed else []
