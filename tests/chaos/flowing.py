"""Third attack: seed after seed of faults and kills, in order runs and inventory runs of one world or another."""

import random
import time
from collections.abc import Sequence
from uuid import UUID

from tests.chaos.checks import MOST_NAMED, check_books, check_orders
from tests.chaos.circle import check_circle, check_stock, temu_orders
from tests.chaos.hub import Hub, StuckError, until
from tests.chaos.importing import ImportAttack
from tests.chaos.killing import SPARE, Killer, say
from tests.chaos.worlds import INVENTORY, ORDERS, Bol, Job, TemuWithErp, World, press

PATIENCE = 1.5
"""Most seconds between seeing work and killing: most runs last two or three."""
LATEST_START = 3
AT_ANY_TIME = 0.2
"""The part of all kills that wait for no moment."""
REACH = 12
"""Most seconds to wait for one, as long as the run goes on."""
KILLS = (1, 1, 2)
"""Of a seed."""
JOBS: tuple[Job, Job] = (ORDERS, INVENTORY)
PROGRESS = """
    SELECT concat((SELECT count(*) FROM inbox_document WHERE account_id = a.id),
        ' ', (SELECT sum(version) FROM sales_order WHERE channel_account_id = a.id),
        ' ', (SELECT count(*) FROM dbos.operation_outputs o JOIN job_run r ON r.id::text = o.workflow_uuid
            WHERE r.key = a.id::text),
        ' ', (SELECT string_agg(state || done, ',' ORDER BY run_id, number) FROM flow_step WHERE account_id = a.id),
        ' ', (SELECT concat(sum(attempts), ' ', sum(looks), ' ', count(settled_at)) FROM channel_push
            WHERE account_id = a.id),
        ' ', (SELECT max(published_at) FROM offer WHERE account_id = a.id),
        ' ', (SELECT count(*) FROM job_run WHERE key = a.id::text AND finished_at IS NOT NULL))
    FROM channel_account a WHERE a.id = '{}'
"""
"""What changes when work of one account goes on; what happens in the other world is none of it."""
STEP = "SELECT EXISTS (SELECT 1 FROM flow_step WHERE state = 'running' AND flow = '{}' AND number = {})"
MOMENTS = {
    ORDERS: (
        "SELECT EXISTS (SELECT 1 FROM inbox_document WHERE state = 'received')",
        *(STEP.format("order", number) for number in (3, 4, 5)),
        "SELECT EXISTS (SELECT 1 FROM channel_push WHERE state = 'waiting' AND in_doubt)",
    ),
    INVENTORY: (
        "SELECT EXISTS (SELECT 1 FROM offer WHERE sending_by IS NOT NULL)",
        *(STEP.format("inventory", number) for number in (1, 3)),
    ),
}
CHECKS = {
    "a run hangs in one of its steps": """
        SELECT s.run_id, s.name, s.state, r.state AS run FROM flow_step s JOIN job_run r ON r.id = s.run_id
        WHERE s.state IN ('running', 'waiting') AND r.state NOT IN ('queued', 'running', 'waiting')
    """,
    "two runs of one kind and account overlapped": """
        SELECT a.id, b.id FROM job_run a JOIN job_run b ON a.job = b.job AND a.key = b.key AND a.id < b.id
        WHERE a.job LIKE 'flows.%' AND b.started_at < a.finished_at AND a.started_at < b.finished_at
    """,
    "an offer says something else than was decided": """
        SELECT account_id, sku, wanted_quantity, published_quantity, channel_quantity, problem FROM offer
        WHERE product_id IS NOT NULL AND gone_at IS NULL AND NOT ignored AND NOT on_hold AND fulfilment = 'seller'
            AND problem = '' AND wanted_quantity IS DISTINCT FROM channel_quantity
    """,
    "a run ended by a mistake of ours": """
        SELECT job, error_text FROM job_run WHERE job LIKE 'flows.%' AND state = 'failed' AND error_kind = 'bug'
    """,
}
SETTLING = 300
TELLING = 90
"""Seconds in which Temu must have been told everything when nothing goes wrong any more: less than any mark lasts that a
dead run may have left."""


