"""Who the competitors are: asked of the channel once a week, for those that were seen, with nothing held open meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

import structlog

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract_market import Competitor, ReadsMarket
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.pricewatch.competing.contract import MarketRead
from entrepot.pricewatch.competing.service import CompetingService

KEPT = timedelta(days=7)
MOST_ASKED = 40
"""With one reading: of more, those who offer most come first, and the others with the next one."""
AT_ONCE = 8

log = structlog.get_logger()


async def learn(run: Run, connector: ReadsMarket, account: AccountRef, read: Iterable[MarketRead]) -> int:
    """Ask who those are that offer something and are not known, or not since a week; return how many were told.

    What the channel does not answer is left for the next reading: prices do not wait for names.
    """
    seen = Counter(offer.competitor for one in read for offer in one.offers if offer.competitor)
    if not seen:
        return 0
    async with run.transaction() as session:
        known = await CompetingService(session).competitors([account.id], seen)
    fresh = {number for (_, number), one in known.items() if one.read_at > now() - KEPT}
    asked = sorted(seen.keys() - fresh, key=lambda number: (-seen[number], number))[:MOST_ASKED]
    if not asked:
        return 0
    gate, found = asyncio.Semaphore(AT_ONCE), dict[str, Competitor | None]()
    silent: list[str] = []

    async def one(number: str) -> None:
        async with gate:
            if silent:
                return
            try:
                found[number] = await connector.competitor(number)
            except EntrepotError as error:
                silent.append(error.detail)

    await asyncio.gather(*(one(number) for number in asked))
    if silent:
        log.info("competitors_not_told", account=str(account.id), reason=silent[0])
    async with run.transaction() as session:
        await CompetingService(session).put_competitors(account, found, now())
    return len(found)
