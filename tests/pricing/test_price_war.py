"""A week of the price war, simulated: real services, the sandbox's sellers, an hour at a time.

Two things are simulated: the outside world, and the time.  Everything between them is what runs in production: competing
offers are read through the bol connector, prices decided, looked at by the governor, told to bol and read back.
"""

import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.accounts import Mode as AccountMode
from entrepot.channels.connections import Connections
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol import market as bol_market
from entrepot.connectors.bol import offers as bol_offers
from entrepot.jobs.discovery import discover
from entrepot.jobs.inline import InlineEngine
from entrepot.jobs.run import Run, Tools
from entrepot.kit import clock
from entrepot.kit.call_log import CallLog
from entrepot.kit.database import Actor, Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.offers import jobs as offer_jobs
from entrepot.offers.prices.sending import send_all
from entrepot.offers.prices.views import PricedOffer, priced_offers
from entrepot.offers.tasks import RefreshOffers
from entrepot.pricewatch.competing.reading import read_markets
from entrepot.pricing.approving import Approving
from entrepot.pricing.costs import CostService
from entrepot.pricing.domain.rules import Alone, Limits, Mode, Rivals, Rule, Strategy
from entrepot.pricing.governor import Governor
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import GroupDraft, RuleDraft
from entrepot.pricing.repricing import Repricer
from entrepot.pricing.rules import RuleService
from entrepot.pricing.selecting import Selection
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.marketplace.entities import PriceStep
from entrepot.sandbox.options import WorldOptions
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.rivals.behaviours import Behaviour
from entrepot.sandbox.rivals.market import Market
from entrepot.sandbox.world import World
from tests.inventory.factories import add_product

pytestmark = pytest.mark.anyio

BOL = "http://bol.test"
OWN, SECOND = "sandbox-seller-1", "sandbox-seller-2"
CASTS: tuple[tuple[Behaviour, ...], ...] = (
    ("undercutter", "matcher"),
    ("oscillator", "sold_out"),
    ("sleeper", "statue"),
    ("madman",),
    ("statue",),
)
UNDERCUT, SWINGS, MAD, OURS_TOO = 0, 1, 3, 4
"""Among others the product that the madman sells, and the one that our second account sells, too, far too cheap."""
FLOOR, CEILING = Decimal("1.4"), Decimal("2.4")
"""Times what a product costs."""
HOURS = 168
FROZEN_FOR = 3
"""Hours until a second person comes."""


