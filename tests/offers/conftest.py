"""A seller with a warehouse, connected to a simulated bol on which it has a few offers."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.inventory.service import InventoryService
from entrepot.jobs.inline import InlineEngine, run_inline
from entrepot.jobs.run import Run, Tools
from entrepot.kit.call_log import CallLog
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Cursor, cursor_now, read_after
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.offers import jobs, sending
from entrepot.offers.tasks import CompareStock, PublishStock, RefreshOffers
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.marketplace.entities import Offer, PriceStep
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.inventory.factories import add_building, add_product

CLIENT = "sandbox-seller-1"
CREDENTIALS = {
    "client_id": CLIENT,
    "client_secret": "sandbox-secret-1",
    "api_url": "http://bol.test",
    "token_url": "http://bol.test/token",
}


@pytest.fixture
def world() -> Iterator[World]:
    """A bol on which the seller has no offers yet."""
    made = World(WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=1))
    account = made.accounts[CLIENT]
    for offer in list(account.offers.after(-1)):
        offer.deleted = True
    yield made
    made.close()


@dataclass
class Shop:
    """A hub and the bol it is connected to."""

    database: Database
    box: SecretBox
    settings: Settings
    world: World
    connections: Connections
    seller: SellerRef
    account_id: UUID
    shelf: UUID
    place: Cursor
    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        return Scope.of(self.seller.id)

    def offer(self, sku: str, *, ean: str = "", amount: int = 0, **more: Any) -> str:  # noqa: ANN401 -- passed on
        """Put an offer on the simulated bol; return its id."""
        offer_id = str(new_id())
        self.world.accounts[CLIENT].offers.add(
            Offer(
                offer_id=offer_id,
                ean=ean,
                reference=sku,
                prices=(PriceStep(1, 10),),  # type: ignore[arg-type]  # a whole price
                modified=now(),
                amount=amount,
                title=f"Offer of {sku}",
                **more,
            )
        )
        return offer_id

    def shown(self, offer_id: str) -> int:
        """What bol has."""
        found = self.world.accounts[CLIENT].offers.get(offer_id)
        assert found is not None
        return found.amount

    async def product(self, sku: str, stock: int = 0, *, buffer: int = 0) -> UUID:
        async with self.database.transaction(self.scope) as session:
            product = await add_product(session, self.seller.id, sku, buffer=buffer)
            if stock:
                await InventoryService(session).receive(product.id, self.shelf, stock)
        return product.id

    async def adjust(self, product_id: UUID, change: int) -> None:
        async with self.database.transaction(self.scope) as session:
            await InventoryService(session).adjust(product_id, self.shelf, change, reason="counted")

    async def switch(self, mode: Mode) -> None:
        async with self.database.transaction(self.scope) as session:
            await ChannelService(session).switch(self.account_id, mode)

    def run(self, run_id: UUID | None = None) -> Run:
        engine = InlineEngine()
        engine.lines = self.lines  # type: ignore[assignment]  # narrower there
        return Run(
            id=run_id or new_id(),
            job="offers.test",
            seller_id=self.seller.id,
            attempt=1,
            actor=Actor("job", "test", "offers.test"),
            tools=Tools(self.database, self.box, self.settings),
            engine=engine,
        )

    async def refresh(self) -> Any:  # noqa: ANN401 -- JSON
        task = RefreshOffers(seller_id=self.seller.id, account_id=self.account_id)
        return await jobs.refresh_account(self.run(), self.connections, task)

    async def publish(self, *, look: bool = False, run_id: UUID | None = None) -> sending.Sent:
        """Publish what is due; *look* at everything first."""
        if look:
            await run_inline(self.database, self.box, self.settings, CompareStock(self.seller.id))
        task = PublishStock(seller_id=self.seller.id, account_id=self.account_id)
        sent = await jobs.publish_account(self.run(run_id), self.connections, task)
        return msgspec.convert(sent, sending.Sent, from_attributes=True)

    async def react(self) -> None:
        """Feed the reactions of this slice with what happened since the last time."""
        async with self.database.transaction(self.scope) as session:
            events, after = await read_after(session, self.place)
            assert after is not None
            self.place = after
        async with self.database.transaction(Scope.all_sellers()) as session:
            for topics, handler in (
                (("channels.account_connected", "channels.account_mode_changed"), jobs.on_accounts),
                (("catalog.product_created", "catalog.product_changed"), jobs.on_products),
                (("inventory.stock_changed",), jobs.on_stock),
                (("erp.stock_read", "erp.joined", "erp.separated", "erp.account_changed"), jobs.on_erps),
                (("channels.account_changed",), jobs.on_warehouses),
                (("jobs.run_failed", "jobs.run_cancelled"), jobs.on_runs_ended),
            ):
                if chosen := [event for event in events if event.topic in topics]:
                    await handler(session, chosen)

    async def state(self, offer_id: str) -> dict[str, Any]:
        async with self.database.transaction(self.scope) as session:
            found = await session.execute(
                text("SELECT * FROM offer WHERE channel_offer_id = :id AND account_id = :account"),
                {"id": offer_id, "account": self.account_id},
            )
            return dict(found.mappings().one())

    async def queued(self) -> list[str]:
        """The jobs that wait to run."""
        async with self.database.transaction(self.scope) as session:
            found = await session.execute(
                text("SELECT job FROM job_run WHERE state = 'queued' AND job LIKE 'offers.%' ORDER BY job")
            )
            return list(found.scalars())


@pytest.fixture
async def shop(
    database: Database, box: SecretBox, settings: Settings, world: World, seller: SellerRef
) -> AsyncGenerator[Shop]:
    """A connected, live account."""
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    connections = Connections(database, box, OutsideHttp(CallLog(database), transport=transport))
    spec = connector_spec("bol")
    async with database.transaction(Scope.of(seller.id)) as session:
        place = await cursor_now(session)
        account = await ChannelService(session, connections).connect(
            seller.id, spec, spec.credentials.model_validate(CREDENTIALS), name="My bol"
        )
        await ChannelService(session).switch(account.id, Mode.LIVE)
        building = await add_building(session, seller.id, "MAIN")
    yield Shop(database, box, settings, world, connections, seller, account.id, building.shelf, place)
    await connections.aclose()
