"""Working off what is to be looked at: read the market first, then decide, some hundred offers at a time."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability
from entrepot.channels.contract_market import CommissionQuery, ReadsMarket
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.reading import read_batch
from entrepot.pricing.costs import CostService
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.facts import Commission, Reduction
from entrepot.pricing.judging import Judging
from entrepot.pricing.repricing import Repricer
from entrepot.pricing.stars import read_stars
from entrepot.pricing.tasks import Reprice

BATCH = 500
"""Offers decided in one transaction."""
READ = 100
"""Markets read between two looks at the list."""
MOST_ROUNDS = 2_000
MOST_WAITS = 10
MOST_GIVEN_UP = 100_000
LONGEST_WAIT = 120
COMMISSIONS_KEPT = timedelta(days=7)


class Round(msgspec.Struct):
    """What one step did."""

    offers: int = 0
    outcomes: dict[str, int] = {}
    retry_after: float = 0


async def touch(session: AsyncSession, offer_ids: Collection[UUID], trigger: str) -> int:
    """Have the prices of offers looked at soon; return how many accounts they are on."""
    if not offer_ids:
        return 0
    places = await DecisionRepository(session).touch(offer_ids, trigger)
    await start(session, places)
    return len(places)


async def start(session: AsyncSession, places: Collection[tuple[UUID, UUID]]) -> None:
    """Have the lists of accounts worked off: (seller, account); a run that waits for its turn takes all that came till then."""
    for seller_id, account_id in places:
        task = Reprice(seller_id=seller_id, account_id=account_id)
        await jobs.enqueue(session, task, key=str(account_id), again=True)


async def work_off(run: Run, connections: Connections, account_id: UUID) -> dict[str, int]:
    """Decide about everything that is to be looked at on an account; return how often each outcome came."""
    total: Counter[str] = Counter()
    waits = 0
    for number in range(MOST_ROUNDS):

        async def read() -> Round:
            return await _read(run, connections, account_id)

        async def settle() -> Round:
            return await _decide(run, account_id)

        looked = await run.step(f"read {number + 1}", read, returns=Round)
        done = await run.step(f"decide {number + 1}", settle, returns=Round)
        total.update(done.outcomes)
        await run.progress(sum(total.values()), 0, N_("{count} prices looked at"), count=sum(total.values()))
        if not looked.offers and not done.offers:
            break
        if looked.retry_after:
            waits += 1
            if waits > MOST_WAITS:
                await run.log(
                    "warning", N_("The channel was away too long: prices are decided with what was read before.")
                )
                await run.step(f"give up {number + 1}", lambda: _give_up(run, account_id))
                waits = 0
                continue
            await run.sleep(min(LONGEST_WAIT, looked.retry_after))
    return dict(total)


async def _read(run: Run, connections: Connections, account_id: UUID) -> Round:
    """Read the market of some offers that wait for it, with no transaction open meanwhile."""
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        rows = await DecisionRepository(session).touched(account_id, read_market=True, limit=READ)
        countries, starred = await Judging(session).to_read([row[0] for row in rows])
    if not rows:
        return Round()
    markets: defaultdict[str, set[str]] = defaultdict(set)
    for offer_id, gtin, _ in rows:
        if gtin:
            markets[countries.get(offer_id, "")].add(gtin)
    left: set[tuple[str, str]] = set()
    retry_after = 1.0
    if markets and may_read_market(account):
        for country, gtins in sorted(markets.items()):
            read = await read_batch(run, connections, account_id, sorted(gtins), country)
            left |= {(country, gtin) for gtin in read.left}
            retry_after = max(retry_after, read.retry_after)
        await _read_commissions(run, connections, account, [row[0] for row in rows])
        await read_stars(
            run, connections, account, {gtin for offer_id, gtin, _ in rows if gtin and offer_id in starred}
        )
    async with run.transaction() as session:
        await DecisionRepository(session).market_read(
            [offer_id for offer_id, gtin, _ in rows if (countries.get(offer_id, ""), gtin) not in left]
        )
    return Round(offers=len(rows), retry_after=retry_after if left else 0)


async def _give_up(run: Run, account_id: UUID) -> None:
    """Let what waits for the market be decided without: rules do not act on readings that are too old."""
    async with run.transaction() as session:
        decisions = DecisionRepository(session)
        rows = await decisions.touched(account_id, read_market=True, limit=MOST_GIVEN_UP)
        await decisions.market_read([row[0] for row in rows])


async def _decide(run: Run, account_id: UUID) -> Round:
    async with run.transaction() as session:
        decisions = DecisionRepository(session)
        rows = await decisions.touched(account_id, read_market=False, limit=BATCH)
        if not rows:
            return Round()
        await decisions.lock_offers([row[0] for row in rows])
        taken = set(await decisions.take([row[0] for row in rows]))
        triggers: defaultdict[str, list[UUID]] = defaultdict(list)
        for offer_id, _, trigger in rows:
            if offer_id in taken:
                triggers[trigger].append(offer_id)
        outcomes: Counter[str] = Counter()
        for trigger, offer_ids in sorted(triggers.items()):
            outcomes += (await Repricer(session).reprice(offer_ids, trigger)).outcomes
    return Round(offers=len(rows), outcomes=dict(outcomes))


def may_read_market(account: AccountRef) -> bool:
    """Return whether somebody can be asked what others ask."""
    spec = connectors().get(account.channel)
    return spec is not None and Capability.READ_MARKET in spec.capabilities and account.may_read


async def _read_commissions(
    run: Run, connections: Connections, account: AccountRef, offer_ids: Collection[UUID]
) -> None:
    """Ask the channel what it keeps, of what was not asked for a week; prices go on without it."""
    async with run.transaction() as session:
        stale = await DecisionRepository(session).stale_commissions(account.id, offer_ids, now() - COMMISSIONS_KEPT)
        if not stale:
            return
        channels = ChannelService(session, connections)
        connector = await channels.connector(account.id, why="read commissions")
    if not isinstance(connector, ReadsMarket):
        return
    currencies = {gtin: currency for gtin, _, currency in stale}
    try:
        found = await connector.commissions([CommissionQuery(gtin=gtin, price=price) for gtin, price, _ in stale])
    except EntrepotError as error:
        await run.log("warning", error)
        return
    rows: list[tuple[str, str, Decimal, Commission]] = []
    for one in found:
        if one.gtin not in currencies:
            continue
        reductions = tuple(
            Reduction(maximum_price=cut.maximum_price, amount=cut.reduction, begins=cut.begins, ends=cut.ends)
            for cut in one.reductions
        )
        said = Commission(fixed=one.fixed, percent=one.percentage, reductions=reductions)
        rows.append((one.gtin, one.currency, one.price, said))
    async with run.transaction() as session:
        await CostService(session).put_commissions(account.seller_id, account.id, rows)
