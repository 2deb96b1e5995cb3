"""Random people on the floor, in any order: the books always add up, and nothing is promised to nobody."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boxing.boxes import Boxing
from entrepot.fulfilment.boxing.trays import Trays
from entrepot.fulfilment.checking.counting import Checking
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.domain import PickMode, ShortReason, SwapReason
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.picking import LinePick
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.fulfilment.way.stages import Stage
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Actor, Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.orders.service import OrderService
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.fulfilment.driving_rules import WRONG_ON_THE_ROAD, DrivingRules
from tests.fulfilment.floor import Floor, open_floor
from tests.inventory.factories import check_books
from tests.sandbox.conftest import START

EXAMPLES = int(os.environ.get("ENTREPOT_FLOOR_EXAMPLES", "8"))
PEOPLE = [Actor("user", name, name) for name in ("ann", "bob", "cem")]
PERSONS = {who.id: new_id() for who in PEOPLE}
SKUS = ("MUG", "CUP", "JUG", "TEA")
people = st.sampled_from(PEOPLE)
chosen = st.integers(0, 1000)

WRONG = {
    "a reservation without an order that wants it": """
        SELECT r.id FROM reservation r LEFT JOIN sales_order o ON o.id = r.order_id
        WHERE o.id IS NULL OR o.status IN ('cancelled', 'shipped', 'delivered')
    """,
    "an order on its way whose goods are not promised": """
        SELECT o.id FROM sales_order o JOIN order_line l ON l.order_id = o.id
        LEFT JOIN (SELECT order_line_id, sum(quantity) AS units FROM reservation GROUP BY 1) r ON r.order_line_id = l.id
        WHERE o.status IN ('reserved', 'picked', 'packed')
            AND l.quantity - l.quantity_cancelled - l.quantity_shipped <> coalesce(r.units, 0)
    """,
    "an open pick line of an order that is not picked": """
        SELECT l.id FROM pick_line l JOIN sales_order o ON o.id = l.order_id
        WHERE l.state = 'open' AND o.status NOT IN ('picking', 'cancelled')
    """,
    "an order whose stage and books disagree": """
        SELECT f.order_id, f.stage, f.back_to, o.status, o.held_at FROM floor_order f JOIN sales_order o ON o.id = f.order_id
        WHERE NOT CASE CASE WHEN f.stage IN ('hold', 'review') THEN f.back_to ELSE f.stage END
            WHEN 'waiting' THEN o.status IN ('pending', 'reserved', 'picking')
            WHEN 'picking' THEN o.status = 'picking'
            WHEN 'packed' THEN o.status = 'packed'
            WHEN 'dispatched' THEN o.status = 'shipped'
            WHEN 'delivered' THEN o.status = 'delivered'
            WHEN 'cancelled' THEN o.status = 'cancelled'
            ELSE o.status = 'picked' END
            OR (f.stage = 'hold') <> (o.held_at IS NOT NULL AND f.stage <> 'review')
    """,
    "an order that is lost": """
        SELECT o.id, o.status FROM sales_order o LEFT JOIN floor_order f ON f.order_id = o.id
        WHERE f.order_id IS NULL AND o.status IN ('picking', 'picked', 'packed', 'shipped', 'delivered')
    """,
    "a picked order that nobody can pick, on no open list": """
        SELECT o.id FROM sales_order o WHERE o.status = 'picking' AND o.held_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM pick_line l WHERE l.order_id = o.id AND l.state = 'open')
            AND NOT EXISTS (SELECT 1 FROM floor_order f WHERE f.order_id = o.id AND f.stage = 'review')
    """,
    "steps that do not lead to where the order is": """
        SELECT f.order_id FROM floor_order f JOIN LATERAL (
            SELECT stage FROM floor_step s WHERE s.order_id = f.order_id ORDER BY id DESC LIMIT 1
        ) last ON true WHERE last.stage <> f.stage
        UNION SELECT s.order_id FROM (
            SELECT order_id, origin, lag(stage) OVER (PARTITION BY order_id ORDER BY id) AS before FROM floor_step
        ) s WHERE s.origin <> coalesce(s.before, '')
    """,
    "a tote whose order is packed or gone": """
        SELECT t.code FROM tote_use t JOIN sales_order o ON o.id = t.order_id
        WHERE t.freed_at IS NULL AND o.status IN ('packed', 'shipped', 'delivered')
    """,
    "an open pick line whose goods are not promised to it": """
        SELECT l.order_line_id, l.units, r.units FROM (
            SELECT order_line_id, product_id, sum(quantity - picked - short) AS units FROM pick_line
            WHERE state = 'open' GROUP BY 1, 2
        ) l LEFT JOIN (
            SELECT r.order_line_id, r.product_id, sum(r.quantity) AS units FROM reservation r
            JOIN location x ON x.id = r.location_id WHERE x.kind <> 'staging' GROUP BY 1, 2
        ) r USING (order_line_id, product_id)
        JOIN pick_line p ON p.order_line_id = l.order_line_id AND p.state = 'open'
        JOIN sales_order o ON o.id = p.order_id AND o.status = 'picking'
        WHERE l.units > coalesce(r.units, 0)
    """,
    "more picked than wanted": "SELECT id FROM pick_line WHERE picked + short > quantity",
    "a finished list with open lines": """
        SELECT p.id FROM pick_list p JOIN pick_line l ON l.pick_list_id = p.id
        WHERE p.status IN ('done', 'cancelled') AND l.state = 'open'
    """,
    "more packed than ordered": """
        SELECT l.id FROM order_line l JOIN parcel_line p ON p.order_line_id = l.id JOIN parcel b ON b.id = p.parcel_id
        WHERE b.status <> 'cancelled' GROUP BY l.id, l.quantity HAVING sum(p.quantity) > l.quantity
    """,
    "a tray or open box of an order that has nothing to pack": """
        SELECT c.id, c.state, o.status FROM container c JOIN sales_order o ON o.id = c.order_id
        WHERE c.state = 'open' AND o.status <> 'picked'
    """,
    "a sealed box that is no parcel, or a parcel of another order": """
        SELECT c.id FROM container c LEFT JOIN parcel p ON p.id = c.parcel_id AND p.status = 'packed'
        LEFT JOIN consolidation_order g ON g.order_id = c.order_id LEFT JOIN consolidation_order h
            ON h.consolidation_id = g.consolidation_id AND h.order_id = p.order_id
        WHERE c.state = 'sealed' AND (p.id IS NULL OR (p.order_id <> c.order_id AND h.order_id IS NULL))
    """,
    "more in boxes than ordered": """
        SELECT l.order_line_id FROM container_line l JOIN container c ON c.id = l.container_id
        JOIN order_line o ON o.id = l.order_line_id
        WHERE c.kind = 'box' AND c.state IN ('open', 'sealed') GROUP BY l.order_line_id, o.quantity
        HAVING sum(l.quantity) > o.quantity
    """,
    "a box whose content is not that of its parcels": """
        SELECT c.id FROM container c JOIN container_line l ON l.container_id = c.id
        LEFT JOIN parcel p ON p.order_id = l.order_id AND p.status <> 'cancelled'
            AND (p.id = c.parcel_id OR p.with_parcel_id = c.parcel_id)
        LEFT JOIN parcel_line x ON x.parcel_id = p.id AND x.order_line_id = l.order_line_id
        WHERE c.state = 'sealed' AND x.quantity IS DISTINCT FROM l.quantity
    """,
    "one box of which a part left": """
        SELECT p.id FROM parcel p JOIN parcel q ON q.id = p.with_parcel_id
        WHERE p.status = 'cancelled' AND q.status = 'shipped' OR p.status = 'packed' AND q.status = 'cancelled'
    """,
    "goods that left without a parcel, or the other way round": """
        SELECT sent.units, gone.units FROM
            (SELECT coalesce(sum(l.quantity), 0) AS units FROM parcel_line l JOIN parcel p ON p.id = l.parcel_id
                WHERE p.status = 'shipped') sent,
            (SELECT coalesce(-sum(quantity), 0) AS units FROM stock_move WHERE kind = 'ship') gone
        WHERE sent.units <> gone.units
    """,
}
"""What must never be found; every table shows the rows of the machine's own seller only."""
ASKED = {what: text(sql) for what, sql in (WRONG | WRONG_ON_THE_ROAD).items()}


