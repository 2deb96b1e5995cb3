"""Shipping labels that bol sells: what there is, buying one, and the PDF."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from entrepot.sandbox.bol.processes import accepted
from entrepot.sandbox.bol.service import V10, BolService, absent, decode, encode, invalid
from entrepot.sandbox.carrier.label import pdf
from entrepot.sandbox.carrier.parcels import Address, Booking
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import LabelInstruction, Order, OrderItem
from entrepot.sandbox.wire import Answer, Call, Endpoint

V10_PDF = "application/vnd.retailer.v10+pdf"
_GRAMS = 1_000
_SENDER = Address(name="bol sandbox", street="Papendorpseweg", house_number="100", city="Utrecht", country="NL")


class _Option(msgspec.Struct, frozen=True):
    label_type: str
    name: str
    transporter: str
    price: float
    weight: str
    dimensions: str
    most_units: int


_OPTIONS = (
    _Option("PARCEL", "Pakket", "TNT", 5.63, "15 kg", "100 cm x 70 cm x 58 cm", 10_000),
    _Option("PARCEL", "Pakket", "DHLFORYOU", 5.12, "15 kg", "80 cm x 50 cm x 35 cm", 10_000),
    _Option("MAILBOX", "Brievenbuspakje", "TNT", 3.90, "2 kg", "38 cm x 26.5 cm x 3.2 cm", 3),
)


class _Item(msgspec.Struct, rename="camel"):
    order_item_id: Annotated[str, msgspec.Meta(min_length=1)]
    quantity: Annotated[int, msgspec.Meta(ge=1)] | None = None


class _Items(msgspec.Struct, rename="camel"):
    order_items: Annotated[list[_Item], msgspec.Meta(min_length=1)]


class _Purchase(_Items, rename="camel"):
    shipping_label_offer_id: Annotated[str, msgspec.Meta(min_length=1)]


class BolLabels:
    """The label endpoints."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("POST", "/retailer/shipping-labels/delivery-options", self.options, V10),
            Endpoint("POST", "/retailer/shipping-labels", self.buy, V10, mutates=True),
            Endpoint("GET", "/retailer/shipping-labels/{shipping-label-id}", self.label, V10_PDF),
        ]

    def options(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _Items)
        _, items = self._items(account, wanted, call)
        units = sum(item.quantity for item in items)
        now = self._world.clock.now()
        found = [
            {
                "shippingLabelOfferId": self._offer_id(option),
                "recommended": number == 0,
                "validUntilDate": now.date().isoformat(),
                "transporterCode": option.transporter,
                "labelType": option.label_type,
                "labelDisplayName": option.name,
                "labelPrice": {"totalPrice": option.price},
                "packageRestrictions": {"maxWeight": option.weight, "maxDimensions": option.dimensions},
                "handoverDetails": {"meetsCustomerExpectation": True, "collectionMethod": "DROP_OFF"},
            }
            for number, option in enumerate(_OPTIONS)
            if units <= option.most_units
        ]
        return Answer(HTTPStatus.OK, encode({"deliveryOptions": found}), V10)

    def buy(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _Purchase)
        order, items = self._items(account, wanted, call)
        option = next((one for one in _OPTIONS if self._offer_id(one) == wanted.shipping_label_offer_id), None)
        if option is None:
            raise invalid(call, shippingLabelOfferId="Unknown, or no longer valid.")
        buyer = order.buyer
        recipient = Address(
            name=f"{buyer.first_name} {buyer.surname}",
            street=buyer.street,
            house_number=buyer.house_number,
            postal_code=buyer.postcode,
            city=buyer.city,
            country=buyer.country,
        )
        number = len(self._world.parcels.parcels) + 1
        booking = Booking(f"bol-{order.order_id}-{number}", _SENDER, recipient, _GRAMS)
        parcel = self._world.parcels.book(booking, self._world.clock.now())
        ids = tuple(item.order_item_id for item in items)
        return accepted(self._world, account, LabelInstruction(ids, parcel.parcel_id, option.transporter))

    def label(self, account: Account, call: Call) -> Answer:
        label = account.labels.get(call.parameters["shipping-label-id"])
        if label is None:
            raise absent(call, f"Shipping label {call.parameters['shipping-label-id']}")
        parcel = self._world.parcels.parcels[label.parcel_id]
        headers = {"X-Track-And-Trace-Code": parcel.tracking, "X-Transporter-Code": label.transporter}
        return Answer(HTTPStatus.OK, pdf(parcel), V10_PDF, headers)

    def _items(self, account: Account, wanted: _Items, call: Call) -> tuple[Order, list[OrderItem]]:
        found = [account.orders.find(item.order_item_id) for item in wanted.order_items]
        pairs = [pair for pair in found if pair is not None]
        if len(pairs) < len(found) or any(order is not pairs[0][0] for order, _ in pairs):
            raise invalid(call, orderItems="Order items do not exist, or are not of one order.")
        if any(not item.open or item.method == "FBB" for _, item in pairs):
            raise invalid(call, orderItems="Order items are handled already, or fulfilled by bol.")
        return pairs[0][0], [item for _, item in pairs]

    def _offer_id(self, option: _Option) -> str:
        return self._world.dice.uuid("label offer", option.label_type, option.transporter)
