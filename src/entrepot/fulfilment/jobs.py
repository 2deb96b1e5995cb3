"""What the floor does by itself: tell channels, ask carriers, follow cancelled orders."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.fulfilment import resubmitting
from entrepot.fulfilment.carriage.errors import NothingToCloseError
from entrepot.fulfilment.carriage.manifests import ManifestDesk
from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.contract import TracksParcels
from entrepot.fulfilment.domain import SETTLING
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.owing import have_told
from entrepot.fulfilment.packaging.automatic import made_address_label, made_slip
from entrepot.fulfilment.picking import Picking
from entrepot.fulfilment.printed import made_label, made_manifest, made_pick_list
from entrepot.fulfilment.repository import ParcelRepository, PushRepository
from entrepot.fulfilment.shipping import Shipping
from entrepot.fulfilment.tasks import CloseDay, LetGroupGo, PushShipments, TrackParcels
from entrepot.fulfilment.telling import tell_account
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, NotFoundError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.scope import Scope
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_

resubmitting.register()

MAKERS = (made_label, made_manifest, made_pick_list, made_slip, made_address_label)
"""What prints by itself: loaded with the jobs, so that the worker knows how the papers are made."""
PUSH = "fulfilment.push_shipments"
LATER = 300
"""Seconds that count as one moment, for things to look at later; order runs look at everything as often."""
LONGEST_WAIT = 30
"""Seconds that a run waits for the next thing to look at; for anything later another run is started."""
PARCELS = 100


@job(PUSH, label=N_("Tell the channel what left"), queue=Queue.HIGH)
async def push_shipments(run: Run, args: PushShipments) -> object:
    """Send what is owed, and follow what was sent, until nothing is due soon; one run of an account at a time."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        told = await tell_account(run, connections, args.account_id, patience=LONGEST_WAIT)
    if told.held:
        await run.log("warning", told.held)
    if told.wait is not None and told.wait > LONGEST_WAIT:
        async with run.transaction() as session:
            # One run per moment: many runs that end while something is due in an hour must not make as many again.
            moment = int((now().timestamp() + told.wait) // LATER)
            await jobs.enqueue(session, args, key=f"{args.account_id}:{moment}", delay=told.wait)
    return {"looked_at": told.looked_at} | ({"elsewhere": True} if told.elsewhere else {})


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
                await Problems(session).follow(shipment, events)
            asked += 1
            await run.progress(asked, len(shipments))
    async with run.transaction() as session:
        quiet = await Problems(session).find_quiet(args.account_id)
    return {"asked": asked} | ({"quiet": quiet} if quiet else {})


@job("fulfilment.close_day", label=N_("Hand the day's parcels to the carrier"))
async def close_day(run: Run, args: CloseDay) -> object:
    """Make a carrier account's manifest; nothing to hand over is nothing to do."""
    scope, actor = Scope.of(args.seller_id), run.actor
    async with aclosing(CarrierLines.of(run.database, run.box, run.settings)) as lines:
        desk = ManifestDesk(run.database, lines, open_storage(run.settings), scope=scope, actor=actor)
        try:
            return {"manifest": str(await desk.close(args.account_id))}
        except NothingToCloseError:
            return {"parcels": 0}


@job("fulfilment.let_group_go", label=N_("Let a group of orders go on"))
async def let_group_go(run: Run, args: LetGroupGo) -> object:
    """Let orders go on that waited for each other long enough."""
    async with run.transaction() as session:
        return {"let_go": await Consolidating(session).time_is_up(args.group_id)}


@reaction("fulfilment.groups", topics=["fulfilment.pick_list_released"])
async def on_released(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Put orders for one address into a group, where the site wants that."""
    for order_id in sorted({event.subject_id for event in events}):
        await Consolidating(session).follow(order_id)


@reaction(
    "fulfilment.accounts",
    topics=["channels.account_connected", "channels.account_mode_changed", "channels.account_health_changed"],
)
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at what an account is owed at once when it may be written to again."""
    for event in events:
        if event.seller_id is None:
            continue
        await PushRepository(session).wake(event.subject_id, now(), now() + timedelta(seconds=SETTLING))
        await have_told(session, event.seller_id, event.subject_id)


@reaction("fulfilment.processes", topics=["channels.process_noticed"])
async def on_processes(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look at once at what the channel says it is through with."""
    for event in events:
        if event.seller_id is None:
            continue
        account_id = UUID(str(event.payload.get("account_id", event.subject_id)))
        if await PushRepository(session).hurry(account_id, str(event.payload["ref"]), now()):
            await have_told(session, event.seller_id, account_id)


@reaction("fulfilment.orders", topics=["orders.order_cancelled", "orders.order_released"])
async def on_orders(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Take cancelled orders off their lists, and finish orders that were held when their last line was picked."""
    for event in events:
        if event.topic == "orders.order_cancelled":
            await Picking(session).drop_order(event.subject_id)
        else:
            await Finishing(session).finish_orders([event.subject_id])


@reaction("fulfilment.turns", topics=["jobs.run_failed", "jobs.run_cancelled"])
async def on_runs_ended(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Take the turn from runs that could not give it back, and have told what was left to them."""
    for event in events:
        for seller_id, account_id in await PushRepository(session).end_turns(event.subject_id):
            if event.payload.get("job") != PUSH:  # what takes its worker down does not begin anew by itself
                await have_told(session, seller_id, account_id)
