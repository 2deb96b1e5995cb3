"""What a channel is owed: the news of goods that left."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract import ShipmentNotice, ShippedLine
from entrepot.fulfilment.domain import PushState
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.fulfilment.repository import PushRepository
from entrepot.fulfilment.tasks import PushShipments
from entrepot.jobs import service as jobs
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef

SERVICE = "service"
"""Beside the notice in the payload of a push: our code of the carrier's service, for the carrier mapping."""


async def owe_news(
    session: AsyncSession,
    order: OrderRef,
    shipment: ShipmentRef,
    units: Mapping[UUID, int],
    *,
    carrier: str,
    label: str = "",
) -> None:
    """Note that the channel must be told about a shipment, in the transaction in which it leaves; once per shipment.

    Args:
        session: the running transaction.
        order: whose goods left.
        shipment: with which they left.
        units: order line -> units in it.
        carrier: our code of the carrier, or the ERP's name of it.
        label: bought through the channel, as the channel calls it.
    """
    channel_line = {line.id: line.channel_line_id for line in order.lines}
    lines = tuple(
        ShippedLine(channel_line_id=channel_id, quantity=quantity)
        for line_id, quantity in units.items()
        if (channel_id := channel_line.get(line_id))
    )
    if order.channel_account_id is None or order.channel_order_id is None or not lines:
        return
    notice = ShipmentNotice(
        channel_order_id=order.channel_order_id,
        reference=str(shipment.id),
        lines=lines,
        carrier=carrier,
        tracking=shipment.tracking_code,
        channel_label=label,
    )
    await PushRepository(session).insert(
        {
            "id": new_id(),
            "seller_id": order.seller_id,
            "shipment_id": shipment.id,
            "account_id": order.channel_account_id,
            "order_id": order.id,
            "state": str(PushState.WAITING),
            "payload": {**msgspec.to_builtins(notice), SERVICE: shipment.service},
            "next_look_at": now(),
        }
    )
    await have_told(session, order.seller_id, order.channel_account_id)


async def have_told(session: AsyncSession, seller_id: UUID, account_id: UUID) -> None:
    """Have an account told what it is owed: by the run that is at it, else by a new one."""
    if await PushRepository(session).somebody_tells(account_id, now()):
        return
    args = PushShipments(seller_id=seller_id, account_id=account_id)
    await jobs.enqueue(session, args, key=str(account_id), again=True)
