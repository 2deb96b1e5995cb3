"""Tells a channel what we cancelled, or asks a person to, where a channel cannot be told."""

from contextlib import aclosing
from uuid import UUID

from entrepot.channels.connections import Connections
from entrepot.channels.contract import CancelsLines
from entrepot.channels.service import ChannelService
from entrepot.jobs.registry import job
from entrepot.jobs.run import Run
from entrepot.kit.text import N_
from entrepot.orders.channel_cancelling import CancelOnChannel
from entrepot.orders.domain import Attention
from entrepot.orders.editing import OrderEditing


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
            await _ask_person(run, args.order_id, account.name)
            return {"told": 0}
        for line_id in args.channel_line_ids:

            async def tell(line_id: str = line_id) -> str:
                return await connector.cancel_line(line_id, args.reason)

            await run.step(f"cancel {line_id}", tell)
    await run.log("info", "The channel was told.", subject=("order", args.order_id))
    return {"told": len(args.channel_line_ids)}


async def _ask_person(run: Run, order_id: UUID, account: str) -> None:
    """Put the order before a person: at this channel it goes on until somebody cancels it there."""
    async with run.transaction() as session:
        await OrderEditing(session).need_attention(order_id, Attention.CANCELLED_AT_CHANNEL)
    await run.log(
        "warning",
        N_("{account} cannot cancel lines: do it on the channel."),
        subject=("order", order_id),
        account=account,
    )
