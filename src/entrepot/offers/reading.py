"""Reading an account's offers from its channel, page after page."""

from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, Cursor, ReadsOffers
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.offers.service import OfferService


class PageRead(msgspec.Struct):
    """What a page of offers brought."""

    next: Cursor
    more: bool
    count: int = 0
    new: int = 0
    unmatched: int = 0
    drifted: int = 0
    gone: int = 0


async def read_listing(run: Run, connections: Connections, account_id: UUID) -> PageRead:
    """Read every offer of the account, each page in a durable step; those not found any more are marked as gone."""

    async def begin() -> str:
        return now().isoformat()

    began_at = datetime.fromisoformat(await run.step("begin reading", begin))
    total = PageRead(next="", more=True)
    number = 0
    while total.more:
        number += 1
        following = partial(read_page, run, connections, account_id, total.next or None)
        page = await run.step(f"page {number}", following, returns=PageRead)
        total = PageRead(
            next=page.next,
            more=page.more,
            count=total.count + page.count,
            new=total.new + page.new,
            unmatched=total.unmatched + page.unmatched,
            drifted=total.drifted + page.drifted,
        )
        await run.progress(
            total.count,
            0,
            N_("{count} offers, {new} new, {unmatched} without product"),
            count=total.count,
            new=total.new,
            unmatched=total.unmatched,
        )

    async def close() -> int:
        async with run.transaction() as session:
            return await OfferService(session).close_listing(account_id, began_at, count=total.count)

    total.gone = await run.step("find what is gone", close)
    return total


async def read_page(run: Run, connections: Connections, account_id: UUID, cursor: Cursor | None) -> PageRead:
    """Fetch one page and store it."""
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        account.require_read()
        connector = await ChannelService(session, connections).connector(account_id, why="read offers")
    if not isinstance(connector, ReadsOffers):
        raise CannotDoThatError(channel=account.channel, capability=Capability.READ_OFFERS)
    read_at: datetime = now()
    try:
        page = await connector.fetch_offers(cursor)
    except EntrepotError as error:
        await record_failure(run, account_id, error)
        raise
    async with run.transaction() as session:
        stored = await OfferService(session).store_page(account, page.items, read_at)
    return PageRead(
        next=page.next,
        more=page.more,
        count=stored.count,
        new=stored.new,
        unmatched=stored.unmatched,
        drifted=stored.drifted,
    )


async def record_failure(run: Run, account_id: UUID, error: EntrepotError) -> None:
    """Make it the health of the account that talking to its channel failed."""
    async with run.transaction() as session:
        await ChannelService(session).record_failure(account_id, error)
