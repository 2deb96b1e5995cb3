"""Tells channels what left, exactly once.

A notice whose fate is unknown (the call broke off, or this process died) is never sent again blindly: the channel is
asked first whether it knows the shipment under our reference.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import (
    ChannelCarrier,
    ConfirmsShipments,
    ListsCarriers,
    ProcessRef,
    ProcessReport,
    ProcessState,
    ShipmentNotice,
)
from entrepot.channels.errors import UnexpectedPayloadError
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.domain import SETTLING, PushState, pause_after
from entrepot.fulfilment.errors import PushNotFoundError, PushStateError
from entrepot.fulfilment.events import PushChanged, PushConfirmed, PushFailed
from entrepot.fulfilment.mapping import UNMAPPED, CarrierMappings, code_for, read_carriers
from entrepot.fulfilment.owing import SERVICE, have_told
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.refs import PushRef
from entrepot.fulfilment.repository import ParcelRepository, PushRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, RefusedError, UnavailableError
from entrepot.kit.text import N_
from entrepot.orders.service import Attention, OrderService

type Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens transactions in the seller's scope."""

LEASE = timedelta(seconds=25)
"""How long nobody else takes a push that somebody works on; longer than SETTLING, because its worker may have died just
after the notice went out."""
HEARTBEAT = 5.0
"""Seconds after which whoever waits for the channel's answer takes the push anew."""
BATCH = 20
UNMAPPED_PAUSE = timedelta(hours=1)
"""When a push with an unmapped carrier is looked at again, if nobody maps it before."""
UNSAID = N_("The channel gave no reason.")
CANNOT = N_("{channel} cannot be told about shipments: confirm it there yourself, then skip this.")


