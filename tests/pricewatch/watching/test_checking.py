"""Watched pages are fetched, read, judged and remembered."""

import msgspec
import pytest
from sqlalchemy import text

from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.scope import Scope
from entrepot.pricewatch.watching.checking_repository import CheckingRepository
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.tasks import CheckDue
from tests.pricewatch.watching.conftest import PLAIN, Shop, Watch, page

pytestmark = pytest.mark.anyio

EVENTS = "SELECT payload FROM event WHERE topic = 'pricewatch.price_observed' ORDER BY id"
LISTING = "SELECT price::text, currency, availability, attention, failures, discontinued_at FROM price_listing"


async def test_a_page_is_observed_when_it_changes_and_never_believed_blindly(shop: Shop, watch: Watch) -> None:
    shop.pages["/mug"] = (200, page("12.95"))
    await watch.add(shop.url("/mug"))
    await watch.check()
    await watch.check()
    observed = "SELECT price::text, availability, reason, snapshot_id IS NOT NULL FROM price_observation ORDER BY id"
    assert await watch.rows(observed) == [("12.9500", "in_stock", "changed", True)], "the second check found the same"
    assert await watch.rows("SELECT title FROM watched_product") == [("Mug, blue",)]

    shop.pages["/mug"] = (200, page("11.95"))
    await watch.check()
    [first, second] = [row.payload for row in await watch.rows(EVENTS)]
    assert (first["first"], second["first"]) == (True, False)
    assert (second["before_price"], second["price"], second["currency"]) == ("12.9500", "11.95", "EUR")

    shop.pages["/mug"] = (200, PLAIN.format(price="2,95"))  # far away, and from another place of the page
    await watch.check()
    assert await watch.rows(LISTING) == [("11.9500", "EUR", "in_stock", "", 1, None)]
    await watch.check()
    assert (await watch.rows(LISTING))[0].price == "2.9500", "two fetches said so"

    shop.pages["/mug"] = (200, page("2.95", currency="USD"))
    await watch.check()
    [row] = await watch.rows(LISTING)
    assert (row.price, row.currency, row.attention) == ("2.9500", "EUR", "currency")
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        [(listing_id,)] = (await session.execute(text("SELECT id FROM price_listing"))).all()
        await WatchService(session).accept(listing_id)
    await watch.check()
    assert (await watch.rows(LISTING))[0][:4] == ("2.9500", "USD", "in_stock", "")


async def test_what_is_sold_out_has_no_price_and_what_is_gone_is_asked_no_more(shop: Shop, watch: Watch) -> None:
    shop.pages["/cup"] = (200, page("5.00"))
    product_id, _ = await watch.add(shop.url("/cup"))
    await watch.check()
    shop.pages["/cup"] = (200, page("1.00", stock="OutOfStock"))
    await watch.check()
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        [listing] = await WatchService(session).listings_of(product_id)
        assert not listing.available
    await watch.rows("UPDATE price_listing SET etag = '1' RETURNING id")
    shop.pages["/cup"] = (404, "gone")
    for _ in range(3):
        await watch.check()
    [row] = await watch.rows(LISTING)
    assert (row.availability, row.attention) == ("discontinued", "gone")
    assert row.discontinued_at is not None
    asked = len(shop.asked)
    await watch.check()
    assert len(shop.asked) == asked
    [failed] = await watch.rows("SELECT payload FROM event WHERE topic = 'pricewatch.check_failed'")
    assert failed.payload["reason"] == "gone"
    assert await watch.rows("SELECT etag FROM price_listing") == [("",)], "should it come back, all of it is read"


async def test_a_failing_page_needs_attention_and_recovers(shop: Shop, watch: Watch) -> None:
    shop.pages["/bowl"] = (500, "broken")
    shop.pages["/plate"] = (200, "<h1>Plate</h1><p>Nice</p>")
    await watch.add(shop.url("/bowl"))
    await watch.add(shop.url("/plate"))
    for _ in range(3):
        await watch.check()
    found = await watch.rows("SELECT url, attention FROM price_listing ORDER BY url")
    assert [row.attention for row in found] == ["failing", "undecided"]
    assert not await watch.rows("SELECT 1 FROM price_observation")
    shop.pages["/bowl"] = (200, page("7.50"))
    await watch.check()
    assert await watch.rows("SELECT price::text FROM price_listing WHERE attention = ''") == [("7.5000",)]
    assert len(await watch.rows("SELECT 1 FROM event WHERE topic = 'pricewatch.check_recovered'")) == 1


