"""The four steps of an inventory run, limits, mappings, what is gone, and what drifts."""

import asyncio

import pytest
from sqlalchemy import text

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import Mode
from entrepot.channels.contract import ChannelOffer
from entrepot.channels.service import ChannelService
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.errors import ConflictError, InvalidInputError
from entrepot.offers import inventory_steps as steps
from entrepot.offers import sampling
from entrepot.offers.jobs import KEEP
from entrepot.offers.repository import OfferRepository
from entrepot.offers.rules_repository import RulesRepository
from entrepot.offers.service import OfferService
from entrepot.offers.standing import account_stocks, drifts, pushes
from entrepot.sandbox.marketplace.entities import Offer
from tests.inventory.factories import add_building
from tests.offers.conftest import CLIENT, Shop

pytestmark = pytest.mark.anyio


async def whole_run(shop: Shop) -> tuple[steps.ListingsRead, steps.Matched, steps.StockRead, steps.Pushed]:
    run = shop.run()
    return (
        await steps.fetch_listings(run, shop.connections, shop.account_id),
        await steps.match(run, shop.account_id),
        await steps.read_stock(run, shop.connections, shop.account_id),
        await steps.push_changes(run, shop.connections, shop.account_id),
    )


async def rules(shop: Shop, **values: object) -> None:
    async with shop.database.transaction(shop.scope) as session:
        now = await OfferService(session).rules(shop.account_id)
        given = {"buffer": now.buffer, "maximum": now.maximum, "paused": now.paused} | values
        await OfferService(session).change_rules(shop.account_id, **given)  # type: ignore[arg-type]  # by name


def mark_deleted(shop: Shop, offer_id: str) -> Offer:
    found = shop.world.accounts[CLIENT].offers.get(offer_id)
    assert found is not None
    found.deleted = True
    return found


async def test_a_run_reads_matches_decides_and_sends_only_what_changed(shop: Shop) -> None:
    mug = await shop.product("MUG", 5)
    known, unknown = shop.offer("MUG"), shop.offer("NOBODY-KNOWS")

    listed, matched, stock, pushed = await whole_run(shop)

    assert (listed.count, listed.new, matched.unmatched, stock.due, pushed.published) == (2, 2, 1, 1, 1)
    assert (shop.shown(known), shop.shown(unknown)) == (5, 0)
    again = await whole_run(shop)
    assert (again[0].new, again[2].changed, again[3].published) == (0, 0, 0)
    await shop.adjust(mug, -2)
    third = await whole_run(shop)
    assert (third[2].changed, third[3].published, shop.shown(known)) == (1, 1, 3)
    async with shop.database.transaction(shop.scope) as session:
        told = await pushes(session, (await shop.state(known))["id"])
    assert [(push.quantity, push.before, push.applied) for push in told] == [(3, 5, True), (5, 0, True)]


async def test_what_a_complete_reading_does_not_find_is_gone_until_it_is_back(shop: Shop) -> None:
    await shop.product("MUG", 5)
    gone, kept = shop.offer("MUG"), shop.offer("CUP")
    await whole_run(shop)
    deleted = mark_deleted(shop, gone)

    listed = (await whole_run(shop))[0]

    assert listed.gone == 1
    assert [(await shop.state(one))["state"] for one in (gone, kept)] == ["gone", "unmatched"]
    deleted.deleted = False
    await whole_run(shop)
    assert (await shop.state(gone))["state"] == "in_step"


async def test_an_empty_list_is_not_believed(shop: Shop) -> None:
    offer = shop.offer("MUG")
    await whole_run(shop)
    mark_deleted(shop, offer)

    assert (await whole_run(shop))[0].gone == 0


# Limits


async def test_limits_of_the_account_count_unless_the_offer_says_otherwise(shop: Shop) -> None:
    await shop.product("MUG", 10, buffer=1)
    await shop.product("CUP", 10)
    mug, cup = shop.offer("MUG"), shop.offer("CUP")
    await whole_run(shop)
    assert (shop.shown(mug), shop.shown(cup)) == (9, 10)

    await rules(shop, buffer=3, maximum=6)
    await shop.publish()
    assert (shop.shown(mug), shop.shown(cup)) == (6, 6)

    row = await shop.state(cup)
    async with shop.database.transaction(shop.scope) as session:
        await OfferService(session).change(row["id"], maximum=20, buffer=0, paused=False)
    await shop.publish()
    assert (shop.shown(mug), shop.shown(cup)) == (6, 10)
    async with shop.database.transaction(shop.scope) as session:
        assert await OfferRepository(session).out_of_date(shop.seller.id) == []  # sieve and rule agree


