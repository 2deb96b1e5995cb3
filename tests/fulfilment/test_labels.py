"""One parcel, one label: whatever dies, refuses or does not answer on the way."""

import asyncio
from contextlib import suppress
from uuid import UUID

import msgspec
import pytest

from entrepot.fulfilment.carriers import CarrierLines
from entrepot.fulfilment.contract import Carrier, CreatesLabels, Label, LabelRequest
from entrepot.fulfilment.domain import ShipmentState
from entrepot.fulfilment.errors import CannotCancelLabelError, ParcelOrderCancelledError
from entrepot.fulfilment.labelling import Labelling
from entrepot.kit.errors import EntrepotError
from entrepot.kit.storage import open_storage
from entrepot.orders.service import OrderService
from entrepot.sandbox.faults import Fault
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import pack, pick_all, release, ship
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio


async def packed(floor: Floor) -> UUID:
    """Return a packed parcel."""
    await floor.stock(MUG=2)
    order = await floor.order(("MUG", 2))
    await pick_all(floor, (await release(floor, order)).pick_list_ids[0])
    return (await pack(floor, order)).id


async def labels(floor: Floor) -> tuple[int, list[tuple[object, ...]]]:
    """Return how many parcels the carrier booked, and the states of our shipments."""
    return len(floor.world.parcels.parcels), await floor.rows("SELECT state FROM shipment ORDER BY id")


async def intend(floor: Floor, parcel: UUID, lines: CarrierLines) -> tuple[UUID, Carrier | None, LabelRequest]:
    async with floor.transaction() as session:
        shipment, carrier = await Labelling(session, lines).intend(parcel)
    return shipment.id, carrier, msgspec.convert(shipment.request, LabelRequest)


async def test_killed_between_the_carriers_answer_and_the_commit(floor: Floor) -> None:
    parcel = await packed(floor)
    _, carrier, request = await intend(floor, parcel, floor.lines)
    assert isinstance(carrier, CreatesLabels)
    lost = await carrier.create_label(request)  # here the process ends: nobody stores what the carrier made
    assert await labels(floor) == (1, [("requested",)])
    shipment = await floor.desk().make(parcel)
    assert shipment.tracking_code == lost.tracking_code
    assert await labels(floor) == (1, [("labelled",)])


async def test_killed_before_the_carrier_was_asked(floor: Floor) -> None:
    parcel = await packed(floor)
    await intend(floor, parcel, floor.lines)
    await floor.desk().make(parcel)
    assert await labels(floor) == (1, [("labelled",)])


async def test_killed_within_the_transaction_that_stores_the_label(floor: Floor) -> None:
    parcel = await packed(floor)
    shipment_id, carrier, request = await intend(floor, parcel, floor.lines)
    assert isinstance(carrier, CreatesLabels)
    made: Label = await carrier.create_label(request)

    class KilledError(BaseException):
        """The process ends here."""

    with suppress(KilledError):
        async with floor.transaction() as session:
            await Labelling(session, floor.lines).store(shipment_id, made, open_storage(floor.settings))
            raise KilledError
    assert await labels(floor) == (1, [("requested",)])
    await floor.desk().make(parcel)
    assert await labels(floor) == (1, [("labelled",)])
    assert await floor.rows("SELECT count(*) FROM event WHERE topic = 'fulfilment.label_made'") == [(1,)]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="500", count=1, seconds=0.05),
        Fault(kind="500", count=1, applied=True),
        Fault(kind="503", count=1),
        Fault(kind="timeout", count=1, seconds=0.05, applied=True),
        Fault(kind="429", count=1, seconds=1),
        Fault(kind="broken_json", count=1),
        Fault(kind="truncated", count=1),
    ],
    ids=lambda fault: f"{fault.kind}{'-applied' if fault.applied else ''}",
)
async def test_a_carrier_that_misbehaves_makes_one_label(floor: Floor, fault: Fault) -> None:
    parcel = await packed(floor)
    floor.world.faults.add(msgspec.structs.replace(fault))
    for _ in range(4):
        with suppress(EntrepotError):
            await floor.desk().make(parcel)
    floor.world.faults.clear()
    await floor.desk().make(parcel)
    booked, states = await labels(floor)
    assert (booked, states.count(("labelled",))) == (1, 1)


async def test_many_ask_at_once(floor: Floor) -> None:
    parcel = await packed(floor)
    made = await asyncio.gather(*(floor.desk().make(parcel) for _ in range(6)))
    assert len({one.tracking_code for one in made}) == 1
    assert await labels(floor) == (1, [("labelled",)])


async def test_a_cancelled_label_is_replaced_and_a_used_one_is_not_cancelled(floor: Floor) -> None:
    parcel = await packed(floor)
    first = await floor.desk().make(parcel)
    assert (await floor.desk().cancel(first.id)).state is ShipmentState.CANCELLED
    assert (await floor.desk().cancel(first.id)).state is ShipmentState.CANCELLED
    second = await floor.desk().make(parcel)
    assert second.tracking_code != first.tracking_code
    await ship(floor, parcel)
    with pytest.raises(CannotCancelLabelError):
        await floor.desk().cancel(second.id)
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_a_cancelled_order_gets_no_label(floor: Floor) -> None:
    parcel = await packed(floor)
    order = (await floor.rows("SELECT order_id FROM parcel"))[0][0]
    assert isinstance(order, UUID)
    async with floor.transaction() as session:
        await OrderService(session).cancel([order], put_back=True)
    with pytest.raises(ParcelOrderCancelledError):
        await floor.desk().make(parcel)
    assert (await labels(floor))[0] == 0
