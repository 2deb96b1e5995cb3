"""What the database itself guarantees, whoever writes SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.service import ProductRef
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import Building, add_building, add_product, check_books, numbers, request_for

pytestmark = pytest.mark.anyio

MOVE = (
    "INSERT INTO stock_move (seller_id, product_id, location_id, quantity, kind, actor_kind, actor_id, actor_name)"
    " VALUES (:seller, :product, :location, :quantity, 'adjust', 'user', '', 'Mallory')"
)


@pytest.fixture
async def building(session: AsyncSession, seller: SellerRef) -> Building:
    return await add_building(session, seller.id)


@pytest.fixture
async def mug(session: AsyncSession, seller: SellerRef, building: Building) -> ProductRef:
    product = await add_product(session, seller.id, "MUG")
    await InventoryService(session).receive(product.id, building.shelf, 5)
    return product


async def refused(session: AsyncSession, sql: str, **values: object) -> str:
    """Return how the database refuses *sql*, which the application's role sends."""
    with pytest.raises(DBAPIError) as caught:
        async with session.begin_nested():
            await session.execute(text(sql), values)
    return str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE stock_level SET on_hand = on_hand + 100",
        "UPDATE stock_level SET reserved = 0",
        "DELETE FROM stock_level",
        "TRUNCATE stock_level",
        "UPDATE stock_total SET available = 100",
        "DELETE FROM stock_total",
        "UPDATE stock_move SET quantity = 100",
        "UPDATE stock_move SET reason = ''",
        "DELETE FROM stock_move",
        "TRUNCATE stock_move",
        "ALTER TABLE stock_level DISABLE TRIGGER ALL",
        "INSERT INTO stock_level SELECT * FROM stock_level",
    ],
)
async def test_stock_changes_only_as_ledger_rows(session: AsyncSession, mug: ProductRef, sql: str) -> None:
    answer = await refused(session, sql)

    assert "permission denied" in answer or "must be owner" in answer
    assert await numbers(session, mug.id) == (5, 0, 5)


async def test_even_the_owner_of_the_database_cannot_write_a_level_by_accident(
    database: Database, server: object, session: AsyncSession, mug: ProductRef
) -> None:
    del database, server
    names = await session.execute(
        text(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'only_by_ledger' AND tgenabled = 'O' ORDER BY 1"
        )
    )
    assert list(names.scalars()) == ["stock_level", "stock_move", "stock_total"]
    assert mug.sku == "MUG"


async def test_a_ledger_row_changes_the_level_in_the_same_statement(
    session: AsyncSession, seller: SellerRef, building: Building, mug: ProductRef
) -> None:
    values = {"seller": seller.id, "product": mug.id, "location": building.shelf}
    await session.execute(text(MOVE), {**values, "quantity": 3})

    assert await numbers(session, mug.id) == (8, 0, 8)
    await check_books(session, seller.id)


async def test_negative_stock_is_impossible(
    session: AsyncSession, seller: SellerRef, building: Building, mug: ProductRef
) -> None:
    values = {"seller": seller.id, "product": mug.id}

    assert "ck_stock_level_" in await refused(session, MOVE, **values, location=building.shelf, quantity=-6)
    assert "goods that are not at its location" in await refused(
        session, MOVE, **values, location=building.rack, quantity=-1
    )


async def test_overselling_is_impossible(
    session: AsyncSession, seller: SellerRef, building: Building, mug: ProductRef
) -> None:
    sql = (
        "INSERT INTO reservation (id, seller_id, order_id, order_line_id, product_id, location_id, quantity)"
        " VALUES (:id, :seller, :id, :id, :product, :location, :quantity)"
    )
    values = {"id": new_id(), "seller": seller.id, "product": mug.id}

    assert "not_oversold" in await refused(session, sql, **values, location=building.shelf, quantity=6)
    assert "goods that are not at its location" in await refused(
        session, sql, **values, location=building.rack, quantity=1
    )
    await InventoryService(session).reserve([request_for(mug, 5)])
    assert "not_oversold" in await refused(
        session, MOVE, seller=seller.id, product=mug.id, location=building.shelf, quantity=-1
    )


async def test_goods_do_not_reach_the_shelf_of_another_seller(
    database: Database, seller: SellerRef, make_seller: object
) -> None:
    other = await make_seller("Other")  # type: ignore[operator]  # the fixture of conftest
    async with database.transaction(Scope.of(other.id)) as session:
        foreign = await add_building(session, other.id)
    async with database.transaction(Scope.of(seller.id)) as session:
        mug = await add_product(session, seller.id)
        values = {"seller": seller.id, "product": mug.id, "location": foreign.shelf, "quantity": 1}
        assert "goods that are not at its location" in await refused(session, MOVE, **values)
        assert "row-level security" in await refused(session, MOVE, **{**values, "seller": other.id})


async def test_another_seller_sees_nothing(database: Database, seller: SellerRef, make_seller: object) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        building = await add_building(session, seller.id)
        mug = await add_product(session, seller.id)
        await InventoryService(session).receive(mug.id, building.shelf, 5)
        await InventoryService(session).reserve([request_for(mug, 1)])
    other = await make_seller("Other")  # type: ignore[operator]  # the fixture of conftest
    async with database.transaction(Scope.of(other.id)) as session:
        for table in ("warehouse", "location", "stock_total", "stock_level", "stock_move", "reservation"):
            rows = await session.execute(text(f"SELECT count(*) FROM {table} WHERE seller_id = :id"), {"id": seller.id})
            assert rows.scalar_one() == 0, table