class Hands:
    """The time, as everything in the hub is told it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    discover()  # whatever is loaded later would keep the wrong clock
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    real, made = clock.now, Hands(tomorrow)
    for name, module in list(sys.modules.items()):
        if name.startswith("entrepot.") and getattr(module, "now", None) is real:
            monkeypatch.setattr(module, "now", made.now)
    paced = ((bol_market, "COMPETING"), (bol_offers, "READ_OFFER"), (bol_offers, "CHANGE_OFFER"))
    for module, name in paced:  # budgets count real seconds: here an hour has few
        monkeypatch.setattr(module, name, replace(getattr(module, name), rate=10**6, burst=10**6))
    return made


@dataclass
class War:
    """A hub with two accounts on one simulated bol, and how the war went."""

    database: Database
    box: SecretBox
    settings: Settings
    hands: Hands
    world: World
    connections: Connections
    seller_id: UUID
    account_id: UUID
    costs: dict[str, Decimal]
    """By EAN."""
    offers: list[PricedOffer] = field(default_factory=list[PricedOffer])
    paths: list[tuple[Decimal, ...]] = field(default_factory=list[tuple[Decimal, ...]])
    boxes: Counter[str] = field(default_factory=Counter[str])
    frozen_hours: int = 0
    moved_since_resume: int | None = None
    """Hours in which prices changed; None before anybody resumed."""

    @property
    def scope(self) -> Scope:
        return Scope.of(self.seller_id)

    def run(self) -> Run:
        tools = Tools(self.database, self.box, self.settings)
        actor = Actor("job", "test", "pricing.test")
        return Run(
            id=new_id(), job="pricing.test", seller_id=self.seller_id, attempt=1, actor=actor, tools=tools,
            engine=InlineEngine(),
        )  # fmt: skip

    def prices(self) -> dict[str, Decimal]:
        """What bol shows, by EAN."""
        offers = self.world.accounts[OWN].offers
        return {ean: offers.of_ean(ean)[0].prices[0].unit_price for ean in self.costs}

    async def hour(self) -> None:
        """Let an hour pass: others act, then we look, decide and tell."""
        self.hands.at += timedelta(hours=1)
        self.world.clock.advance(3600)
        was_frozen = bool(await self.freezes())
        before, sent_before = self.prices(), len(self.world.traffic.mutations)
        await read_markets(self.run(), self.connections, self.account_id, list(self.costs), "NL")
        async with self.database.transaction(self.scope, actor=Actor("job", "", "repricing")) as session:
            await Repricer(session).reprice([offer.offer_id for offer in self.offers], "schedule")
        await send_all(self.run(), self.connections, self.account_id)
        self.check(before, sent_before, frozen=was_frozen or bool(await self.freezes()))

    def check(self, before: dict[str, Decimal], sent_before: int, *, frozen: bool) -> None:
        """What must hold after every hour."""
        after = self.prices()
        for ean, price in after.items():
            assert FLOOR * self.costs[ean] <= price <= CEILING * self.costs[ean], (ean, price, self.costs[ean])
        if frozen:
            assert after == before
            assert len(self.world.traffic.mutations) == sent_before
            self.frozen_hours += 1
        elif self.moved_since_resume is not None:
            self.moved_since_resume += after != before
        market = Market.of(self.world)
        for ean in self.costs:
            product = market.product(ean)
            assert product is not None
            mine = {offer.offer_id for offer in self.world.accounts[OWN].offers.of_ean(ean)}
            self.boxes[ean] += market.best(product) in mine
        self.paths.append(tuple(after.values()))

    async def freezes(self) -> list[UUID]:
        async with self.database.transaction(self.scope) as session:
            return [freeze.id for freeze in await Governor(session).open_freezes()]

    async def resume(self, skus: tuple[str, ...], never: frozenset[str]) -> None:
        """A second person looks at it, takes somebody for mad, and lets prices go on."""
        second = Actor("user", str(new_id()), "Second Person")
        async with self.database.transaction(self.scope, actor=second) as session:
            rules = RuleService(session)
            (rule,) = [one for one in await rules.rules() if set(skus) <= set(one.selection.skus)]
            said = msgspec.structs.replace(rule.rule, rivals=Rivals(never=never))
            await rules.change(rule.id, RuleDraft(name=rule.name, rule=said, selection=rule.selection))
            for freeze in await Governor(session).open_freezes():
                await Approving(session).resume(freeze.id)
        self.moved_since_resume = 0


@asynccontextmanager
async def at_war(
    database: Database, box: SecretBox, settings: Settings, hands: Hands, seller_id: UUID
) -> AsyncGenerator[War]:
    """A seller whose two accounts are connected; the first one's prices follow rules in automatic mode."""
    options = WorldOptions(speed=0, token_seconds=30 * 24 * 3600, rate_limits={})
    world = World(options, WorldClock(FrozenTime(hands.at)))
    products = [one for one in load().products if 5 < one.price < 20 and 1.6 < one.price / one.cost < 2.1]
    products = products[: len(CASTS)]
    stock(world, OWN, {product.ean: product.price for product in products})
    stock(world, SECOND, {products[OURS_TOO].ean: Decimal("1.00")})
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    connections = Connections(database, box, OutsideHttp(CallLog(database), transport=transport))
    costs = {product.ean: product.cost for product in products}
    war = War(database, box, settings, hands, world, connections, seller_id, new_id(), costs)
    async with database.transaction(war.scope) as session:
        rows = [
            ((await add_product(session, seller_id, one.sku)).id, None, "EUR", {"purchase": one.cost})
            for one in products
        ]
        await CostService(session).put_many(seller_id, rows)
        war.account_id = await connect(session, connections, seller_id, OWN)
        second_id = await connect(session, connections, seller_id, SECOND)
    for account_id in (war.account_id, second_id):
        task = RefreshOffers(seller_id=seller_id, account_id=account_id)
        await offer_jobs.refresh_account(war.run(), connections, task)
    for product, cast in zip(products, CASTS, strict=True):
        there = Market.of(world).product(product.ean)
        assert there is not None
        Market.of(world).set_cast(there, list(cast))
    async with database.transaction(war.scope, actor=Actor("user", str(new_id()), "First Person")) as session:
        await make_rules(session, war, [product.sku for product in products])
        war.offers = await priced_offers(session, account_ids=[war.account_id])
    yield war
    await connections.aclose()
    world.close()


