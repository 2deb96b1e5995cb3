"""What random people do at the dock and on the road, and what must never be found afterwards."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.driving import Driving
from entrepot.fulfilment.delivery.planning import Planning
from entrepot.fulfilment.delivery.routing import FailReason
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.clock import now
from entrepot.kit.database import Actor
from tests.fulfilment.floor import Floor

PEOPLE = [Actor("user", name, name) for name in ("ann", "bob", "cem")]
people = st.sampled_from(PEOPLE)
chosen = st.integers(0, 1000)

WRONG_ON_THE_ROAD = {
    "a stop that was delivered of an order that was not": """
        SELECT s.id FROM delivery_stop s JOIN sales_order o ON o.id = s.order_id
        WHERE s.status = 'delivered' AND o.status <> 'delivered'
    """,
    "an order on the road that did not leave": """
        SELECT s.id, o.status FROM delivery_stop s JOIN delivery_route r ON r.id = s.route_id
        JOIN sales_order o ON o.id = s.order_id
        WHERE s.status = 'planned' AND r.status = 'under_way' AND o.status NOT IN ('shipped', 'delivered')
    """,
    "a finished route with stops ahead": """
        SELECT s.id FROM delivery_stop s JOIN delivery_route r ON r.id = s.route_id
        WHERE s.status = 'planned' AND r.status IN ('finished', 'cancelled')
    """,
    "an order that came back to stock and arrived": """
        SELECT o.id FROM sales_order o JOIN shipment s ON s.order_id = o.id
        WHERE o.status = 'delivered' AND s.state = 'cancelled' AND s.shipped_at IS NOT NULL
    """,
}


class DrivingRules(RuleBasedStateMachine):
    """Rules of the dock, the road and the counter, for the machine of the floor."""

    floor: Floor

    def act(self, who: Actor, do: Callable[[AsyncSession], Awaitable[object]]) -> None:
        """Do something in a transaction of one person; refused with a sentence, it changes nothing."""
        raise NotImplementedError

    def one(self, sql: str, number: int) -> UUID | None:
        """Return the id of some row."""
        raise NotImplementedError

    def some_stop(self, number: int) -> tuple[UUID, UUID] | None:
        """Return (route, stop), rather one that is ahead."""
        order = "ORDER BY s.status = 'planned' DESC, s.id"
        stop = self.one(f"SELECT s.id FROM delivery_stop s {order}", number % 3)
        route = self.one(f"SELECT s.route_id FROM delivery_stop s {order}", number % 3)
        return (route, stop) if route is not None and stop is not None else None

    @rule(who=people, number=chosen, new=st.booleans())
    def put_on_a_route(self, who: Actor, number: int, *, new: bool) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY status IN ('packed', 'shipped') DESC, id", number % 3)
        route = self.one("SELECT id FROM delivery_route ORDER BY status = 'planned' DESC, id", number % 2)
        if order is None:
            return

        async def do(session: AsyncSession) -> None:
            planning = FulfilmentService(session).planning
            at = route
            if new or at is None:
                at = (await planning.make_route(self.floor.seller_id, now().date(), ("ann", "ann"))).id
            await planning.add(at, [order])

        self.act(who, do)

    @rule(who=people, number=chosen, do=st.sampled_from(["off", "move", "suggest", "cancel"]))
    def plan_the_route(self, who: Actor, number: int, do: str) -> None:
        found = self.some_stop(number)
        if found is None:
            return
        route, stop = found
        acts: dict[str, Callable[[Planning], Awaitable[object]]] = {
            "off": lambda planning: planning.take_off(route, stop),
            "move": lambda planning: planning.move(route, stop, number % 3 - 1),
            "suggest": lambda planning: planning.suggest(route),
            "cancel": lambda planning: planning.cancel_route(route),
        }
        self.act(who, lambda session: acts[do](Planning(session)))

    @rule(who=people, number=chosen, leave=st.booleans())
    def load_and_start(self, who: Actor, number: int, *, leave: bool) -> None:
        found = self.some_stop(number)
        if found is None:
            return
        route, _ = found
        parcel = self.one("SELECT id FROM parcel ORDER BY status = 'packed' DESC, id", number % 4)

        async def load(session: AsyncSession) -> None:
            driving = Driving(session, any_driver=True)
            for one in await driving.parcels(route):
                await driving.load(route, one.number)
            if parcel is not None:
                await driving.load(route, str(parcel))

        self.act(who, load)
        self.act(who, lambda session: Driving(session, any_driver=number % 2 == 0).start(route, leave_missing=leave))

    @rule(who=people, number=chosen, client=st.sampled_from(["", "a", "b"]), arrives=st.booleans())
    def report(self, who: Actor, number: int, client: str, *, arrives: bool) -> None:
        found = self.some_stop(number)
        if found is None:
            return
        route, stop = found
        client = client and f"{client}{stop}"
        if arrives:
            self.act(who, lambda s: Driving(s, any_driver=True).delivered(route, stop, "B. Jansen", client_id=client))
        else:
            self.act(
                who,
                lambda s: Driving(s, any_driver=True).failed(route, stop, FailReason.NOBODY_HOME, client_id=client),
            )

    @rule(who=people, number=chosen)
    def come_back(self, who: Actor, number: int) -> None:
        route = self.one("SELECT id FROM delivery_route ORDER BY status = 'under_way' DESC, id", number % 2)
        order = self.one("SELECT order_id FROM delivery_stop WHERE status = 'failed' ORDER BY id DESC", number)
        if route is not None:
            self.act(who, lambda session: Driving(session, any_driver=True).finish(route))
        if order is not None and number % 3 == 0:
            shelf = self.floor.shelves["A"]
            self.act(who, lambda session: FulfilmentService(session).coming_back.to_stock(order, shelf))

    @rule(who=people, number=chosen, how=st.sampled_from(HandOver), collect=st.booleans())
    def choose_or_collect(self, who: Actor, number: int, how: HandOver, *, collect: bool) -> None:
        order = self.one("SELECT id FROM sales_order ORDER BY status = 'packed' DESC, id", number % 3)
        if order is None:
            return
        self.act(who, lambda session: FulfilmentService(session).wishes.choose(order, how))
        if collect:
            self.act(who, lambda session: FulfilmentService(session).counter.hand_over(order, "J. de Vries"))