class RunsAttack:
    """Kills during both kinds of runs, each seed with a world and faults of its own."""

    def __init__(self, hub: Hub, *, patience: float) -> None:
        self._hub = hub
        self._patience = min(patience, PATIENCE)
        self._temu = TemuWithErp(hub)
        self._worlds: tuple[World, ...] = (Bol(hub), self._temu)
        self.blows = Killer(
            hub,
            random.Random(0),
            job=ORDERS,
            progress="SELECT 1",
            moments=(),
            keep_busy=self._nothing,
            patience=patience,
        )
        """Collects what all seeds did."""

    async def run(self, seeds: range) -> list[str]:
        """Attack with each seed; return the violations."""
        hub = self._hub
        await hub.open_temu()
        while len([one for one in hub.workers if one.alive]) < SPARE:
            hub.start_worker()
        await hub.ready(SPARE)
        for seed in seeds:
            await self._strike(seed)
        started = time.monotonic()
        for world in self._worlds:
            await world.heal(random.Random(0))
        violations = await self._settle()
        say(f"  all done {time.monotonic() - started:.1f} s after the last seed")
        await self._temu.cancel_by_hand()
        for what, query in CHECKS.items():
            rows = await hub.sql(query)
            if rows:
                named = "; ".join(str(dict(row)) for row in rows[:MOST_NAMED])
                violations.append(f"{what} ({len(rows)}): {named}")
        violations += await check_orders(hub, hub.account_id, await hub.sandbox.orders())
        violations += [f"Temu: {one}" for one in await check_orders(hub, hub.temu_id, await temu_orders(hub))]
        return [*violations, *await check_circle(hub), *await check_stock(hub), *await check_books(hub)]

    async def _strike(self, seed: int) -> None:
        dice = random.Random(seed)
        world, job = dice.choice(self._worlds), dice.choice(JOBS)
        for one in self._worlds:
            await one.heal(dice)

        async def keep_busy() -> None:
            await self._press(world, job, dice)

        killer = Killer(
            self._hub,
            dice,
            job=job,
            progress=PROGRESS.format(world.account_id),
            moments=MOMENTS[job],
            keep_busy=keep_busy,
            patience=self._patience,
        ).hurried(latest_start=LATEST_START, at_any_time=AT_ANY_TIME, reach=REACH)
        killer.key = str(world.account_id)
        killer.label = f"seed {seed}, {world.name}, {await world.spoil(job, dice)}: "
        await keep_busy()
        for _ in range(dice.choice(KILLS)):
            self.blows.blows.append(await killer.strike())
        await killer.finish()

    async def _press(self, world: World, job: Job, dice: random.Random) -> None:
        """Press “Run now”, with something to do for the run."""
        if await self._hub.value(
            "SELECT count(*) FROM job_run WHERE job = $1 AND key = $2 AND state IN ('queued', 'running', 'waiting')",
            job,
            str(world.account_id),
        ):
            return
        await world.work_for(job, dice)
        await press(self._hub, world, job)

    async def _nothing(self) -> None:
        pass

    async def _settle(self) -> list[str]:
        """Let both kinds of runs go through undisturbed, and everything come to rest."""
        hub = self._hub
        try:
            await ImportAttack(hub, random.Random(0), patience=1).settle()
            await self._close_circle()
            await self._calm()
            for _ in range(2):
                await self._through([(world, INVENTORY) for world in self._worlds])
        except StuckError as error:
            return [str(error)]
        runs = await hub.sql(
            "SELECT job, state, count(*) FROM job_run WHERE job LIKE 'flows.%' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        say("  runs: " + ", ".join(f"{row['count']} {row['job']} {row['state']}" for row in runs))
        return []

    async def _close_circle(self) -> None:
        """Let the ERP send everything, and order runs tell Temu."""
        hub, temu = self._hub, self._temu

        async def closed() -> bool:
            await self._through([(temu, ORDERS)])
            await hub.sandbox.tell("/jtl/work")
            if (await hub.sandbox.tell("/jtl/send"))["sent"]:
                return False
            await hub.sql("UPDATE channel_push SET next_look_at = now() WHERE state IN ('waiting', 'sent')")
            left = await hub.value(
                "SELECT (SELECT count(*) FROM channel_push WHERE state IN ('waiting', 'sent'))"
                " + (SELECT count(*) FROM inbox_document WHERE state = 'received' AND account_id = $1)",
                temu.account_id,
            )
            return not left

        await until("Temu was not told everything", closed, seconds=TELLING, every=0.5)

    async def _calm(self) -> None:
        """Wait until nobody sends offers any more."""

        async def look() -> bool:
            return not await self._hub.value(
                "SELECT count(*) FROM job_run WHERE job LIKE 'offers.%' AND state IN ('queued', 'running')"
            )

        await until("offers are still sent", look, seconds=SETTLING, every=0.3)

    async def _through(self, wanted: Sequence[tuple[World, Job]]) -> None:
        """Let runs go through that begin now."""
        for world, job in wanted:
            await self._over(await press(self._hub, world, job), job)
            await self._over(await press(self._hub, world, job), job)

    async def _over(self, run_id: UUID, job: Job) -> None:
        async def look() -> bool:
            state = await self._hub.value("SELECT state FROM job_run WHERE id = $1", run_id)
            return state in {"succeeded", "failed", "cancelled"}

        await until(f"the last {job} did not end", look, seconds=SETTLING, every=0.2)
