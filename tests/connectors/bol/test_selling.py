"""Offers, returns, the market and notices against a simulated bol."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from entrepot.channels.contract import ProcessState, ShipmentNotice, ShippedLine
from entrepot.channels.contract_market import CommissionQuery, RankKind
from entrepot.channels.contract_notices import Notice, NoticeKind
from entrepot.channels.contract_offers import DeliveryPromise, NewOffer, OfferChange
from entrepot.channels.contract_returns import ReturnDecision, ReturnOutcome
from entrepot.channels.errors import (
    ChannelThingMissingError,
    NoticeRefusedError,
    RequestRejectedError,
    UnreadableDocumentError,
)
from entrepot.channels.line import Line
from entrepot.connectors.bol.connector import Bol
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.bol.postman import deliver_waiting
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.retail.catalogue import ean13
from entrepot.sandbox.world import World
from tests.connectors.bol.test_sandbox import signed_in_as
from tests.sandbox.conftest import START

pytestmark = pytest.mark.anyio

SELLER = "sandbox-seller-1"
DOOR = "http://hub.test/hooks/1/2"


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    options = WorldOptions(
        speed=ALL_AT_ONCE, cancellations=False, orders=20, return_share=1.0, return_seconds=1, token_seconds=86_400
    )
    made = World(options, WorldClock(FrozenTime(START)))
    yield made
    made.close()


@pytest.fixture
async def bol(world: World) -> AsyncGenerator[Bol]:
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
    async with httpx.AsyncClient(transport=transport) as http:
        yield Bol(signed_in_as(SELLER, "sandbox-secret-1"), Line(http=http))


async def settled(world: World, bol: Bol, ref: str) -> ProcessState:
    world.clock.advance(10)
    [report] = await bol.process_states([ref])
    return report.state


async def shipped(world: World, bol: Bol) -> tuple[str, list[ShippedLine]]:
    order = next(iter(world.accounts[SELLER].orders.orders.values()))
    lines = [ShippedLine(channel_line_id=item.order_item_id, quantity=item.quantity) for item in order.items]
    notice = ShipmentNotice(
        channel_order_id=order.order_id, reference="S-1", lines=tuple(lines), carrier="postnl", tracking="3S1"
    )
    assert await settled(world, bol, await bol.confirm_shipment(notice)) is ProcessState.SUCCEEDED
    return order.order_id, lines


async def test_an_offers_life(bol: Bol) -> None:
    new = NewOffer(
        gtin=ean13("871234567890"),
        sku="NEW-1",
        price=Decimal("12.50"),
        quantity=4,
        delivery=DeliveryPromise(fastest_days=1, slowest_days=2),
    )
    offer_id = await bol.create_offer(new)
    made = await bol.read_offer(offer_id)
    assert (made.sku, made.price, made.quantity, made.for_sale) == ("NEW-1", Decimal("12.5"), 4, True)
    assert await bol.sale_obstacles(offer_id) == []
    with pytest.raises(RequestRejectedError, match="already have an offer"):
        await bol.create_offer(new)

    await bol.change_offer(OfferChange(channel_offer_id=offer_id, price=Decimal("9.95"), quantity=0))
    changed = await bol.read_offer(offer_id)
    assert (changed.price, changed.quantity, changed.sku) == (Decimal("9.95"), 0, "NEW-1")
    [obstacle, *_] = await bol.sale_obstacles(offer_id)
    assert (obstacle.category, obstacle.country) == ("stock", "NL")

    await bol.delete_offer(offer_id)
    await bol.delete_offer(offer_id)
    with pytest.raises(ChannelThingMissingError):
        await bol.read_offer(offer_id)


async def test_an_export_has_every_offer(world: World, bol: Bol) -> None:
    ref = await bol.request_export()
    assert (await bol.process_states([ref]))[0].result == ""
    world.clock.advance(10)
    [report] = await bol.process_states([ref])
    offers = list(bol.read_export(await bol.fetch_export(report.result)))
    assert {offer.channel_offer_id for offer in offers} == {
        one.offer_id for one in world.accounts[SELLER].offers.after(-1)
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"offerId,ean\n1,2\n",
        b"offerId,ean,stockAmount,bundlePricesPrice,onHoldByRetailer,fulfilmentType\n1,2,x,3,false,FBR\n",
    ],
)
async def test_an_export_that_is_none_is_refused(bol: Bol, raw: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        list(bol.read_export(raw))


async def test_a_long_shipment_goes_in_parts_once(world: World, bol: Bol) -> None:
    lines = tuple(ShippedLine(channel_line_id=str(number), quantity=1) for number in range(1, 231))
    notice = ShipmentNotice(channel_order_id="C0", reference="S-9", lines=lines, carrier="postnl")

    ref = await bol.confirm_shipment(notice)

    sent = [request.body for request in world.traffic.mutations if request.path == "/retailer/shipments"]
    assert len(sent) == len(ref.split("+")) == 3
    assert '"shipmentReference":"S-9"' in sent[-1]
    world.clock.advance(10)
    [report] = await bol.process_states([ref])
    assert (report.ref, report.state) == (ref, ProcessState.FAILED)
    assert report.message


async def test_returns_are_read_and_handled(world: World, bol: Bol) -> None:
    order_id, _ = await shipped(world, bol)
    world.clock.advance(60)
    documents = []
    cursor, more = None, True
    while more:
        page = await bol.fetch_returns(cursor)
        documents += page.items
        cursor, more = page.next, page.more
    assert cursor == ""
    returns = [bol.read_return(document.raw) for document in documents]
    assert {line.channel_order_id for one in returns for line in one.lines} == {order_id}
    line = returns[0].lines[0]
    assert line.tracking
    assert returns[0].buyer
    decision = ReturnDecision(
        channel_return_line_id=line.channel_return_line_id, quantity=line.quantity, outcome=ReturnOutcome.RECEIVED
    )
    assert await settled(world, bol, await bol.handle_return(decision)) is ProcessState.SUCCEEDED
    handled = bol.read_return((await bol.fetch_returns('{"handled":true}')).items[0].raw)
    assert handled.lines[0].results[0].outcome == ReturnOutcome.RECEIVED


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"\xff", b'{"returnId": "1"}', b"[" * 100_000], ids=range(7)
)
async def test_refuses_what_is_no_return(bol: Bol, raw: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        bol.read_return(raw)


async def test_looks_around(world: World, bol: Bol) -> None:
    gtin = next(iter(world.accounts[SELLER].offers.after(-1))).ean
    offers = await bol.competing_offers(gtin)
    assert sum(offer.best for offer in offers) == 1
    assert min(offers, key=lambda offer: offer.price).best
    assert await bol.competing_offers("0000000000000") == []
    yesterday = world.clock.now().date() - timedelta(days=1)
    for kind in RankKind:
        assert all(rank.where for rank in await bol.product_ranks(gtin, yesterday, kind))
    queries = [CommissionQuery(gtin=gtin, price=Decimal(number)) for number in range(1, 151)]
    commissions = await bol.commissions(queries)
    assert [one.price for one in commissions] == [query.price for query in queries]


async def test_knows_price_stars_and_who_competes(world: World, bol: Bol) -> None:
    gtin = next(iter(world.accounts[SELLER].offers.after(-1))).ean
    stars = await bol.price_stars(gtin)
    assert [star.level for star in stars] == [5, 4, 3, 2, 1]
    assert sorted(star.maximum_price for star in stars) == [star.maximum_price for star in stars]
    assert await bol.price_stars("0000000000000") == []
    number = (await bol.competing_offers(gtin))[0].competitor
    who = await bol.competitor(number)
    assert who is not None
    assert (who.number, bool(who.name)) == (number, True)
    assert who.rating is not None
    assert 1 <= who.rating <= 10
    assert await bol.competitor("999999999") is None


async def delivered(world: World, bol: Bol) -> tuple[bytes, list[tuple[dict[str, str], bytes]]]:
    """Subscribe, let something happen, and return the keys and what came to the door."""
    keys = await bol.subscribe(DOOR)
    world.clock.advance(10)
    assert await bol.subscribe(DOOR) == keys
    await shipped(world, bol)
    came: list[tuple[dict[str, str], bytes]] = []

    def door(request: httpx.Request) -> httpx.Response:
        came.append(({name.lower(): value for name, value in request.headers.items()}, request.content))
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as http:
        await deliver_waiting(world, http)
    return keys, came


async def test_notices_are_verified_and_read(world: World, bol: Bol) -> None:
    keys, came = await delivered(world, bol)
    assert len(world.accounts[SELLER].subscriptions.active) == 2, "one of them for the market"

    notices = [notice for headers, body in came for notice in bol.read_notice(headers, body, keys)]

    assert {notice.kind for notice in notices} == {NoticeKind.PROCESS}
    assert all(notice.subject in world.accounts[SELLER].processes.processes for notice in notices)
    headers, body = came[0]
    assert bol.read_notice(headers, body, keys) == [notices[0]], "the same delivery is the same notice"
    assert isinstance(notices[0], Notice)


async def test_what_is_not_bols_is_refused(world: World, bol: Bol) -> None:
    keys, came = await delivered(world, bol)
    headers, body = came[0]
    signature = headers["signature"]
    forged = [
        ({}, body, keys),
        (headers, body + b" ", keys),
        ({"signature": signature.replace("keyId=0", "keyId=7")}, body, keys),
        ({"signature": 'keyId=0, algorithm="none", signature=AAAA'}, body, keys),
        ({"signature": 'keyId=0, algorithm="rsa-sha256", signature=***'}, body, keys),
        ({"signature": "keyId=0"}, body, keys),
        (headers, body, b""),
        (headers, body, b'{"signatureKeys":[{"id":"0","publicKey":"AAAA"}]}'),
    ]
    for wrong in forged:
        with pytest.raises(NoticeRefusedError):
            bol.read_notice(*wrong)