async def test_a_page_that_holds_more_units_now_is_observed_anew(shop: Shop, watch: Watch) -> None:
    shop.pages["/pens"] = (200, page("12.00"))
    _, listing_id = await watch.add(shop.url("/pens"))
    await watch.check()
    await watch.rows("UPDATE price_listing SET etag = '1' RETURNING id")
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        await WatchService(session).change_listing(listing_id, url=shop.url("/pens"), pack=6)
    assert await watch.rows("SELECT etag FROM price_listing") == [("",)]
    await watch.check()
    [_, told] = [row.payload for row in await watch.rows(EVENTS)]
    assert (told["before_unit_price"], told["unit_price"]) == ("12.0000", "2.0000")


async def test_a_page_wanted_during_its_check_is_checked_again_after_it(shop: Shop, watch: Watch) -> None:
    _, listing_id = await watch.add(shop.url("/one"))
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        checking, service = CheckingRepository(session), WatchService(session)
        [before] = await checking.due(await checking.lease(now(), limit=9, busy=[], seconds=30))
        await service.check_now([listing_id])
        await service.pin(listing_id, [])
        assert await checking.lease(now(), limit=9, busy=[], seconds=30) == [], "nobody else fetches it meanwhile"
        [wanted] = await checking.due([listing_id])
        assert wanted.version == before.version + 2, "what the running check finds is looked at again"


async def test_a_mistake_with_one_page_is_a_failed_check_of_it_and_of_no_other(shop: Shop, watch: Watch) -> None:
    shop.pages |= {"/one": (200, page("1.00")), "/two": (200, page("2.00"))}
    _, listing_id = await watch.add(shop.url("/one"))
    await watch.add(shop.url("/two"))
    unknown = (
        """UPDATE price_listing SET pins = '[{"field": "price", "kind": "guess", "expression": "x"}]' WHERE id = :id"""
    )
    await watch.rows(f"{unknown} RETURNING id", id=listing_id)
    await watch.check()
    found = "SELECT price::text, failures, leased_until FROM price_listing ORDER BY url"
    assert await watch.rows(found) == [(None, 1, None), ("2.0000", 0, None)]


async def test_what_cannot_be_stored_keeps_nothing_else_from_being_stored(shop: Shop, watch: Watch) -> None:
    shop.pages |= {"/one": (200, page("1.00")), "/two": (200, page("2.00"))}
    _, listing_id = await watch.add(shop.url("/one"))
    await watch.add(shop.url("/two"))
    with pytest.raises(InvalidInputError):
        await watch.add(shop.url("/crate"), pack=200_000)
    pins = [{"field": "currency", "value": "".join(f"{number:04x}" for number in range(9_000))}]  # no index takes it
    statement = "UPDATE price_listing SET pins = CAST(:pins AS jsonb) WHERE id = :id RETURNING id"
    await watch.rows(statement, id=listing_id, pins=msgspec.json.encode(pins).decode())
    await watch.check()
    found = "SELECT price::text, failures, leased_until FROM price_listing ORDER BY url"
    assert await watch.rows(found) == [(None, 1, None), ("2.0000", 0, None)]


async def test_a_listing_that_is_leased_or_removed_meanwhile_disturbs_nobody(shop: Shop, watch: Watch) -> None:
    shop.pages["/one"] = (200, page("1.00"))
    _, listing_id = await watch.add(shop.url("/one"))
    await watch.rows("UPDATE price_listing SET leased_until = now() + interval '1 minute' RETURNING id")
    await watch.check()
    assert shop.asked == []
    await watch.rows("UPDATE price_listing SET leased_until = now() - interval '1 minute' RETURNING id")
    await run_inline(watch.database, watch.box, watch.settings, CheckDue())
    assert shop.asked == ["/one"], "what a dead worker left is taken over"
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        await WatchService(session).remove_listing(listing_id)
        assert not (await session.execute(text("SELECT 1 FROM price_observation"))).all()
