"""What happens in the warehouse by itself: goods expire."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory import views
from entrepot.inventory.lots import BATCH
from entrepot.inventory.service import InventoryService
from entrepot.inventory.tasks import ExpireLots
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.text import N_

MOST_BATCHES = 200
SOON = 30
"""Days before its last one on which a lot counts as expiring."""


@job("inventory.expire_lots", label=N_("Take expired goods out of sale"), queue=Queue.LOW)
async def expire_lots(run: Run, args: ExpireLots) -> object:  # noqa: ARG001 -- the form of every job
    """Take every lot past its day out of what is available, and note how many lots need somebody."""
    expired = 0

    async def expire() -> int:
        async with run.transaction() as session:
            return await InventoryService(session).expire_lots()

    async def look() -> dict[str, int]:
        async with run.transaction() as session:
            found = await views.lot_alerts(session, days=SOON)
            return {"expiring": found.expiring, "expired_in_stock": found.expired, "quarantined": found.quarantined}

    for _ in range(MOST_BATCHES):
        count = await run.step("expire", expire)
        expired += count
        if count < BATCH:
            break
    alerts = await run.step("look", look)
    if alerts["expired_in_stock"]:
        await run.log(
            "warning",
            N_("{count} expired lots still lie in the warehouse: see Lots."),
            count=alerts["expired_in_stock"],
        )
    if alerts["expiring"]:
        await run.log(
            "info", N_("{count} lots expire within {days} days: see Lots."), count=alerts["expiring"], days=SOON
        )
    return {"expired": expired, **alerts}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await jobs.set_schedule(session, "inventory.expire_lots", ExpireLots(), cron="1 * * * *")
