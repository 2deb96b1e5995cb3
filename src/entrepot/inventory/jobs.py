"""What happens in the warehouse by itself: goods expire."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory import views
from entrepot.inventory.lots import BATCH
from entrepot.inventory.service import InventoryService
from entrepot.inventory.tasks import ExpireLots, MakeReplenishment
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


@job("inventory.make_replenishment", label=N_("List what to bring to pick faces"), queue=Queue.LOW)
async def make_replenishment(run: Run, args: MakeReplenishment) -> object:
    """Make the list of one seller, or of everyone who has pick faces, anew."""
    ways = 0

    async def find() -> list[str]:
        async with run.transaction() as session:
            return [str(seller_id) for seller_id in await InventoryService(session).sellers_with_pick_faces()]

    sellers = [str(args.seller_id)] if args.seller_id else await run.step("find", find)
    for seller_id in sellers:

        async def make(of: UUID = UUID(seller_id)) -> int:  # noqa: B008 -- bound now, called once
            async with run.transaction() as session:
                return await InventoryService(session).make_replenishment(of)

        ways += await run.step("make", make)
    return {"sellers": len(sellers), "ways": ways}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await jobs.set_schedule(session, "inventory.expire_lots", ExpireLots(), cron="1 * * * *")
    await jobs.set_schedule(session, "inventory.make_replenishment", MakeReplenishment(), cron="*/15 * * * *")
