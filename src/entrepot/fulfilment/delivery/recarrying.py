"""Another carrier after packing: the old label is cancelled, the new one made, and it is kept who wanted that and why."""

from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import CancelsLabels
from entrepot.fulfilment.delivery.errors import ChangeReasonError, SameCarrierError
from entrepot.fulfilment.delivery.events import CarrierChanged
from entrepot.fulfilment.delivery.models import CarrierChange
from entrepot.fulfilment.dispatching import OURS, HandOver
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.errors import CarrierCannotError, ParcelStateError
from entrepot.fulfilment.label_desk import LabelDesk
from entrepot.fulfilment.labelling import Labelling
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.refs import ParcelRef, ShipmentRef
from entrepot.fulfilment.repository import ChoiceRepository, ParcelRepository
from entrepot.kit import outbox
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.http import about_order
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.storage import Storage
from entrepot.orders.service import OrderService

LONGEST_REASON = 300


class CarrierChangeDesk:
    """Gives packed parcels to other carriers; opens its own transactions, because carriers are not called within one."""

    def __init__(
        self,
        database: Database,
        lines: CarrierLines,
        storage: Storage,
        *,
        scope: Scope,
        actor: Actor,
        request_id: str = "",
    ) -> None:
        self._database = database
        self._lines = lines
        self._scope = scope
        self._actor = actor
        self._request_id = request_id
        self._labels = LabelDesk(database, lines, storage, scope=scope, actor=actor, request_id=request_id)

    async def change(
        self,
        parcel_id: UUID,
        reason: str,
        *,
        how: HandOver = HandOver.CARRIER,
        account_id: UUID | None = None,
        service: str = "",
    ) -> ShipmentRef | None:
        """Give a packed parcel to another carrier, to the counter or to our own driver.

        Killed after the old label was cancelled, the parcel has none: making one, or this again, goes on from there.

        Returns:
            The shipment with the new label; None: it goes without one.

        Raises:
            ChangeReasonError: nobody said why.
            SameCarrierError: it goes that way already.
            ParcelStateError: it is not packed, or it left.
            EntrepotError: what the old carrier or the new one refused; nothing is changed in the first case.
        """
        async with self._open() as session:
            parcel = await Packing(session).parcel(parcel_id)
            words = reason.strip()[:LONGEST_REASON]
            if not words:
                raise ChangeReasonError(number=parcel.number)
            if parcel.status is not ParcelStatus.PACKED:
                raise ParcelStateError(number=parcel.number, status=str(parcel.status))
            old = await ParcelRepository(session).current_shipment(parcel_id)
            to_name, to_service = await self._target(session, how, account_id, service)
            ours = how is not HandOver.CARRIER
            if old is not None and not ours and (old.carrier_account_id, old.service) == (account_id, to_service):
                raise SameCarrierError(number=parcel.number, carrier=old.carrier_name)
        await self._cancel(old)
        async with self._open() as session:
            await OrderService(session).orders([parcel.order_id], lock=True)
            if old is not None and old.state is ShipmentState.LABELLED:
                await Labelling(session, self._lines).cancelled(old.id)
            await ChoiceRepository(session).save(parcel.seller_id, parcel.order_id, str(how))
            await self._keep(session, parcel, old, to_name, to_service, words)
        if ours:
            return None
        return await self._labels.make(parcel_id, account_id=account_id, service=service)

    async def _target(
        self, session: AsyncSession, how: HandOver, account_id: UUID | None, service: str
    ) -> tuple[str, str]:
        if how is not HandOver.CARRIER:
            return OURS[how], ""
        if account_id is None:
            return "", ""
        account = await Carriers(session).account(account_id)
        return account.name, service or account.default_service

    async def _cancel(self, old: ShipmentRef | None) -> None:
        """Cancel the old label at its carrier; what is not certain to be booked, or is not, is dealt with elsewhere."""
        if old is None:
            return
        async with self._open() as session:
            shipment, carrier = await Labelling(session, self._lines).intend_cancel(old.id)
        if carrier is None:
            return
        if not isinstance(carrier, CancelsLabels):
            raise CarrierCannotError(carrier=shipment.carrier_name, capability="cancel_labels")
        with about_order(shipment.order_id):
            await carrier.cancel_label(shipment.carrier_shipment_id)

    async def _keep(
        self,
        session: AsyncSession,
        parcel: ParcelRef,
        old: ShipmentRef | None,
        to_name: str,
        to_service: str,
        reason: str,
    ) -> None:
        before = f"{old.carrier_name} {old.service}".strip() if old else ""
        await insert_rows(
            session,
            CarrierChange,
            [
                {
                    "id": new_id(),
                    "seller_id": parcel.seller_id,
                    "order_id": parcel.order_id,
                    "parcel_id": parcel.id,
                    "parcel_number": parcel.number,
                    "from_carrier": old.carrier_name if old else "",
                    "from_service": old.service if old else "",
                    "from_tracking": old.tracking_code if old else "",
                    "to_carrier": to_name,
                    "to_service": to_service,
                    "reason": reason,
                    "actor_name": self._actor.name,
                    "at": now(),
                }
            ],
        )
        await outbox.record(
            session,
            CarrierChanged(
                seller_id=parcel.seller_id,
                subject_id=parcel.order_id,
                number=parcel.order_number,
                parcel=parcel.number,
                before=before or "–",
                after=f"{to_name} {to_service}".strip(),
                reason_given=reason,
            ),
        )

    def _open(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(self._scope, actor=self._actor, request_id=self._request_id)
