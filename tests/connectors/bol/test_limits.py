"""bol's limits, learned from its headers and kept by all processes together."""

import asyncio

import httpx
import pytest

from entrepot.channels.connections import AccountBudget
from entrepot.channels.errors import RateLimitedError
from entrepot.channels.line import Line
from entrepot.connectors.bol.connector import Bol
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.rate_budget import RateBudget
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.options import ALL_AT_ONCE, RateLimit, WorldOptions
from entrepot.sandbox.world import World
from tests.connectors.bol.test_sandbox import signed_in_as

pytestmark = pytest.mark.anyio

DETAIL = "GET /retailer/orders/{order-id}"


async def test_two_processes_are_refused_nothing(database: Database) -> None:
    world = World(
        WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=12, rate_limits={DETAIL: RateLimit(4, 1)})
    )
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    account = new_id()
    async with httpx.AsyncClient(transport=transport) as http:
        processes = [
            Bol(
                signed_in_as("sandbox-seller-1", "sandbox-secret-1"),
                Line(http=http, budget=AccountBudget(RateBudget(database), "bol", account)),
            )
            for _ in range(2)
        ]
        orders = list(world.accounts["sandbox-seller-1"].orders.orders)
        for number, order_id in enumerate(orders):
            await processes[number % 2].fetch_order(order_id)

    statuses = [request.status for request in world.traffic.last if "/retailer/orders/" in request.path]
    assert statuses == [200] * len(orders)
    world.close()


async def test_a_refusal_stops_the_others_too(database: Database) -> None:
    world = World(
        WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=4, rate_limits={DETAIL: RateLimit(1, 180)})
    )
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    account = new_id()
    async with httpx.AsyncClient(transport=transport) as http:
        line = Line(http=http, budget=AccountBudget(RateBudget(database), "bol", account))
        bol = Bol(signed_in_as("sandbox-seller-1", "sandbox-secret-1"), line)
        first, *others = world.accounts["sandbox-seller-1"].orders.orders
        await bol.fetch_order(first)
        outcomes = await asyncio.gather(*(bol.fetch_order(order_id) for order_id in others), return_exceptions=True)

    assert all(isinstance(outcome, RateLimitedError) for outcome in outcomes)
    assert sum("/retailer/orders/" in request.path for request in world.traffic.last) == 1
    world.close()
