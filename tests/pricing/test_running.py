"""A run decides about everything that is to be looked at, even where the channel cannot be read."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.contract_market import CompetingOffer
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol.connector import Bol
from entrepot.kit.clock import now
from entrepot.pricewatch.competing.contract import MarketRead, SeenOffer
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing import running, views
from entrepot.pricing.costs import CostService
from entrepot.pricing.decisions_repository import DecisionRepository
from entrepot.pricing.domain.rules import Limits, Mode, Rule
from entrepot.pricing.groups import GroupService
from entrepot.pricing.repricing import Repricer
from tests.offers.conftest import Shop
from tests.pricing.factories import Stall, add_offer, add_rule, open_stall, prices_of

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
