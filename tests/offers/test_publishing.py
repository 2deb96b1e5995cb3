"""Stock reaches the channel: once, right, and again after whatever went wrong."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import Mode
from entrepot.channels.contract import StockOutcome, StockUpdate
from entrepot.channels.errors import ChannelAwayError, RateLimitedError
from entrepot.connectors.bol.connector import Bol
from entrepot.jobs.events import RunFailed
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import read_subjects
from entrepot.offers import sending
from entrepot.offers.repository import OfferRepository
from entrepot.offers.service import OfferService
from entrepot.sandbox.faults import Fault
from tests.inventory.factories import add_bundle
from tests.offers.conftest import Shop

pytestmark = pytest.mark.anyio

PATCH = "PATCH /retailer/offers/*"


async def test_stock_reaches_the_channel_with_its_derivation(shop: Shop) -> None:
    mug = await shop.product("MUG", 12, buffer=2)
    offer = shop.offer("MUG")
    assert await shop.refresh() == {"count": 1, "new": 1, "unmatched": 0}

    sent = await shop.publish()

    assert (sent.published, shop.shown(offer)) == (1, 10)
    state = await shop.state(offer)
    assert (state["state"], state["published_quantity"], state["matched_by"]) == ("in_step", 10, "sku")
    assert {name: state["published_derivation"][name] for name in ("on_hand", "buffer", "limits", "mode")} == {
        "on_hand": 12,
        "buffer": 2,
        "limits": ["buffer"],
        "mode": "live",
    }
    await shop.react()
    await shop.adjust(mug, -5)
    await shop.react()
    assert (await shop.state(offer))["state"] == "to_push"
    assert "offers.publish" in await shop.queued()
    await shop.publish()
    assert shop.shown(offer) == 5
    async with shop.database.transaction(shop.scope) as session:
        events = await read_subjects(session, [state["id"]])
    assert [event.topic for event in events] == [
        "offers.offer_published",
        "offers.offer_published",
        "offers.offer_linked",
    ]
    assert (events[0].payload["before"], events[0].payload["quantity"]) == (10, 5)


async def test_only_what_changed_is_sent(shop: Shop) -> None:
    products = [await shop.product(f"MUG-{number}", 5) for number in range(3)]
    offers = [shop.offer(f"MUG-{number}") for number in range(3)]
    await shop.refresh()
    assert (await shop.publish()).published == 3
    await shop.adjust(products[1], 2)

    sent = await shop.publish(look=True)

    assert (sent.published, [shop.shown(offer) for offer in offers]) == (1, [5, 7, 5])
    assert (await shop.publish(look=True)).total == 0


async def test_a_bundle_follows_its_components(shop: Shop) -> None:
    cup, saucer = await shop.product("CUP", 10, buffer=1), await shop.product("SAUCER", 8)
    async with shop.database.transaction(shop.scope) as session:
        await add_bundle(session, shop.seller.id, {cup: 2, saucer: 1}, "SET")
    offer = shop.offer("SET")
    await shop.refresh()
    await shop.publish()
    assert shop.shown(offer) == 4  # nine cups make four sets
    await shop.react()

    await shop.adjust(saucer, -7)
    await shop.react()
    await shop.publish()

    assert shop.shown(offer) == 1
    why = (await shop.state(offer))["published_derivation"]
    assert {part["sku"]: part["makes"] for part in why["components"]} == {"CUP": 4, "SAUCER": 1}


async def test_a_buffer_set_later_is_withheld(shop: Shop) -> None:
    mug = await shop.product("MUG", 9)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.publish()
    await shop.react()
    async with shop.database.transaction(shop.scope) as session:
        await CatalogService(session).change_product(mug, {"buffer": 4})

    await shop.react()
    await shop.publish()

    assert shop.shown(offer) == 5


async def test_an_account_that_only_imports_is_told_nothing(shop: Shop) -> None:
    await shop.switch(Mode.IMPORT_ONLY)
    await shop.product("MUG", 7)
    offer = shop.offer("MUG", amount=99)
    await shop.refresh()

    sent = await shop.publish(look=True)

    assert (sent.total, sent.held, shop.shown(offer)) == (0, "import_only", 99)
    state = await shop.state(offer)
    assert (state["state"], state["wanted_quantity"], state["published_at"]) == ("to_push", 7, None)
    assert state["derivation"]["mode"] == "import_only"
    await shop.switch(Mode.LIVE)
    await shop.react()
    assert "offers.compare" in await shop.queued()
    await shop.publish()
    assert shop.shown(offer) == 7


async def test_a_refused_offer_does_not_stop_the_others(shop: Shop) -> None:
    mug, _ = await shop.product("MUG", 5), await shop.product("CUP", 6)
    gone, offer = shop.offer("MUG"), shop.offer("CUP")
    await shop.refresh()
    await shop.react()
    shop.world.accounts["sandbox-seller-1"].offers.get(gone).deleted = True  # type: ignore[union-attr]  # it is there

    sent = await shop.publish()

    assert (sent.published, sent.refused, shop.shown(offer)) == (1, 1, 6)
    state = await shop.state(gone)
    assert state["state"] == "failed"
    assert "404" in state["problem"]
    assert any(gone in line for _, line in shop.lines)
    assert (await shop.publish(look=True)).total == 0  # not tried again for the same number at once
    await shop.adjust(mug, 1)
    await shop.react()
    assert (await shop.publish()).refused == 1  # but for another


async def test_a_limit_is_waited_for_and_nothing_is_lost(shop: Shop) -> None:
    await shop.product("MUG", 5)
    offer = shop.offer("MUG")
    await shop.refresh()
    shop.world.faults.add(Fault(kind="429", endpoint=PATCH, count=1, seconds=30))

    with pytest.raises(RateLimitedError) as raised:
        await shop.publish()

    assert raised.value.retry_after >= 30
    state = await shop.state(offer)
    assert (state["state"], state["published_quantity"]) == ("to_push", 0)


@pytest.mark.parametrize("applied", [True, False])
async def test_an_error_of_the_channel_is_followed_by_another_try(shop: Shop, *, applied: bool) -> None:
    await shop.product("MUG", 5)
    offer = shop.offer("MUG")
    await shop.refresh()
    shop.world.faults.add(Fault(kind="500", endpoint=PATCH, applied=applied))
    with pytest.raises(ChannelAwayError):
        await shop.publish()
    shop.world.faults.clear()

    sent = await shop.publish()

    assert (sent.published, shop.shown(offer)) == (1, 5)


class KilledError(BaseException):
    """The process is gone."""


async def test_killed_between_call_and_commit_it_converges(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    mug = await shop.product("MUG", 7)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.publish()
    await shop.react()
    await shop.adjust(mug, -2)
    await shop.react()
    run_id = new_id()
    sent_for_real = Bol.publish_stock

    async def killed(self: Bol, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        await sent_for_real(self, updates)
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(Bol, "publish_stock", killed)
        with pytest.raises(KilledError):
            await shop.publish(run_id=run_id)
    assert shop.shown(offer) == 5
    # Meanwhile the stock is what it was before: by the numbers alone there would be nothing to send.
    await shop.adjust(mug, 2)
    await shop.react()
    state = await shop.state(offer)
    assert (state["state"], state["wanted_quantity"], state["published_quantity"]) == ("to_push", 7, 7)
    assert (await shop.publish()).total == 0  # another run leaves it to the one that has it

    assert (await shop.publish(run_id=run_id)).published == 1

    assert shop.shown(offer) == 7
    assert (await shop.state(offer))["state"] == "in_step"


async def test_an_abandoned_offer_is_taken_over_after_the_lease(shop: Shop) -> None:
    await shop.product("MUG", 7)
    offer = shop.offer("MUG")
    await shop.refresh()
    async with shop.database.transaction(shop.scope) as session:
        assert len(await OfferRepository(session).claim(shop.account_id, new_id(), limit=9)) == 1
    assert (await shop.publish()).total == 0
    async with shop.database.transaction(shop.scope) as session:
        await session.execute(text("UPDATE offer SET sending_at = now() - interval '11 minutes'"))

    assert (await shop.publish()).published == 1
    assert shop.shown(offer) == 7


async def test_an_offer_of_a_run_that_is_over_is_taken_over_at_once(shop: Shop) -> None:
    await shop.product("MUG", 7)
    shop.offer("MUG")
    await shop.refresh()
    run_id = new_id()
    async with shop.database.transaction(shop.scope) as session:
        assert len(await OfferRepository(session).claim(shop.account_id, run_id, limit=9)) == 1
    assert (await shop.publish()).total == 0
    async with shop.database.transaction(shop.scope) as session:
        failed = RunFailed(seller_id=shop.seller.id, subject_id=run_id, job="offers.publish", code="", reason="")
        await outbox.record(session, failed)

    await shop.react()

    assert (await shop.publish()).published == 1


async def test_a_number_decided_during_the_call_is_sent_next(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    mug = await shop.product("MUG", 7)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.react()
    sent_for_real = Bol.publish_stock
    quantities: list[int] = []

    async def slow(self: Bol, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        quantities.extend(update.quantity for update in updates)
        if len(quantities) == 1:
            await shop.adjust(mug, -4)
            await shop.react()
        return await sent_for_real(self, updates)

    monkeypatch.setattr(Bol, "publish_stock", slow)
    sent = await shop.publish()

    assert (quantities, sent.published, shop.shown(offer)) == ([7, 3], 2, 3)
    assert (await shop.state(offer))["state"] == "in_step"


async def test_more_than_one_batch(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BATCH", 2)
    for number in range(5):
        await shop.product(f"MUG-{number}", number + 1)
    offers = [shop.offer(f"MUG-{number}") for number in range(5)]
    await shop.refresh()

    sent = await shop.publish()

    assert (sent.published, [shop.shown(offer) for offer in offers]) == (5, [1, 2, 3, 4, 5])


# Reading


async def test_reading_twice_and_pages_that_overlap_change_nothing(shop: Shop) -> None:
    for number in range(130):
        shop.offer(f"MUG-{number}")
    shop.world.faults.add(Fault(kind="duplicate_entries", endpoint="GET /retailer/offers"))

    first: Any = await shop.refresh()
    again: Any = await shop.refresh()

    assert (first["new"], again["new"]) == (130, 0)
    async with shop.database.transaction(shop.scope) as session:
        assert (await session.execute(text("SELECT count(*) FROM offer"))).scalar_one() == 130


async def test_an_offer_is_found_by_its_gtin_and_later_by_a_new_product(shop: Shop) -> None:
    async with shop.database.transaction(shop.scope) as session:
        await CatalogService(session).create_product(
            shop.seller.id, {"sku": "OTHER", "title": "Mug", "gtin": "4006381333931"}
        )
    by_gtin, unknown = shop.offer("BOL-NAME", ean="4006381333931"), shop.offer("LATER", amount=3)
    await shop.refresh()
    assert (await shop.state(by_gtin))["matched_by"] == "gtin"
    assert (await shop.state(unknown))["state"] == "unmatched"

    async with shop.database.transaction(shop.scope) as session:
        await CatalogService(session).create_product(shop.seller.id, {"sku": "LATER", "title": "Mug"})
    await shop.react()

    state = await shop.state(unknown)
    assert (state["matched_by"], state["wanted_quantity"], state["state"]) == ("sku", 0, "to_push")


async def test_what_the_channel_says_already_is_not_told_again(shop: Shop) -> None:
    await shop.product("MUG", 7)
    await shop.product("CUP", 7)
    right, wrong = shop.offer("MUG", amount=7), shop.offer("CUP", amount=9)

    await shop.refresh()

    assert (await shop.state(right))["state"] == "in_step"
    assert ((await shop.publish()).published, shop.shown(wrong)) == (1, 7)


async def test_until_it_is_told_the_channel_has_what_it_says(shop: Shop) -> None:
    await shop.product("MUG", 7)
    offer = shop.offer("MUG", amount=7)
    await shop.refresh()
    shop.world.accounts["sandbox-seller-1"].offers.get(offer).amount = 50  # type: ignore[union-attr]  # it is there

    await shop.refresh()

    assert ((await shop.publish()).published, shop.shown(offer)) == (1, 7)


async def test_a_number_changed_on_the_channel_is_set_right(shop: Shop) -> None:
    await shop.product("MUG", 7)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.publish()
    shop.world.accounts["sandbox-seller-1"].offers.get(offer).amount = 50  # type: ignore[union-attr]  # it is there

    await shop.refresh()

    assert (await shop.state(offer))["channel_quantity"] == 50
    assert (await shop.publish()).published == 1
    assert shop.shown(offer) == 7


async def test_goods_kept_by_the_channel_are_left_alone(shop: Shop) -> None:
    await shop.product("MUG", 7)
    offer = shop.offer("MUG", amount=3, fulfilment=msgspec.Raw(b'{"method":"FBB"}'))

    await shop.refresh()

    assert (await shop.state(offer))["state"] == "by_channel"
    assert (await shop.publish(look=True)).total == 0
    assert shop.shown(offer) == 3


# What people decide


async def test_maximum_and_pause(shop: Shop) -> None:
    await shop.product("MUG", 7)
    offer = shop.offer("MUG")
    await shop.refresh()
    row = await shop.state(offer)
    async with shop.database.transaction(shop.scope) as session:
        await OfferService(session).change(row["id"], maximum=3, paused=False, version=row["version"])
    await shop.publish()
    assert shop.shown(offer) == 3

    async with shop.database.transaction(shop.scope) as session:
        await OfferService(session).change(row["id"], maximum=3, paused=True)
    await shop.publish()

    assert (shop.shown(offer), (await shop.state(offer))["state"]) == (0, "paused")


async def test_the_sieve_agrees_with_the_rule(shop: Shop) -> None:
    cup, saucer = await shop.product("CUP", 11, buffer=2), await shop.product("SAUCER", 6, buffer=9)
    async with shop.database.transaction(shop.scope) as session:
        await add_bundle(session, shop.seller.id, {cup: 2}, "PAIR", buffer=1)
        await add_bundle(session, shop.seller.id, {cup: 1, saucer: 1}, "SET")
        await CatalogService(session).create_product(shop.seller.id, {"sku": "OLD", "title": "Old"})
    skus = ["CUP", "SAUCER", "PAIR", "SET", "OLD"]
    offers = {sku: shop.offer(sku) for sku in skus}
    await shop.refresh()

    wanted = {sku: (await shop.state(offer))["wanted_quantity"] for sku, offer in offers.items()}

    assert wanted == {"CUP": 9, "SAUCER": 0, "PAIR": 3, "SET": 0, "OLD": 0}
    async with shop.database.transaction(shop.scope) as session:
        # Whatever the rule decided, the sieve finds nothing more to decide.
        assert await OfferRepository(session).out_of_date(shop.seller.id) == []
        await session.execute(text("UPDATE offer SET maximum = 2 WHERE sku IN ('CUP', 'PAIR')"))
        assert len(await OfferRepository(session).out_of_date(shop.seller.id)) == 2
