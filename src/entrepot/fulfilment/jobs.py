"""What the floor does by itself: tell channels, ask carriers, follow cancelled orders."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.channels.contract import ConfirmsShipments
from entrepot.channels.errors import CredentialsRejectedError, UnexpectedPayloadError
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import TracksParcels
from entrepot.fulfilment.domain import SETTLING
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.picking import Picking
from entrepot.fulfilment.pushing import CANNOT, Pusher, may_push, next_look
from entrepot.fulfilment.repository import ParcelRepository, PushRepository
from entrepot.fulfilment.shipping import Shipping
from entrepot.fulfilment.tasks import PushShipments, TrackParcels
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, NotFoundError, UnavailableError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_

LONGEST_WAIT = 30
"""Seconds that a run waits for the next thing to look at; for anything later another run is started."""
ROUNDS = 200
PUSH_EVERY = timedelta(minutes=5)
PARCELS = 100


@job("fulfilment.push_shipments", label=N_("Tell the channel what left"), queue=Queue.HIGH)
async def push_shipments(run: Run, args: PushShipments) -> object:
    """Send what is owed, and follow what was sent, until nothing is due soon.

    All state is in the table of pushes, each change committed before and after a call: whatever dies in between, the
    next run goes on where this one was.
    """
    total = 0
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        async with run.transaction() as session:
            account = await may_push(session, args.account_id)
            if account is None:
                return {"looked_at": 0}
            connector = await ChannelService(session, connections).connector(args.account_id, why="confirm shipments")
        if not isinstance(connector, ConfirmsShipments):
            reason = CANNOT.format(channel=account.name)
            async with run.transaction() as session:
                await PushRepository(session).note_waiting(args.account_id, reason)
            await run.log("warning", reason)
            return {"looked_at": 0}
        pusher = Pusher(account, connector, run.transaction)
        for _ in range(ROUNDS):
            run.check_cancelled()
            try:
                total += await pusher.round()
            except CredentialsRejectedError as error:
                async with run.transaction() as session:
                    await ChannelService(session).record_failure(args.account_id, error)
                raise
            except (UnavailableError, UnexpectedPayloadError) as error:
                await run.log("warning", error.detail)
            async with run.transaction() as session:
                wait = await next_look(session, args.account_id)
                if wait is not None and wait > LONGEST_WAIT:
                    await jobs.enqueue(session, args, key=str(args.account_id), again=True, delay=wait)
            if wait is None or wait > LONGEST_WAIT:
                break
            await run.sleep(wait)
    return {"looked_at": total}


@job("fulfilment.track_parcels", label=N_("Ask where parcels are"))
async def track_parcels(run: Run, args: TrackParcels) -> object:
    """Ask a carrier about every parcel that left and has not arrived."""
    asked = 0
    async with aclosing(CarrierLines.of(run.database, run.box, run.settings)) as lines:
        async with run.transaction() as session:
            shipments = await ParcelRepository(session).to_track(args.account_id, now(), PARCELS)
            carrier = await Carriers(session, lines).connector(args.account_id, why="ask where parcels are")
        if not isinstance(carrier, TracksParcels):
            return {"asked": 0}
        for shipment in shipments:
            run.check_cancelled()
            try:
                events = await carrier.track(shipment.tracking_code)
            except NotFoundError as error:
                await run.log("warning", error.detail, subject=("order", shipment.order_id))
                events = ()
            except EntrepotError as error:
                async with run.transaction() as session:
                    await Carriers(session, lines).note_failure(args.account_id, error.detail)
                raise
            async with run.transaction() as session:
                await Shipping(session).track(shipment.id, events)
            asked += 1
            await run.progress(asked, len(shipments))
    return {"asked": asked}


@reaction(
    "fulfilment.accounts",
    topics=["channels.account_connected", "channels.account_mode_changed", "channels.account_health_changed"],
)
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Keep looking at every account, and at once when it may be written to again."""
    for event in events:
        if event.seller_id is None:
            continue
        args = PushShipments(seller_id=event.seller_id, account_id=event.subject_id)
        await jobs.set_schedule(session, f"fulfilment.push:{event.subject_id}", args, every=PUSH_EVERY)
        await PushRepository(session).wake(event.subject_id, now(), now() + timedelta(seconds=SETTLING))
        await jobs.enqueue(session, args, key=str(event.subject_id), again=True)


@reaction("fulfilment.orders", topics=["orders.order_cancelled", "orders.order_released"])
async def on_orders(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Take cancelled orders off their lists, and finish orders that were held when their last line was picked."""
    for event in events:
        if event.topic == "orders.order_cancelled":
            await Picking(session).drop_order(event.subject_id)
        else:
            await Finishing(session).finish_orders([event.subject_id])
