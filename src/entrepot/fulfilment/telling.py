"""Telling one account what left, round after round: shared by the order run and by the news of a single parcel."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from entrepot.channels.connections import Connections
from entrepot.channels.contract import ConfirmsShipments
from entrepot.channels.errors import CredentialsRejectedError, UnexpectedPayloadError
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.owing import have_told
from entrepot.fulfilment.pushing import CANNOT, Pusher, may_push, next_look, waiting_reason
from entrepot.fulfilment.repository import PushRepository
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import UnavailableError

TURN = timedelta(seconds=120)
"""How long the turn of a run that died blocks the next; longer than a round takes."""
NAP = 2.0
"""Seconds between two looks for what has come in meanwhile."""
ROUNDS = 500


@dataclass(slots=True)
class Told:
    """What telling an account came to."""

    looked_at: int = 0
    elsewhere: bool = False
    """Another run is at it, and does all of it."""
    held: str = ""
    """Why nothing may be sent."""
    wait: float | None = None
    """Seconds until something is to be looked at again; None: nothing is."""


async def tell_account(run: Run, connections: Connections, account_id: UUID, *, patience: float) -> Told:
    """Send what an account is owed, and follow what was sent, until nothing is due within *patience* seconds.

    All state is in the table of pushes, each change committed before and after a call: whatever dies in between, the
    next run goes on where this one was.
    """
    told = Told()
    async with run.transaction() as session:
        account = await may_push(session, account_id)
        if account is None:
            stopped = await ChannelService(session).account(account_id)
            return Told(held=waiting_reason(stopped).format(name=stopped.name))
        if not await _take_turn(PushRepository(session), run, account.seller_id, account_id):
            return Told(elsewhere=True)
        connector = await ChannelService(session, connections).connector(account_id, why="confirm shipments")
    try:
        if not isinstance(connector, ConfirmsShipments):
            reason = CANNOT.format(channel=account.name)
            async with run.transaction() as session:
                await PushRepository(session).note_waiting(account_id, reason)
            return Told(held=reason)
        pusher = Pusher(account, connector, run.transaction)
        for _ in range(ROUNDS):
            run.check_cancelled()
            try:
                told.looked_at += await pusher.round()
            except CredentialsRejectedError as error:
                async with run.transaction() as session:
                    await ChannelService(session).record_failure(account_id, error)
                raise
            except (UnavailableError, UnexpectedPayloadError) as error:
                await run.log("warning", error)
            told.wait = await _look_ahead(run, account.seller_id, account_id, patience)
            if told.wait is None or told.wait > patience:
                return told
            await run.sleep(min(told.wait, NAP))
        return told
    finally:
        async with run.transaction() as session:
            await PushRepository(session).end_turn(account_id, run.id)


async def keep_turn(run: Run, account_id: UUID) -> None:
    """Let what is owed from now on wait for this run, which tells it a little later; for :data:`TURN` at most."""
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        if account.may_write:
            await _take_turn(PushRepository(session), run, account.seller_id, account_id)


async def end_turn(run: Run, account_id: UUID) -> None:
    """Give the turn back, if this run has it, and have told what was left to it."""
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        pushes = PushRepository(session)
        await pushes.end_turn(account_id, run.id)
        wait = await next_look(session, account_id)
        if account.may_write and wait is not None and wait < NAP:
            await have_told(session, account.seller_id, account_id)


async def _take_turn(pushes: PushRepository, run: Run, seller_id: UUID, account_id: UUID) -> bool:
    moment = now()
    return await pushes.take_turn(seller_id, account_id, run.id, at=moment, until=moment + TURN)


async def _look_ahead(run: Run, seller_id: UUID, account_id: UUID, patience: float) -> float | None:
    """Return the seconds until the next look; the turn ends in the same breath if that is too long to wait."""
    async with run.transaction() as session:
        pushes = PushRepository(session)
        await _take_turn(pushes, run, seller_id, account_id)
        wait = await next_look(session, account_id)
        if wait is None or wait > patience:
            await pushes.end_turn(account_id, run.id)
        return wait