async def test_a_paused_account_first_shows_nothing_then_is_paused(shop: Shop) -> None:
    await shop.product("MUG", 10)
    offer = shop.offer("MUG")
    await whole_run(shop)

    await rules(shop, paused=True, pause_account=True)
    await shop.publish()

    assert shop.shown(offer) == 0
    assert (await shop.state(offer))["published_derivation"]["account_paused"] is True
    async with shop.database.transaction(shop.scope) as session:
        assert (await ChannelService(session).account(shop.account_id)).mode is Mode.PAUSED


async def test_a_paused_product_is_told_as_nothing_everywhere(shop: Shop) -> None:
    mug = await shop.product("MUG", 10)
    offers = [shop.offer("MUG"), shop.offer("MUG")]
    await whole_run(shop)
    async with shop.database.transaction(shop.scope) as session:
        assert await OfferService(session).pause_product(mug, paused=True) == 2
    await shop.publish()
    assert [shop.shown(offer) for offer in offers] == [0, 0]


async def test_nonsense_and_stale_forms_are_refused(shop: Shop) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await rules(shop, buffer=-1)
    assert "buffer" in refused.value.problems
    with pytest.raises(InvalidInputError):
        await rules(shop, oldest_minutes=0)
    with pytest.raises(ConflictError):
        await rules(shop, buffer=2, version=99)


async def test_the_building_of_the_account_counts(shop: Shop) -> None:
    mug = await shop.product("MUG", 10)
    offer = shop.offer("MUG")
    async with shop.database.transaction(shop.scope) as session:
        other = await add_building(session, shop.seller.id, "NORTH")
        await InventoryService(session).receive(mug, other.shelf, 4)
    await whole_run(shop)
    assert shop.shown(offer) == 14
    await shop.react()

    async with shop.database.transaction(shop.scope) as session:
        account = await ChannelService(session).account(shop.account_id)
        await ChannelService(session).change(
            account.id, name=account.name, prefix=account.prefix, warehouse_id=other.id
        )
    stock, pushed = (await whole_run(shop))[2:]

    assert (stock.source, pushed.published, shop.shown(offer)) == ("warehouse", 1, 4)
    async with shop.database.transaction(shop.scope) as session:
        found = await OfferRepository(session).out_of_date(shop.seller.id, "warehouse", warehouse_id=other.id)
    assert found == []


# Matching


async def test_what_was_said_once_is_known_for_other_offers_of_that_name(shop: Shop) -> None:
    mug = await shop.product("MUG", 5)
    first, second, later = shop.offer("BLUE"), shop.offer("BLUE"), None
    await whole_run(shop)
    row = await shop.state(first)
    async with shop.database.transaction(shop.scope) as session:
        await OfferService(session).link_many([row["id"]], mug)

    assert (await shop.state(second))["matched_by"] == "mapping"
    later = shop.offer("BLUE")
    await whole_run(shop)
    assert (await shop.state(later))["matched_by"] == "mapping"
    assert [shop.shown(offer) for offer in (first, second, later)] == [5, 5, 5]


async def test_similar_products_are_suggested_and_taken_in_bulk(shop: Shop) -> None:
    async with shop.database.transaction(shop.scope) as session:
        for sku, title in (("LAMP-7", "Reading lamp"), ("VASE", "Tall glass vase green")):
            await CatalogService(session).create_product(shop.seller.id, {"sku": sku, "title": title})
    by_sku, by_title, neither = shop.offer("lamp 7"), shop.offer("V1"), shop.offer("Q")
    found = shop.world.accounts[CLIENT].offers.get(by_title)
    assert found is not None
    found.title = "Green glass vase, tall"

    matched = (await whole_run(shop))[1]

    assert (matched.unmatched, matched.suggested) == (3, 2)
    ids = [(await shop.state(offer))["id"] for offer in (by_sku, by_title, neither)]
    async with shop.database.transaction(shop.scope) as session:
        assert await OfferService(session).accept(ids) == 2
    states = [await shop.state(offer) for offer in (by_sku, by_title, neither)]
    assert [state["matched_by"] for state in states] == ["hand", "hand", ""]


