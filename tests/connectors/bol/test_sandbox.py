"""The connector against a simulated bol that misbehaves."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from entrepot.channels.contract import (
    CancelReason,
    ProcessState,
    RawDocument,
    ShipmentNotice,
    ShippedLine,
    StockUpdate,
)
from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    UnexpectedPayloadError,
)
from entrepot.channels.line import DocumentKey, Line
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.options import ALL_AT_ONCE, RateLimit, WorldOptions
from entrepot.sandbox.world import World

pytestmark = pytest.mark.anyio

ORDERS = 60


def signed_in_as(client_id: str, secret: str) -> BolCredentials:
    return BolCredentials(
        client_id=client_id,
        client_secret=SecretStr(secret),
        api_url="http://bol.test",
        token_url="http://bol.test/token",
    )


class Shop:
    """One account on the simulated bol, and what its hub has stored."""

    def __init__(self, world: World, http: httpx.AsyncClient) -> None:
        self.world = world
        self.stored: dict[DocumentKey, RawDocument] = {}
        credentials = signed_in_as("sandbox-seller-1", "sandbox-secret-1")
        self.bol = Bol(credentials, Line(http=http, known=self._known))
        self.cursor: str | None = None

    async def _known(self, keys: Any) -> set[DocumentKey]:  # noqa: ANN401 -- a sequence of keys
        return {key for key in keys if key in self.stored and not self.stored[key].problem}

    async def page(self) -> bool:
        """Fetch and store a page; tell whether there are more."""
        page = await self.bol.fetch_orders(self.cursor)
        for document in page.items:
            self.stored[DocumentKey(document.document_id, document.fingerprint)] = document
        self.cursor = page.next
        return page.more

    async def sweep(self) -> None:
        for _ in range(100):
            if not await self.page():
                return
        pytest.fail("the sweep does not end")

    def whole(self) -> set[str]:
        """Return the orders that came and can be read."""
        documents = [document for document in self.stored.values() if not document.problem]
        return {self.bol.read_order(document.raw).channel_order_id for document in documents}


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:  # noqa: ANN401 -- passed on
        chosen: dict[str, Any] = {"speed": ALL_AT_ONCE, "cancellations": False, "orders": ORDERS} | options
        made.append(World(WorldOptions(**chosen)))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
async def make_shop(make_world: Callable[..., World]) -> AsyncGenerator[Callable[..., Shop]]:
    opened: list[httpx.AsyncClient] = []

    def make(**options: Any) -> Shop:  # noqa: ANN401 -- passed on
        world = make_world(**options)
        transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
        opened.append(httpx.AsyncClient(transport=transport))
        return Shop(world, opened[-1])

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    return make_shop()


async def test_every_order_comes(shop: Shop) -> None:
    await shop.sweep()

    assert len(shop.whole()) == len(shop.stored) == ORDERS


@pytest.mark.parametrize("kind", ["duplicate_entries", "shuffled_pages"])
async def test_pages_that_repeat_or_come_in_no_order_lose_nothing(shop: Shop, kind: Any) -> None:  # noqa: ANN401 -- a kind of fault
    shop.world.faults.add(Fault(kind=kind))

    await shop.sweep()

    assert len(shop.whole()) == len(shop.stored) == ORDERS


@pytest.mark.parametrize("kind", ["broken_json", "truncated", "500"])
async def test_a_broken_order_stops_no_other_and_heals(shop: Shop, kind: Any) -> None:  # noqa: ANN401 -- a kind of fault
    shop.world.faults.add(Fault(kind=kind, endpoint="GET /retailer/orders/*", count=3))

    await shop.page()

    broken = [document for document in shop.stored.values() if document.problem]
    assert len(broken) == 3
    assert len(shop.whole()) == 50 - 3
    await shop.sweep()
    await shop.sweep()
    assert len(shop.whole()) == ORDERS


async def test_a_limit_midway_keeps_what_came(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop()
    shop.world.faults.add(Fault(kind="429", endpoint="GET /retailer/orders/*", probability=0.3, seconds=1))

    assert await shop.page(), "there is more"
    assert 0 < len(shop.stored) < 50
    shop.world.faults.clear()
    await shop.sweep()

    assert len(shop.whole()) == ORDERS


async def test_keeps_going_under_real_limits(make_shop: Callable[..., Shop]) -> None:
    limits = {"*": RateLimit(1000, 1), "GET /retailer/orders/{order-id}": RateLimit(8, 60)}
    shop = make_shop(rate_limits=limits, orders=20)

    assert await shop.page()
    assert len(shop.whole()) == 8
    with pytest.raises(RateLimitedError) as caught:
        await shop.page()
    assert 0 < caught.value.retry_after <= 60


async def test_a_token_that_expires_midway_is_replaced(shop: Shop) -> None:
    shop.world.faults.add(Fault(kind="expired_token", endpoint="GET /retailer/orders/*", count=1))

    await shop.sweep()

    assert len(shop.whole()) == ORDERS


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind="429", endpoint="GET /retailer/orders", seconds=7), RateLimitedError),
        (Fault(kind="429", endpoint="GET /retailer/orders", seconds=0), RateLimitedError),
        (Fault(kind="500", endpoint="GET /retailer/orders"), ChannelAwayError),
        (Fault(kind="503", endpoint="GET /retailer/orders"), ChannelAwayError),
        (Fault(kind="timeout", endpoint="GET /retailer/orders", seconds=0.01), ChannelAwayError),
        (Fault(kind="broken_json", endpoint="GET /retailer/orders"), UnexpectedPayloadError),
        (Fault(kind="truncated", endpoint="GET /retailer/orders"), UnexpectedPayloadError),
        (Fault(kind="500", endpoint="GET /retailer/orders/*"), ChannelAwayError),
        (Fault(kind="500", endpoint="POST /token"), ChannelAwayError),
    ],
    ids=lambda value: f"{value.kind} {value.endpoint} {value.seconds}" if isinstance(value, Fault) else value.__name__,
)
async def test_a_bol_in_trouble_moves_no_cursor(shop: Shop, fault: Fault, expected: type[Exception]) -> None:
    shop.world.faults.add(fault)

    with pytest.raises(expected):
        await shop.page()

    assert shop.cursor is None
    shop.world.faults.clear()
    await shop.sweep()
    assert len(shop.whole()) == ORDERS


async def test_a_closed_account_is_told_apart(make_world: Callable[..., World]) -> None:
    transport = httpx.ASGITransport(create_sandbox(make_world()))  # type: ignore[arg-type]  # Litestar narrows the scope
    async with httpx.AsyncClient(transport=transport) as http:
        for client_id, secret in (("sandbox-closed", "sandbox-secret-3"), ("nobody", "nothing")):
            credentials = signed_in_as(client_id, secret)
            with pytest.raises(CredentialsRejectedError):
                await Bol(credentials, Line(http=http)).check()


async def test_changes_after_the_import_come_again(shop: Shop) -> None:
    shop.world.faults.add(Fault(kind="buyer_cancels", endpoint="GET /retailer/orders/*", count=2))
    shop.world.faults.add(Fault(kind="order_changes", endpoint="GET /retailer/orders/*", count=2))
    await shop.sweep()

    await shop.sweep()

    orders = [shop.bol.read_order(document.raw) for document in shop.stored.values()]
    assert sum(any(line.cancellation_requested for line in order.lines) for order in orders) == 2
    assert len(shop.stored) > ORDERS
    assert len(shop.whole()) == ORDERS


async def test_a_shipment_is_reported_once_although_its_answer_is_lost(shop: Shop) -> None:
    await shop.sweep()
    order = shop.bol.read_order(next(iter(shop.stored.values())).raw)
    notice = ShipmentNotice(
        channel_order_id=order.channel_order_id,
        reference="SHIP-1",
        lines=tuple(ShippedLine(channel_line_id=line.channel_line_id, quantity=line.quantity) for line in order.lines),
        carrier="postnl",
        tracking="3SBOL1",
    )
    shop.world.faults.add(Fault(kind="500", endpoint="POST /retailer/shipments", count=1, applied=True))
    with pytest.raises(ChannelAwayError):
        await shop.bol.confirm_shipment(notice)
    settle(shop.world)

    found = await shop.bol.find_shipment(order.channel_order_id, "SHIP-1")

    assert found is not None
    assert await shop.bol.find_shipment(order.channel_order_id, "SHIP-2") is None
    again = await shop.bol.confirm_shipment(notice)
    settle(shop.world)
    [report] = await shop.bol.process_states([again])
    assert report.state is ProcessState.FAILED
    assert report.message


async def test_a_cancellation_is_followed_to_its_end(shop: Shop) -> None:
    await shop.sweep()
    order = shop.bol.read_order(next(iter(shop.stored.values())).raw)

    ref = await shop.bol.cancel_line(order.lines[0].channel_line_id, CancelReason.OUT_OF_STOCK)

    assert [report.state for report in await shop.bol.process_states([ref])] == [ProcessState.PENDING]
    settle(shop.world)
    assert [report.state for report in await shop.bol.process_states([ref])] == [ProcessState.SUCCEEDED]
    changed = shop.bol.read_order((await shop.bol.fetch_order(order.channel_order_id)).raw)
    assert changed.lines[0].quantity_cancelled == order.lines[0].quantity


async def test_stock_arrives_at_the_offers(shop: Shop) -> None:
    page = await shop.bol.fetch_offers(None)
    chosen = page.items[:5]
    shop.world.faults.add(Fault(kind="expired_token", endpoint="PATCH /retailer/offers/*", count=1))

    outcomes = await shop.bol.publish_stock(
        [StockUpdate(channel_offer_id=offer.channel_offer_id, quantity=7) for offer in chosen]
    )

    assert all(outcome.applied for outcome in outcomes)
    offers = {offer.channel_offer_id: offer for offer in (await shop.bol.fetch_offers(None)).items}
    assert {offers[offer.channel_offer_id].quantity for offer in chosen} == {7}


def settle(world: World) -> None:
    """Let bol finish what it works on."""
    for account in world.accounts.values():
        while account.processes.next_due() is not None:
            account.settle(account.processes.pop_due(), world.clock.now())