class FloorMachine(DrivingRules):
    """Each rule is one act of one person; what is refused with a sentence must change nothing."""

    floor: Floor

    def __init__(self, runner: asyncio.Runner, database: Database, box: SecretBox, settings: Settings) -> None:
        super().__init__()
        self.runner = runner
        self.database = database
        self.world = World(
            WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=1, carrier_speed=0),
            WorldClock(FrozenTime(START)),
        )
        self.box, self.settings = box, settings
        self.orders: list[UUID] = []

    def teardown(self) -> None:
        self.world.close()

    def act(self, who: Actor, do: Callable[[AsyncSession], Awaitable[object]]) -> None:
        async def run() -> None:
            async with self.floor.transaction(who) as session:
                await do(session)

        with suppress(EntrepotError):
            self.runner.run(run())

    def one(self, sql: str, number: int) -> UUID | None:
        """Return the id of some row."""
        rows = self.runner.run(self.floor.rows(sql))
        found = rows[number % len(rows)][0] if rows else None
        return found if isinstance(found, UUID) else None

    @initialize()
    def set_up(self) -> None:
        async def prepare() -> None:
            seller_id = new_id()
            async with self.database.transaction(Scope.of(seller_id)) as session:
                await session.execute(
                    text("INSERT INTO seller (id, name, slug) VALUES (:id, 'Machine', :slug)"),
                    {"id": seller_id, "slug": str(seller_id)},
                )
            self.floor = await open_floor(self.database, self.box, self.settings, seller_id, self.world)
            await self.floor.stock(MUG={"A": 4, "B": 2}, CUP={"B": 3}, JUG={"A": 1}, TEA={})
            async with self.floor.transaction() as session:
                for lot, units in (("L-1", 3), ("L-2", 2)):
                    tea, shelf = self.floor.products["TEA"], self.floor.shelves["A"]
                    await InventoryService(session).receive(tea, shelf, units, lot=lot)
            async with self.floor.transaction() as session:
                for number in range(2):
                    await Trays(session).add(seller_id, f"TRAY-{number}")

        self.runner.run(prepare())

    @rule(sku=st.sampled_from(SKUS[:3]), shelf=st.sampled_from("AB"), quantity=st.integers(1, 5))
    def goods_arrive(self, sku: str, shelf: str, quantity: int) -> None:
        self.runner.run(self.floor.stock(**{sku: {shelf: quantity}}))

        async def settle(session: AsyncSession) -> None:
            await OrderService(session).settle(self.orders)

        self.act(PEOPLE[0], settle)

    @rule(lines=st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 3)), min_size=1, max_size=3))
    def somebody_orders(self, lines: list[tuple[str, int]]) -> None:
        self.orders.append(self.runner.run(self.floor.order(*dict(lines).items())))

    @rule(who=people, mode=st.sampled_from(PickMode))
    def release(self, who: Actor, mode: PickMode) -> None:
        self.act(who, lambda session: FulfilmentService(session).releasing.release(self.orders, per_list=2, mode=mode))

    @rule(who=people, mode=st.none() | st.sampled_from(PickMode))
    def claim(self, who: Actor, mode: PickMode | None) -> None:
        self.act(who, lambda session: FulfilmentService(session).picking.claim_next((self.floor.seller_id,), mode))

    @rule(who=people, number=chosen, tote=st.sampled_from(["T-1", "T-2", "A-01"]))
    def bind_a_tote(self, who: Actor, number: int, tote: str) -> None:
        if list_id := self.one("SELECT id FROM pick_list ORDER BY status IN ('open', 'picking') DESC, id", number % 3):
            self.act(who, lambda session: FulfilmentService(session).totes.bind(list_id, tote))

    @rule(who=people, number=chosen, code=st.sampled_from(SKUS), back=st.booleans())
    def sort(self, who: Actor, number: int, code: str, *, back: bool) -> None:
        list_id = self.one("SELECT id FROM pick_list ORDER BY status = 'done' DESC, id", number % 3)
        line = self.one("SELECT id FROM pick_line ORDER BY sorted DESC, id", 0)
        if list_id is None or line is None:
            return
        found = list_id, line
        if back:
            self.act(who, lambda session: FulfilmentService(session).sorting.unsort(*found))
        else:
            self.act(who, lambda session: FulfilmentService(session).sorting.sort(found[0], code))

    @rule(who=people, code=st.sampled_from(SKUS))
    def take_a_single_piece(self, who: Actor, code: str) -> None:
        sellers = (self.floor.seller_id,)
        self.act(who, lambda session: FulfilmentService(session).sorting.single(sellers, code))

    @rule(who=people, number=chosen, quantity=st.none() | st.integers(1, 3), found=st.none() | st.integers(0, 2))
    def gather(self, who: Actor, number: int, quantity: int | None, found: int | None) -> None:
        line = self.one("SELECT id FROM pick_line ORDER BY state = 'open' DESC, id", number % 3)
        if line is None:
            return
        if found is None:
            self.act(who, lambda session: FulfilmentService(session).gathering.pick(line, quantity))
        else:
            short = ShortReason.TOO_FEW
            self.act(who, lambda session: FulfilmentService(session).gathering.short(line, short, found_units=found))

    @rule(who=people, number=chosen, lot=st.sampled_from(["L-1", "L-2", "L-9"]), reason=st.sampled_from(SwapReason))
    def swap_a_lot(self, who: Actor, number: int, lot: str, reason: SwapReason) -> None:
        line = self.one("SELECT id FROM pick_line ORDER BY state = 'open' AND lot <> '' DESC, id", number % 2)
        if line is not None:
            self.act(who, lambda session: FulfilmentService(session).swapping.swap(line, lot, reason))

    @rule(who=people, number=chosen, other=people)
    def start_for_somebody(self, who: Actor, number: int, other: Actor) -> None:
        if list_id := self.one("SELECT id FROM pick_list ORDER BY status = 'open' DESC, id", number % 2):
            person = PERSONS[other.id]
            self.act(who, lambda session: FulfilmentService(session).starting.start([list_id], person, other.name))

    @rule(who=people, number=chosen, code=st.sampled_from([*SKUS, "A-01", "B-01", "T-1", "L-1", "L-2", "?"]))
    def scan(self, who: Actor, number: int, code: str) -> None:
        if list_id := self.one("SELECT id FROM pick_list ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).picking.scan(list_id, code))

    @rule(who=people, number=chosen, quantity=st.none() | st.integers(1, 3))
    def pick(self, who: Actor, number: int, quantity: int | None) -> None:
        if line := self.one("SELECT id FROM pick_line ORDER BY state = 'open' DESC, id", number % 3):
            self.act(who, lambda session: FulfilmentService(session).picking.pick(line, quantity))

    @rule(who=people, number=chosen, reason=st.sampled_from(ShortReason), found=st.none() | st.integers(1, 2))
    def short(self, who: Actor, number: int, reason: ShortReason, found: int | None) -> None:
        if line := self.one("SELECT id FROM pick_line ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).correcting.short(line, reason, found_units=found))

    @rule(who=people, number=chosen)
    def undo(self, who: Actor, number: int) -> None:
        if line := self.one("SELECT id FROM pick_line ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).correcting.undo(line))

    @rule(who=people, number=chosen)
    def put_back(self, who: Actor, number: int) -> None:
        if line := self.one("SELECT id FROM pick_line ORDER BY put_back DESC, id", number % 2):
            self.act(who, lambda session: FulfilmentService(session).correcting.put_back(line))

    @rule(who=people, number=chosen, part=st.booleans())
    def pack(self, who: Actor, number: int, *, part: bool) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY status = 'picked' DESC, id", number % 3)
        if order is None:
            return
        order_id = order

        async def do(session: AsyncSession) -> None:
            packing = FulfilmentService(session).packing
            left = await packing.to_pack(await OrderService(session).order(order_id))
            await packing.pack(order_id, weight_g=500, lines=dict.fromkeys(left, 1) if part else None)

        self.act(who, do)

    @rule(who=people, number=chosen)
    def reopen(self, who: Actor, number: int) -> None:
        if parcel := self.one("SELECT id FROM parcel ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).packing.reopen(parcel))

    @rule(who=people, number=chosen)
    def label_and_ship(self, who: Actor, number: int) -> None:
        parcel = self.one("SELECT id FROM parcel ORDER BY status = 'packed' DESC, id", number % 3)
        if parcel is None:
            return
        with suppress(EntrepotError):
            self.runner.run(self.floor.desk(who).make(parcel))
        self.act(who, lambda session: FulfilmentService(session).shipping.ship(parcel))

    @rule(who=people, number=chosen)
    def cancel(self, who: Actor, number: int) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY id", number)
        if order is None:
            return
        order_id = order

        async def do(session: AsyncSession) -> None:
            await OrderService(session).cancel([order_id], put_back=True)

        async def follow(session: AsyncSession) -> None:
            await FulfilmentService(session).picking.drop_order(order_id)

        self.act(who, do)
        if self.runner.run(self.floor.status(order_id)) == "cancelled":
            self.act(who, follow)

    @rule(who=people, number=chosen, over=st.booleans())
    def claim_by_scanning(self, who: Actor, number: int, *, over: bool) -> None:
        code = self.one("SELECT id FROM sales_order ORDER BY status = 'reserved' DESC, id", number % 4)
        sellers = (self.floor.seller_id,)
        self.act(who, lambda session: FulfilmentService(session).picking.claim_code(sellers, str(code), take_over=over))

    @rule(who=people, number=chosen)
    def pause(self, who: Actor, number: int) -> None:
        if list_id := self.one("SELECT id FROM pick_list ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).picking.pause(list_id))

    @rule(who=people, number=chosen, client=st.sampled_from(["", "a", "b"]))
    def pick_many(self, who: Actor, number: int, client: str) -> None:
        list_id = self.one("SELECT id FROM pick_list ORDER BY status IN ('open', 'picking') DESC, id", number % 3)
        if list_id is None:
            return
        found = list_id

        async def do(session: AsyncSession) -> None:
            lines = await session.execute(text("SELECT id FROM pick_line WHERE pick_list_id = :id"), {"id": found})
            picks = [LinePick(line_id=line, client_id=f"{client}{line}" if client else "") for line in lines.scalars()]
            await FulfilmentService(session).picking.pick_many(found, picks)

        self.act(who, do)

    @rule(who=people, number=chosen)
    def send_back(self, who: Actor, number: int) -> None:
        if order := self.one("SELECT id FROM sales_order ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).way.send_back(order, "odd"))

    @rule(who=people, number=chosen, to=st.none() | st.sampled_from(Stage))
    def resolve(self, who: Actor, number: int, to: Stage | None) -> None:
        order = self.one(
            "SELECT o.id FROM sales_order o LEFT JOIN floor_order f ON f.order_id = o.id"
            " ORDER BY f.stage = 'review' DESC NULLS LAST, o.id",
            number % 2,
        )
        if order is not None:
            self.act(who, lambda session: FulfilmentService(session).way.resolve(order, "fine", to=to))

    @rule(who=people, number=chosen)
    def hold_or_let_go(self, who: Actor, number: int) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY id", number)
        if order is None:
            return
        order_id = order

        async def do(session: AsyncSession) -> None:
            if not await OrderService(session).let_go([order_id]):
                await OrderService(session).hold([order_id], "wait")

        async def follow(session: AsyncSession) -> None:
            await Finishing(session).finish_orders([order_id])

        self.act(who, do)
        self.act(who, follow)

    @rule(who=people, number=chosen, to=st.sampled_from(Stage), force=st.booleans())
    def go_to(self, who: Actor, number: int, to: Stage, *, force: bool) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY id", number)
        if order is None:
            return
        if force:
            self.act(who, lambda session: FulfilmentService(session).way.force(order, to, "must"))
        else:
            self.act(who, lambda session: FulfilmentService(session).way.enter(order, to))

    @rule(checks=st.booleans(), boxes=st.booleans(), totes=st.booleans())
    def stations_change(self, *, checks: bool, boxes: bool, totes: bool) -> None:
        settings = SiteSettings(checks=checks, boxes=boxes, scan_tote=totes)
        self.act(PEOPLE[0], lambda session: FulfilmentService(session).way.set_settings(self.floor.seller_id, settings))

    @rule(who=people, number=chosen)
    def express(self, who: Actor, number: int) -> None:
        if order := self.one("SELECT id FROM sales_order ORDER BY id", number):
            self.act(who, lambda session: FulfilmentService(session).expressing.express(order))

    @rule(who=people, number=chosen, how=st.sampled_from(HandOver))
    def dispatch(self, who: Actor, number: int, how: HandOver) -> None:
        if order := self.one("SELECT id FROM sales_order ORDER BY status = 'packed' DESC, id", number % 3):
            self.act(who, lambda session: FulfilmentService(session).dispatching.dispatch(order, how))

    @rule(who=people, number=chosen)
    def deliver(self, who: Actor, number: int) -> None:
        if order := self.one("SELECT id FROM sales_order ORDER BY status = 'shipped' DESC, id", number % 3):
            self.act(who, lambda session: FulfilmentService(session).dispatching.deliver(order, "B. Jansen"))

    @rule(
        who=people,
        number=chosen,
        act=st.sampled_from(["begin", "scan", "count", "finish", "accept", "recount", "back"]),
    )
    def check(self, who: Actor, number: int, act: str) -> None:
        order = self.one(
            "SELECT o.id FROM sales_order o LEFT JOIN floor_order f ON f.order_id = o.id"
            " ORDER BY f.stage = 'checking' DESC NULLS LAST, o.status = 'picked' DESC, o.id",
            number % 2,
        )
        if order is None:
            return
        order_id = order

        async def do(session: AsyncSession) -> None:
            checking = Checking(session)
            if act == "begin":
                await checking.begin(order_id)
            elif act == "scan":
                await checking.scan(order_id, SKUS[number % 3])
            elif act == "count":
                for line in [line for one in (await checking.checks_of(order_id))[:1] for line in one.lines]:
                    await checking.set_counted(order_id, line.id, max(0, line.expected - (number % 5 == 0)))
            elif act == "finish":
                await checking.finish(order_id)
            elif act == "accept":
                await checking.accept(order_id, "enough")
            elif act == "recount":
                await checking.recount(order_id)
            else:
                await checking.send_back(order_id, "wrong")

        self.act(who, do)

    @rule(who=people, number=chosen, act=st.sampled_from(["begin", "tray", "scan", "all"]))
    def fill_a_box(self, who: Actor, number: int, act: str) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY status = 'picked' DESC, id", number % 2)
        if order is None:
            return
        acts: dict[str, Callable[[Boxing], Awaitable[object]]] = {
            "begin": lambda boxing: boxing.begin(order),
            "tray": lambda boxing: boxing.use_tray(order, f"TRAY-{number % 2}"),
            "scan": lambda boxing: boxing.scan(order, SKUS[number % 3], quantity=1 + number % 2),
            "all": lambda boxing: boxing.put_all(order),
        }
        self.act(who, lambda session: acts[act](Boxing(session)))

    @rule(who=people, number=chosen, act=st.sampled_from(["seal", "reopen", "take", "empty"]))
    def handle_a_box(self, who: Actor, number: int, act: str) -> None:
        state = "sealed" if act == "reopen" else "open"
        box = self.one(f"SELECT id FROM container WHERE state = '{state}' ORDER BY id", number)
        line = self.one("SELECT order_line_id FROM container_line ORDER BY order_line_id", number)
        if box is None:
            return
        acts: dict[str, Callable[[Boxing], Awaitable[object]]] = {
            "seal": lambda boxing: boxing.seal(box, 500),
            "reopen": lambda boxing: boxing.reopen(box, "wrong"),
            "take": lambda boxing: boxing.take(box, line or box, 1),
            "empty": lambda boxing: boxing.empty(box),
        }
        self.act(who, lambda session: acts[act](Boxing(session)))

    @rule(who=people, act=st.sampled_from(["group", "out", "go"]), number=chosen)
    def consolidate(self, who: Actor, act: str, number: int) -> None:
        group = self.one("SELECT id FROM consolidation ORDER BY id", number)
        order = self.one("SELECT order_id FROM consolidation_order WHERE current ORDER BY order_id", number)
        if act == "group":
            some = [one for place, one in enumerate(self.orders) if (place + number) % 3 or place % 2]
            self.act(who, lambda session: Consolidating(session).group(some[-2:]))
        elif act == "go" and group is not None:
            self.act(who, lambda session: Consolidating(session).let_go(group, "now"))
        elif group is not None and order is not None:
            self.act(who, lambda session: Consolidating(session).take_out(group, order))

    @rule(who=people, number=chosen)
    def move_goods(self, who: Actor, number: int) -> None:
        sku = SKUS[number % 3]
        a, b = self.floor.shelves["A"], self.floor.shelves["B"]
        self.act(
            who,
            lambda session: InventoryService(session).move(
                self.floor.products[sku], a, b, 1 + number % 2, with_reservations=bool(number % 2)
            ),
        )

    @invariant()
    def nothing_is_wrong(self) -> None:
        async def look() -> None:
            async with self.floor.transaction() as session:
                await check_books(session, self.floor.seller_id)
                for what, asked in ASKED.items():
                    found = [tuple(row) for row in await session.execute(asked)]
                    assert not found, (what, found)

        if hasattr(self, "floor"):
            self.runner.run(look())


def test_the_floor_keeps_its_books_whatever_people_do(
    server: Server, box: SecretBox, settings: Settings, anyio_backend: str
) -> None:
    assert anyio_backend == "asyncio"
    with asyncio.Runner() as runner:
        # One for all runs: connections know their statements already.
        database = Database(server.asyncpg(server.application), box.derive("scope"), pool=4)
        run_state_machine_as_test(
            lambda: FloorMachine(runner, database, box, settings),  # type: ignore[arg-type]  # any factory will do
            settings=hypothesis_settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None),
        )
        runner.run(database.engine.dispose())
