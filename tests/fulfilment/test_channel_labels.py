"""Labels that a channel sells for its own orders, and lines that a channel ships itself."""

from uuid import UUID

import pytest

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.contract import ImportsOrders
from entrepot.channels.errors import ChannelAwayError
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.domain import ShipmentState, SkipReason
from entrepot.fulfilment.errors import LabelNotReadyError, OtherChannelLabelError
from entrepot.fulfilment.registry import carrier_spec
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.errors import RefusedError
from entrepot.orders.service import OrderRef, OrderService
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_pushes import due_now, push_row, pusher_of
from tests.fulfilment.test_way_through import lines_of, pack, pick_all, release, ship
from tests.inventory.factories import check_books
from tests.sandbox.conftest import START

pytestmark = pytest.mark.anyio

KEYS = {"client_id": "sandbox-seller-1", "client_secret": "sandbox-secret-1"}


@pytest.fixture
def world() -> World:
    options = WorldOptions(
        speed=ALL_AT_ONCE, cancellations=False, orders=6, carrier_speed=0, process_seconds=0, channel_share=0.3
    )
    return World(options, WorldClock(FrozenTime(START)))


async def labels_of(floor: Floor) -> UUID:
    """Connect bol's labels as a carrier."""
    spec = carrier_spec("bol")
    values = KEYS | {"api_url": floor.base, "token_url": f"{floor.base}/token"}
    async with floor.transaction() as session:
        account = await Carriers(session, floor.lines).connect(
            floor.seller_id, spec, parse_credentials(spec, values), name="bol label"
        )
    return account.id


async def imported(floor: Floor) -> tuple[AccountRef, list[OrderRef]]:
    """Import every order of the marketplace, with goods on the shelf for all that we ship."""
    spec = connector_spec("bol")
    keys = KEYS | {"api_url": floor.base, "token_url": f"{floor.base}/token"}
    async with floor.transaction() as session:
        channels = ChannelService(session, floor.connections)
        account = await channels.connect(floor.seller_id, spec, parse_credentials(spec, keys), name="bol")
        account = await channels.switch(account.id, Mode.LIVE)
        connector = await channels.connector(account.id)
    assert isinstance(connector, ImportsOrders)
    page = await connector.fetch_orders(None)
    orders = [connector.read_order(document.raw) for document in page.items]
    await floor.stock(**{(line.sku or "").replace("-", "_"): 500 for order in orders for line in order.lines})
    async with floor.transaction() as session:
        outcomes = await OrderService(session).import_orders(account, orders)
        return account, await OrderService(session).orders([one.order_id for one in outcomes if one.order_id])


async def packed(floor: Floor, order: OrderRef) -> UUID:
    await pick_all(floor, (await release(floor, order.id)).pick_list_ids[0])
    return (await pack(floor, order.id)).id


def first_of_ours(orders: list[OrderRef]) -> OrderRef:
    return next(order for order in orders if order.status == "reserved")


async def test_a_bol_label_ships_a_bol_order(floor: Floor) -> None:
    account, orders = await imported(floor)
    labels = await labels_of(floor)
    parcel = await packed(floor, first_of_ours(orders))

    shipment = await floor.desk().make(parcel, account_id=labels, service="PARCEL")

    assert shipment.state is ShipmentState.LABELLED
    assert shipment.label_pdf_id
    assert await floor.rows("SELECT cost::text, currency FROM shipment") == [("5.1200", "EUR")]
    await ship(floor, parcel)
    await due_now(floor)
    pusher = await pusher_of(floor, account)
    for _ in range(3):
        await pusher.round()
        await due_now(floor)
    assert (await push_row(floor))[0] == "confirmed"
    [sent] = [one for one in floor.world.accounts["sandbox-seller-1"].shipments.values() if one.reference]
    assert sent.tracking == shipment.tracking_code
    assert sent.transporter == "DHLFORYOU"


async def test_a_label_that_takes_long_is_not_bought_twice(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.fulfilment.label_desk.PAUSES", (0, 0))
    _, orders = await imported(floor)
    labels = await labels_of(floor)
    parcel = await packed(floor, first_of_ours(orders))
    object.__setattr__(floor.world.options, "process_seconds", 60.0)
    before = len(floor.world.parcels.parcels)

    with pytest.raises(LabelNotReadyError):
        await floor.desk().make(parcel, account_id=labels)
    floor.world.clock.advance(90)
    shipment = await floor.desk().make(parcel)

    assert shipment.state is ShipmentState.LABELLED
    assert len(floor.world.parcels.parcels) == before + 1


async def test_a_service_that_bol_does_not_offer_is_refused(floor: Floor) -> None:
    _, orders = await imported(floor)
    labels = await labels_of(floor)
    parcel = await packed(floor, first_of_ours(orders))

    with pytest.raises(RefusedError, match="offers no such label"):
        await floor.desk().make(parcel, account_id=labels, service="MAILBOX_LIGHT")

    floor.world.faults.add(Fault(kind="500", endpoint="GET /retailer/shipping-labels/*", count=1))
    with pytest.raises(ChannelAwayError):
        await floor.desk().make(parcel, account_id=labels, service="PARCEL")
    assert (await floor.desk().make(parcel)).state is ShipmentState.LABELLED


async def test_another_order_gets_no_bol_label(floor: Floor) -> None:
    labels = await labels_of(floor)
    await floor.stock(MUG=2)
    order = await floor.order(("MUG", 1))
    await pick_all(floor, (await release(floor, order)).pick_list_ids[0])
    parcel = (await pack(floor, order)).id

    with pytest.raises(OtherChannelLabelError):
        await floor.desk().make(parcel, account_id=labels)
    assert (await floor.desk().make(parcel)).carrier_name == "Express"


async def test_what_the_channel_ships_is_neither_reserved_nor_picked(floor: Floor) -> None:
    _, orders = await imported(floor)
    theirs = {line.id for order in orders for line in order.lines if line.fulfilment == "channel"}
    assert theirs
    reserved = await floor.rows("SELECT order_line_id FROM reservation")
    assert not theirs & {UUID(str(line)) for (line,) in reserved}
    mixed = [order for order in orders if {line.fulfilment for line in order.lines} == {"channel", "seller"}]
    assert mixed, "the dice should mix orders"
    for order in mixed:
        released = await release(floor, order.id)
        picked = [line.order_line_id for list_id in released.pick_list_ids for line in await lines_of(floor, list_id)]
        assert set(picked) == {line.id for line in order.lines if line.fulfilment == "seller"}
        for list_id in released.pick_list_ids:
            await pick_all(floor, list_id)
        parcel = await pack(floor, order.id)
        assert {line.order_line_id for line in parcel.lines} == set(picked)
    whole = [order for order in orders if {line.fulfilment for line in order.lines} == {"channel"}]
    for order in whole:
        released = await release(floor, order.id)
        assert not released.pick_list_ids
        assert released.skipped[0].reason in set(SkipReason)
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)
