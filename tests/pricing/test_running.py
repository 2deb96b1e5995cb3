"""A run decides about everything that is to be looked at, even where the channel cannot be read."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.contract_market import CompetingOffer, Competitor, PriceStar
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol.connector import Bol
from entrepot.kit.clock import now
from entrepot.pricewatch.competing.contract import MarketRead, SeenOffer
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing import running, views
from entrepot.pricing.costs import CostService
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.decision import Limit, Skipped
from entrepot.pricing.domain.rules import Limits, Mode, Rivals, Rule, Strategy
from entrepot.pricing.explaining import Kept, derivation_of
from entrepot.pricing.groups import GroupService
from entrepot.pricing.refs import RuleDraft
from entrepot.pricing.repricing import Repricer
from entrepot.pricing.rules import RuleService
from tests.offers.conftest import Shop
from tests.pricing.factories import Stall, add_offer, add_rule, open_stall, prices_of, rivals_ask

GTIN = "8711253001202"
pytestmark = pytest.mark.anyio


async def test_a_run_works_off_what_is_due(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, real = [], Bol.competing_offers

    async def ask(bol: Bol, gtin: str, *, country: str = "") -> list[CompetingOffer]:
        asked.append((gtin, country))
        return await real(bol, gtin, country=country)

    monkeypatch.setattr(Bol, "competing_offers", ask)
    await shop.product("MUG", 5)
    shop.offer("MUG", ean=GTIN)
    await shop.refresh()
    stall = Stall(shop.seller.id, shop.account_id)
    async with shop.database.transaction(shop.scope) as session:
        await CostService(session).put(shop.seller.id, {"shipping": Decimal(0), "packaging": Decimal(0)})
        rule = Rule(rule_id="", limits=Limits(floor="2", ceiling="11"))
        ruled = await add_rule(session, stall, rule, mode=Mode.AUTOMATIC)
        await session.execute(text("UPDATE pricing_group SET country = 'BE' WHERE id = :id"), {"id": ruled.group_id})
        assert await DecisionRepository(session).touch_due(now()) == [(shop.seller.id, shop.account_id)]

    done = await running.work_off(shop.run(), shop.connections, shop.account_id)

    assert sum(done.values()) == 1
    async with shop.database.transaction(shop.scope) as session:
        assert len(await views.standings(session)) == 1
        assert await DecisionRepository(session).touch_due(now()) == [], "and not again before its time"
        left = await session.execute(
            text("SELECT count(*) FROM pricing_touched WHERE seller_id = :id"), {"id": shop.seller.id}
        )
        assert left.scalar_one() == 0
    assert set(asked) == {(GTIN, "BE")}, "the country of the group is asked for"


async def test_an_offer_is_looked_at_when_the_clock_changes_its_limits(
    session: AsyncSession, seller: SellerRef
) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG")
    ruled = await add_rule(session, stall)
    ends = now() + timedelta(minutes=5)
    await GroupService(session).pause(ruled.group_id, until=ends, price=None)
    await Repricer(session).reprice([mug], "hand")
    await session.execute(text("DELETE FROM pricing_touched"))

    decisions = DecisionRepository(session)
    assert await decisions.touch_due(ends - timedelta(seconds=1)) == []
    assert await decisions.touch_due(ends) == [(seller.id, stall.account_id)]


async def test_what_is_asked_in_another_country_is_no_competition(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG", gtin=GTIN)
    ruled = await add_rule(session, stall)
    account = await ChannelService(session).account(stall.account_id)

    async def asked(country: str, *prices: tuple[str, str]) -> None:
        offers = tuple(
            SeenOffer(
                channel_offer_id=f"{where}-{price}",
                competitor="A",
                country=where,
                price=Decimal(price),
                currency="EUR",
                best=True,
            )
            for where, price in prices
        )
        await CompetingService(session).store(account, country, [MarketRead(gtin=GTIN, offers=offers)], now())

    home = (await session.execute(text("SELECT country FROM seller"))).scalar_one()
    await asked("", (home, "9.50"), ("BE", "8.00"))
    await asked("BE", ("BE", "9.00"))
    await Repricer(session).reprice([mug], "hand")
    assert await prices_of(session, [mug]) == [Decimal("9.40")]

    await session.execute(text("UPDATE pricing_group SET country = 'BE' WHERE id = :id"), {"id": ruled.group_id})
    await Repricer(session).reprice([mug], "hand")
    assert await prices_of(session, [mug]) == [Decimal("8.90")]


async def kept_of(session: AsyncSession, standing: views.StandingView) -> Kept:
    """Return what is kept of the last decision about an offer."""
    assert standing.decision_id is not None
    stored = await views.derivation(session, standing.decision_id)
    assert stored is not None
    kept = Kept.read(stored)
    assert kept is not None
    return kept


async def test_a_rule_keeps_the_price_star_that_the_channel_shows(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def stars(bol: Bol, gtin: str) -> list[PriceStar]:  # noqa: ARG001 -- as it is called
        asked.append(gtin)
        return [
            PriceStar(level=5, maximum_price=Decimal("8.50"), currency="EUR"),
            PriceStar(level=4, maximum_price=Decimal("9.20"), currency="EUR"),
        ]

    monkeypatch.setattr(Bol, "price_stars", stars)
    await shop.product("MUG", 5)
    shop.offer("MUG", ean=GTIN)
    await shop.refresh()
    stall = Stall(shop.seller.id, shop.account_id)
    async with shop.database.transaction(shop.scope) as session:
        await CostService(session).put(shop.seller.id, {"shipping": Decimal(0), "packaging": Decimal(0)})
        plain = Rule(rule_id="", limits=Limits(floor="2", ceiling="9.90"), strategy=Strategy.SELL_OUT)
        ruled = await add_rule(session, stall, plain, mode=Mode.AUTOMATIC)
    await running.work_off(shop.run(), shop.connections, shop.account_id)
    async with shop.database.transaction(shop.scope) as session:
        assert asked == [], "nobody wants one"
        draft = RuleDraft(name="Star", rule=msgspec.structs.replace(plain, star=4))
        await RuleService(session).change(ruled.id, draft, version=None)
        [offer_id] = (await session.execute(text("SELECT id FROM offer"))).scalars().all()
        assert await running.touch(session, [offer_id], "rules") == 1
        await session.execute(text("UPDATE pricing_touched SET read_market = true"))

    kept: list[Kept] = []
    for _ in range(2):
        await running.work_off(shop.run(), shop.connections, shop.account_id)
        async with shop.database.transaction(shop.scope) as session:
            assert await prices_of(session, [offer_id]) == [Decimal("9.20")]
            standing = (await views.standings(session))[0]
            kept.append(await kept_of(session, standing))
            await running.touch(session, [offer_id], "hand")
            await session.execute(text("UPDATE pricing_touched SET read_market = true"))
        assert asked == [GTIN], "once a day"
    assert Limit.STAR in kept[-1].decision.limits
    inputs = {one.name: (one.value, one.source) for one in derivation_of(kept[-1]).inputs}
    assert inputs["★★★★"] == ("EUR 9.20", "the channel")


async def test_whom_buyers_rate_too_low_does_not_count(session: AsyncSession, seller: SellerRef) -> None:
    stall = await open_stall(session, seller.id)
    mug = await add_offer(session, stall, "MUG", gtin=GTIN)
    await rivals_ask(session, stall, mug, "9.00", "9.50")
    account = await ChannelService(session).account(stall.account_id)
    rating = Rule(rule_id="", rivals=Rivals(least_rating=Decimal(7)))
    await add_rule(session, stall, rating)
    await Repricer(session).reprice([mug], "hand")
    assert await prices_of(session, [mug]) == [Decimal("8.90")], "who has no known rating counts"

    said = Competitor(number="Rival 0", name="Shoddy Goods", rating=Decimal("4.2"))
    await CompetingService(session).put_competitors(account, {"Rival 0": said, "Rival 1": None}, now())
    await Repricer(session).reprice([mug], "hand")

    assert await prices_of(session, [mug]) == [Decimal("9.40")]
    standing = (await views.standings(session))[0]
    kept = await kept_of(session, standing)
    assert [(one.name, one.skipped) for one in kept.decision.rivals] == [
        ("Shoddy Goods", Skipped.RATING),
        ("", None),
    ]
    assert derivation_of(kept).inputs[0].name == "Shoddy Goods"
