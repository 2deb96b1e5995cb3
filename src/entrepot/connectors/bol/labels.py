"""Shipping labels bought through bol: a carrier that serves bol's own orders only."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from entrepot.channels.client import Operation
from entrepot.channels.contract import ProcessState
from entrepot.channels.errors import RequestRejectedError, UnexpectedPayloadError
from entrepot.connectors.bol.gate import NAME, V10_PDF, BolGate
from entrepot.connectors.bol.wire import CURRENCY
from entrepot.connectors.bol.wire_labels import DeliveryOption, DeliveryOptions
from entrepot.fulfilment.contract import Label, LabelRequest

LABELS = Operation(name="shipping-labels")
RECOMMENDED = "recommended"
"""Whatever bol recommends for the parcel."""
APART = "|"
"""Between the name of the making of a label and its price, which bol tells only before."""
REFUSED = 422
TRACKING = "X-Track-And-Trace-Code"


class BolLabels(BolGate):
    """Labels of one bol retailer account."""

    async def order_label(self, request: LabelRequest) -> str:
        """Choose among what bol offers for these order items, and buy it.

        bol has no reference of ours for a label: an order whose answer is lost leaves one that nobody uses.
        """
        items = _items(request)
        answer = await self._send(
            LABELS,
            "POST",
            "/retailer/shipping-labels/delivery-options",
            {"orderItems": items},
            subject=request.order_number,
        )
        options = self._client.decode(answer.content or b"null", DeliveryOptions).delivery_options
        chosen = _chosen(options, request.service)
        body = {"orderItems": items, "shippingLabelOfferId": chosen.shipping_label_offer_id}
        started = await self._start(LABELS, "POST", "/retailer/shipping-labels", body, subject=request.order_number)
        return f"{started}{APART}{chosen.label_price.total_price}"

    async def collect_label(self, request: LabelRequest) -> Label | None:
        """Fetch the label if bol has made it."""
        process, _, price = request.started.partition(APART)
        [report] = await self.process_states([process])
        if report.state is ProcessState.PENDING:
            return None
        if report.state is not ProcessState.SUCCEEDED or not report.result:
            raise RequestRejectedError(channel=NAME, status=REFUSED, reason=report.message or "it made no label")
        pdf, tracking = await self.fetch_label(report.result)
        return Label(
            carrier_shipment_id=report.result,
            tracking_code=tracking,
            pdf=pdf,
            cost=Decimal(price) if price else None,
            currency=CURRENCY,
        )

    async def fetch_label(self, label_id: str) -> tuple[bytes, str]:
        """Return a label that was bought, and its tracking code."""
        path = f"/retailer/shipping-labels/{quote(label_id, safe='')}"
        answer = await self._send(LABELS, "GET", path, subject=label_id, media=V10_PDF)
        if not answer.content.startswith(b"%PDF-"):
            raise UnexpectedPayloadError(channel=NAME, reason="a label that is not PDF")
        return answer.content, answer.headers.get(TRACKING, "")


def _items(request: LabelRequest) -> list[dict[str, Any]]:
    if not request.channel_lines:
        raise RequestRejectedError(channel=NAME, status=REFUSED, reason="the parcel holds nothing of a bol order")
    return [{"orderItemId": line.channel_line_id, "quantity": line.quantity} for line in request.channel_lines]


def _chosen(options: Sequence[DeliveryOption], service: str) -> DeliveryOption:
    """Return the recommended option, or the cheapest of the kind that was asked for."""
    fitting = [option for option in options if service in {RECOMMENDED, option.label_type}]
    if not fitting:
        raise RequestRejectedError(
            channel=NAME, status=REFUSED, reason="it offers no such label for these items; choose another service"
        )
    if service == RECOMMENDED and any(option.recommended for option in fitting):
        fitting = [option for option in fitting if option.recommended]
    return min(fitting, key=lambda option: option.label_price.total_price)
