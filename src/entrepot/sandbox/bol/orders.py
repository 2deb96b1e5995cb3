"""Orders: list, detail, cancellation."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

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
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import CancellationInstruction, Order, OrderItem
from entrepot.sandbox.marketplace.orders import DUTCH_TIME
from entrepot.sandbox.retail.people import Person
from entrepot.sandbox.wire import Answer, Call, Endpoint

PAGE_SIZE = 50
_MOST_PAGES = 100_000
_COMMISSION = Decimal("0.124")
_DELIVERY_DAYS, _EXPIRY_DAYS = 2, 7
_CENT = Decimal("0.01")

type Reason = Literal[
    "OUT_OF_STOCK",
    "REQUESTED_BY_CUSTOMER",
    "BAD_CONDITION",
    "HIGHER_SHIPCOST",
    "INCORRECT_PRICE",
    "NOT_AVAIL_IN_TIME",
    "NO_BOL_GUARANTEE",
    "ORDERED_TWICE",
    "RETAIN_ITEM",
    "TECH_ISSUE",
    "UNFINDABLE_ITEM",
    "OTHER",
]


class _ItemToCancel(msgspec.Struct, rename="camel"):
    order_item_id: Annotated[str, msgspec.Meta(min_length=1)]
    reason_code: Reason


class _CancellationRequest(msgspec.Struct, rename="camel"):
    order_items: Annotated[list[_ItemToCancel], msgspec.Meta(min_length=1, max_length=1)]


class BolOrders:
    """The order endpoints; keeps what it wrote about an order until the order changes."""

    def __init__(self, service: BolService) -> None:
        self._service = service
        self._world = service.world
        self._reduced: dict[str, tuple[int, bytes]] = {}
        self._full: dict[str, tuple[int, bytes]] = {}

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/retailer/orders", self.listing, V10, lists=True),
            Endpoint("GET", "/retailer/orders/{order-id}", self.detail, V10, imports=True),
            Endpoint("PUT", "/retailer/orders/cancellation", self.cancel, V10, mutates=True),
        ]

    def listing(self, account: Account, call: Call) -> Answer:
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        method = choice(call, "fulfilment-method", "FBR", "FBR", "FBB", "ALL")
        status = choice(call, "status", "OPEN", "OPEN", "SHIPPED", "ALL")
        vvb_only = choice(call, "vvb-only", "false", "true", "false") == "true"
        orders: Iterable[Order] = () if vvb_only else self._matching(account, status, call)
        if method != "ALL" and self._world.options.channel_share:
            orders = (order for order in orders if any(item.method == method for item in order.items))
        elif method == "FBB":
            orders = ()
        cut = twist(orders, page, PAGE_SIZE, call, lambda order: self._world.dice.below(1 << 32, order.order_id))
        if not cut and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, b'{"orders":[' + b",".join(map(self._reduce, cut)) + b"]}", V10)

    def _matching(self, account: Account, status: str, call: Call) -> Iterable[Order]:
        books = account.orders
        chosen = {"OPEN": books.open, "SHIPPED": books.shipped, "ALL": books.orders}[status]
        minutes, day = call.query.get("change-interval-minute"), call.query.get("latest-change-date")
        if minutes is None and day is None:
            return chosen.values()
        found: Iterable[Order]
        if minutes is not None:
            interval = whole_number(call, "change-interval-minute", 0, 1, 60)
            found = books.changed_since(self._world.clock.now() - timedelta(minutes=interval))
        else:
            found = books.changed_on(_day(call, day or ""))
        return [order for order in found if order.order_id in chosen]

    def detail(self, account: Account, call: Call) -> Answer:
        order = account.orders.orders.get(call.parameters["order-id"])
        if order is None:
            raise absent(call, f"Order {call.parameters['order-id']}")
        known = self._full.get(order.order_id)
        if known is None or known[0] != order.version:
            known = (order.version, encode(_full(order)))
            self._full[order.order_id] = known
        return Answer(HTTPStatus.OK, known[1], V10)

    def cancel(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _CancellationRequest).order_items[0]
        instruction = CancellationInstruction(wanted.order_item_id, wanted.reason_code)
        return accepted(self._world, account, instruction)

    def _reduce(self, order: Order) -> bytes:
        known = self._reduced.get(order.order_id)
        if known is None or known[0] != order.version:
            known = (order.version, encode(_reduced(order)))
            self._reduced[order.order_id] = known
        return known[1]


def _day(call: Call, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(call, latest_change_date=f"Request contains invalid value(s): '{text}'.") from None


def _reduced(order: Order) -> dict[str, object]:
    return {
        "orderId": order.order_id,
        "orderPlacedDateTime": moment(order.placed),
        "orderItems": [
            {
                "orderItemId": item.order_item_id,
                "ean": item.ean,
                "fulfilmentMethod": item.method,
                "fulfilmentStatus": "OPEN" if item.open else "HANDLED",
                "quantity": item.quantity,
                "quantityShipped": item.shipped,
                "quantityCancelled": item.cancelled,
                "cancellationRequest": item.cancellation_requested,
                "latestChangedDateTime": moment(item.changed),
            }
            for item in order.items
        ],
    }


def _full(order: Order) -> dict[str, object]:
    placed = order.placed.astimezone(DUTCH_TIME).date()
    fulfilment = {
        "latestDeliveryDate": (placed + timedelta(days=_DELIVERY_DAYS)).isoformat(),
        "expiryDate": (placed + timedelta(days=_EXPIRY_DAYS)).isoformat(),
        "timeFrameType": "REGULAR",
    }
    return {
        "orderId": order.order_id,
        "pickupPoint": False,
        "orderPlacedDateTime": moment(order.placed),
        "shipmentDetails": shipment_details(order.buyer),
        "billingDetails": billing_details(order.payer),
        "orderItems": [_full_item(item, fulfilment) for item in order.items],
    }


def _full_item(item: OrderItem, fulfilment: dict[str, str]) -> dict[str, object]:
    return {
        "orderItemId": item.order_item_id,
        "cancellationRequest": item.cancellation_requested,
        "fulfilment": {
            "method": item.method,
            "distributionParty": "BOL" if item.method == "FBB" else "RETAILER",
            **fulfilment,
        },
        "offer": {"offerId": item.offer_id, "reference": item.sku},
        "product": {"ean": item.ean, "title": item.title},
        "quantity": item.quantity,
        "quantityShipped": item.shipped,
        "quantityCancelled": item.cancelled,
        "unitPrice": item.unit_price,
        "totalPrice": item.unit_price * item.quantity,
        "discounts": [],
        "commission": commission(item),
        "additionalServices": [],
        "latestChangedDateTime": moment(item.changed),
    }


def commission(item: OrderItem) -> Decimal:
    """What the marketplace keeps of an order item."""
    return (item.unit_price * item.quantity * _COMMISSION).quantize(_CENT, ROUND_HALF_UP)


def _address(person: Person) -> dict[str, str]:
    details = {
        "salutation": person.salutation,
        "firstName": person.first_name,
        "surname": person.surname,
        "streetName": person.street,
        "houseNumber": person.house_number,
        "houseNumberExtension": person.house_number_extension,
        "zipCode": person.postcode,
        "city": person.city,
        "countryCode": person.country,
        "email": person.email,
        "company": person.company,
    }
    return {name: value for name, value in details.items() if value}


def shipment_details(person: Person) -> dict[str, str]:
    """Where an order goes; what is empty is left out."""
    return {**_address(person), "language": person.language}


def billing_details(person: Person) -> dict[str, str]:
    """Who pays an order."""
    return _address(person)
