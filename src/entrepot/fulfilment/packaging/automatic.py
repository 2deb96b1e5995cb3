"""What the packing stations have printed by itself when a parcel is packed."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.packaging.papers import address_labels
from entrepot.fulfilment.packaging.printing import slip_of
from entrepot.kit.outbox import RecordedEvent
from entrepot.orders.service import OrderService
from entrepot.printing.automatic import Made, makes
from entrepot.printing.refs import Paper, PrinterRef, Purpose


@makes("fulfilment.parcel_packed", Purpose.PACKING_SLIP)
async def made_slip(session: AsyncSession, event: RecordedEvent, _printer: PrinterRef) -> Made | None:
    """Print the packing slip with the first parcel of an order; the pages print it again."""
    order = await OrderService(session).order(event.subject_id)
    paper = Paper(name=f"slip-{order.number}.pdf", content=await slip_of(session, order))
    return Made((paper,), order.id, once=f"slip-{order.id}")


@makes("fulfilment.parcel_packed", Purpose.ADDRESS_LABEL)
async def made_address_label(session: AsyncSession, event: RecordedEvent, _printer: PrinterRef) -> Made | None:
    """Print an address label for each parcel."""
    order = await OrderService(session).order(event.subject_id)
    name = f"labels-{order.number}"
    papers = (
        Paper(name=f"{name}.zpl", content=address_labels(order, 1, thermal=True)),
        Paper(name=f"{name}.pdf", content=address_labels(order, 1)),
    )
    return Made(papers, order.id)
