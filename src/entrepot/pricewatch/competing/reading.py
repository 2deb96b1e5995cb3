"""Reading what others ask from a channel: outside transactions, several at once, within the account's budget."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from uuid import UUID

import msgspec

from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability
from entrepot.channels.contract_market import ReadsMarket
from entrepot.channels.errors import CannotDoThatError, CredentialsRejectedError
from entrepot.channels.service import ChannelService
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, UnavailableError
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.contract import MarketRead, seen
from entrepot.pricewatch.competing.knowing import learn
from entrepot.pricewatch.competing.service import CompetingService

AT_ONCE = 8
BATCH = 100
"""GTINs that are stored together: one durable step."""
MOST_WAITS = 20
"""How often a run waits for a budget or a channel that is away before it leaves the rest to the next one."""
LONGEST_WAIT = 300


class MarketsRead(msgspec.Struct):
    """How a reading went."""

    read: int = 0
    changed: list[str] = []
    """GTINs whose market changed."""
    problems: int = 0
    left: list[str] = []
    """GTINs that were not read, because the channel was away or the budget spent."""
    retry_after: float = 0


async def read_markets(
    run: Run, connections: Connections, account_id: UUID, gtins: Sequence[str], country: str = ""
) -> MarketsRead:
    """Read the markets of *gtins*, a durable step per hundred, waiting where the channel asks for it."""
    total = MarketsRead()
    waits = 0
    waiting = [list(batch) for batch in batched(dict.fromkeys(gtins), BATCH, strict=False)]
    number = 0
    while waiting:
        number += 1
        batch = waiting.pop(0)

        async def read(batch: list[str] = batch) -> MarketsRead:
            return await read_batch(run, connections, account_id, batch, country)

        done = await run.step(f"batch {number}", read, returns=MarketsRead)
        total.read += done.read
        total.problems += done.problems
        total.changed += done.changed
        if done.left:
            waits += 1
            if waits > MOST_WAITS:
                total.left = [*done.left, *(gtin for rest in waiting for gtin in rest)]
                break
            waiting.insert(0, done.left)
            await run.sleep(min(LONGEST_WAIT, max(1.0, done.retry_after)))
        await run.progress(total.read + total.problems, len(gtins), N_("{changed} changed"), changed=len(total.changed))
    return total


async def read_batch(
    run: Run, connections: Connections, account_id: UUID, gtins: Sequence[str], country: str = ""
) -> MarketsRead:
    """Read *gtins* at once, and store what came; nothing is held open meanwhile."""
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        account.require_read()
        connector = await channels.connector(account_id, why="read competing offers")
    if not isinstance(connector, ReadsMarket):
        raise CannotDoThatError(channel=account.channel, capability=Capability.READ_MARKET)
    read_at = now()
    gate = asyncio.Semaphore(AT_ONCE)
    away: list[UnavailableError] = []

    async def one(gtin: str) -> MarketRead | None:
        async with gate:
            if away:  # the others would only hear the same
                return None
            try:
                offers = await connector.competing_offers(gtin, country=country)
            except UnavailableError as error:
                away.append(error)
                return None
            except CredentialsRejectedError:
                raise
            except EntrepotError as error:
                return MarketRead(gtin=gtin, problem=error.detail)
        return MarketRead(gtin=gtin, offers=tuple(map(seen, offers)))

    try:
        answers = await asyncio.gather(*(one(gtin) for gtin in gtins))
    except CredentialsRejectedError as error:
        async with run.transaction() as session:
            await ChannelService(session).record_failure(account_id, error)
        raise
    found = [answer for answer in answers if answer is not None]
    if not away:
        await learn(run, connector, account, found)
    changed = await _store(run, account, country, found, read_at)
    return MarketsRead(
        read=sum(not answer.problem for answer in found),
        changed=list(changed),
        problems=sum(bool(answer.problem) for answer in found),
        left=[gtin for gtin, answer in zip(gtins, answers, strict=True) if answer is None],
        retry_after=max((float(getattr(error, "retry_after", 30)) for error in away), default=0.0),
    )


async def _store(
    run: Run, account: AccountRef, country: str, found: Sequence[MarketRead], read_at: datetime
) -> tuple[str, ...]:
    async with run.transaction() as session:
        return await CompetingService(session).store(account, country, found, read_at)
