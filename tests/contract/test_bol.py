"""bol's official specification, served by Prism, accepts every request that the connector makes.

Run by ``make contract``.
"""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from pydantic import SecretStr

from entrepot.channels.contract import (
    CancelReason,
    ProcessState,
    ShipmentNotice,
    ShippedLine,
    StockUpdate,
)
from entrepot.channels.contract_market import CommissionQuery, RankKind
from entrepot.channels.contract_offers import Condition, DeliveryPromise, NewOffer, OfferChange
from entrepot.channels.contract_returns import ReturnDecision, ReturnOutcome
from entrepot.channels.errors import ChannelAwayError
from entrepot.channels.line import Line
from entrepot.connectors.bol import SPEC
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.cursor import Place
from entrepot.connectors.bol.labels import BolLabels
from entrepot.fulfilment.contract import LabelRequest, PostalAddress
from entrepot.kit.clock import now
from tests.contract.prism import SPECS, TRUST, Prism, needs_prism

FOLDER = SPECS / "bol"
SERVED = {"offers": "offers-v11.transcribed.json", "shared": "shared.json", "retailer": "retailer.json"}
CREDENTIALS = SPEC.credentials(
    client_id="id",
    client_secret=SecretStr("secret"),
    api_url="http://bol.test",
    token_url="http://bol.test/token",
)

pytestmark = needs_prism(FOLDER)


