"""Tells a channel what we cancelled, or agreed to cancel."""

from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.channels.contract import CancelReason, CancelsLines
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import job
from entrepot.jobs.run import Run
from entrepot.kit.text import N_


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


@job("orders.cancel_on_channel", label=N_("Cancel on the channel"))
async def cancel_lines(run: Run, args: CancelOnChannel) -> object:
    """Cancel lines on the channel, each in a step of its own; an account that only imports is left alone."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        async with run.transaction() as session:
            channels = ChannelService(session, connections)
            account = await channels.account(args.account_id)
            if not account.may_write:
                await run.log(
                    "info",
                    N_("{account} only imports: nothing was sent."),
                    subject=("order", args.order_id),
                    account=account.name,
                )
                return {"told": 0}
            connector = await channels.connector(args.account_id, why="cancel order lines")
        if not isinstance(connector, CancelsLines):
            await run.log("warning", N_("{account} cannot cancel lines: do it on the channel."), account=account.name)
            return {"told": 0}
        for line_id in args.channel_line_ids:

            async def tell(line_id: str = line_id) -> str:
                return await connector.cancel_line(line_id, args.reason)

            await run.step(f"cancel {line_id}", tell)
    await run.log("info", "The channel was told.", subject=("order", args.order_id))
    return {"told": len(args.channel_line_ids)}
