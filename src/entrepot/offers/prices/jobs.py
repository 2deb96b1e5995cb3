"""What happens to prices by itself: telling channels, beginning and ending what is planned."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers.prices import sending
from entrepot.offers.prices.planning import Planning
from entrepot.offers.prices.repository import PriceRepository
from entrepot.offers.prices.service import PriceService
from entrepot.offers.prices.tasks import ForgetPrices, PublishPrices, TurnPrices

TURN_EVERY = timedelta(minutes=5)
"""The safety net: what is planned has a run of its own at its moment."""
FORGIVE = timedelta(hours=6)
"""A refused price is tried again after this, even if it stays the same."""
KEEP_DAYS = 400
"""How long it is known what channels were told: a year and a bit, so that last year's season can be looked at."""
KEEP_PREVIEWS_DAYS = 7
MOST_BATCHES = 200


@job("offers.publish_prices", label=N_("Publish prices"))
async def publish_prices(run: Run, args: PublishPrices) -> object:
    """Tell the channel every price it has wrong."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await sending.send_all(run, connections, args.account_id)


@job("offers.turn_prices", label=N_("Begin and end planned prices"))
async def turn_prices(run: Run, args: TurnPrices) -> object:  # noqa: ARG001 -- the form of every job
    """Begin and end planned prices and price lists whose time has come, and have sent what is due."""
    turned = 0
    for number in range(MOST_BATCHES):

        async def turn() -> int:
            async with run.transaction() as session:
                return await Planning(session).turn()

        done = await run.step(f"turn {number + 1}", turn)
        turned += done
        if not done:
            break

    async def send() -> int:
        async with run.transaction() as session:
            await PriceRepository(session).forgive(older_than=FORGIVE)
            return await PriceService(session).publish_due()

    return {"turned": turned, "accounts": await run.step("send", send)}


@job("offers.forget_prices", label=N_("Remove old prices"), queue=Queue.LOW)
async def forget_prices(run: Run, args: ForgetPrices) -> object:  # noqa: ARG001 -- the form of every job
    """Remove what channels were told longer ago than anybody looks back, and previews that nobody applied."""

    async def remove() -> int:
        async with run.transaction() as session:
            return await PriceRepository(session).keep(told_days=KEEP_DAYS, previews_days=KEEP_PREVIEWS_DAYS)

    total = 0
    for number in range(MOST_BATCHES):
        removed = await run.step(f"batch {number + 1}", remove)
        total += removed
        if not removed:
            break
    return {"removed": total}


async def set_up(session: AsyncSession) -> None:
    """Make the schedules of prices."""
    await jobs.set_schedule(session, "offers.turn_prices", TurnPrices(), every=TURN_EVERY)
    await jobs.set_schedule(
        session, "offers.forget_prices", ForgetPrices(), cron="35 4 * * *", time_zone="Europe/Amsterdam"
    )


@reaction("offers.prices_linked", topics=["offers.offer_linked"])
async def on_linked(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Price lists speak of products: an offer whose product is known now may have a price."""
    offers: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for event in events:
        if event.seller_id is not None:
            offers[event.seller_id].add(event.subject_id)
    for seller_id in sorted(offers):
        await Planning(session).follow_products(offers[seller_id])


@reaction("offers.prices_accounts", topics=["channels.account_mode_changed"])
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Send what became due while an account only imported or was paused."""
    for seller_id in sorted({event.seller_id for event in events if event.seller_id is not None}):
        await PriceService(session).publish_due(seller_id)


@reaction("offers.prices_runs", topics=["jobs.run_failed", "jobs.run_cancelled"])
async def on_runs_ended(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Let others send what runs were sending that could not finish: their worker died once too often."""
    await PriceRepository(session).give_up_for([event.subject_id for event in events])
