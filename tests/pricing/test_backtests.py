"""Rules tried on what was recorded: begun, carried out by the job, shown, compared, removed."""

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.service import ChannelService
from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.pricewatch.competing.contract import MarketRead, SeenOffer
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricing.backtests.refs import Side
from entrepot.pricing.backtests.service import BacktestService
from entrepot.pricing.backtests.tasks import RunBacktest
from entrepot.pricing.domain.history import Assumptions
from entrepot.pricing.domain.rules import Limits, Mode, Rule, Strategy
from tests.pricing.factories import Stall, add_offer, add_rule, open_stall

pytestmark = pytest.mark.anyio
GTIN = "8711253001202"
ASSUME = Assumptions(every_minutes=240)


async def record(session: AsyncSession, stall: Stall, own: str) -> None:
    """Ten days: a competitor is dearer, then cheaper, then gone; we ask 10.00 all the time."""
    account = await ChannelService(session).account(stall.account_id)
    for days, rival in ((9, "10.50"), (6, "9.00"), (2, None)):
        ours = SeenOffer(
            channel_offer_id=own, competitor="us", price=Decimal("10.00"), currency="EUR", best=rival != "9.00"
        )
        theirs = SeenOffer(
            channel_offer_id="theirs",
            competitor="Rival",
            price=Decimal(rival or 1),
            currency="EUR",
            best=rival == "9.00",
        )
        offers = (ours, theirs) if rival else (ours,)
        read_at = now() - timedelta(days=days)
        await CompetingService(session).store(account, "", [MarketRead(gtin=GTIN, offers=offers)], read_at)


async def test_two_rules_are_compared_with_what_happened(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, client: httpx.AsyncClient
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        stall = await open_stall(session, seller.id)
        offer_id = await add_offer(session, stall, "MUG", gtin=GTIN)
        await add_offer(session, stall, "NEVER-READ")
        await record(session, stall, f"own-{offer_id}")
        limits = Limits(floor="8.00", ceiling="12.00")
        follow = await add_rule(
            session, stall, Rule(rule_id="", strategy=Strategy.UNDERCUT, limits=limits), mode=Mode.OFF, name="Undercut"
        )
        keep = await add_rule(
            session,
            stall,
            Rule(rule_id="", strategy=Strategy.MATCH, limits=limits, resting_price="10", paused=True),
            mode=Mode.OFF,
            group="Still",
            name="Stay",
        )
        sides = [Side(group_id=follow.group_id), Side(group_id=keep.group_id, rule_id=keep.id)]
        begun = await BacktestService(session).begin(sides, days=10, assume=ASSUME)
        with pytest.raises(InvalidInputError) as wrong:
            await BacktestService(session).begin([], days=0)
    assert {"first", "days"} <= wrong.value.problems.keys()

    waiting = await client.get(f"/pricing/backtests/{begun.id}")
    assert waiting.status_code == 200
    done = await run_inline(database, box, settings, RunBacktest(seller_id=seller.id, backtest_id=begun.id))
    assert done == {"offers": 1}

    async with database.transaction(Scope.of(seller.id)) as session:
        found = await BacktestService(session).backtest(begun.id)
        [one] = await BacktestService(session).offers(begun.id)
        detail = await BacktestService(session).offer(begun.id, offer_id)
    assert found.name == "Everything / Stay (1)"
    result = found.result
    assert result is not None
    assert (result.offers, result.recorded, result.without_market) == (1, 1, 1)
    undercut, stay = result.sides
    assert stay.totals == result.actual.totals
    assert 54 < result.actual.totals.box_percent < 57, "five of nine days"
    assert undercut.totals.box_percent == 100
    assert round(undercut.totals.hours / 24) == 9, "nothing was recorded on the first of ten days"
    assert undercut.totals.below_hours == 0
    assert (one.sku, one.result.rules) == ("MUG", ("Undercut", "Stay"))
    assert detail is not None
    assert detail.result.curves[0].price[-1] == Decimal("12.00")

    for url in (
        "/pricing/backtests",
        "/pricing/backtests/new",
        f"/pricing/backtests/new?rule={keep.id}",
        f"/pricing/backtests/{begun.id}",
        f"/pricing/backtests/{begun.id}/offers/{offer_id}",
        "/api/v1/pricing/backtests",
        f"/api/v1/pricing/backtests/{begun.id}/offers",
    ):
        assert (await client.get(url)).status_code == 200, url
    shown = (await client.get(f"/pricing/backtests/{begun.id}")).text
    assert "Undercut" in shown
    assert "1 offer" in shown

    form = {"first": f"rule:{keep.id}", "second": f"group:{follow.group_id}", "days": "5", "elasticity": "1,2"}
    posted = await client.post("/pricing/backtests", data=form)
    assert posted.status_code == 303, posted.text
    refused = await client.post("/pricing/backtests", data={"first": "", "days": "x"})
    assert refused.status_code == 422
    asked = {"sides": [{"group_id": str(follow.group_id)}], "days": 7}
    made = await client.post("/api/v1/pricing/backtests", json=asked)
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "waiting"
    assert (await client.delete(f"/api/v1/pricing/backtests/{begun.id}")).status_code == 204
    assert (await client.get(f"/api/v1/pricing/backtests/{begun.id}")).status_code == 404


async def test_a_backtest_of_what_was_never_recorded_says_what_to_do(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        stall = await open_stall(session, seller.id)
        await add_offer(session, stall, "MUG")
        rule = await add_rule(session, stall, mode=Mode.OFF)
        begun = await BacktestService(session).begin([Side(group_id=rule.group_id)])

    done = await run_inline(database, box, settings, RunBacktest(seller_id=seller.id, backtest_id=begun.id))

    assert isinstance(done, dict)
    assert "Nothing is recorded about the market" in done["problem"]
    async with database.transaction(Scope.of(seller.id)) as session:
        assert (await BacktestService(session).backtest(begun.id)).state == "failed"
