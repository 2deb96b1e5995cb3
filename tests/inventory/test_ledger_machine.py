"""Random work on the stock, in any order: the books always add up, and the past can be replayed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import ProductRef
from entrepot.inventory import views
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from tests.inventory.factories import Building, add_building, add_bundle, add_product, check_books, request_for

quantities = st.integers(1, 9)
products = st.integers(0, 1)
places = st.integers(0, 3)
chosen = st.integers(0, 1000)


class Ledger(RuleBasedStateMachine):
    """Each rule is one transaction on the real database; what is refused with a sentence must change nothing."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self.runner = runner
        self.database = database
        self.seller_id = new_id()
        self.session: AsyncSession
        self.building: Building
        self.pack: ProductRef
        self.products: list[ProductRef] = []
        self.places: list[UUID] = []
        self.lines: list[UUID] = []
        self.past: list[tuple[datetime, dict[tuple[UUID, UUID, str], int]]] = []

    def work(self, do: Callable[[InventoryService], Awaitable[object]]) -> None:
        async def run() -> None:
            async with self.database.transaction(Scope.of(self.seller_id)) as session:
                self.session = session
                await do(InventoryService(session))

        with suppress(EntrepotError):
            self.runner.run(run())

    @initialize()
    def set_up(self) -> None:
        async def prepare(_: InventoryService) -> None:
            session = self.session
            await session.execute(
                text("INSERT INTO seller (id, name, slug) VALUES (:id, 'Machine', :slug)"),
                {"id": self.seller_id, "slug": str(self.seller_id)},
            )
            self.building = await add_building(session, self.seller_id)
            self.products = [await add_product(session, self.seller_id) for _ in range(2)]
            first, second = self.products
            self.pack = await add_bundle(session, self.seller_id, {first.id: 2, second.id: 1})
            self.places = [self.building.shelf, self.building.rack, self.building.receiving, self.building.staging]

        self.work(prepare)

    @rule(product=products, place=places, quantity=quantities)
    def receive(self, product: int, place: int, quantity: int) -> None:
        self.work(lambda stock: stock.receive(self.products[product].id, self.places[place], quantity))

    @rule(product=products, origin=places, goal=places, quantity=quantities, along=st.booleans())
    def move(self, product: int, origin: int, goal: int, quantity: int, *, along: bool) -> None:
        self.work(
            lambda stock: stock.move(
                self.products[product].id,
                self.places[origin],
                self.places[goal],
                quantity,
                with_reservations=along,
            )
        )

    @rule(product=st.integers(0, 2), quantity=st.integers(1, 4))
    def reserve(self, product: int, quantity: int) -> None:
        request = request_for([*self.products, self.pack][product], quantity)
        self.lines.append(request.order_line_id)
        self.work(lambda stock: stock.reserve([request]))

    @rule(line=chosen, quantity=st.integers(1, 4))
    def edit(self, line: int, quantity: int) -> None:
        if self.lines:
            request = request_for(self.pack, quantity, order_line_id=self.lines[line % len(self.lines)])
            self.work(lambda stock: stock.reserve([request], replace=True))

    @rule(line=chosen)
    def release(self, line: int) -> None:
        if self.lines:
            self.work(lambda stock: stock.release([self.lines[line % len(self.lines)]]))

    @rule(line=chosen, quantity=st.integers(1, 4))
    def pick(self, line: int, quantity: int) -> None:
        async def do(stock: InventoryService) -> None:
            for row in await stock.reservations([self.lines[line % len(self.lines)]]):
                assert await stock.pick([(row, min(quantity, row.quantity))])

        if self.lines:
            self.work(do)

    @rule(line=chosen)
    def ship(self, line: int) -> None:
        if self.lines:
            self.work(lambda stock: stock.ship([self.lines[line % len(self.lines)]]))

    @rule(product=products, place=places, change=st.integers(-6, 6))
    def adjust(self, product: int, place: int, change: int) -> None:
        self.work(lambda stock: stock.adjust(self.products[product].id, self.places[place], change, reason="lost"))

    @rule(product=products, place=st.integers(0, 2), counted=st.integers(0, 8))
    def count(self, product: int, place: int, counted: int) -> None:
        self.work(lambda stock: stock.count(self.products[product].id, self.places[place], counted))

    @rule(place=places, pickable=st.booleans())
    def change_location(self, place: int, *, pickable: bool) -> None:
        self.work(lambda stock: stock.change_location(self.places[place], name="", walk_order=1, pickable=pickable))

    @rule(product=products, place=st.integers(0, 2), lot=st.sampled_from(["L1", "L2"]), days=st.integers(0, 9))
    def receive_lot(self, product: int, place: int, lot: str, days: int) -> None:
        day = now().date() + timedelta(days)
        self.work(
            lambda stock: stock.receive(
                self.products[product].id, self.places[place], 2, lot=lot, expires_on=day if days else None
            )
        )

    @rule(product=products, which=st.integers(0, 1), release=st.booleans())
    def set_lot_aside(self, product: int, which: int, *, release: bool) -> None:
        async def do(stock: InventoryService) -> None:
            lots = await stock.lots_of([self.products[product].id])
            if which < len(lots):
                act = stock.release_lot if release else stock.quarantine
                await act(lots[which].id, "Because")

        self.work(do)

    @rule(product=products, goal=places, quantity=quantities, lot=st.sampled_from(["", "L1"]))
    def put_away(self, product: int, goal: int, quantity: int, lot: str) -> None:
        self.work(
            lambda stock: stock.put_away(
                self.products[product].id, self.building.receiving, self.places[goal], quantity, to_lot=lot
            )
        )

    @rule()
    def replenish(self) -> None:
        async def do(stock: InventoryService) -> None:
            await stock.set_pick_face(self.products[0].id, self.building.shelf, 2, 5)
            await stock.make_replenishment(self.seller_id)
            for way in await views.replenishments(self.session):
                await stock.bring(way.id, way.quantity)

        self.work(do)

    @invariant()
    def nothing_that_is_set_aside_is_promised_from_a_shelf(self) -> None:
        async def do(_: InventoryService) -> None:
            rows = await self.session.execute(
                text(
                    "SELECT r.id FROM reservation r JOIN location l ON l.id = r.location_id JOIN lot b"
                    " ON b.product_id = r.product_id AND b.code = r.lot"
                    " WHERE r.seller_id = :id AND l.kind <> 'staging' AND NOT b.sellable AND l.pickable"
                ),
                {"id": self.seller_id},
            )
            assert rows.all() == []

        if self.products:
            self.work(do)

    @rule()
    def remember(self) -> None:
        """Note what there is at this moment."""

        async def do(_: InventoryService) -> None:
            session = self.session
            at = (await session.execute(text("SELECT statement_timestamp()"))).scalar_one()
            rows = await session.execute(
                text(
                    "SELECT product_id, location_id, lot, on_hand FROM stock_level"
                    " WHERE seller_id = :id AND on_hand > 0"
                ),
                {"id": self.seller_id},
            )
            self.past.append((at, {(row[0], row[1], row[2]): row[3] for row in rows}))

        self.work(do)

    @invariant()
    def the_books_add_up(self) -> None:
        if self.products:
            self.work(lambda _: check_books(self.session, self.seller_id))

    @invariant()
    def the_past_stays_what_it_was(self) -> None:
        async def do(_: InventoryService) -> None:
            for at, levels in self.past:
                found = await views.stock_at(self.session, self.seller_id, at)
                assert {(row.product_id, row.location_id, row.lot): row.on_hand for row in found} == levels

        if self.past:
            self.work(do)


def test_the_books_add_up_whatever_happens(server: Server, box: SecretBox, anyio_backend: str) -> None:
    assert anyio_backend == "asyncio"
    with asyncio.Runner() as runner:
        # One for all runs: connections know their statements already.
        database = Database(server.asyncpg(server.application), box.derive("scope"), pool=2)
        run_state_machine_as_test(  # type: ignore[no-untyped-call]  # hypothesis leaves it untyped
            lambda: Ledger(runner, database),  # pyright: ignore[reportArgumentType]  # any factory will do
            settings=settings(max_examples=15, stateful_step_count=30, deadline=None),
        )
        runner.run(database.engine.dispose())


@pytest.mark.anyio
async def test_the_machine_would_notice(database: Database) -> None:
    """A check that cannot fail proves nothing: books that are wrong are reported."""
    async with database.transaction(Scope.nobody()) as session:
        await check_books(session, new_id())