class Pushing:
    """The parts of pushing that need a transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._pushes = PushRepository(session)
        self._parcels = ParcelRepository(session)

    async def retry(self, shipment_id: UUID) -> PushRef:
        """Try a failed or waiting push again now.

        Raises:
            PushStateError: it succeeded, or the channel is working on it.
        """
        push = await self._locked(shipment_id)
        if push.state not in {PushState.FAILED, PushState.WAITING}:
            raise PushStateError(state=str(push.state))
        await self._pushes.update(
            push.id,
            state=str(PushState.WAITING),
            # A notice may be on its way just now: it must have had the time to arrive before anyone asks for it.
            next_look_at=min(push.next_look_at, now() + timedelta(seconds=SETTLING)) if push.in_doubt else now(),
            last_error="",
            settled_at=None,
            in_doubt=push.in_doubt or push.attempts > 0,
        )
        await have_told(self._session, push.seller_id, push.account_id)
        await self._tell(push, PushState.WAITING, "")
        return await self._locked(shipment_id)

    async def skip(self, shipment_id: UUID) -> PushRef:
        """Decide that the channel need not be told: a person did it there.

        Raises:
            PushStateError: it is on its way.
        """
        push = await self._locked(shipment_id)
        if push.state not in {PushState.FAILED, PushState.WAITING}:
            raise PushStateError(state=str(push.state))
        await self._pushes.update(push.id, state=str(PushState.SKIPPED), settled_at=now())
        await self._tell(push, PushState.SKIPPED, "")
        return await self._locked(shipment_id)

    async def settle(self, push: PushRef, state: PushState, account: AccountRef, reason: str = "") -> None:
        """Record how it ended."""
        current = await self._pushes.find(push.id, lock=True)
        if current is None or current.state in {PushState.CONFIRMED, PushState.SKIPPED}:
            return
        await self._pushes.update(push.id, state=str(state), settled_at=now(), last_error=reason, in_doubt=False)
        shipment = await self._parcels.shipment(push.shipment_id)
        if shipment is None:
            return
        parcel = await Packing(self._session).parcel(shipment.parcel_id)
        about: dict[str, Any] = {
            "seller_id": push.seller_id,
            "subject_id": push.order_id,
            "number": parcel.order_number,
            "shipment_id": push.shipment_id,
            "parcel": parcel.number,
            "channel": account.name,
        }
        await outbox.record(
            self._session,
            PushConfirmed(**about) if state is PushState.CONFIRMED else PushFailed(**about, reason=reason),
        )

    async def note(self, push: PushRef, **values: object) -> None:
        """Change a push that somebody works on."""
        await self._pushes.update(push.id, **values)
        await self._tell(push, PushState(str(values.get("state", push.state))), str(values.get("last_error", "")))

    async def _tell(self, push: PushRef, state: PushState, reason: str) -> None:
        notice = msgspec.convert(push.payload, ShipmentNotice)
        await outbox.record(
            self._session,
            PushChanged(
                seller_id=push.seller_id,
                subject_id=push.order_id,
                number=notice.channel_order_id,
                shipment_id=push.shipment_id,
                state=str(state),
                reason=reason,
            ),
        )

    async def _locked(self, shipment_id: UUID) -> PushRef:
        found = await self._pushes.of_shipment(shipment_id, lock=True)
        if found is None:
            raise PushNotFoundError(shipment=str(shipment_id))
        return found


class Pusher:
    """Works through what one account must be told; opens its own transactions.

    Args:
        account: it may be written to.
        connector: its connector.
        transaction: opens a transaction in the seller's scope.
    """

    def __init__(self, account: AccountRef, connector: ConfirmsShipments, transaction: Transactions) -> None:
        self._account = account
        self._connector = connector
        self._open = transaction
        self._accepted: Sequence[ChannelCarrier] | None = None
        """What the channel accepts; None: not asked yet."""

    async def round(self) -> int:
        """Look at everything that is due; return how many there were.

        Raises:
            UnavailableError: the channel is away or asks to wait; what was not looked at stays due.
        """
        moment = now()
        async with self._open() as session:
            due = await PushRepository(session).take_due(self._account.id, moment, moment + LEASE, BATCH)
        sent = [push for push in due if push.state is PushState.SENT]
        waiting = [push for push in due if push.state is PushState.WAITING]
        try:
            await self._follow(sent)
            while waiting:
                await self._send(waiting.pop(0))
        except EntrepotError:
            await self._give_back(waiting)
            raise
        return len(due)

    async def _confirm(self, push: PushRef, notice: ShipmentNotice) -> ProcessRef:
        """Send a notice, and keep others away from it while the answer is awaited."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(HEARTBEAT)
                with contextlib.suppress(UnavailableError):  # the database is away: nobody else can take it either
                    async with self._open() as session:
                        await PushRepository(session).update(push.id, next_look_at=now() + LEASE)

        keeping = asyncio.create_task(keep())
        try:
            return await self._connector.confirm_shipment(notice)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _give_back(self, pushes: Sequence[PushRef]) -> None:
        """Let others look at what was taken and not touched."""
        async with self._open() as session:
            for push in pushes:
                await PushRepository(session).keep(push, now() + timedelta(seconds=5))

    async def _send(self, push: PushRef) -> None:
        notice = msgspec.convert(push.payload, ShipmentNotice)
        try:
            if isinstance(self._connector, ListsCarriers) and not notice.channel_label:
                code = await self._code(self._connector, notice, str(push.payload.get(SERVICE, "")))
                if code is None:
                    await self._hold(push, notice)
                    return
                notice = replace(notice, carrier_code=code)
            if push.in_doubt and await self._connector.find_shipment(
                notice.channel_order_id, notice.reference, tracking=notice.tracking
            ):
                await self._settle(push, PushState.CONFIRMED)
                return
            async with self._open() as session:
                if not await PushRepository(session).keep(push, now() + LEASE):
                    return  # it took so long until its turn came that somebody else has it now
                await PushRepository(session).update(push.id, in_doubt=True, attempts=push.attempts + 1)
            ref = await self._confirm(push, notice)
        except UnexpectedPayloadError as error:  # it may have arrived; the others are no worse for it
            pause = timedelta(seconds=max(SETTLING, pause_after(push.attempts + 1)))
            async with self._open() as session:
                await Pushing(session).note(push, last_error=error.detail, next_look_at=now() + pause)
            return
        except UnavailableError as error:
            told = error.facts.get("retry_after")
            wait = told if isinstance(told, int) else max(SETTLING, pause_after(push.attempts + 1))
            async with self._open() as session:
                await Pushing(session).note(push, last_error=error.detail, next_look_at=now() + timedelta(seconds=wait))
            raise
        except RefusedError as error:
            await self._refused(push, error.detail)
            return
        async with self._open() as session:
            await Pushing(session).note(
                push,
                state=str(PushState.SENT),
                process_ref=ref,
                sent_at=now(),
                looks=0,
                last_error="",
                next_look_at=now() + timedelta(seconds=1),
            )

    async def _code(self, connector: ListsCarriers, notice: ShipmentNotice, service: str) -> str | None:
        """Return what the channel calls the carrier; None: nobody has said yet."""
        async with self._open() as session:
            mappings = CarrierMappings(session)
            chosen = await mappings.chosen(self._account.id)
            if self._accepted is None:
                self._accepted = await mappings.accepted(self._account.id, fresh=True)
        found = code_for(notice.carrier, service, chosen, self._accepted or ())
        if found is None and self._accepted is None:
            self._accepted = await read_carriers(connector)
            async with self._open() as session:
                await CarrierMappings(session).remember(self._account, self._accepted)
            found = code_for(notice.carrier, service, chosen, self._accepted)
        return found

    async def _hold(self, push: PushRef, notice: ShipmentNotice) -> None:
        """Keep the news until somebody says what the channel calls the carrier; the others go on."""
        reason = UNMAPPED.format(name=self._account.name, carrier=notice.carrier)
        async with self._open() as session:
            await OrderService(session).need_attention(push.order_id, Attention.CARRIER_UNMAPPED)
            if push.last_error == reason:
                await PushRepository(session).update(push.id, next_look_at=now() + UNMAPPED_PAUSE)
            else:
                await Pushing(session).note(push, last_error=reason, next_look_at=now() + UNMAPPED_PAUSE)

    async def _follow(self, pushes: Sequence[PushRef]) -> None:
        """Ask how far the channel is with what it took."""
        if not pushes:
            return
        try:
            reports = await self._connector.process_states([push.process_ref for push in pushes])
        except (UnavailableError, UnexpectedPayloadError) as error:
            async with self._open() as session:
                for push in pushes:
                    pause = timedelta(seconds=pause_after(push.looks + 1))
                    await PushRepository(session).update(
                        push.id, looks=push.looks + 1, last_error=error.detail, next_look_at=now() + pause
                    )
            if isinstance(error, UnavailableError):
                raise
            return
        for push, report in zip(pushes, reports, strict=True):
            await self._judge(push, report)

    async def _judge(self, push: PushRef, report: ProcessReport) -> None:
        match report.state:
            case ProcessState.SUCCEEDED:
                await self._settle(push, PushState.CONFIRMED)
            case ProcessState.PENDING:
                async with self._open() as session:
                    pause = timedelta(seconds=pause_after(push.looks + 1))
                    await PushRepository(session).update(push.id, looks=push.looks + 1, next_look_at=now() + pause)
            case ProcessState.FAILED:
                await self._refused(push, report.message or UNSAID)
            case ProcessState.TIMED_OUT | ProcessState.GONE:
                async with self._open() as session:  # look whether it happened, then send again
                    await Pushing(session).note(
                        push,
                        state=str(PushState.WAITING),
                        in_doubt=True,
                        last_error=report.message,
                        next_look_at=now() + timedelta(seconds=pause_after(push.attempts)),
                    )

    async def _refused(self, push: PushRef, reason: str) -> None:
        """A refusal may only mean that an earlier notice of ours arrived: ask before a person is bothered."""
        notice = msgspec.convert(push.payload, ShipmentNotice)
        if await self._connector.find_shipment(notice.channel_order_id, notice.reference, tracking=notice.tracking):
            await self._settle(push, PushState.CONFIRMED)
        else:
            await self._settle(push, PushState.FAILED, reason)

    async def _settle(self, push: PushRef, state: PushState, reason: str = "") -> None:
        async with self._open() as session:
            await Pushing(session).settle(push, state, self._account, reason)


async def next_look(session: AsyncSession, account_id: UUID) -> float | None:
    """Return the seconds until something of an account is to be looked at; None: nothing is."""
    due = await PushRepository(session).next_due(account_id)
    return None if due is None else max(0.0, (due - now()).total_seconds())


async def may_push(session: AsyncSession, account_id: UUID) -> AccountRef | None:
    """Return the account if it may be written to; else note on what waits why not."""
    account = await ChannelService(session).account(account_id)
    if account.may_write:
        return account
    await PushRepository(session).note_waiting(account_id, waiting_reason(account).format(name=account.name))
    return None


ONLY_IMPORTS = N_("“{name}” only imports: nothing is sent until it goes live on its page.")
PAUSED = N_("“{name}” is paused: nothing is sent until it is switched on on its page.")
REJECTED = N_("The channel rejects the credentials of “{name}”: enter them again on its page.")


def waiting_reason(account: AccountRef) -> str:
    """Return why an account is told nothing, as a template over its {name}; empty if it may be told."""
    if account.may_write:
        return ""
    return ONLY_IMPORTS if account.mode == "import_only" else PAUSED if account.mode == "paused" else REJECTED
