"""A building with goods, a carrier and a marketplace played by the sandbox, and the people who work there."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.connections import Connections
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import PostalAddress
from entrepot.fulfilment.label_desk import LabelDesk
from entrepot.fulfilment.registry import carrier_spec
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.service import InventoryService
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.database import Actor, Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from entrepot.orders.service import OrderService
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.world import World
from tests.orders.factories import new_order

SENDER = PostalAddress(
    company="Blue Mugs", street="Kade", house_number="3", postcode="3511 AB", city="Utrecht", country="NL"
)
TESS = Actor("user", "tess", "Tess Tester")
BASE = "http://sandbox.test"


@dataclass(slots=True)
class Floor:
    """Everything a test of the floor needs."""

    database: Database
    box: SecretBox
    settings: Settings
    seller_id: UUID
    world: World
    outside: OutsideHttp
    lines: CarrierLines
    connections: Connections
    warehouse: UUID
    base: str = BASE
    """Address of the sandbox."""
    shelves: dict[str, UUID] = field(default_factory=dict[str, UUID])
    products: dict[str, UUID] = field(default_factory=dict[str, UUID])

    def transaction(self, actor: Actor = TESS) -> AbstractAsyncContextManager[AsyncSession]:
        return self.database.transaction(Scope.of(self.seller_id), actor=actor)

    def desk(self, actor: Actor = TESS) -> LabelDesk:
        return LabelDesk(
            self.database, self.lines, open_storage(self.settings), scope=Scope.of(self.seller_id), actor=actor
        )

    async def stock(self, **units: int | Mapping[str, int]) -> None:
        """``MUG=5`` puts five on shelf A; ``MUG={"B": 2}`` two on shelf B.  Underscores become dashes."""
        async with self.transaction() as session:
            for name, there in units.items():
                sku = name.replace("_", "-")
                if sku not in self.products:
                    self.products[sku] = await CatalogService(session).create_product(
                        self.seller_id, {"sku": sku, "title": f"Product {sku}", "weight_g": 250}
                    )
                places = there if isinstance(there, Mapping) else {"A": there}
                for shelf, quantity in places.items():
                    await InventoryService(session).receive(self.products[sku], self.shelves[shelf], quantity)

    async def order(self, *lines: tuple[str, int]) -> UUID:
        async with self.transaction() as session:
            return await OrderService(session).create(self.seller_id, new_order(*lines))

    async def status(self, order_id: UUID) -> str:
        async with self.transaction() as session:
            return str((await OrderService(session).order(order_id)).status)

    async def rows(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        async with self.transaction() as session:
            return [tuple(row) for row in await session.execute(text(sql), values)]


def outside_to(world: World) -> OutsideHttp:
    """The way out, leading to a sandbox in this process."""
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    return OutsideHttp(None, transport=transport)


async def open_floor(
    database: Database,
    box: SecretBox,
    settings: Settings,
    seller_id: UUID,
    world: World,
    shelves: Sequence[str] = "AB",
    *,
    base: str = "",
) -> Floor:
    """Open a floor; *base* is the address of a sandbox that listens, else it is spoken to in this process."""
    outside = OutsideHttp(None, settings.outside_allow) if base else outside_to(world)
    lines = CarrierLines(box, outside)
    async with database.transaction(Scope.of(seller_id), actor=TESS) as session:
        inventory = InventoryService(session)
        warehouse = await inventory.create_warehouse(seller_id, f"W{new_id().hex[-6:].upper()}", "Main")
        places = {
            name: await inventory.create_location(warehouse, LocationKind.SHELF, f"{name}-01", walk_order=number)
            for number, name in enumerate(shelves, start=1)
        }
        await _carrier(session, lines, seller_id, world, base or BASE)
    return Floor(
        database,
        box,
        settings,
        seller_id,
        world,
        outside,
        lines,
        Connections(database, box, outside),
        warehouse,
        base or BASE,
        places,
    )


async def _carrier(session: AsyncSession, lines: CarrierLines, seller_id: UUID, world: World, base: str) -> None:
    spec = carrier_spec("sandbox_express")
    values = {"api_url": base, "api_key": world.options.carrier_key}
    carriers = Carriers(session, lines)
    await carriers.connect(seller_id, spec, parse_credentials(spec, values), name="Express")
    await carriers.set_sender(seller_id, SENDER)
