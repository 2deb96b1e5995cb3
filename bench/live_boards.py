"""500 live boards of the floor, 50 orders that step; then every connection is cut, 50 more step, and all come back.

The events are real: somebody sends an order to review, which the way's trigger checks and writes down, in the transaction
that the boards are told of.  Then all boards ask for their figures at once: how long until the last has them is in the
notes.  The limit is the same number of bytes to as many connections through a bare asyncio server, as in ``event_fanout``.
"""

import asyncio
import re
import time
from decimal import Decimal

import httpx

from bench.event_fanout import CLIENTS, EVENTS, bare, measure, percentile
from bench.world import Instance, instance, report
from entrepot.access.credentials import readable_password
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.service.setup import set_up
from entrepot.access.service.sign_in import SignInService
from entrepot.channels.contract import PostalAddress
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.database import Actor
from entrepot.kit.scope import Scope
from entrepot.orders.creating import NewLine, NewOrder
from entrepot.orders.service import OrderService

STEPPED = re.compile(rb'"fulfilment\.order_stepped".*"reason":"bench (\d+)"')
AT_ONCE = 50
"""Boards that ask in the same moment, of each round."""
ADDRESS = PostalAddress(
    first_name="Jan", last_name="de Vries", street="Kade", house_number="3", postcode="3511 AB", city="Utrecht", country="NL"
)  # fmt: skip


def stepped(line: bytes) -> int | None:
    """Return which step a line tells."""
    found = STEPPED.search(line)
    return int(found[1]) if found else None


async def refresh(address: str, cookie: str) -> float:
    """Return how long it takes until all boards have their figures."""
    began = time.perf_counter()
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=address, headers={"cookie": cookie}, timeout=60, limits=limits) as client:
        answers = await asyncio.gather(*(client.get("/fulfilment/boards/all/now") for _ in range(CLIENTS)))
    if not all(answer.is_success and f">{2 * EVENTS}<" in answer.text for answer in answers):
        raise RuntimeError("a board does not show every order")
    return time.perf_counter() - began


async def boards(hub: Instance, address: str) -> tuple[list[float], int, int, float]:
    """Measure with the owner's boards."""
    actor = Actor("user", "bench", "Bench")
    async with hub.database() as database:
        async with database.transaction(Scope.all_sellers()) as session:
            owner, seller = await set_up(
                session, email="bench@example.org", name="Bench", password=readable_password(), seller="Bench",
                currency="EUR", country="NL", locale="en",
            )  # fmt: skip
            opened = await SignInService(session).open(owner, address="127.0.0.1", user_agent="bench")
        async with database.transaction(Scope.of(seller.id), actor=actor) as session:
            line = NewLine(sku="MUG", quantity=1, unit_price=Decimal("9.95"))
            new = NewOrder(lines=(line,), ship_to=ADDRESS)
            orders = [await OrderService(session).create(seller.id, new) for _ in range(2 * EVENTS)]

        async def publish(number: int) -> None:
            async with database.transaction(Scope.of(seller.id), actor=actor) as session:
                await FulfilmentService(session).way.send_back(orders[number], f"bench {number}")

        cookie = f"{SESSION_COOKIE}={opened.token}"
        delays, lost, missing = await measure(int(address.rpartition(":")[2]), cookie, publish, stepped)
        return delays, lost, missing, await refresh(address, cookie)


def main() -> None:
    limit = asyncio.run(bare())
    with instance() as hub, hub.web() as address:
        delays, lost, missing, refreshed = asyncio.run(boards(hub, address))
    notes = (
        f"{CLIENTS} boards x {EVENTS} steps of orders, lost {lost}; after cutting all: missing {missing} of"
        f" {CLIENTS * EVENTS}; all {CLIENTS} boards have new figures after {refreshed:.1f} s"
    )
    report("live_boards", percentile(delays) * 1000, "ms p99 from commit", limit=limit, notes=notes)


if __name__ == "__main__":
    main()
