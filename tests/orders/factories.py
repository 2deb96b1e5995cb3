"""What tests of orders need: an account, products with stock, and channel orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels import repository as channel_repository
from entrepot.channels.accounts import AccountRef, Health, Mode
from entrepot.channels.contract import ChannelOrder, ChannelOrderLine, PostalAddress
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders.creating import NewLine, NewOrder

PLACED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

ADDRESS = PostalAddress(
    first_name="Jan",
    last_name="de Vries",
    street="Keizersgracht",
    house_number="12",
    postcode="1015 CS",
    city="Amsterdam",
    country="NL",
    email="jan@example.org",
)


def channel_line(number: int = 1, sku: str | None = "MUG-BLUE", quantity: int = 1, **rest: Any) -> ChannelOrderLine:  # noqa: ANN401 -- any field
    values: dict[str, Any] = {"title": f"Title of {sku}", "unit_price": Decimal("9.95")} | rest
    return ChannelOrderLine(channel_line_id=f"L{number}", sku=sku, quantity=quantity, **values)


def channel_order(order_id: str = "", *lines: ChannelOrderLine, **rest: Any) -> ChannelOrder:  # noqa: ANN401 -- any field
    values: dict[str, Any] = {"placed_at": PLACED, "currency": "EUR", "ship_to": ADDRESS} | rest
    return ChannelOrder(
        channel_order_id=order_id or new_id().hex[-12:].upper(), lines=lines or (channel_line(),), **values
    )


def with_line(order: ChannelOrder, index: int = 0, **changes: Any) -> ChannelOrder:  # noqa: ANN401 -- any field
    lines = list(order.lines)
    lines[index] = replace(lines[index], **changes)
    return replace(order, lines=tuple(lines))


def new_order(*lines: tuple[str, int], **rest: Any) -> NewOrder:  # noqa: ANN401 -- any field
    values: dict[str, Any] = {"ship_to": ADDRESS} | rest
    return NewOrder(
        lines=tuple(NewLine(sku=sku, quantity=quantity, unit_price=Decimal("9.95")) for sku, quantity in lines),
        **values,
    )


@dataclass(slots=True)
class World:
    """One seller's goods and account."""

    seller_id: UUID
    account: AccountRef
    location: UUID
    products: dict[str, UUID] = field(default_factory=dict[str, UUID])


async def make_account(
    session: AsyncSession, seller_id: UUID, name: str = "bol NL", channel: str = "bol"
) -> AccountRef:
    account = AccountRef(
        id=new_id(),
        seller_id=seller_id,
        channel=channel,
        name=name,
        prefix="B-",
        mode=Mode.IMPORT_ONLY,
        health=Health.HEALTHY,
        warehouse_id=None,
        known_as="Blue Mugs",
        connected_at=now(),
    )
    values = {name: getattr(account, name) for name in AccountRef.__slots__}
    await channel_repository.add_account(session, {**values, "credentials": b""})
    return account


async def add_product(
    session: AsyncSession, world: World, sku: str, stock: int = 0, *, gtin: str | None = None
) -> UUID:
    fields: dict[str, object] = {"sku": sku, "title": f"Product {sku}"}
    if gtin:
        fields["gtin"] = gtin
    product_id = await CatalogService(session).create_product(world.seller_id, fields)
    world.products[sku] = product_id
    if stock:
        await InventoryService(session).receive(product_id, world.location, stock)
    return product_id


async def add_bundle(session: AsyncSession, world: World, sku: str, components: Mapping[str, int]) -> UUID:
    fields = {"sku": sku, "title": f"Bundle {sku}", "kind": "bundle"}
    world.products[sku] = await CatalogService(session).create_product(world.seller_id, fields, components=components)
    return world.products[sku]


async def make_world(session: AsyncSession, seller_id: UUID, stock: Sequence[tuple[str, int]] = ()) -> World:
    inventory = InventoryService(session)
    warehouse = await inventory.create_warehouse(seller_id, f"W{new_id().hex[-6:].upper()}", "Main")
    location = await inventory.stock_location(warehouse)
    world = World(seller_id, await make_account(session, seller_id), location)
    for sku, units in stock:
        await add_product(session, world, sku, units)
    return world
