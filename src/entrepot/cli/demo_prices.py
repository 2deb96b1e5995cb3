"""The demo's prices: web shops that are watched, and a price war on bol that stays inside its limits."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import httpx
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.service import ChannelService
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.watching.adding import NewListing
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.stores import StoreDraft, StoreService
from entrepot.pricing.costs import CostService
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import Alone, GroupDraft, Limits, Mode, Rule, RuleDraft, Strategy
from entrepot.pricing.rules import RuleService
from entrepot.pricing.selecting import Selection
from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.rivals.behaviours import Behaviour

WATCHED = 12
"""Products that are watched in every shop."""
CHECK_MINUTES = 2
AT_WAR = 20
COSTS = {
    "shipping": Decimal(0),
    "packaging": Decimal(0),
    "vat_percent": Decimal(21),
    "commission_percent": Decimal("12.4"),
    "commission_fixed": Decimal("0.99"),
}
"""Buyers pay for shipping; the rest is as the simulated bol has it."""
CEILING = "floor * 1.12"
"""Inside so narrow a band no step is large enough for the governor, or for a second person."""
THEIR_FLOOR = Decimal("1.02")
"""Times a product's usual price: others give up at about the price where we do."""
CASTS: tuple[tuple[Behaviour, ...], ...] = (
    ("undercutter", "matcher", "statue"),
    ("oscillator", "sold_out"),
    ("undercutter", "sleeper", "madman"),
    ("matcher", "oscillator", "sold_out"),
    ("madman", "statue"),
)
SELECTORS = {
    "maison": ("price=css:#prix", "availability=css:.dispo"),
    "presentboden": ("price=json:$.product.offer.price", "availability=json:$.product.offer.availability"),
}
"""Of the shops whose pages say too little by themselves."""
MODES = {"upominki": FetchMode.SERVICE}
"""Its pages are drawn by a script: the sandbox's scraper service sees what a browser would."""


class _Shop(msgspec.Struct):
    key: str
    name: str
    locale: str
    currency: str
    address: str


class _OnShelf(msgspec.Struct):
    sku: str
    ean: str
    title: str
    address: str


async def fill_prices(
    database: Database, box: SecretBox, settings: Settings, seller_id: UUID, account_id: UUID, sandbox: str
) -> None:
    """Watch the sandbox's shops, and let twenty prices on bol fight."""
    fighting = _fighting()
    connections = Connections.of(database, box, settings)
    try:
        async with database.transaction(Scope.of(seller_id)) as session:
            await NoticeService(session, box, connections).subscribe(account_id, settings.address)
    finally:
        await connections.aclose()
    async with httpx.AsyncClient(base_url=sandbox, trust_env=False) as world:
        await _watch(database, box, settings, seller_id, world)
        for place, product in enumerate(fighting):
            floor = (product.price * THEIR_FLOOR).quantize(Decimal("0.01"))
            body = {"behaviours": CASTS[place % len(CASTS)], "floor": str(floor)}
            (await world.post(f"/sandbox/api/market/{product.ean}", json=body)).raise_for_status()
    async with database.transaction(Scope.of(seller_id)) as session:
        account = await ChannelService(session).account(account_id)
        await CompetingService(session).ask(account, [product.ean for product in fighting])
        await CostService(session).put(seller_id, COSTS)
        await _rules(session, seller_id, account_id, [product.sku for product in fighting])


async def _watch(
    database: Database, box: SecretBox, settings: Settings, seller_id: UUID, world: httpx.AsyncClient
) -> None:
    shops = msgspec.json.decode((await world.get("/sandbox/api/shops")).content, type=list[_Shop])
    listings: list[NewListing] = []
    async with database.transaction(Scope.of(seller_id)) as session:
        stores = StoreService(session, box, open_storage(settings))
        for shop in shops:
            draft = StoreDraft(
                name=shop.name,
                domains=(httpx.URL(shop.address).netloc.decode(),),
                locale=shop.locale,
                currency=shop.currency,
                selectors=SELECTORS.get(shop.key, ()),
                fetch_mode=MODES.get(shop.key, FetchMode.HTTP),
                interval_ms=100,
                check_minutes=CHECK_MINUTES,
            )
            await stores.create(seller_id, draft)
            answer = await world.get(f"/sandbox/api/shops/{shop.key}/products", params={"limit": WATCHED})
            shelf = msgspec.json.decode(answer.content, type=list[_OnShelf])
            listings += [
                NewListing(
                    url=one.address, title=one.title.capitalize(), sku=one.sku, gtin=one.ean, group="Bestsellers"
                )
                for one in shelf
            ]
        await WatchService(session).add_many(seller_id, listings)


def _fighting() -> Sequence[Product]:
    """Products that cost about what they must: there is something to lose and something to win."""

    def room(product: Product) -> Decimal:
        least = (product.cost * Decimal("1.21") + Decimal("0.99")) / Decimal("0.826")
        return product.price / least

    found = [one for one in load().products if one.price > 6 and 1 < room(one) < Decimal("1.12")]  # noqa: PLR2004
    return found[:AT_WAR]


async def _rules(session: AsyncSession, seller_id: UUID, account_id: UUID, skus: Sequence[str]) -> None:
    groups, rules = GroupService(session), RuleService(session)
    draft = GroupDraft(
        name="Price war",
        selection=Selection(skus=tuple(skus), accounts=(str(account_id),)),
        market_minutes=5,
        losing_minutes=5,
        winning_minutes=60,
    )
    group = await groups.create(seller_id, draft)
    for name, strategy, some in (
        ("Win the buy box, then raise", Strategy.WIN_THEN_RAISE, ()),
        ("Undercut", Strategy.UNDERCUT, skus[::3]),
        ("Match", Strategy.MATCH, skus[1::5]),
    ):
        rule = Rule(rule_id="", strategy=strategy, limits=Limits(ceiling=CEILING), alone=Alone.STEP_UP)
        await rules.add(group.id, RuleDraft(name=name, rule=rule, selection=Selection(skus=tuple(some))))
    await groups.switch(group.id, Mode.AUTOMATIC)
