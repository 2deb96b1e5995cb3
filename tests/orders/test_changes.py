"""Orders change: by the channel, by people, by stock that arrives."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.service import CatalogService
from entrepot.channels.contract import ChannelOrder, PostalAddress
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.outbox import RecordedEvent, read_subjects
from entrepot.kit.scope import Scope
from entrepot.orders import jobs as order_jobs
from entrepot.orders.creating import NewLine
from entrepot.orders.domain import Attention
from entrepot.orders.errors import (
    AlreadyOnFloorError,
    AttentionStaysError,
    CancelNeedsConfirmationError,
    IllegalMoveError,
    LineOfChannelError,
    OrderHeldError,
    OrderNotFoundError,
    TooLateToCancelError,
    UnknownProductError,
)
from entrepot.orders.service import Imported, OrderRef, OrderService, OrderStatus
from tests.orders.factories import (
    ADDRESS,
    PLACED,
    World,
    add_bundle,
    add_product,
    channel_line,
    channel_order,
    make_world,
    new_order,
    with_line,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(session: AsyncSession, seller: SellerRef) -> World:
    return await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 2)])


async def imported(session: AsyncSession, world: World, theirs: ChannelOrder) -> OrderRef:
    [outcome] = await OrderService(session).import_orders(world.account, [theirs])
    assert outcome.order_id is not None
    return await OrderService(session).order(outcome.order_id)


async def placed(session: AsyncSession, world: World, *lines: tuple[str, int]) -> OrderRef:
    service = OrderService(session)
    return await service.order(await service.create(world.seller_id, new_order(*lines)))


async def available(session: AsyncSession, world: World, sku: str) -> int:
    product_id = world.products[sku]
    return (await InventoryService(session).availability([product_id]))[product_id].available


async def topics(session: AsyncSession, order_id: UUID) -> list[str]:
    return [event.topic.partition(".")[2] for event in await read_subjects(session, [order_id])][::-1]


async def advance(session: AsyncSession, order: OrderRef, *path: OrderStatus) -> None:
    for status in path:
        await OrderService(session).advance([order.id], status)


# By the channel


async def test_cancelled_after_import_gives_the_stock_back(session: AsyncSession, world: World) -> None:
    theirs = channel_order("1", channel_line(1, "MUG-BLUE", 4))
    await imported(session, world, theirs)
    order = await imported(session, world, with_line(theirs, quantity_cancelled=4))
    assert order.status is OrderStatus.CANCELLED
    assert order.total == 0
    assert await available(session, world, "MUG-BLUE") == 10
    assert await topics(session, order.id) == ["order_imported", "order_changed", "order_moved", "order_cancelled"]


async def test_fewer_units_reserve_anew(session: AsyncSession, world: World) -> None:
    theirs = channel_order("1", channel_line(1, "MUG-BLUE", 4))
    await imported(session, world, theirs)
    order = await imported(session, world, with_line(theirs, quantity_cancelled=1))
    assert (order.status, order.total) == (OrderStatus.RESERVED, Decimal("29.85"))
    assert await available(session, world, "MUG-BLUE") == 7


async def test_a_line_added_later_is_reserved_too(session: AsyncSession, world: World) -> None:
    theirs = channel_order("1", channel_line(1, "MUG-BLUE", 1))
    await imported(session, world, theirs)
    order = await imported(session, world, replace(theirs, lines=(*theirs.lines, channel_line(2, "MUG-RED", 2))))
    assert [(line.sku, line.reserved) for line in order.lines] == [("MUG-BLUE", True), ("MUG-RED", True)]
    assert order.status is OrderStatus.RESERVED


async def test_an_old_page_after_a_newer_one(session: AsyncSession, world: World) -> None:
    old = channel_order("1", channel_line(1, "MUG-BLUE", 4), changed_at=PLACED)
    new = replace(with_line(old, quantity_cancelled=2), changed_at=PLACED + timedelta(minutes=5))
    await imported(session, world, old)
    newer = await imported(session, world, new)
    [outcome] = await OrderService(session).import_orders(world.account, [old])
    assert outcome.result is Imported.UNCHANGED
    assert await OrderService(session).order(newer.id) == newer


async def test_cancelled_while_picking_holds_the_order(session: AsyncSession, world: World) -> None:
    theirs = channel_order("1", channel_line(1, "MUG-BLUE", 4))
    order = await imported(session, world, theirs)
    await advance(session, order, OrderStatus.PICKING)
    order = await imported(session, world, with_line(theirs, quantity_cancelled=4))
    assert (order.status, order.attention) == (OrderStatus.PICKING, ("cancelled_after_pick",))
    with pytest.raises(OrderHeldError):
        await advance(session, order, OrderStatus.PICKED)
    assert await available(session, world, "MUG-BLUE") == 6


async def test_two_orders_change_in_one_batch_with_new_ones(session: AsyncSession, world: World) -> None:
    one, two = channel_order("1", channel_line(1, "MUG-BLUE", 2)), channel_order("2", channel_line(1, "MUG-BLUE", 2))
    await OrderService(session).import_orders(world.account, [one, two])
    outcomes = await OrderService(session).import_orders(
        world.account,
        [
            with_line(one, quantity_cancelled=2),
            channel_order("3", channel_line(1, "MUG-BLUE", 8)),
            with_line(two, quantity=3),
        ],
    )
    assert [outcome.result for outcome in outcomes] == [Imported.CHANGED, Imported.CREATED, Imported.CHANGED]


# By people


async def test_editing_a_line(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 4), ("MUG-RED", 1))
    service, blue, red = OrderService(session), order.lines[0].id, order.lines[1].id

    more = await service.edit_line(order.id, blue, quantity=10)
    assert (more.status, await available(session, world, "MUG-BLUE")) == (OrderStatus.RESERVED, 0)
    too_many = await service.edit_line(order.id, blue, quantity=11)
    assert (too_many.status, await available(session, world, "MUG-BLUE")) == (OrderStatus.PENDING, 10)
    none = await service.edit_line(order.id, blue, quantity=0)
    assert none.status is OrderStatus.RESERVED
    assert none.lines[0].open_quantity == 0
    again = await service.edit_line(order.id, blue, quantity=2, unit_price=Decimal("1.50"))
    assert (again.total, again.status) == (Decimal("12.95"), OrderStatus.RESERVED)
    await service.edit_line(order.id, blue, quantity=0)
    assert (await service.edit_line(order.id, red, quantity=0)).status is OrderStatus.CANCELLED
    assert await available(session, world, "MUG-RED") == 2


async def test_a_channels_line_only_shrinks(session: AsyncSession, world: World) -> None:
    order = await imported(session, world, channel_order("1", channel_line(1, "MUG-BLUE", 4)))
    service = OrderService(session)
    fewer = await service.edit_line(order.id, order.lines[0].id, quantity=3)
    assert (fewer.lines[0].quantity, fewer.lines[0].quantity_cancelled) == (4, 1)
    with pytest.raises(LineOfChannelError):
        await service.edit_line(order.id, order.lines[0].id, quantity=5)


async def test_lines_are_fixed_once_released(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 4))
    await advance(session, order, OrderStatus.PICKING)
    with pytest.raises(AlreadyOnFloorError):
        await OrderService(session).edit_line(order.id, order.lines[0].id, quantity=1)
    with pytest.raises(AlreadyOnFloorError):
        await OrderService(session).add_line(order.id, NewLine(sku="MUG-RED", quantity=1))


async def test_adding_a_line(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 4))
    changed = await OrderService(session).add_line(order.id, NewLine(sku="MUG-RED", quantity=2, unit_price=Decimal(5)))
    assert (changed.total, changed.status, changed.line_count) == (Decimal("49.80"), OrderStatus.RESERVED, 2)
    with pytest.raises(UnknownProductError):
        await OrderService(session).add_line(order.id, NewLine(sku="NOPE", quantity=1))


async def test_correcting_an_address_lets_the_order_go_on(session: AsyncSession, world: World) -> None:
    theirs = channel_order("1", channel_line(1, "MUG-BLUE"), ship_to=PostalAddress(last_name="Smit", country="NL"))
    order = await imported(session, world, theirs)
    assert order.status is OrderStatus.PENDING
    service = OrderService(session)
    with pytest.raises(InvalidInputError):
        await service.correct_address(order.id, PostalAddress(last_name="Smit"))
    with pytest.raises(AttentionStaysError):
        await service.settle_attention(order.id, Attention.ADDRESS_INCOMPLETE)
    corrected = await service.correct_address(order.id, ADDRESS)
    assert (corrected.status, corrected.attention, corrected.ship_postcode) == (OrderStatus.RESERVED, (), "1015 CS")
    again = await imported(session, world, with_line(theirs, commission=Decimal(1)))
    assert again.ship_postcode == "1015 CS"


async def test_an_odd_currency_is_accepted_by_a_person(session: AsyncSession, world: World) -> None:
    await imported(session, world, channel_order("0"))
    order = await imported(session, world, channel_order("1", currency="SEK"))
    settled = await OrderService(session).settle_attention(order.id, Attention.NEW_CURRENCY)
    assert settled.status is OrderStatus.RESERVED
    assert (await imported(session, world, channel_order("2", currency="SEK"))).attention == ()


async def test_cancel_by_stage(session: AsyncSession, world: World) -> None:
    service = OrderService(session)
    early, picked, late = [await placed(session, world, ("MUG-BLUE", 1)) for _ in range(3)]
    await advance(session, picked, OrderStatus.PICKING, OrderStatus.PICKED)
    await advance(session, late, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED, OrderStatus.SHIPPED)

    await service.cancel([early.id], reason="changed their mind")
    with pytest.raises(CancelNeedsConfirmationError):
        await service.cancel([picked.id])
    [cancelled] = await service.cancel([picked.id], put_back=True)
    assert cancelled.attention == ("put_back",)
    with pytest.raises(TooLateToCancelError):
        await service.cancel([late.id], put_back=True)
    assert await service.cancel([early.id]) == []
    assert await available(session, world, "MUG-BLUE") == 9


async def test_hold_keeps_an_order_from_the_floor(session: AsyncSession, world: World) -> None:
    service, order = OrderService(session), await placed(session, world, ("MUG-BLUE", 1))
    assert await service.hold([order.id], "ask first") == [order.id]
    assert await service.hold([order.id], "again") == []
    with pytest.raises(OrderHeldError):
        await advance(session, order, OrderStatus.PICKING)
    await service.let_go([order.id])
    await advance(session, order, OrderStatus.PICKING)
    with pytest.raises(IllegalMoveError):
        await advance(session, order, OrderStatus.SHIPPED)
    with pytest.raises(OrderNotFoundError):
        await service.advance([world.seller_id], OrderStatus.PICKING)


async def test_given_back_from_the_floor_it_goes_where_its_stock_says(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 1))
    await advance(session, order, OrderStatus.PICKING, OrderStatus.PENDING)
    assert (await OrderService(session).order(order.id)).status is OrderStatus.RESERVED


async def test_the_database_refuses_jumps(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 1))
    with pytest.raises(DBAPIError, match="cannot go from reserved to delivered"):
        await session.execute(text("UPDATE sales_order SET status = 'delivered' WHERE id = :id"), {"id": order.id})


async def test_shipped_units_and_tracking(session: AsyncSession, world: World) -> None:
    service, order = OrderService(session), await placed(session, world, ("MUG-BLUE", 3))
    await service.ship_lines({order.lines[0].id: 2})
    await service.ship_everything([order.id])
    await service.add_search_words(order.id, ["3STEST42"])
    found = await service.order(order.id)
    assert found.lines[0].quantity_shipped == 3
    assert found.search_text.endswith("3stest42")


# By stock and products that arrive


async def events_of(session: AsyncSession, topic: str) -> list[RecordedEvent]:
    rows = await session.execute(text("SELECT * FROM event WHERE topic = :topic ORDER BY id"), {"topic": topic})
    return [RecordedEvent(**{name: row[name] for name in RecordedEvent.__struct_fields__}) for row in rows.mappings()]


async def test_arriving_stock_serves_the_oldest_first(session: AsyncSession, world: World) -> None:
    await add_bundle(session, world, "SET", {"MUG-RED": 2})
    first = await imported(session, world, channel_order("1", channel_line(1, "SET", 2)))
    second = await imported(
        session, world, channel_order("2", channel_line(1, "MUG-RED", 3), placed_at=PLACED + timedelta(hours=1))
    )
    assert {first.status, second.status} == {OrderStatus.PENDING}
    await InventoryService(session).receive(world.products["MUG-RED"], world.location, 3)
    from entrepot.inventory.announcement import record_changes  # noqa: PLC0415 -- else at commit

    await record_changes(session)
    await order_jobs.on_stock(session, await events_of(session, "inventory.stock_changed"))
    service = OrderService(session)
    assert (await service.order(first.id)).status is OrderStatus.RESERVED
    assert (await service.order(second.id)).status is OrderStatus.PENDING


async def test_a_product_that_appears_is_given_to_its_lines(session: AsyncSession, world: World) -> None:
    by_sku = await imported(session, world, channel_order("1", channel_line(1, "NEW-SKU")))
    by_gtin = await imported(session, world, channel_order("2", channel_line(1, "OTHER", gtin="8712345678906")))
    await add_product(session, world, "NEW-SKU", 5, gtin="8712345678906")
    await order_jobs.on_products(session, await events_of(session, "catalog.product_created"))
    for order in await OrderService(session).orders([by_sku.id, by_gtin.id]):
        assert (order.status, order.attention) == (OrderStatus.RESERVED, ())
        assert order.lines[0].product_id == world.products["NEW-SKU"]


async def test_lost_stock_makes_an_order_wait_again(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-RED", 2))
    await InventoryService(session).release([order.lines[0].id])
    await InventoryService(session).adjust(world.products["MUG-RED"], world.location, -1, reason="damaged")
    await OrderService(session).lose_reservations({order.lines[0].id: order.id})
    found = await OrderService(session).order(order.id)
    assert (found.status, found.lines[0].reserved) == (OrderStatus.PENDING, False)


async def test_no_line_is_without_its_order(session: AsyncSession, world: World) -> None:
    await placed(session, world, ("MUG-BLUE", 1))
    orphans = await session.execute(
        text("SELECT count(*) FROM order_line l WHERE NOT EXISTS (SELECT 1 FROM sales_order o WHERE o.id = l.order_id)")
    )
    assert orphans.scalar_one() == 0


async def test_editing_and_importing_at_once(database: Database, seller: SellerRef) -> None:
    """Real transactions edit, cancel and import orders of the same two products: no deadlock, no unit lost."""
    async with database.transaction(Scope.of(seller.id)) as session:
        world = await make_world(session, seller.id, [("A", 500), ("B", 500)])
        ids = [(await placed(session, world, ("A", 2), ("B", 2))).id for _ in range(8)]

    async def edit(order_id: UUID, quantity: int) -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            order = await OrderService(session).order(order_id)
            await OrderService(session).edit_line(order_id, order.lines[quantity % 2].id, quantity=quantity)

    async def take_in(number: int) -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            lines = [channel_line(1, "B"), channel_line(2, "A")]
            await OrderService(session).import_orders(world.account, [channel_order(f"X{number}", *lines)])

    await asyncio.gather(
        *(edit(order_id, 1 + n % 5) for n, order_id in enumerate(ids)), *(take_in(n) for n in range(8))
    )
    async with database.transaction(Scope.of(seller.id)) as session:
        wanted = await session.execute(
            text(
                "SELECT sku, sum(quantity - quantity_cancelled) FROM order_line"
                " WHERE seller_id = :id AND reserved GROUP BY 1"
            ),
            {"id": seller.id},
        )
        for sku, units in wanted:
            assert await available(session, world, sku) == 500 - units


async def test_a_product_renamed_away_does_not_disturb(session: AsyncSession, world: World) -> None:
    order = await placed(session, world, ("MUG-BLUE", 1))
    await CatalogService(session).change_product(world.products["MUG-BLUE"], {"sku": "MUG-AZURE"})
    assert (await OrderService(session).settle([order.id]))[0].status is OrderStatus.RESERVED
