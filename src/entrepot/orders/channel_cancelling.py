"""Has a channel told what we cancelled, or agreed to cancel."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract import CancelReason
from entrepot.jobs import service as jobs


class CancelOnChannel(msgspec.Struct, frozen=True):
    """Lines that the channel is to be told are cancelled."""

    seller_id: UUID
    account_id: UUID
    order_id: UUID
    channel_line_ids: tuple[str, ...]
    reason: CancelReason


async def cancel_on_channel(
    session: AsyncSession,
    seller_id: UUID,
    account_id: UUID | None,
    order_id: UUID,
    channel_line_ids: Sequence[str],
    reason: CancelReason = CancelReason.BUYER_ASKED,
) -> None:
    """Have the channel told, once this transaction is committed, that these lines are cancelled."""
    if account_id is None or not channel_line_ids:
        return
    await jobs.enqueue(
        session,
        CancelOnChannel(
            seller_id=seller_id,
            account_id=account_id,
            order_id=order_id,
            channel_line_ids=tuple(channel_line_ids),
            reason=reason,
        ),
        key=f"{order_id}:{','.join(sorted(channel_line_ids))}",
    )