async def test_an_ignored_offer_leaves_the_list_and_can_come_back(shop: Shop) -> None:
    offer = shop.offer("NOT-OURS")
    await whole_run(shop)
    row = await shop.state(offer)
    async with shop.database.transaction(shop.scope) as session:
        assert await OfferService(session).ignore([row["id"]]) == 1
    assert (await whole_run(shop))[1].looked == 0
    async with shop.database.transaction(shop.scope) as session:
        assert await OfferService(session).ignore([row["id"]], ignored=False) == 1
    assert (await shop.state(offer))["state"] == "unmatched"


# Drift


async def test_drift_is_found_shown_and_repaired(shop: Shop) -> None:
    for number in range(4):
        await shop.product(f"MUG-{number}", 5)
    offers = [shop.offer(f"MUG-{number}") for number in range(4)]
    await whole_run(shop)
    found = shop.world.accounts[CLIENT].offers.get(offers[0])
    assert found is not None
    found.amount = 77

    sampled = await sampling.sample_account(shop.run(), shop.connections, shop.account_id)

    assert (sampled.looked, sampled.drifted) == (4, 1)
    assert "offers.publish" in await shop.queued()
    async with shop.database.transaction(shop.scope) as session:
        (open_one,) = await drifts(session, shop.account_id)
        (stock,) = await account_stocks(session)
    assert (open_one.told, open_one.found, open_one.repaired_at) == (5, 77, None)
    assert (stock.looked, stock.differed, stock.drift) == (4, 1, 0.25)
    await shop.publish()
    async with shop.database.transaction(shop.scope) as session:
        (repaired,) = await drifts(session, shop.account_id)
    assert repaired.repaired_at is not None
    assert shop.shown(offers[0]) == 5


async def test_reading_back_takes_the_accounts_rules_before_its_offers(shop: Shop) -> None:
    """As whoever changes the rules does: in another order, saving limits at that moment met a deadlock."""
    await shop.product("MUG", 5)
    offer = shop.offer("MUG")
    await whole_run(shop)
    waits = text("SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
    mine = text("SELECT 1 FROM offer WHERE account_id = :account FOR UPDATE NOWAIT")

    async def read_back() -> None:
        async with shop.database.transaction(shop.scope) as session:
            account = await ChannelService(session).account(shop.account_id)
            told = [ChannelOffer(channel_offer_id=offer, quantity=77)]
            assert await OfferService(session).store_sample(account, told, [], now(), following="next") == 1

    async with asyncio.TaskGroup() as group, shop.database.transaction(shop.scope) as held:
        await RulesRepository(held).lock(shop.account_id, shop.seller.id)
        group.create_task(read_back())
        async with asyncio.timeout(20):
            while not (await held.execute(waits)).all():
                await asyncio.sleep(0.02)
        assert (await held.execute(mine, {"account": shop.account_id})).all()


async def test_an_offer_that_cannot_be_read_back_is_gone(shop: Shop) -> None:
    await shop.product("MUG", 5)
    offer = shop.offer("MUG")
    await whole_run(shop)
    mark_deleted(shop, offer)

    sampled = await sampling.sample_account(shop.run(), shop.connections, shop.account_id)

    assert sampled.gone == 1
    assert (await shop.state(offer))["state"] == "gone"


async def test_the_past_is_kept_for_a_while(shop: Shop) -> None:
    await shop.product("MUG", 5)
    offer = shop.offer("MUG")
    await whole_run(shop)
    row = await shop.state(offer)
    async with shop.database.transaction(shop.scope) as session:
        await session.execute(text("UPDATE offer_push SET pushed_at = now() - interval '91 days'"))
        assert len(await pushes(session, row["id"])) == 1
        assert await RulesRepository(session).keep(since=now() - KEEP) == 1
        assert await pushes(session, row["id"]) == []
