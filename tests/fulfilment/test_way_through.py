"""From a reserved order to a delivered one, on a real database, with the sandbox's carrier."""

import io
from uuid import UUID

import pypdf
import pytest

from entrepot.documents.service import DocumentService
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import TracksParcels
from entrepot.fulfilment.domain import ShipmentState
from entrepot.fulfilment.errors import NoLabelError
from entrepot.fulfilment.refs import ParcelRef, PickLineRef, PickOutcome, Released, ShipmentRef
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.ids import new_id
from entrepot.kit.storage import open_storage
from tests.fulfilment.floor import Floor
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio


async def release(floor: Floor, *orders: UUID) -> Released:
    async with floor.transaction() as session:
        return await FulfilmentService(session).releasing.release(orders)


async def lines_of(floor: Floor, list_id: UUID) -> list[PickLineRef]:
    async with floor.transaction() as session:
        return await ListRepository(session).lines(list_id)


async def scan(floor: Floor, list_id: UUID, code: str, client_id: str = "") -> PickOutcome:
    async with floor.transaction() as session:
        return await FulfilmentService(session).picking.scan(list_id, code, client_id=client_id)


async def pick_all(floor: Floor, list_id: UUID) -> None:
    for line in await lines_of(floor, list_id):
        if line.state == "open":
            async with floor.transaction() as session:
                await FulfilmentService(session).picking.pick(line.id)


async def pack(floor: Floor, order: UUID, *, client_id: str | None = None) -> ParcelRef:
    async with floor.transaction() as session:
        return await FulfilmentService(session).packing.pack(order, weight_g=900, client_id=client_id)


async def ship(floor: Floor, parcel: UUID) -> ShipmentRef:
    async with floor.transaction() as session:
        return await FulfilmentService(session).shipping.ship(parcel)


async def test_an_order_goes_all_the_way(floor: Floor) -> None:
    await floor.stock(MUG=5, CUP={"B": 5})
    order = await floor.order(("MUG", 2), ("CUP", 1))
    released = await release(floor, order)
    list_id = released.pick_list_ids[0]
    assert [number[:2] for number in released.numbers] == ["P-"]
    assert await floor.status(order) == "picking"

    first = await scan(floor, list_id, "A-01")
    assert first.hit == "location"
    await scan(floor, list_id, "mug", "one")
    assert (await scan(floor, list_id, "mug", "one")).repeated
    await scan(floor, list_id, "MUG", "two")
    await scan(floor, list_id, "CUP")
    assert await floor.status(order) == "picked"

    parcel = await pack(floor, order, client_id="box")
    assert (await pack(floor, order, client_id="box")).id == parcel.id
    assert await floor.status(order) == "packed"
    with pytest.raises(NoLabelError):
        await ship(floor, parcel.id)
    shipment = await floor.desk().make(parcel.id)
    assert (await floor.desk().make(parcel.id)).tracking_code == shipment.tracking_code
    assert len(floor.world.parcels.parcels) == 1
    async with floor.transaction() as session:
        storage = open_storage(floor.settings)
        ref = await DocumentService(session, storage).find(shipment.label_pdf_id or new_id())
        content = b"".join([piece async for piece in storage.read(ref.storage_key)])
    assert shipment.tracking_code in pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()

    await ship(floor, parcel.id)
    await ship(floor, parcel.id)
    assert await floor.status(order) == "shipped"
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)
    assert await floor.rows("SELECT sum(quantity) FROM stock_move WHERE kind = 'ship'") == [(-3,)]
    sandbox_parcel = floor.world.parcels.of_tracking(shipment.tracking_code)
    assert sandbox_parcel
    floor.world.parcels.deliver(sandbox_parcel, floor.world.clock.now())
    await floor.rows("UPDATE shipment SET next_look_at = now() RETURNING 1")
    assert shipment.carrier_account_id
    async with floor.transaction() as session:
        carrier = await Carriers(session, floor.lines).connector(shipment.carrier_account_id, why="test")
    assert isinstance(carrier, TracksParcels)
    events = await carrier.track(shipment.tracking_code)
    async with floor.transaction() as session:
        tracked = await FulfilmentService(session).shipping.track(shipment.id, events)
    assert tracked.state is ShipmentState.DELIVERED
    assert await floor.status(order) == "delivered"
