"""Shipments: create, list, detail."""

from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

import msgspec

from entrepot.sandbox.bol.orders import billing_details, commission, shipment_details
from entrepot.sandbox.bol.processes import accepted
from entrepot.sandbox.bol.service import (
    V10,
    BolService,
    absent,
    choice,
    decode,
    encode,
    invalid,
    moment,
    twist,
    whole_number,
)
from entrepot.sandbox.carrier.parcels import Milestone, Scan
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import Order, OrderItem, Shipment, ShipmentInstruction, ShippedLine
from entrepot.sandbox.wire import Answer, Call, Endpoint

PAGE_SIZE = 50
_MOST_PAGES = 100_000
_TRANSPORT_EVENTS: dict[Milestone, str] = {
    "label_created": "PRE_ANNOUNCED",
    "accepted": "AT_TRANSPORTER",
    "in_transit": "IN_TRANSIT",
    "delivered": "DELIVERED_AT_CUSTOMER",
}


class _ItemToShip(msgspec.Struct, rename="camel"):
    order_item_id: Annotated[str, msgspec.Meta(min_length=1)]
    quantity: Annotated[int, msgspec.Meta(ge=1)] | None = None


class _Transport(msgspec.Struct, rename="camel"):
    transporter_code: Annotated[str, msgspec.Meta(min_length=1)]
    track_and_trace: str | None = None


class _ShipmentRequest(msgspec.Struct, rename="camel"):
    order_items: Annotated[list[_ItemToShip], msgspec.Meta(min_length=1, max_length=100)]
    shipment_reference: Annotated[str, msgspec.Meta(min_length=1, max_length=90)] | None = None
    shipping_label_id: str | None = None
    transport: _Transport | None = None


class BolShipments:
    """The shipment endpoints."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("POST", "/retailer/shipments", self.create, V10, mutates=True),
            Endpoint("GET", "/retailer/shipments", self.listing, V10, lists=True),
            Endpoint("GET", "/retailer/shipments/{shipment-id}", self.detail, V10),
        ]

    def create(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _ShipmentRequest)
        label = account.labels.get(wanted.shipping_label_id or "")
        if wanted.shipping_label_id is not None and (label is None or wanted.transport is not None):
            raise invalid(call, shippingLabelId="Unknown, or sent together with 'transport'.")
        if wanted.transport is None and label is None:
            raise invalid(call, transport="Either shippingLabelId or transport is required.")
        parcel = self._world.parcels.parcels[label.parcel_id] if label is not None else None
        transport = wanted.transport
        instruction = ShipmentInstruction(
            lines=tuple(ShippedLine(item.order_item_id, item.quantity) for item in wanted.order_items),
            reference=wanted.shipment_reference or "",
            transporter=transport.transporter_code if transport else label.transporter if label else "",
            tracking=parcel.tracking if parcel else (transport.track_and_trace or "" if transport else ""),
            label_id=wanted.shipping_label_id or "",
        )
        return accepted(self._world, account, instruction)

    def listing(self, account: Account, call: Call) -> Answer:
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        method = choice(call, "fulfilment-method", "FBR", "FBR", "FBB")
        order_id = call.query.get("order-id")
        if order_id is not None and "fulfilment-method" in call.query:
            raise invalid(call, order_id="Only valid without fulfilment-method.")
        found: Iterable[Shipment]
        if order_id is not None:
            found = reversed(account.shipments_of.get(order_id, []))
        elif method == "FBB":
            found = ()
        else:
            found = reversed(account.shipments.values())
        cut = twist(
            found, page, PAGE_SIZE, call, lambda shipment: self._world.dice.below(1 << 32, shipment.shipment_id)
        )
        if not cut and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"shipments": [_reduced(shipment, account) for shipment in cut]}), V10)

    def detail(self, account: Account, call: Call) -> Answer:
        shipment = account.shipments.get(call.parameters["shipment-id"])
        if shipment is None:
            raise absent(call, f"Shipment {call.parameters['shipment-id']}")
        order = account.orders.orders[shipment.order_id]
        items = {item.order_item_id: item for item in order.items}
        parcel = self._world.parcels.of_tracking(shipment.tracking) if shipment.tracking else None
        transport: dict[str, object] = {"transportId": shipment.transport_id, "transporterCode": shipment.transporter}
        if shipment.tracking:
            transport["trackAndTrace"] = shipment.tracking
        if parcel is not None:
            transport["transportEvents"] = _events(parcel.scans)
        written = {
            **_head(shipment, order),
            "pickupPoint": False,
            "shipmentDetails": shipment_details(order.buyer),
            "billingDetails": billing_details(order.payer),
            "shipmentItems": [_item(items[line.order_item_id], line, order) for line in shipment.lines],
            "transport": transport,
        }
        return Answer(HTTPStatus.OK, encode(written), V10)


def _head(shipment: Shipment, order: Order) -> dict[str, object]:
    return {
        "shipmentId": shipment.shipment_id,
        "shipmentDateTime": moment(shipment.created),
        "shipmentReference": shipment.reference,
        "order": {"orderId": order.order_id, "orderPlacedDateTime": moment(order.placed)},
    }


def _reduced(shipment: Shipment, account: Account) -> dict[str, object]:
    order = account.orders.orders[shipment.order_id]
    eans = {item.order_item_id: item.ean for item in order.items}
    return {
        **_head(shipment, order),
        "shipmentItems": [
            {"orderItemId": line.order_item_id, "ean": eans[line.order_item_id]} for line in shipment.lines
        ],
        "transport": {"transportId": shipment.transport_id},
    }


def _item(item: OrderItem, line: ShippedLine, order: Order) -> dict[str, object]:
    return {
        "orderItemId": item.order_item_id,
        "fulfilment": {
            "method": "FBR",
            "distributionParty": "RETAILER",
            "latestDeliveryDate": (order.placed + timedelta(days=2)).date().isoformat(),
        },
        "offer": {"offerId": item.offer_id, "reference": item.sku},
        "product": {"ean": item.ean, "title": item.title},
        "quantity": item.quantity,
        "quantityShipped": line.quantity,
        "unitPrice": item.unit_price,
        "commission": commission(item),
    }


def _events(scans: Iterable[Scan]) -> list[dict[str, str]]:
    return [
        {"eventCode": _TRANSPORT_EVENTS[scan.code], "eventDateTime": moment(scan.at)}
        for scan in scans
        if scan.code in _TRANSPORT_EVENTS
    ]
