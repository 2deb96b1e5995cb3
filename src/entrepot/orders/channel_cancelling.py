"""Tells a channel what we cancelled, or agreed to cancel."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract import CancelReason
from entrepot.jobs import service as jobs
from entrepot.orders.refs import OrderRef
from entrepot.orders.tasks import CancelOnChannel


async def cancel_on_channel(
    session: AsyncSession,
    order: OrderRef,
    channel_line_ids: Sequence[str],
    reason: CancelReason = CancelReason.BUYER_ASKED,
) -> None:
    """Have the channel told, once this transaction is committed, that these lines are cancelled."""
    if order.channel_account_id is None or not channel_line_ids:
        return
    await jobs.enqueue(
        session,
        CancelOnChannel(
            seller_id=order.seller_id,
            account_id=order.channel_account_id,
            order_id=order.id,
            channel_line_ids=tuple(channel_line_ids),
            reason=reason,
        ),
        key=f"{order.id}:{','.join(channel_line_ids)}",
    )
