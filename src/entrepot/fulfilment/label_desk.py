"""Where labels are made and cancelled: carriers are asked outside of any transaction, with one before and one after."""

import asyncio
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import CarrierLines
from entrepot.fulfilment.contract import (
    CancelsLabels,
    CreatesLabels,
    FindsLabels,
    Label,
    LabelRequest,
    OrdersLabels,
)
from entrepot.fulfilment.errors import CarrierCannotError, LabelNotReadyError
from entrepot.fulfilment.labelling import Labelling
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.kit.database import Actor, Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.http import about_order
from entrepot.kit.scope import Scope
from entrepot.kit.storage import Storage

PAUSES = (0.3, 0.7, 1.5, 3.0, 5.0)
"""Seconds before each look for an ordered label."""


class LabelDesk:
    """Makes and cancels labels; opens its own transactions, because carriers are not called within one."""

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
        self._storage = storage
        self._scope = scope
        self._actor = actor
        self._request_id = request_id

    async def make(self, parcel_id: UUID, *, account_id: UUID | None = None, service: str = "") -> ShipmentRef:
        """Return the shipment of a parcel with its label, asking the carrier if there is none yet.

        Raises:
            EntrepotError: what the carrier or a rule refused; the attempt is stored.
        """
        async with self._open() as session:
            shipment, carrier = await Labelling(session, self._lines).intend(parcel_id, account_id, service)
        if carrier is None:
            return shipment
        try:
            request = msgspec.convert(shipment.request, LabelRequest)
            with about_order(shipment.order_id):
                if isinstance(carrier, OrdersLabels):
                    label = await self._ordered(shipment, carrier, request)
                elif isinstance(carrier, CreatesLabels):
                    label = await carrier.create_label(request)
                else:
                    raise CarrierCannotError(carrier=shipment.carrier_name, capability="labels")
        except EntrepotError as error:
            async with self._open() as session:
                in_doubt = bool(shipment.request.get("in_doubt"))
                await Labelling(session, self._lines).fail(shipment.id, error, asked_in_doubt=in_doubt)
            raise
        async with self._open() as session:
            return await Labelling(session, self._lines).store(shipment.id, label, self._storage)

    async def adopt(self, shipment_id: UUID, number: str) -> ShipmentRef:
        """Take the label that a person found at the carrier under *number*.

        Raises:
            NotInDoubtError: it is known whether there is a label.
            CarrierCannotError: the carrier finds none by number.
        """
        async with self._open() as session:
            shipment, carrier = await Labelling(session, self._lines).doubted(shipment_id)
        if not isinstance(carrier, FindsLabels):
            raise CarrierCannotError(carrier=shipment.carrier_name, capability="find_labels")
        with about_order(shipment.order_id):
            label = await carrier.find_label(number)
        async with self._open() as session:
            return await Labelling(session, self._lines).store(shipment.id, label, self._storage)

    async def book_again(self, shipment_id: UUID) -> ShipmentRef:
        """Ask for the label as if for the first time: a person looked, and the carrier has none.

        Raises:
            NotInDoubtError: it is known whether there is a label.
        """
        async with self._open() as session:
            shipment, _ = await Labelling(session, self._lines).doubted(shipment_id, none_booked=True)
        return await self.make(shipment.parcel_id)

    async def _ordered(self, shipment: ShipmentRef, carrier: OrdersLabels, request: LabelRequest) -> Label:
        """Order a label unless that was done, and wait for it a few seconds: somebody stands at the station."""
        if not request.started:
            request = msgspec.structs.replace(request, started=await carrier.order_label(request))
            async with self._open() as session:
                await Labelling(session, self._lines).note_started(shipment.id, request)
        for pause in PAUSES:
            await asyncio.sleep(pause)
            label = await carrier.collect_label(request)
            if label is not None:
                return label
        raise LabelNotReadyError(carrier=shipment.carrier_name)

    async def cancel(self, shipment_id: UUID) -> ShipmentRef:
        """Cancel a label that was not used.

        Raises:
            CannotCancelLabelError: the parcel left, or there is no label.
        """
        async with self._open() as session:
            shipment, carrier = await Labelling(session, self._lines).intend_cancel(shipment_id)
        if carrier is None:
            return shipment
        if not isinstance(carrier, CancelsLabels):
            raise CarrierCannotError(carrier=shipment.carrier_name, capability="cancel_labels")
        with about_order(shipment.order_id):
            await carrier.cancel_label(shipment.carrier_shipment_id)
        async with self._open() as session:
            return await Labelling(session, self._lines).cancelled(shipment_id)

    def _open(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(self._scope, actor=self._actor, request_id=self._request_id)
