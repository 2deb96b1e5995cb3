"""Channel orders come in: each once, whatever happens to its neighbours."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.contract import Fulfilment, PostalAddress
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.outbox import read_subjects
from entrepot.kit.scope import Scope
from entrepot.orders.domain import Attention
from entrepot.orders.service import Imported, OrderService, OrderStatus
from tests.orders.factories import (
    PLACED,
    World,
    add_bundle,
    channel_line,
    channel_order,
    make_world,
    with_line,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(session: AsyncSession, seller: SellerRef) -> World:
    return await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 2)])


async def available(session: AsyncSession, world: World, sku: str) -> int:
    product_id = world.products[sku]
    return (await InventoryService(session).availability([product_id]))[product_id].available


async def test_an_order_arrives_reserved_with_its_event(session: AsyncSession, world: World) -> None:
    order = channel_order("4012345678", channel_line(1, "MUG-BLUE", 3), channel_line(2, "MUG-RED", 1))

    [outcome] = await OrderService(session).import_orders(world.account, [order])

    assert outcome.result is Imported.CREATED
    assert outcome.order_id is not None
    stored = await OrderService(session).order(outcome.order_id)
    assert (stored.number, stored.status) == ("B-4012345678", OrderStatus.RESERVED)
    assert [(line.sku, line.quantity, line.reserved) for line in stored.lines] == [
        ("MUG-BLUE", 3, True),
        ("MUG-RED", 1, True),
    ]
    assert stored.total == Decimal("39.80")
    assert (stored.ship_postcode, stored.ship_country) == ("1015 CS", "NL")
    assert await available(session, world, "MUG-BLUE") == 7
    [event] = await read_subjects(session, [outcome.order_id])
    assert event.topic == "orders.order_imported"
    assert (event.payload["lines"], event.payload["units"]) == (2, 4)


async def test_the_same_order_again_changes_nothing(session: AsyncSession, world: World) -> None:
    order = channel_order("1", channel_line(1, "MUG-BLUE", 3))
    [first] = await OrderService(session).import_orders(world.account, [order])

    [again] = await OrderService(session).import_orders(world.account, [order])

    assert (again.result, again.order_id) == (Imported.UNCHANGED, first.order_id)
    assert await available(session, world, "MUG-BLUE") == 7
    assert first.order_id is not None
    assert len(await read_subjects(session, [first.order_id])) == 1


async def test_an_order_twice_in_one_page_counts_once_in_its_newer_version(session: AsyncSession, world: World) -> None:
    old = channel_order("1", channel_line(1, "MUG-BLUE", 3), changed_at=PLACED)
    new = replace(with_line(old, quantity_cancelled=1), changed_at=PLACED + timedelta(hours=1))

    first, second = await OrderService(session).import_orders(world.account, [new, old])

    assert first == second
    assert first.order_id is not None
    assert (await OrderService(session).order(first.order_id)).lines[0].quantity_cancelled == 1


async def test_an_unknown_sku_is_kept_and_needs_attention(session: AsyncSession, world: World) -> None:
    order = channel_order("1", channel_line(1, "NOBODY-KNOWS"), channel_line(2, "MUG-BLUE"))

    [outcome] = await OrderService(session).import_orders(world.account, [order])

    assert outcome.attention == ("unknown_sku",)
    assert outcome.order_id is not None
    stored = await OrderService(session).order(outcome.order_id)
    assert stored.status is OrderStatus.PENDING
    assert [(line.product_id is None, line.reserved) for line in stored.lines] == [(True, False), (False, True)]


async def test_a_gtin_finds_the_product_if_the_sku_does_not(session: AsyncSession, world: World) -> None:
    from tests.orders.factories import add_product  # noqa: PLC0415 -- only here

    product_id = await add_product(session, world, "MUG-GREEN", 1, gtin="8712345678906")
    order = channel_order("1", channel_line(1, None, gtin="8712345678906"))

    [outcome] = await OrderService(session).import_orders(world.account, [order])

    assert outcome.order_id is not None
    [line] = (await OrderService(session).order(outcome.order_id)).lines
    assert (line.product_id, line.sku, line.reserved) == (product_id, "MUG-GREEN", True)


async def test_short_of_stock_waits(session: AsyncSession, world: World) -> None:
    orders = [
        channel_order("2", channel_line(1, "MUG-RED", 2), placed_at=PLACED + timedelta(hours=1)),
        channel_order("1", channel_line(1, "MUG-RED", 2)),
    ]

    outcomes = await OrderService(session).import_orders(world.account, orders)

    found = await OrderService(session).orders([outcome.order_id for outcome in outcomes if outcome.order_id])
    assert [(order.channel_order_id, order.status) for order in found] == [
        ("1", OrderStatus.RESERVED),  # the older one, though it came second
        ("2", OrderStatus.PENDING),
    ]


async def test_one_bad_order_does_not_stop_the_others(session: AsyncSession, world: World) -> None:
    orders = [channel_order(f"OK{n}", channel_line(1, "MUG-BLUE")) for n in range(7)]
    bad = channel_order("OK3B", channel_line(1, "MUG-BLUE", title="a \x00 in the title"))

    outcomes = await OrderService(session).import_orders(world.account, [*orders[:4], bad, *orders[4:]])

    assert [outcome.result for outcome in outcomes].count(Imported.CREATED) == 7
    assert outcomes[4].result is Imported.FAILED
    assert "cannot be stored" in outcomes[4].problem
    assert await available(session, world, "MUG-BLUE") == 3


async def test_bundles_reserve_their_components(session: AsyncSession, world: World) -> None:
    await add_bundle(session, world, "SET", {"MUG-BLUE": 2, "MUG-RED": 1})

    outcomes = await OrderService(session).import_orders(
        world.account, [channel_order("1", channel_line(1, "SET", 2)), channel_order("2", channel_line(1, "SET", 1))]
    )

    found = await OrderService(session).orders([outcome.order_id for outcome in outcomes if outcome.order_id])
    assert sorted(order.status for order in found) == [OrderStatus.PENDING, OrderStatus.RESERVED]
    assert await available(session, world, "MUG-RED") == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "ZZZ"}, Attention.UNKNOWN_CURRENCY),
        ({"currency": "JPY"}, Attention.NEW_CURRENCY),
        ({"ship_to": PostalAddress(last_name="Nobody")}, Attention.ADDRESS_INCOMPLETE),
    ],
)
async def test_oddities_wait_for_a_person(
    session: AsyncSession, world: World, changes: dict[str, object], reason: Attention
) -> None:
    await OrderService(session).import_orders(world.account, [channel_order("0")])

    [outcome] = await OrderService(session).import_orders(world.account, [channel_order("1", **changes)])

    assert outcome.attention == (reason,)
    assert outcome.order_id is not None
    stored = await OrderService(session).order(outcome.order_id)
    assert (stored.status, stored.lines[0].reserved) == (OrderStatus.PENDING, True)


async def test_lines_that_the_channel_ships_are_not_ours(session: AsyncSession, world: World) -> None:
    ours = channel_order("1", channel_line(1, "MUG-BLUE"), channel_line(2, "X", fulfilment=Fulfilment.CHANNEL))
    theirs = channel_order("2", channel_line(1, "MUG-BLUE", fulfilment=Fulfilment.CHANNEL))

    outcomes = await OrderService(session).import_orders(world.account, [ours, theirs])

    found = {
        o.channel_order_id: o for o in await OrderService(session).orders([x.order_id for x in outcomes if x.order_id])
    }
    assert found["1"].status is OrderStatus.RESERVED
    assert found["2"].status is OrderStatus.SHIPPED
    assert await available(session, world, "MUG-BLUE") == 9


async def test_what_is_cancelled_or_shipped_on_arrival(session: AsyncSession, world: World) -> None:
    cancelled = channel_order("1", channel_line(1, "MUG-BLUE", 2, quantity_cancelled=2))
    shipped = channel_order("2", channel_line(1, "MUG-BLUE", 2, quantity_shipped=2))

    outcomes = await OrderService(session).import_orders(world.account, [cancelled, shipped])

    found = {
        o.channel_order_id: o for o in await OrderService(session).orders([x.order_id for x in outcomes if x.order_id])
    }
    assert (found["1"].status, found["2"].status) == (OrderStatus.CANCELLED, OrderStatus.SHIPPED)
    assert await available(session, world, "MUG-BLUE") == 10


async def test_two_imports_of_one_page_at_the_same_time(database: Database, seller: SellerRef) -> None:
    """Real transactions race for the same orders: each order exists once, its stock is taken once."""
    async with database.transaction(Scope.of(seller.id)) as session:
        world = await make_world(session, seller.id, [("MUG-BLUE", 1000)])
    orders = [channel_order(f"R{n}", channel_line(1, "MUG-BLUE", 2)) for n in range(40)]

    async def run(part: list[int]) -> list[Imported]:
        async with database.transaction(Scope.of(seller.id)) as session:
            outcomes = await OrderService(session).import_orders(world.account, [orders[n] for n in part])
            return [outcome.result for outcome in outcomes]

    results = await asyncio.gather(*(run(list(range(start, start + 25))) for start in (0, 5, 10, 15, 0, 15)))

    created = sum(result is Imported.CREATED for part in results for result in part)
    assert created == 40
    async with database.transaction(Scope.of(seller.id)) as session:
        assert await available(session, world, "MUG-BLUE") == 1000 - 80
