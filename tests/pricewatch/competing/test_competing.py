"""What others ask: read, kept when it changes, and shown over time."""

from datetime import timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from sqlalchemy import text

from entrepot.channels.contract_market import Competitor
from entrepot.channels.errors import ChannelAwayError
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol.connector import Bol
from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.outbox import read_after, read_subjects
from entrepot.kit.scope import Scope
from entrepot.pricewatch.competing import jobs
from entrepot.pricewatch.competing.contract import MarketRead, SeenOffer
from entrepot.pricewatch.competing.reading import read_markets
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricewatch.competing.tasks import CareForCompeting
from entrepot.sandbox.marketplace.entities import PriceStep
from tests.offers.conftest import CLIENT, Shop

pytestmark = pytest.mark.anyio
GTIN = "8711253001202"


def seen(competitor: str, price: str, *, best: bool = False) -> SeenOffer:
    return SeenOffer(
        channel_offer_id=f"{competitor}-1",
        competitor=competitor,
        country="NL",
        price=Decimal(price),
        currency="EUR",
        best=best,
    )


async def test_a_market_is_kept_when_it_changes_and_who_is_sold_out_is_remembered(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    begin = now() - timedelta(hours=9)
    markets = [
        (seen("A", "10"), seen("B", "11", best=True)),
        (seen("B", "11", best=True), seen("A", "10")),
        (seen("B", "12", best=True),),
        (),
        (seen("A", "9.50"),),
    ]
    async with shop.database.transaction(shop.scope) as session:
        account = await ChannelService(session).account(shop.account_id)
        service = CompetingService(session)
        changed = [
            await service.store(account, "NL", [MarketRead(gtin=GTIN, offers=offers)], begin + timedelta(hours=hour))
            for hour, offers in enumerate(markets)
        ]
        late = await service.store(account, "NL", [MarketRead(gtin=GTIN, offers=markets[0])], begin)
        await service.store(account, "NL", [MarketRead(gtin=GTIN, problem="No such product.")], now())

        latest = (await service.latest([shop.account_id], [GTIN]))[shop.account_id, GTIN]
        history = await service.history(GTIN, begin + timedelta(minutes=90))
        gone = await service.absences(shop.account_id, GTIN, begin, country="NL")

    assert changed == [(GTIN,), (), (GTIN,), (GTIN,), (GTIN,)]
    assert late == ()
    assert [offer.competitor for offer in latest.offers] == ["A"]
    assert [(one.competitor, one.price) for one in latest.gone] == [("B", Decimal(12))]
    assert (latest.read_at, latest.problem) == (begin + timedelta(hours=4), "No such product.")
    assert [moment.observed_at - begin for moment in history] == [timedelta(hours=hours) for hours in (0, 2, 3, 4)]
    assert [(one.competitor, one.ends is None) for one in gone] == [("B", True), ("A", False)]

    page = f"/prices/competing/{shop.account_id}/{GTIN}"
    assert GTIN in (await client.get("/prices/competing?q=8711")).text
    shown = (await client.get(page)).text
    assert "No such product." in shown
    assert "still" in shown
    assert (await client.get(f"/prices/competing/{shop.account_id}/123")).status_code == 200
    assert (await client.get("/prices/competing?cursor=x~y")).status_code == 200
    assert (await client.post(page, data={"country": "NL"})).status_code == 303
    found = await client.get(
        "/api/v1/pricewatch/competing/history",
        params={"account_id": str(shop.account_id), "gtin": GTIN, "country": "NL"},
    )
    assert len(found.json()["items"]) == 4
    assert len(found.json()["absences"]) == 2
    asked = {"account_id": str(shop.account_id), "gtin": GTIN}
    now_there = await client.get("/api/v1/pricewatch/competing", params=asked)
    assert [one["country"] for one in now_there.json()["items"]] == ["NL"]


async def test_what_a_channel_says_changed_is_read_and_told(shop: Shop) -> None:
    ean = GTIN
    offer = shop.world.accounts[CLIENT].offers.get(shop.offer("MUG", ean=ean, amount=5))
    assert offer is not None
    offer.prices = (PriceStep(1, Decimal("17.95")),)
    run = shop.run()

    first = await read_markets(run, shop.connections, shop.account_id, [ean, "0000000000000"], "NL")
    again = await read_markets(run, shop.connections, shop.account_id, [ean], "NL")

    assert (first.read, set(first.changed), first.left) == (2, {ean, "0000000000000"}, [])
    assert again.read == 1
    async with shop.database.transaction(shop.scope) as session:
        row = (await CompetingService(session).latest([shop.account_id], [ean], "NL"))[shop.account_id, ean]
        events, _ = await read_after(session, shop.place)
    assert row.offers
    told = [event.payload for event in events if event.topic == "pricewatch.competing_offers_changed"]
    assert sorted(told[0]["gtins"]) == sorted(first.changed)

    async with shop.database.transaction(shop.scope) as session:
        connected = next(event for event in events if event.topic == "channels.account_connected")
        notice = msgspec.structs.replace(connected, payload={"gtin": ean})
        await jobs.on_notices(session, [notice])
        waiting = await session.execute(text("SELECT args FROM job_run WHERE job = 'pricewatch.read_competing'"))
        assert [args["gtins"] for args in waiting.scalars()] == [[ean]]


async def test_nobody_is_told_of_our_own_new_price(shop: Shop) -> None:
    mug = shop.offer("MUG")
    await shop.refresh()
    ours = msgspec.structs.replace(seen("us", "12", best=True), channel_offer_id=mug)
    cheaper = msgspec.structs.replace(ours, price=Decimal("11.90"))
    markets = [(ours, seen("A", "13")), (cheaper, seen("A", "13")), (cheaper, seen("A", "12.50"))]
    async with shop.database.transaction(shop.scope) as session:
        account = await ChannelService(session).account(shop.account_id)
        told = []
        for minutes, offers in enumerate(markets):
            read_at = now() - timedelta(minutes=9 - minutes)
            changed = await CompetingService(session).store(
                account, "NL", [MarketRead(gtin=GTIN, offers=offers)], read_at
            )
            assert changed == (GTIN,)
            told.append(len([one for one in await read_subjects(session, [account.id]) if "competing" in one.topic]))

    assert told == [1, 1, 2]


async def test_every_wish_to_read_is_kept(shop: Shop) -> None:
    async with shop.database.transaction(shop.scope) as session:
        account = await ChannelService(session).account(shop.account_id)
        service = CompetingService(session)
        for gtins in ({"A", "B", "D"}, {"A", "C", "D"}, {"A", "B", "D"}):
            await service.ask(account, gtins)
        runs = await session.execute(
            text("SELECT args, again FROM job_run WHERE job = 'pricewatch.read_competing' ORDER BY id")
        )
        found = runs.all()
    assert [(row.args["gtins"], row.again) for row in found] == [(["A", "B", "D"], True), (["A", "C", "D"], True)]


async def test_old_months_are_dropped_by_the_application_and_nothing_else(shop: Shop) -> None:
    async with shop.database.transaction(Scope.all_sellers()) as session:
        with pytest.raises(Exception, match="too young"):
            await session.execute(text("SELECT drop_month_partitions('competing_offers', 5)"))
    done = await run_inline(shop.database, shop.box, shop.settings, CareForCompeting())

    assert done == {"made": 0, "dropped": 0}


async def test_who_competes_is_asked_once_a_week_and_shown_by_name(
    shop: Shop, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = Bol.competitor

    async def ask(bol: Bol, number: str) -> Competitor | None:
        asked.append(number)
        return await real(bol, number)

    monkeypatch.setattr(Bol, "competitor", ask)
    offer = shop.world.accounts[CLIENT].offers.get(shop.offer("MUG", ean=GTIN, amount=5))
    assert offer is not None
    offer.prices = (PriceStep(1, Decimal("17.95")),)
    run = shop.run()

    await read_markets(run, shop.connections, shop.account_id, [GTIN], "NL")
    first = list(asked)
    await read_markets(shop.run(), shop.connections, shop.account_id, [GTIN], "NL")

    async with shop.database.transaction(shop.scope) as session:
        service = CompetingService(session)
        offers = (await service.latest([shop.account_id], [GTIN], "NL"))[shop.account_id, GTIN].offers
        known = await service.competitors([shop.account_id], {one.competitor for one in offers})
        assert {number for _, number in known} == {one.competitor for one in offers}
        await session.execute(text("UPDATE competitor SET read_at = read_at - interval '8 days'"))
    assert sorted(first) == sorted({one.competitor for one in offers}), "each once"
    assert asked == first, "and not again within a week"
    other = next(one for one in known.values() if one.rating is not None)
    page = (await client.get(f"/prices/competing/{shop.account_id}/{GTIN}")).text
    assert other.name in page
    assert (await client.get("/prices/competing")).status_code == 200
    told = await client.get("/api/v1/pricewatch/competing/competitors", params={"account_id": str(shop.account_id)})
    assert {one["number"] for one in told.json()["items"]} == set(first)

    await read_markets(shop.run(), shop.connections, shop.account_id, [GTIN], "NL")
    assert sorted(asked) == sorted(first * 2)


async def test_prices_are_read_where_nobody_says_who_competes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def refuse(bol: Bol, number: str) -> Competitor | None:  # noqa: ARG001 -- as it is called
        asked.append(number)
        raise ChannelAwayError(channel="bol", reason="busy")

    monkeypatch.setattr(Bol, "competitor", refuse)
    offer = shop.world.accounts[CLIENT].offers.get(shop.offer("MUG", ean=GTIN, amount=5))
    assert offer is not None
    offer.prices = (PriceStep(1, Decimal("17.95")),)

    done = await read_markets(shop.run(), shop.connections, shop.account_id, [GTIN], "NL")

    assert asked
    assert (done.read, done.left) == (1, [])
    async with shop.database.transaction(shop.scope) as session:
        assert await CompetingService(session).known_competitors() == []
