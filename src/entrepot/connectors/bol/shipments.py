"""Shipments and cancellations: what bol is told, and carries out later."""

from entrepot.channels.client import Operation
from entrepot.channels.contract import (
    CancelReason,
    ChannelCarrier,
    FoundShipment,
    ProcessRef,
    ShipmentNotice,
    ShippedLine,
)
from entrepot.connectors.bol import wire
from entrepot.connectors.bol.carriers import CARRIERS, transporter_code
from entrepot.connectors.bol.gate import ITEMS_PER_PAGE, TOGETHER, BolGate

CANCEL = Operation(name="cancellation")
SHIPMENTS = Operation(name="shipments")
LINES_AT_ONCE = 100
"""Order items that bol takes in one shipment."""


class BolShipments(BolGate):
    """What leaves, and what never will."""

    async def find_shipment(
        self,
        channel_order_id: str,
        reference: str,
        *,
        tracking: str = "",  # noqa: ARG002 -- found by its reference
    ) -> FoundShipment | None:
        return (await self._shipments(channel_order_id, reference)).get(reference)

    async def _shipments(self, channel_order_id: str, until: str = "") -> dict[str, FoundShipment]:
        """Return the shipments of an order by our references; stop looking at the reference *until*."""
        found: dict[str, FoundShipment] = {}
        page = 1
        while True:
            params: dict[str, str | int] = {"order-id": channel_order_id, "page": page}
            listed = await self._read(
                SHIPMENTS, "/retailer/shipments", wire.Shipments, subject=channel_order_id, params=params
            )
            for shipment in listed.shipments:
                if shipment.shipment_reference:
                    reference = shipment.shipment_reference
                    found[reference] = FoundShipment(channel_shipment_id=shipment.shipment_id, reference=reference)
            if until in found or len(listed.shipments) < ITEMS_PER_PAGE:
                return found
            page += 1

    async def carriers(self) -> list[ChannelCarrier]:
        return list(CARRIERS)

    async def confirm_shipment(self, notice: ShipmentNotice) -> ProcessRef:
        """Report a shipment; one of more than a hundred lines in parts.

        The part that bears the plain reference goes last: whoever finds it knows that all of them arrived.  Parts that
        bol knows from an earlier try are not sent again.
        """
        parts = [notice.lines[start : start + LINES_AT_ONCE] for start in range(0, len(notice.lines), LINES_AT_ONCE)]
        references = [f"{notice.reference}/{number}" for number in range(2, len(parts) + 1)] + [notice.reference]
        known = await self._shipments(notice.channel_order_id) if len(parts) > 1 else {}
        started = [
            await self._ship(notice, reference, lines)
            for reference, lines in zip(references, parts, strict=True)
            if reference not in known
        ]
        return TOGETHER.join(started)

    async def _ship(self, notice: ShipmentNotice, reference: str, lines: tuple[ShippedLine, ...]) -> ProcessRef:
        body: dict[str, object] = {
            "orderItems": [{"orderItemId": line.channel_line_id, "quantity": line.quantity} for line in lines],
            "shipmentReference": reference,
        }
        if notice.channel_label:
            body["shippingLabelId"] = notice.channel_label
        else:
            transport = {"transporterCode": notice.carrier_code or transporter_code(notice.carrier)}
            if notice.tracking:
                transport["trackAndTrace"] = notice.tracking
            body["transport"] = transport
        return await self._start(SHIPMENTS, "POST", "/retailer/shipments", body, subject=notice.channel_order_id)

    async def cancel_line(self, channel_line_id: str, reason: CancelReason) -> ProcessRef:
        body = {"orderItems": [{"orderItemId": channel_line_id, "reasonCode": wire.CANCEL_REASONS[reason]}]}
        return await self._start(CANCEL, "PUT", "/retailer/orders/cancellation", body, subject=channel_line_id)
