"""Stock that an ERP counts."""

from datetime import timedelta
from decimal import Decimal

import pytest

from entrepot.erp.contract import ErpStock
from entrepot.erp.errors import NothingListedError
from entrepot.erp.service import ErpService
from entrepot.kit.clock import now
from entrepot.offers import inventory_steps as steps
from entrepot.offers import views
from entrepot.offers.causes import Cause
from entrepot.offers.repository import OfferRepository
from entrepot.offers.standing import standings
from entrepot.offers.wording import sentence
from tests.erp.conftest import add_erp_account
from tests.inventory.factories import add_bundle
from tests.offers.conftest import Shop

pytestmark = pytest.mark.anyio


def row(sku: str, available: int) -> ErpStock:
    return ErpStock(sku=sku, warehouse="1", on_hand=Decimal(available), available=available)


async def test_a_joined_account_shows_the_erps_numbers(shop: Shop) -> None:
    mug, cup = await shop.product("MUG", 50, buffer=1), await shop.product("CUP", 50)
    async with shop.database.transaction(shop.scope) as session:
        await add_bundle(session, shop.seller.id, {mug: 2, cup: 1}, "SET")
    offers = [shop.offer(sku) for sku in ("MUG", "CUP", "SET")]
    await shop.refresh()
    await shop.publish()
    assert [shop.shown(offer) for offer in offers] == [49, 50, 24]
    async with shop.database.transaction(shop.scope) as session:
        erp = await add_erp_account(session, shop.seller.id)
        await ErpService(session).join(shop.account_id, erp)
        await ErpService(session).record_stock(erp, [row("MUG", 9), row("OTHER", 5)], now() - timedelta(hours=5))

    run = shop.run()
    stock = await steps.read_stock(run, shop.connections, shop.account_id)
    await steps.push_changes(run, shop.connections, shop.account_id)

    assert stock.source == "erp"
    assert stock.problem  # its credentials are no credentials, and that stopped nothing
    assert [shop.shown(offer) for offer in offers] == [8, 0, 0]
    async with shop.database.transaction(shop.scope) as session:
        found = await views.offers(session)
        causes = {one.offer.facts.sku: [find.cause for find in one.findings] for one in await standings(session, found)}
        assert (
            await OfferRepository(session).out_of_date(shop.seller.id, "given", erp_account_id=erp) == []
        )  # sieve and rule agree
    assert causes["MUG"] == [Cause.BUFFER, Cause.ERP_OLD]
    assert causes["CUP"][0] is Cause.ERP_UNKNOWN
    assert causes["SET"][0] is Cause.NO_STOCK


async def test_what_the_erp_says_and_being_separated_are_followed(shop: Shop) -> None:
    await shop.product("MUG", 50)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.publish()
    async with shop.database.transaction(shop.scope) as session:
        erp = await add_erp_account(session, shop.seller.id)
        await ErpService(session).join(shop.account_id, erp)
        await ErpService(session).record_stock(erp, [row("MUG", 9)], now())
    await shop.react()
    await shop.publish()
    assert shop.shown(offer) == 9

    async with shop.database.transaction(shop.scope) as session:
        await ErpService(session).separate(shop.account_id)
    await shop.react()
    await shop.publish()
    assert shop.shown(offer) == 50


async def test_an_erp_that_was_never_read_sells_nobody_out(shop: Shop) -> None:
    await shop.product("MUG", 50)
    offer = shop.offer("MUG")
    await shop.refresh()
    await shop.publish()
    async with shop.database.transaction(shop.scope) as session:
        erp = await add_erp_account(session, shop.seller.id)
        await ErpService(session).join(shop.account_id, erp)

    run = shop.run()
    stock = await steps.read_stock(run, shop.connections, shop.account_id)
    await steps.push_changes(run, shop.connections, shop.account_id)

    assert stock.problem  # it cannot be asked
    assert shop.shown(offer) == 50
    async with shop.database.transaction(shop.scope) as session:
        (standing,) = await standings(session, await views.offers(session))
    assert standing.findings[0].cause is Cause.ERP_OLD
    assert "have not been read yet" in sentence(standing.findings[0])


async def test_an_erp_that_lists_nothing_at_all_is_not_believed(shop: Shop) -> None:
    async with shop.database.transaction(shop.scope) as session:
        erp = await add_erp_account(session, shop.seller.id)
        await ErpService(session).record_stock(erp, [row("MUG", 9)], now(), complete=True)

        with pytest.raises(NothingListedError, match="no articles at all"):
            await ErpService(session).record_stock(erp, [], now(), complete=True)
