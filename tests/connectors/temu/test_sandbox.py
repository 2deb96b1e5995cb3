"""The connector against a simulated Temu that misbehaves."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from entrepot.channels.contract import ProcessState, ShipmentNotice, ShippedLine, StockUpdate
from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.channels.line import Line, NoBudget
from entrepot.connectors.temu.connector import Temu
from entrepot.connectors.temu.cursor import PAGE
from entrepot.connectors.temu.errors import (
    CarrierUnmappedError,
    RegionMismatchError,
    SignatureRejectedError,
    TokenExpiredError,
    TrackingMissingError,
)
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.options import ALL_AT_ONCE, TEMU_ACCOUNTS, RateLimit, WorldOptions
from entrepot.sandbox.world import World
from tests.connectors.temu.shop import KEY, Hub, credentials

pytestmark = pytest.mark.anyio

ORDERS = 2 * PAGE + 10
LIST, DETAIL = "POST bg.order.list.v2.get", "POST bg.order.detail.v2.get"


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:  # noqa: ANN401 -- passed on
        chosen: dict[str, Any] = {
            "speed": ALL_AT_ONCE,
            "cancellations": False,
            "orders": ORDERS,
            "accounts": TEMU_ACCOUNTS,
        } | options
        made.append(World(WorldOptions(**chosen)))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
async def make_hub(make_world: Callable[..., World]) -> AsyncGenerator[Callable[..., Hub]]:
    opened: list[Hub] = []

    def make(*, changes: dict[str, Any] | None = None, **options: Any) -> Hub:  # noqa: ANN401 -- passed on
        opened.append(Hub(make_world(**options), **(changes or {})))
        return opened[-1]

    yield make
    for hub in opened:
        await hub.http.aclose()


@pytest.fixture
def hub(make_hub: Callable[..., Hub]) -> Hub:
    return make_hub()


@pytest.mark.parametrize("shape", ["flat", "nested"])
async def test_every_order_comes_whole(make_hub: Callable[..., Hub], shape: str) -> None:
    hub = make_hub(changes={"shape": shape})

    await hub.sweep()

    assert len(hub.whole()) == len(hub.stored) == ORDERS
    orders = [hub.temu.read_order(document.raw) for document in hub.stored.values()]
    books = hub.shop.account.orders.orders
    for order in orders:
        theirs = hub.shop.order(order.channel_order_id)
        assert theirs is not None
        assert [line.sku for line in order.lines] == [item.sku for item in theirs.items]
        assert [line.unit_price for line in order.lines] == [item.unit_price for item in theirs.items]
        assert order.currency == "EUR"
        assert order.ship_to.country == theirs.buyer.country
        assert order.ship_to.house_number == theirs.buyer.house_number
        assert (order.ship_to.street, order.ship_to.city) == (theirs.buyer.street, theirs.buyer.city)
        assert order.ship_by is not None
    assert len(books) == ORDERS


async def test_nothing_is_fetched_twice(hub: Hub) -> None:
    await hub.sweep()
    before = hub.world.traffic.count

    await hub.sweep()

    assert hub.world.traffic.count - before <= 1 + -(-ORDERS // PAGE), "only lists are read again"


async def test_an_order_that_changes_midway_hides_no_other(hub: Hub) -> None:
    """Orders leave the period while its pages are read, from pages that were read and from others."""
    assert await hub.page()
    account = hub.shop.account
    for order in list(account.orders.orders.values())[::7]:
        account.ask_to_cancel(order.items[0].order_item_id, hub.world.clock.now())
        await hub.page()

    await hub.sweep()
    await hub.sweep()

    assert len(hub.whole()) == ORDERS


@pytest.mark.parametrize("kind", ["duplicate_entries", "shuffled_pages"])
async def test_pages_that_repeat_or_come_in_no_order_lose_nothing(hub: Hub, kind: Any) -> None:  # noqa: ANN401 -- a kind of fault
    hub.world.faults.add(Fault(kind=kind))

    await hub.sweep()

    assert len(hub.whole()) == len(hub.stored) == ORDERS


@pytest.mark.parametrize("kind", ["broken_json", "truncated", "500"])
async def test_a_broken_order_stops_no_other_and_heals(hub: Hub, kind: Any) -> None:  # noqa: ANN401 -- a kind of fault
    hub.world.faults.add(Fault(kind=kind, endpoint=DETAIL, count=3))

    assert await hub.page()
    assert len([document for document in hub.stored.values() if document.problem]) == 3
    await hub.sweep()

    assert len(hub.whole()) == ORDERS


async def test_an_order_that_never_comes_does_not_hold_the_others(hub: Hub) -> None:
    hub.world.faults.add(Fault(kind="500", endpoint=DETAIL, probability=0.1))

    await hub.sweep()

    assert ORDERS * 0.8 < len(hub.whole()) <= ORDERS


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind="429", endpoint=LIST), RateLimitedError),
        (Fault(kind="500", endpoint=LIST), ChannelAwayError),
        (Fault(kind="503", endpoint=LIST), ChannelAwayError),
        (Fault(kind="timeout", endpoint=LIST, seconds=0.01), ChannelAwayError),
        (Fault(kind="broken_json", endpoint=LIST), UnexpectedPayloadError),
        (Fault(kind="truncated", endpoint=LIST), UnexpectedPayloadError),
        (Fault(kind="500", endpoint=DETAIL), ChannelAwayError),
        (Fault(kind="expired_token", endpoint=LIST), TokenExpiredError),
        (Fault(kind="expired_token", endpoint=DETAIL), TokenExpiredError),
    ],
    ids=lambda value: f"{value.kind} {value.endpoint}" if isinstance(value, Fault) else value.__name__,
)
async def test_a_temu_in_trouble_moves_no_cursor(hub: Hub, fault: Fault, expected: type[Exception]) -> None:
    hub.world.faults.add(fault)

    with pytest.raises(expected):
        await hub.page()

    assert hub.cursor is None


async def test_a_limit_midway_keeps_what_came(hub: Hub) -> None:
    hub.world.faults.add(Fault(kind="429", endpoint=DETAIL, probability=0.1))

    assert await hub.page(), "there is more"
    assert 0 < len(hub.stored) < PAGE
    hub.world.faults.clear()
    await hub.sweep()

    assert len(hub.whole()) == ORDERS


async def test_real_limits_are_met_with_a_pause(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(rate_limits={"*": RateLimit(20, 1)})

    with pytest.raises(RateLimitedError) as caught:
        for _ in range(ORDERS):
            await hub.page()
    assert caught.value.retry_after > 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"access_token": SecretStr("of another region")}, RegionMismatchError),
        ({"app_key": "nobody"}, RegionMismatchError),
        ({"app_secret": SecretStr("not the secret of this app")}, SignatureRejectedError),
    ],
)
async def test_wrong_credentials_are_told_apart(
    make_hub: Callable[..., Hub], changes: dict[str, Any], expected: type[Exception]
) -> None:
    with pytest.raises(expected) as caught:
        await make_hub(changes=changes).temu.check()

    assert "secret of this" not in str(caught.value)


async def test_the_end_of_the_token_is_known(hub: Hub) -> None:
    assert str(hub.shop.mall) in await hub.temu.check()

    end = await hub.temu.credentials_end()

    assert end is not None
    assert abs((end - hub.shop.state.token_ends).total_seconds()) < 1


async def test_a_pending_order_waits_until_it_may_be_sent(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(temu_pending_seconds=600, orders=5)
    await hub.sweep()
    assert hub.stored == {}

    hub.world.clock.advance(601)
    await hub.sweep()

    assert len(hub.whole()) == 5


async def test_an_order_without_address_is_read_all_the_same(make_hub: Callable[..., Hub]) -> None:
    hub = make_hub(temu_withheld_one_in=3)

    await hub.sweep()

    orders = [hub.temu.read_order(document.raw) for document in hub.stored.values()]
    withheld = [order for order in orders if not order.ship_to.street]
    assert len(orders) == ORDERS
    assert 0 < len(withheld) < ORDERS
    assert any(b"needs a label" in document.raw for document in hub.stored.values()), "the document says why"


async def test_masked_addresses_are_decrypted_where_the_account_may(hub: Hub) -> None:
    hub.shop.state.masked = True

    await hub.sweep()

    orders = [hub.temu.read_order(document.raw) for document in hub.stored.values()]
    assert all(order.ship_to.street and "*" not in order.ship_to.street for order in orders)


async def test_masked_addresses_that_may_not_be_decrypted_are_left_out(hub: Hub) -> None:
    hub.shop.state.masked, hub.shop.state.may_decrypt = True, False

    await hub.sweep()

    orders = [hub.temu.read_order(document.raw) for document in hub.stored.values()]
    assert len(orders) == ORDERS
    assert not any(order.ship_to.street or order.ship_to.last_name for order in orders)
    asked = [request for request in hub.world.traffic.last if request.path == "bg.order.decryptshippinginfo.get"]
    assert len(asked) <= 8, "it stops asking once it was told no"


async def test_changes_after_the_import_come_again(hub: Hub) -> None:
    await hub.sweep()
    account = hub.shop.account
    order = next(order for order in account.orders.orders.values() if order.items[0].quantity > 1)
    account.cancel_units(order.items[0].order_item_id, 1, hub.world.clock.now())
    other = next(one for one in account.orders.orders.values() if one is not order)
    account.ask_to_cancel(other.items[0].order_item_id, hub.world.clock.now())

    await hub.sweep()

    latest = {
        read.channel_order_id: read
        for document in hub.stored.values()
        if (read := hub.temu.read_order(document.raw)) and len(hub.stored) > ORDERS
    }
    assert latest[hub.shop.number(order)].lines[0].quantity_cancelled == 1
    assert latest[hub.shop.number(other)].lines[0].cancellation_requested


async def test_one_order_at_a_time(hub: Hub) -> None:
    await hub.sweep()
    document = next(iter(hub.stored.values()))

    again = await hub.temu.fetch_order(document.document_id)

    assert (again.document_id, again.fingerprint, again.raw) == (
        document.document_id,
        document.fingerprint,
        document.raw,
    )
    with pytest.raises(ChannelThingMissingError):
        await hub.temu.fetch_order("PO-076-NOBODY")


def notice_of(hub: Hub, number: int = 0, *, carrier: str = "dhl_de", **changes: Any) -> ShipmentNotice:  # noqa: ANN401 -- passed on
    order = hub.temu.read_order(list(hub.stored.values())[number].raw)
    values: dict[str, Any] = {
        "channel_order_id": order.channel_order_id,
        "reference": "SHIP-1",
        "lines": tuple(
            ShippedLine(channel_line_id=line.channel_line_id, quantity=line.quantity) for line in order.lines
        ),
        "carrier": carrier,
        "tracking": f"0034043412345678{number:04}",
    } | changes
    return ShipmentNotice(**values)


async def test_a_shipment_is_reported_once_although_its_answer_is_lost(hub: Hub) -> None:
    await hub.sweep()
    notice = notice_of(hub)
    hub.world.faults.add(Fault(kind="500", endpoint="POST bg.logistics.shipment.v2.confirm", count=1, applied=True))
    assert await hub.temu.find_shipment(notice.channel_order_id, "SHIP-1", tracking=notice.tracking) is None
    with pytest.raises(ChannelAwayError):
        await hub.temu.confirm_shipment(notice)

    assert await hub.temu.find_shipment(notice.channel_order_id, "SHIP-1", tracking=notice.tracking)

    assert await hub.temu.find_shipment(notice.channel_order_id, "SHIP-1", tracking="another") is None
    assert await hub.temu.find_shipment(notice.channel_order_id, "SHIP-1") is None
    with pytest.raises(RequestRejectedError):
        await hub.temu.confirm_shipment(notice)


async def test_a_shipment_is_followed_and_shows_in_the_order(hub: Hub) -> None:
    await hub.sweep()
    notice = notice_of(hub)

    ref = await hub.temu.confirm_shipment(notice)

    reports = await hub.temu.process_states([ref, "7", "PO-076-NOBODY|1|2", ref.replace("0034", "9934")])
    assert [report.state for report in reports] == [
        ProcessState.SUCCEEDED,
        ProcessState.GONE,
        ProcessState.GONE,
        ProcessState.PENDING,
    ]
    order = hub.temu.read_order((await hub.temu.fetch_order(notice.channel_order_id)).raw)
    assert all(line.quantity_shipped == line.quantity for line in order.lines)


async def test_part_of_an_order_is_shipped(hub: Hub) -> None:
    await hub.sweep()
    number, order = next(
        (number, read)
        for number, document in enumerate(hub.stored.values())
        if (read := hub.temu.read_order(document.raw)).lines[0].quantity > 1
    )
    first = order.lines[0]
    part = (ShippedLine(channel_line_id=first.channel_line_id, quantity=1),)

    await hub.temu.confirm_shipment(notice_of(hub, number, lines=part, tracking="PART-1"))

    now = hub.temu.read_order((await hub.temu.fetch_order(order.channel_order_id)).raw)
    assert [line.quantity_shipped for line in now.lines] == [1] + [0] * (len(now.lines) - 1)


async def test_carriers_have_temus_numbers(hub: Hub) -> None:
    carriers = {carrier.name: carrier for carrier in await hub.temu.carriers()}
    assert carriers["DHL Paket"].code == "699272611"
    assert "dhl_de" in carriers["DHL Paket"].known_as
    await hub.sweep()

    await hub.temu.confirm_shipment(notice_of(hub, 0, carrier="POSTNL"))
    await hub.temu.confirm_shipment(notice_of(hub, 1, carrier="whatever", carrier_code="699272619"))
    with pytest.raises(CarrierUnmappedError) as caught:
        await hub.temu.confirm_shipment(notice_of(hub, 2, carrier="pigeon"))
    assert "pigeon" in caught.value.detail
    assert "DHL Paket" in caught.value.detail
    with pytest.raises(TrackingMissingError):
        await hub.temu.confirm_shipment(notice_of(hub, 2, tracking=""))

    sent = [shipment.transporter for shipment in hub.shop.account.shipments.values()]
    assert sent == ["699272615", "699272619"]


async def test_offers_come_by_status_and_stock_arrives_there(hub: Hub) -> None:
    async def offers() -> dict[str, Any]:
        found: list[Any] = []
        cursor, more = None, True
        while more:
            page = await hub.temu.fetch_offers(cursor)
            found += page.items
            cursor, more = page.next, page.more
        assert len({offer.channel_offer_id for offer in found}) == len(found)
        return {offer.channel_offer_id: offer for offer in found}

    before = await offers()
    assert len(before) == len(hub.shop.account.offers)
    chosen = list(before)[:6]
    wrong = ["601000000000000:17000000000001", "nonsense"]

    outcomes = await hub.temu.publish_stock(
        [StockUpdate(channel_offer_id=offer, quantity=number) for number, offer in enumerate([*chosen, *wrong])]
    )

    assert [outcome.applied for outcome in outcomes] == [True] * 6 + [False, False]
    assert all(outcome.problem for outcome in outcomes[6:])
    after = await offers()
    assert [after[offer].quantity for offer in chosen] == [0, 1, 2, 3, 4, 5]
    assert after[chosen[0]].for_sale is False
    assert after[chosen[1]].for_sale is True
    assert len(hub.shop.request_keys) == 6, "each request has a key of its own"


async def test_stock_that_is_refused_or_away(hub: Hub) -> None:
    page = await hub.temu.fetch_offers(None)
    update = StockUpdate(channel_offer_id=page.items[0].channel_offer_id, quantity=3)
    edit = "POST bg.local.goods.stock.edit"
    hub.world.faults.add(Fault(kind="503", endpoint=edit, count=1, applied=True))
    with pytest.raises(ChannelAwayError):
        await hub.temu.publish_stock([update])

    [outcome] = await hub.temu.publish_stock([update])

    assert outcome.applied, "a new attempt has a new key"


async def test_asks_for_the_notices_it_acts_upon(hub: Hub) -> None:
    assert await hub.temu.subscribe("https://hub.example/hooks/x/y") == b""

    assert "bg_order_status_change_event" in hub.shop.state.events


async def test_a_world_without_temu_knows_no_app(make_world: Callable[..., World]) -> None:
    assert KEY not in make_world(accounts=WorldOptions().accounts, orders=1).accounts


async def test_all_calls_of_an_app_are_counted_together(hub: Hub) -> None:
    taken: list[tuple[str, int, bool]] = []

    class Counts(NoBudget):
        async def take(self, operation: str, *, rate: int, per: int, burst: int, shared: bool = False) -> None:
            taken.append((operation, (rate + burst) // per, shared))

    line = Line(http=hub.http, budget=Counts())
    for temu in (Temu(credentials(), line), Temu(credentials(shape="nested"), line)):
        await temu.check()
        await temu.fetch_offers(None)

    assert len(taken) == 6
    assert len(set(taken)) == 1
    assert taken[0][1:] == (20, True)
    assert KEY not in taken[0][0]
