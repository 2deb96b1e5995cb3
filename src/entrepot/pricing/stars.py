"""Price stars: up to which price the channel shows how many, asked once a day for the offers whose rule keeps one."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract_market import PriceStar as Said
from entrepot.channels.contract_market import ReadsMarket
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.pricing.domain.facts import PriceStar
from entrepot.pricing.stars_repository import StarsRepository

KEPT = timedelta(days=1)
AT_ONCE = 8

type Shown = dict[tuple[UUID, str, str], tuple[PriceStar, ...]]
"""Stars by account, GTIN and currency."""


async def stars_of(session: AsyncSession, account_ids: Collection[UUID], gtins: Collection[str]) -> Shown:
    """Return the stars that channels show for products, as they said last."""
    if not account_ids or not gtins:
        return {}
    shown: dict[tuple[UUID, str, str], list[PriceStar]] = {}
    for account_id, gtin, levels, read_at in await StarsRepository(session).of(account_ids, gtins):
        for said in levels:
            star = PriceStar(said.level, said.maximum_price, read_at)
            shown.setdefault((account_id, gtin, said.currency), []).append(star)
    return {place: tuple(stars) for place, stars in shown.items()}


async def put_stars(
    session: AsyncSession, account: AccountRef, found: Mapping[str, Sequence[Said]], read_at: datetime
) -> None:
    """Keep what the channel says now, by GTIN."""
    rows = [
        {
            "account_id": account.id,
            "gtin": gtin,
            "seller_id": account.seller_id,
            "levels": msgspec.to_builtins(list(said)),
            "read_at": read_at,
        }
        for gtin, said in sorted(found.items())
    ]
    if rows:
        await StarsRepository(session).put(rows)


async def read_stars(run: Run, connections: Connections, account: AccountRef, gtins: Collection[str]) -> int:
    """Ask the channel about products that were not asked about for a day; prices go on without it.

    Returns:
        How many it told of.
    """
    if not gtins:
        return 0
    async with run.transaction() as session:
        stale = sorted(set(gtins) - await StarsRepository(session).fresh(account.id, gtins, now() - KEPT))
        if not stale:
            return 0
        connector = await ChannelService(session, connections).connector(account.id, why="read price stars")
    if not isinstance(connector, ReadsMarket):
        return 0
    gate, found, silent = asyncio.Semaphore(AT_ONCE), dict[str, list[Said]](), list[EntrepotError]()

    async def one(gtin: str) -> None:
        async with gate:
            if not silent:
                try:
                    found[gtin] = await connector.price_stars(gtin)
                except EntrepotError as error:
                    silent.append(error)

    await asyncio.gather(*(one(gtin) for gtin in stale))
    if silent:
        await run.log("warning", silent[0])
    async with run.transaction() as session:
        await put_stars(session, account, found, now())
    return len(found)
