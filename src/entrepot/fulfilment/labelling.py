"""Labels: asked of a carrier outside of any transaction, once per parcel whatever dies in between.

First the request is stored, then the carrier is asked under the shipment's id, then the answer is stored.  If it is
lost, the same request is sent again under the same id, and the carrier answers with the parcel it has made already.
"""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.errors import ChannelAwayError, RateLimitedError
from entrepot.documents.service import DocumentService
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage.choosing import Choosing
from entrepot.fulfilment.carriage.errors import NotInDoubtError, PointOfOtherCarrierError
from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import (
    Carrier,
    Label,
    LabelRequest,
    PostalAddress,
    ShippedLine,
)
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.errors import (
    CannotCancelLabelError,
    OneOrderPerLabelError,
    OtherChannelLabelError,
    ParcelOrderCancelledError,
    ParcelOrderHeldError,
    ParcelStateError,
    ShipmentNotFoundError,
    UnknownServiceError,
    WeightError,
)
from entrepot.fulfilment.events import LabelCancelled, LabelFailed, LabelMade
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.refs import ParcelRef, ShipmentRef
from entrepot.fulfilment.registry import carrier_spec
from entrepot.fulfilment.repository import ChoiceRepository, ParcelRepository
from entrepot.inventory.service import InventoryService
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import EntrepotError, RefusedError
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage
from entrepot.orders.service import OrderRef, OrderService, OrderStatus


