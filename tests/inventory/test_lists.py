"""Lists of what there is, across the sellers that one person sees."""

from collections.abc import Awaitable, Callable

import pytest

from entrepot.access.principal import SellerRef
from entrepot.inventory import views
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.service import InventoryService
from entrepot.inventory.views.stock import contents
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.inventory.factories import add_building, add_product

pytestmark = pytest.mark.anyio


async def test_stock_of_several_sellers_is_one_list_by_sku(
    database: Database, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    mugs, cups = await make_seller("Mugs"), await make_seller("Cups")
    for seller, skus in ((mugs, ("A", "C", "E")), (cups, ("B", "C", "D"))):
        async with database.transaction(Scope.of(seller.id)) as session:
            for sku in skus:
                await add_product(session, seller.id, sku)

    async with database.transaction(Scope.of(mugs.id, cups.id)) as session:
        first = await views.stock_list(session, limit=3)
        last = first[-1]
        rest = await views.stock_list(session, after=(last.sku, last.product_id), limit=10)
    async with database.transaction(Scope.of(mugs.id)) as session:
        own = await views.stock_list(session)

    assert [row.sku for row in (*first, *rest)] == ["A", "B", "C", "C", "D", "E"]
    assert len({row.product_id for row in (*first, *rest)}) == 6
    assert [row.sku for row in own] == ["A", "C", "E"]


async def test_a_location_shows_what_lies_in_it_by_sku_and_lot(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        built = await add_building(session, seller.id)
        stock = InventoryService(session)
        box = await stock.create_location(built.id, LocationKind.SHELF, "BOX", parent_id=built.shelf)
        products = [await add_product(session, seller.id, sku) for sku in ("C", "A", "B")]
        for product in products:
            await stock.receive(product.id, built.shelf, 1)
        await stock.receive(products[0].id, built.shelf, 1, lot="L2")
        await stock.receive(products[0].id, box, 1)

        found = await contents(session, built.shelf, limit=10)
        cut = await contents(session, built.shelf, limit=2)

    assert [(row.sku, row.lot, row.location_id) for row in found] == [
        ("A", "", built.shelf),
        ("B", "", built.shelf),
        ("C", "", built.shelf),
        ("C", "L2", built.shelf),
    ]
    assert [row.sku for row in cut] == ["A", "B"]
