"""Histories out of observations."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.pricewatch.history.dashboard import dashboard
from entrepot.pricewatch.history.domain import Span, Verdict
from entrepot.pricewatch.history.standing import refresh, refresh_stale
from entrepot.pricewatch.history.views import history, observations
from entrepot.pricewatch.watching import views as watching
from entrepot.pricewatch.watching.errors import WatchedProductNotFoundError
from entrepot.pricewatch.watching.service import WatchService
from tests.pricewatch.alerts.conftest import START, Watched

pytestmark = pytest.mark.anyio


async def test_a_history_has_lines_drops_gaps_and_figures(session: AsyncSession, seller: SellerRef) -> None:
    mug = Watched(seller)
    await mug.store(session)
    age = (now() - START).total_seconds() / 3600  # hours from the start of the fixture until now
    past = [(60, "20", "in_stock"), (40, "16", "in_stock"), (20, "16", "out_of_stock"), (10, "15", "in_stock")]
    for days, price, stock in past:
        await mug.observe(session, age - 24 * days, price, stock=stock)
    await mug.observe(session, age - 24 * 50, "18", listing=1)

    found = await history(session, mug.product_id, Span.QUARTER)

    assert found.currency == "EUR"
    assert [step.price for step in found.steps] == [20, 18, 16, 18, 15]
    assert found.figures is not None
    assert (found.figures.low, found.figures.high, found.figures.now) == (15, 20, 15)
    assert found.figures.verdict is Verdict.GREAT
    assert [(drop.store, drop.before, drop.price, str(drop.percent)) for drop in found.drops] == [
        ("Alpha", 16, 15, "6.2"),
        ("Alpha", 20, 16, "20.0"),
    ]
    assert found.gaps == []
    assert [one.listing.store for one in found.stores] == ["Alpha", "Beta"]
    month = await history(session, mug.product_id, Span.MONTH)
    assert [step.price for step in month.steps] == [16, 18, 15]  # what held when the span began is its first price
    assert (await history(session, mug.product_id, Span.ALL)).since < now() - timedelta(days=59)
    rows = [row async for piece in observations(session, mug.product_id) for row in piece]
    assert [row.store for row in rows] == ["Alpha", "Beta", "Alpha", "Alpha", "Alpha"]
    with pytest.raises(WatchedProductNotFoundError):
        await history(session, new_id())


async def test_the_dashboard_knows_what_is_good_to_buy(session: AsyncSession, seller: SellerRef) -> None:
    user, mug, cup = new_id(), Watched(seller), Watched(seller)
    age = (now() - START).total_seconds() / 3600
    await mug.store(session)
    await cup.store(session, title="Red cup")
    for watched, prices in ((mug, ["20", "15"]), (cup, ["15", "20"])):
        for at, price in enumerate(prices):
            await watched.observe(session, age - 24 * (30 - 29 * at), price)
    await session.execute(text("UPDATE price_listing SET before_price = 20 WHERE id = :id"), {"id": mug.listings[0]})
    read = {"ids": [mug.listings[0], cup.listings[0]]}
    await session.execute(text("UPDATE price_listing SET changed_at = now() WHERE id = ANY(:ids)"), read)
    await WatchService(session).favour(user, cup.product_id, favourite=True)

    assert await refresh(session, [mug.product_id, cup.product_id]) == 2
    assert await refresh_stale(session) == 0
    shown = await dashboard(session, user)

    assert [(one.title, one.score) for one in shown.good] == [("Blue mug", 90)]
    assert [(one.title, one.verdict) for one in shown.favourites] == [("Red cup", Verdict.POOR)]
    assert [(one.title, str(one.percent)) for one in shown.falls] == [("Blue mug", "25.0")]
    assert (shown.totals.products, shown.totals.listings, shown.totals.stores) == (2, 4, 4)
    assert shown.totals.changed == 1, "the first price of a listing is no change"
    assert (await dashboard(session, None)).favourites == []

    await WatchService(session).pause(mug.listings[0], paused=True)
    await refresh(session, [mug.product_id])
    assert (await dashboard(session, user)).good == [], "what nobody checks is no good buy"


async def test_the_cheapest_is_so_within_one_currency(session: AsyncSession, seller: SellerRef) -> None:
    mug = Watched(seller)
    await mug.store(session)
    await mug.observe(session, 1, "20")
    await mug.observe(session, 1, "900", listing=1)
    dollars = text("UPDATE price_listing SET currency = :currency WHERE id = :id")
    await session.execute(dollars, {"currency": "JPY", "id": mug.listings[1]})
    await session.execute(dollars, {"currency": "USD", "id": mug.listings[0]})

    [row] = await watching.watched(session, ids=[mug.product_id])
    listings = await WatchService(session).listings_of(mug.product_id)

    assert (row.price, row.currency) == (900, "JPY"), "of equally many the first of the alphabet"
    assert [one.store for one in listings] == ["Beta", "Alpha"]