class Labelling:
    """The parts of labelling that need a transaction."""

    def __init__(self, session: AsyncSession, lines: CarrierLines) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)
        self._carriers = Carriers(session, lines)

    async def intend(
        self, parcel_id: UUID, account_id: UUID | None = None, service: str = ""
    ) -> tuple[ShipmentRef, Carrier | None]:
        """Store what the carrier will be asked, and return its connector; None if the label is there already."""
        parcel = await Packing(self._session).parcel(parcel_id)
        if parcel.with_parcel_id is not None:  # one box, one label: that of the order it was begun for
            parcel = await Packing(self._session).parcel(parcel.with_parcel_id)
        parcel_id = parcel.id
        order = (await self._orders.orders([parcel.order_id], lock=True))[0]
        parcel = await self._parcels.parcel(parcel_id, lock=True) or parcel
        shipment = await self._parcels.current_shipment(parcel_id)
        if shipment is None:
            if parcel.status is not ParcelStatus.PACKED:
                raise ParcelStateError(number=parcel.number, status=str(parcel.status))
            if order.status is OrderStatus.CANCELLED:
                raise ParcelOrderCancelledError(number=parcel.number)
            if order.held_at is not None:
                raise ParcelOrderHeldError(number=parcel.number)
            shipment = await self._begin(order, parcel, account_id, service)
        elif shipment.state is not ShipmentState.REQUESTED:
            return shipment, None
        await self._parcels.update_shipment(shipment.id, attempts=shipment.attempts + 1)
        await self._keep(shipment, in_doubt=True)
        return shipment, await self._carriers.connector(shipment.booked_with, why="make a label")

    async def _begin(self, order: OrderRef, parcel: ParcelRef, account_id: UUID | None, service: str) -> ShipmentRef:
        choosing = Choosing(self._session)
        wish = await ChoiceRepository(self._session).of(order.id)
        point = wish.point if wish is not None else None
        if wish is not None and point is not None:
            account_id = account_id or wish.carrier_account_id
            if account_id != wish.carrier_account_id:
                raise PointOfOtherCarrierError(number=order.number, point=point.name)
        if account_id is None:
            picked = await choosing.choose(order, parcel)
        else:
            by_hand = await self._carriers.account(account_id)
            picked = await choosing.by_hand(by_hand, service or by_hand.default_service)
        account, chosen = picked.account, picked.service
        spec = carrier_spec(account.carrier)
        if not spec.serves(order.channel):
            raise OtherChannelLabelError(carrier=account.name)
        await self._one_label(parcel, account.name, of_channel=bool(spec.channel))
        services = (await AccountServices(self._session).of([account]))[account.id]
        if chosen not in {one.code for one in services}:
            raise UnknownServiceError(carrier=spec.name, service=chosen[:60])
        if parcel.weight_g > spec.heaviest_g:
            raise WeightError(weight=parcel.weight_g, most=spec.heaviest_g)
        rows = await InventoryService(self._session).reservations([line.order_line_id for line in parcel.lines])
        warehouse_id = rows[0].warehouse_id if rows else order.warehouse_id
        shipment_id = new_id()
        request = LabelRequest(
            reference=str(shipment_id),
            service=chosen,
            sender=await self._carriers.sender(order.seller_id, warehouse_id),
            recipient=msgspec.convert(order.shipping_address, PostalAddress),
            weight_g=parcel.weight_g,
            length_mm=parcel.length_mm,
            width_mm=parcel.width_mm,
            height_mm=parcel.height_mm,
            order_number=parcel.number,
            channel_lines=_channel_lines(order, parcel) if spec.channel else (),
            service_point=point.point_id if point is not None else "",
        )
        await self._parcels.insert_shipment(
            {
                "id": shipment_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "parcel_id": parcel.id,
                "carrier_account_id": account.id,
                "carrier_name": account.name,
                "service": chosen,
                "state": str(ShipmentState.REQUESTED),
                "request": msgspec.to_builtins(request),
            }
        )
        await choosing.keep(shipment_id, order.seller_id, picked)
        return await self.shipment(shipment_id)

    async def _one_label(self, parcel: ParcelRef, carrier: str, *, of_channel: bool) -> None:
        """Check that one label may be made for everything in the box.

        Raises:
            OneOrderPerLabelError: several orders are in it, and the carrier wants one label for each.
        """
        if of_channel and len(await self._parcels.in_one_box(parcel)) > 1:
            raise OneOrderPerLabelError(carrier=carrier, number=parcel.number)

    async def _keep(self, shipment: ShipmentRef, *, in_doubt: bool) -> None:
        """Note whether the carrier may have booked what its answer would tell."""
        await self._parcels.keep_request(shipment.id, shipment.request | {"in_doubt": in_doubt})

    async def note_started(self, shipment_id: UUID, request: LabelRequest) -> None:
        """Note that the carrier is making the label, so that nobody orders another."""
        await self._parcels.keep_request(shipment_id, msgspec.to_builtins(request))

    async def store(self, shipment_id: UUID, label: Label, storage: Storage) -> ShipmentRef:
        """Store what the carrier made; once, however often it answers."""
        shipment = await self._locked(shipment_id)
        if shipment.state is not ShipmentState.REQUESTED:
            return shipment
        documents = DocumentService(self._session, storage)
        name = label.tracking_code or str(shipment_id)
        pdf = await documents.attach(shipment.seller_id, "shipment", shipment_id, f"{name}.pdf", label.pdf)
        zpl_id = None
        if label.zpl:
            zpl_id = (await documents.attach(shipment.seller_id, "shipment", shipment_id, f"{name}.zpl", label.zpl)).id
        await self._parcels.update_shipment(
            shipment_id,
            state=str(ShipmentState.LABELLED),
            carrier_shipment_id=label.carrier_shipment_id,
            tracking_code=label.tracking_code,
            tracking_url=label.tracking_url,
            label_pdf_id=pdf.id,
            label_zpl_id=zpl_id,
            cost=label.cost,
            currency=label.currency,
            last_error="",
            labelled_at=now(),
        )
        await self._attempt(shipment, "made", "")
        await Problems(self._session).label_made(shipment.parcel_id)
        await self._carriers.note_failure(shipment.booked_with, "")
        parcel = await Packing(self._session).parcel(shipment.parcel_id)
        if label.tracking_code:
            await self._orders.add_search_words(shipment.order_id, [label.tracking_code])
        await outbox.record(
            self._session,
            LabelMade(
                seller_id=shipment.seller_id,
                subject_id=shipment.order_id,
                number=parcel.order_number,
                shipment_id=shipment_id,
                parcel=parcel.number,
                carrier=shipment.carrier_name,
                tracking=label.tracking_code,
            ),
        )
        return await self.shipment(shipment_id)

    async def fail(self, shipment_id: UUID, error: EntrepotError, *, asked_in_doubt: bool = True) -> None:
        """Store why there is no label.  Unless refused, one may exist: the same is asked again later."""
        shipment = await self._locked(shipment_id)
        if shipment.state is not ShipmentState.REQUESTED:
            return
        if _not_booked(error) and not asked_in_doubt:
            await self._keep(shipment, in_doubt=False)
        unknown = not isinstance(error, RefusedError)
        await self._attempt(shipment, "unknown" if unknown else "refused", error.detail)
        values: dict[str, object] = {"last_error": error.detail}
        if not unknown:
            values["state"] = str(ShipmentState.FAILED)
        await self._parcels.update_shipment(shipment_id, **values)
        await Problems(self._session).label_failed(shipment, error.detail)
        await self._carriers.note_failure(shipment.booked_with, error.detail)
        parcel = await Packing(self._session).parcel(shipment.parcel_id)
        await outbox.record(
            self._session,
            LabelFailed(
                seller_id=shipment.seller_id,
                subject_id=shipment.order_id,
                number=parcel.order_number,
                shipment_id=shipment_id,
                parcel=parcel.number,
                carrier=shipment.carrier_name,
                reason=error.detail,
            ),
        )

    async def doubted(self, shipment_id: UUID, *, none_booked: bool = False) -> tuple[ShipmentRef, Carrier]:
        """Return a shipment whose booking is in doubt, and its connector; *none_booked*: it no longer is.

        Raises:
            NotInDoubtError: it is known whether there is a label.
        """
        shipment = await self._locked(shipment_id)
        if shipment.state is not ShipmentState.REQUESTED:
            parcel = await Packing(self._session).parcel(shipment.parcel_id)
            raise NotInDoubtError(number=parcel.number, state=str(shipment.state))
        if none_booked:
            await self._keep(shipment, in_doubt=False)
        return shipment, await self._carriers.connector(shipment.booked_with, why="find a label")

    async def intend_cancel(self, shipment_id: UUID) -> tuple[ShipmentRef, Carrier | None]:
        """Check that a label may be cancelled; None if it is cancelled already."""
        shipment = await self._locked(shipment_id)
        if shipment.state is ShipmentState.CANCELLED:
            return shipment, None
        if shipment.state is not ShipmentState.LABELLED or shipment.shipped_at is not None:
            parcel = await Packing(self._session).parcel(shipment.parcel_id)
            state = "shipped" if shipment.shipped_at else str(shipment.state)
            raise CannotCancelLabelError(number=parcel.number, state=state)
        return shipment, await self._carriers.connector(shipment.booked_with, why="cancel a label")

    async def cancelled(self, shipment_id: UUID) -> ShipmentRef:
        """Note that the carrier cancelled a label."""
        shipment = await self._locked(shipment_id)
        if shipment.state is ShipmentState.LABELLED and shipment.shipped_at is None:
            await self._parcels.update_shipment(shipment_id, state=str(ShipmentState.CANCELLED))
            parcel = await Packing(self._session).parcel(shipment.parcel_id)
            await outbox.record(
                self._session,
                LabelCancelled(
                    seller_id=shipment.seller_id,
                    subject_id=shipment.order_id,
                    number=parcel.order_number,
                    shipment_id=shipment_id,
                    parcel=parcel.number,
                    tracking=shipment.tracking_code,
                ),
            )
        return await self.shipment(shipment_id)

    async def shipment(self, shipment_id: UUID) -> ShipmentRef:
        """Return one shipment.

        Raises:
            ShipmentNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._parcels.shipment(shipment_id)
        if found is None:
            raise ShipmentNotFoundError(shipment=str(shipment_id))
        return found

    async def _locked(self, shipment_id: UUID) -> ShipmentRef:
        """Lock the order, then the shipment: in the order in which everyone locks."""
        found = await self.shipment(shipment_id)
        await self._orders.orders([found.order_id], lock=True)
        return await self._parcels.shipment(shipment_id, lock=True) or found

    async def _attempt(self, shipment: ShipmentRef, outcome: str, reason: str) -> None:
        context = context_of(self._session)
        await self._parcels.add_attempt(
            {
                "id": new_id(),
                "seller_id": shipment.seller_id,
                "shipment_id": shipment.id,
                "outcome": outcome,
                "reason": reason,
                "request_id": context.request_id,
                "actor_name": context.actor.name,
                "at": now(),
            }
        )


def _not_booked(error: EntrepotError) -> bool:
    """Whether the carrier cannot have booked anything when it answered, or could not be reached, like this."""
    unreached = isinstance(error, ChannelAwayError) and error.facts.get("reason") == "ConnectError"
    return unreached or isinstance(error, (RateLimitedError, RefusedError))


def _channel_lines(order: OrderRef, parcel: ParcelRef) -> tuple[ShippedLine, ...]:
    """Return what is in the parcel, as the order's channel calls it."""
    names = {line.id: line.channel_line_id for line in order.lines}
    return tuple(
        ShippedLine(channel_line_id=name, quantity=line.quantity)
        for line in parcel.lines
        if (name := names.get(line.order_line_id))
    )
