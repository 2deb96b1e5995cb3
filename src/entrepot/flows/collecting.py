"""Step 4 of the order run: what the ERP shipped, a batch of orders at a time."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec

from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import ErpShipment
from entrepot.erp.service import ErpService
from entrepot.fulfilment.service import OutsideShipment, OutsideShipments
from entrepot.jobs.run import Run
from entrepot.kit.errors import EntrepotError, UnavailableError
from entrepot.kit.text import N_
from entrepot.orders.handing import OrderHandOver

BATCH = 500
"""Orders an ERP is asked about at once."""
NOT_RECORDED = N_("The shipment of {order} could not be recorded: {reason}")


class Collected(msgspec.Struct):
    """What a batch brought."""

    asked: int = 0
    shipments: int = 0
    last: UUID | None = None
    """The last order asked about; None: there are no more."""


async def collect_batch(
    run: Run, erps: ErpConnections, account_id: UUID, erp_id: UUID, *, after: UUID | None, name: str
) -> Collected:
    """Ask the ERP about the next orders it has, and record what left.

    Raises:
        ErpAwayError: it does not answer.
    """

    async def collect() -> Collected:
        return await _collect(run, erps, account_id, erp_id, after)

    return await run.step(name, collect, returns=Collected)


async def _collect(run: Run, erps: ErpConnections, account_id: UUID, erp_id: UUID, after: UUID | None) -> Collected:
    async with run.transaction() as session:
        orders = await OrderHandOver(session, account_id).with_erp(erp_id, after, BATCH)
        if not orders:
            return Collected()
        service = ErpService(session, erps)
        (await service.account(erp_id)).require()
        connector = await service.tracking_connector(erp_id, why="read tracking")
    try:
        found = await connector.read_tracking([number for _, number in orders])
    except EntrepotError as error:
        run.check_cancelled()
        async with run.transaction() as session:
            await ErpService(session).record_failure(erp_id, error)
        raise
    finally:
        await connector.aclose()
    async with run.transaction() as session:
        await ErpService(session).record_success(erp_id)
    by_reference: defaultdict[str, list[ErpShipment]] = defaultdict(list)
    for shipment in found:
        by_reference[shipment.reference].append(shipment)
    recorded = 0
    for order_id, number in orders:
        if number in by_reference:
            recorded += await _record(run, order_id, number, delivery_notes(by_reference[number]))
    last = orders[-1][0] if len(orders) == BATCH else None
    return Collected(asked=len(orders), shipments=recorded, last=last)


async def _record(run: Run, order_id: UUID, number: str, notes: Sequence[OutsideShipment]) -> int:
    """Record what left of one order, in a transaction of its own: a bad one does not stop the others."""
    if not notes:
        return 0
    try:
        async with run.transaction() as session:
            return len(await OutsideShipments(session).record(order_id, notes))
    except UnavailableError:
        raise
    except EntrepotError as error:
        run.check_cancelled()
        await run.log("error", NOT_RECORDED, subject=("order", order_id), order=number, reason=error.detail)
        return 0


def delivery_notes(parcels: Sequence[ErpShipment]) -> list[OutsideShipment]:
    """Return one shipment per delivery note that left.

    Parcels of one note that name the same lines are parts of one delivery; else each has lines of its own.
    """
    notes: defaultdict[str, list[ErpShipment]] = defaultdict(list)
    for parcel in parcels:
        if parcel.shipped_at is not None:
            notes[parcel.delivery_note].append(parcel)
    made: list[OutsideShipment] = []
    for note, together in notes.items():
        first = next((parcel for parcel in together if parcel.tracking), together[0])
        codes = list(dict.fromkeys(parcel.tracking for parcel in together if parcel.tracking))
        whole = len({parcel.lines for parcel in together}) == 1
        named = [line for parcel in (together[:1] if whole else together) for line in parcel.lines]
        made.append(
            OutsideShipment(
                delivery_note=note,
                carrier=first.carrier,
                tracking=first.tracking,
                shipped_at=min(parcel.shipped_at for parcel in together if parcel.shipped_at is not None),
                lines=tuple((line.sku, line.quantity) for line in named),
                more_tracking=tuple(code for code in codes if code != first.tracking),
            )
        )
    return made