def stock(world: World, client_id: str, prices: dict[str, Decimal]) -> None:
    """Let an account offer just these, by EAN."""
    offers = world.accounts[client_id].offers
    for offer in list(offers.after(-1)):
        offer.deleted, offer.amount = offer.ean not in prices, 1000
        offer.prices = (PriceStep(1, prices.get(offer.ean, Decimal(1))),)


async def connect(session: AsyncSession, connections: Connections, seller_id: UUID, client_id: str) -> UUID:
    spec = connector_spec("bol")
    secret = f"sandbox-secret-{client_id[-1]}"
    credentials = spec.credentials.model_validate(
        {"client_id": client_id, "client_secret": secret, "api_url": BOL, "token_url": f"{BOL}/token"}
    )
    channels = ChannelService(session, connections)
    account = await channels.connect(seller_id, spec, credentials, name=client_id)
    await channels.switch(account.id, AccountMode.LIVE)
    return account.id


async def make_rules(session: AsyncSession, war: War, skus: list[str]) -> None:
    """One group with a rule for everything, and two for single products; automatic."""
    groups, seller_id = GroupService(session), war.seller_id
    chosen = Selection(accounts=(str(war.account_id),))
    group = await groups.create(seller_id, GroupDraft(name="War", selection=chosen, country="NL"))
    limits = Limits(floor=f"purchase_price * {FLOOR}", ceiling=f"purchase_price * {CEILING}")
    for strategy, places in (
        (Strategy.WIN_THEN_RAISE, ()),
        (Strategy.UNDERCUT, (UNDERCUT, MAD)),
        (Strategy.MATCH, (SWINGS,)),
    ):
        rule = Rule(rule_id="", strategy=strategy, limits=limits, alone=Alone.STEP_UP)
        narrow = Selection(skus=tuple(skus[place] for place in places))
        await RuleService(session).add(group.id, RuleDraft(name=strategy.value, rule=rule, selection=narrow))
    await groups.switch(group.id, Mode.AUTOMATIC)


async def test_a_week_of_the_price_war_stays_inside_its_limits(
    database: Database, box: SecretBox, settings: Settings, hands: Hands, seller: SellerRef
) -> None:
    """Hour by hour: see `War.check` for what holds after each."""
    async with at_war(database, box, settings, hands, seller.id) as war:
        eans, frozen = list(war.costs), 0
        market = Market.of(war.world)
        for _ in range(HOURS):
            await war.hour()
            frozen = frozen + 1 if await war.freezes() else 0
            if frozen == FROZEN_FOR:
                mad = market.products[eans[MAD]].rivals[0]
                sku = next(offer.sku for offer in war.offers if offer.gtin == eans[MAD])
                await war.resume((sku,), frozenset({mad.retailer_id}))
        async with database.transaction(war.scope) as session:
            (freeze,) = await Governor(session).freezes()
    froze = next(offer for offer in war.offers if str(offer.offer_id) == freeze.facts["offer_id"])
    assert (freeze.cause, froze.gtin, freeze.ended_by) == ("step", eans[MAD], "Second Person")
    assert war.frozen_hours == FROZEN_FOR
    assert war.moved_since_resume is not None
    assert war.moved_since_resume > HOURS / 4
    shares = [war.boxes[ean] / HOURS for ean in eans]
    assert max(shares) > 0.8
    assert sum(share > 0.3 for share in shares) >= 3
    # Our second account has the buy box for next to nothing: that is no competition.
    assert war.boxes[eans[OURS_TOO]] == 0
    cheapest_rival = min(rival.floor for rival in market.products[eans[OURS_TOO]].rivals)
    assert min(path[OURS_TOO] for path in war.paths) > cheapest_rival


async def test_the_same_seed_makes_the_same_war(
    database: Database,
    box: SecretBox,
    settings: Settings,
    hands: Hands,
    make_seller: Callable[..., Awaitable[SellerRef]],
) -> None:
    start, paths = hands.at, list[object]()
    for _ in range(2):
        hands.at = start
        seller = await make_seller()
        async with at_war(database, box, settings, hands, seller.id) as war:
            for _ in range(10):
                await war.hour()
            paths.append(war.paths)
    assert paths[0] == paths[1]