class Bench(httpx.AsyncBaseTransport):
    """Signs in, sends the rest to the specification it belongs to, and keeps what was refused."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._addresses = addresses
        self._inner = httpx.AsyncHTTPTransport(verify=TRUST)
        self.asked: list[str] = []
        self.refused: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/token":
            return httpx.Response(200, json={"access_token": "token", "token_type": "Bearer", "expires_in": 299})
        v11 = path.startswith("/retailer/offers") and "/export" not in path
        part = "shared" if path.startswith("/shared") else "offers" if v11 else "retailer"
        target = httpx.URL(self._addresses[part])
        request.url = request.url.copy_with(scheme="http", host=target.host, port=target.port)
        request.headers["Host"] = f"{target.host}:{target.port}"
        if path.endswith("/not-for-sale-reasons"):
            request.headers["Prefer"] = (
                "dynamic=true"  # the specification's own example has an offer id that is no UUID
            )
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        name = f"{request.method} {path}"
        self.asked.append(name)
        if answer.status_code >= httpx.codes.BAD_REQUEST or "sl-violations" in answer.headers:
            self.refused.append(f"{name}: {answer.status_code} {body.decode()}")
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture(scope="module")
async def addresses(prism: Prism) -> dict[str, str]:
    return {part: await prism.serve(FOLDER / name) for part, name in SERVED.items()}


@pytest.fixture
async def bench(addresses: dict[str, str]) -> AsyncGenerator[Bench]:
    opened = Bench(addresses)
    yield opened
    await opened.aclose()
    assert opened.asked
    assert opened.refused == []


@pytest.fixture
def bol(bench: Bench) -> Bol:
    return Bol(CREDENTIALS, Line(http=httpx.AsyncClient(transport=bench)))


async def test_signs_in(bol: Bol) -> None:
    assert await bol.check()


async def test_lists_and_reads_orders(bol: Bol) -> None:
    day, since = now().date(), now() - timedelta(minutes=58)
    places = [
        None,
        Place(kind="day", began=now(), day=day, page=2).written(),
        Place(kind="minutes", began=now(), since=since).written(),
    ]
    for place in places:
        page = await bol.fetch_orders(place)
        assert page.more, "Prism's page is never empty"
        for document in page.items:
            assert not document.problem
            order = bol.read_order(document.raw)
            assert order.lines
    assert bol.read_order((await bol.fetch_order("A2K8290LP8")).raw).channel_order_id


async def test_reports_shipments(bol: Bol) -> None:
    assert await bol.find_shipment("A2K8290LP8", "SHIP-1") is None
    for tracking in ("3SBOL0987654321", ""):
        notice = ShipmentNotice(
            channel_order_id="A2K8290LP8",
            reference="SHIP-1",
            lines=(ShippedLine(channel_line_id="2012345678", quantity=1),),
            carrier="postnl",
            tracking=tracking,
        )
        assert await bol.confirm_shipment(notice)


async def test_follows_processes(bol: Bol) -> None:
    reports = await bol.process_states([str(number) for number in range(1001)])

    assert len(reports) == 1001
    assert {report.state for report in reports} <= set(ProcessState)


@pytest.mark.parametrize("reason", CancelReason)
async def test_cancels(bol: Bol, reason: CancelReason) -> None:
    assert await bol.cancel_line("2012345678", reason)


async def test_reads_offers_and_publishes_stock(bol: Bol) -> None:
    page = await bol.fetch_offers(None)
    assert page.items
    await bol.fetch_offers("eyJpZCI6MTA1LCJjcmVhdGVkIjoiMjAyNS0wOC0xOVQxMjozNDo1NloifQ==,")
    updates = [
        StockUpdate(channel_offer_id="6ff736b5-cdd0-4150-8c67-78269ee986f5", quantity=quantity) for quantity in (0, 999)
    ]
    assert all(outcome.applied for outcome in await bol.publish_stock(updates))


OFFER = "6ff736b5-cdd0-4150-8c67-78269ee986f5"


@pytest.mark.parametrize("condition", Condition)
async def test_manages_offers(bol: Bol, condition: Condition) -> None:
    promise = DeliveryPromise(fastest_days=1, slowest_days=2, order_before="14:00")
    new = NewOffer(
        gtin="0000007740404",
        sku="AX1234",
        price=Decimal("9.99"),
        quantity=6,
        title="A title",
        condition=condition,
        delivery=promise,
        countries=("NL", "BE"),
    )
    assert await bol.create_offer(new)
    assert (await bol.read_offer(OFFER)).channel_offer_id
    changes = [
        OfferChange(channel_offer_id=OFFER, price=Decimal("12.50")),
        OfferChange(channel_offer_id=OFFER, quantity=3, sku="AX1235", title="Another", on_hold=True, delivery=promise),
    ]
    for change in changes:
        await bol.change_offer(change)
    await bol.sale_obstacles(OFFER)
    await bol.delete_offer(OFFER)


async def test_asks_for_an_export(bol: Bol) -> None:
    assert await bol.request_export()


async def test_reads_held_stock(bol: Bol) -> None:
    assert (await bol.held_stock()).items


async def test_reads_and_handles_returns(bol: Bol) -> None:
    cursor, more = None, True
    while more:
        page = await bol.fetch_returns(cursor)
        for document in page.items:
            assert not document.problem
            assert bol.read_return(document.raw).lines
        cursor, more = page.next, page.more
    for outcome in ReturnOutcome:
        decision = ReturnDecision(channel_return_line_id="86123452", quantity=1, outcome=outcome)
        assert await bol.handle_return(decision)
        if outcome is not ReturnOutcome.APPROVED_AFTER_ALL:
            assert await bol.register_return("2012345678", 1, outcome)


async def test_reads_the_market(bol: Bol) -> None:
    for country in ("", "NL", "BE"):
        assert await bol.competing_offers("0000007740404", country=country)
    for kind in RankKind:
        await bol.product_ranks("0000007740404", now().date() - timedelta(days=1), kind)
    assert await bol.commissions([CommissionQuery(gtin="0000007740404", price=Decimal("59.99"))])


async def test_subscribes(bol: Bol) -> None:
    assert await bol.subscribe("https://hub.example.org/hooks/1/2")
    assert await bol.subscribe("https://www.example.com/push")


async def test_buys_labels(bench: Bench) -> None:
    labels = BolLabels(CREDENTIALS, Line(http=httpx.AsyncClient(transport=bench)))
    request = LabelRequest(
        reference="SHIP-1",
        service="recommended",
        sender=PostalAddress(),
        recipient=PostalAddress(),
        weight_g=900,
        channel_lines=(ShippedLine(channel_line_id="2012345678", quantity=1),),
    )
    assert (await labels.order_label(request)).count("|") == 1
    with pytest.raises(ChannelAwayError):
        await labels.fetch_label("d4c50077-0c19-435f-9bee-1b30b9f4ba1a")
    # Prism takes the request, then finds that its own answer is no PDF.
    assert '"location":["response","body"]' in bench.refused.pop()


async def test_ships_with_a_label_of_bol(bol: Bol) -> None:
    notice = ShipmentNotice(
        channel_order_id="A2K8290LP8",
        reference="SHIP-1",
        lines=tuple(ShippedLine(channel_line_id=str(number), quantity=1) for number in range(1, 251)),
        carrier="bol",
        channel_label="d4c50077-0c19-435f-9bee-1b30b9f4ba1a",
    )
    assert (await bol.confirm_shipment(notice)).count("+") == 2


async def test_prism_refuses_what_breaks_the_specification(bench: Bench) -> None:
    wrong = {"orderItems": [{"orderItemId": "1", "reasonCode": "NONSENSE"}]}
    async with httpx.AsyncClient(transport=bench) as http:
        headers = {"Authorization": "Bearer token", "Content-Type": "application/vnd.retailer.v10+json"}
        url = "http://bol.test/retailer/orders/cancellation"
        answer = await http.put(url, content=json.dumps(wrong), headers=headers)

    assert answer.status_code >= 400
    assert bench.refused.pop()
