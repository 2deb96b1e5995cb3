"""bol's own words: the parts of its answers that we read, and their translation.

Fields we do not read are left out; msgspec ignores them.  Field names are theirs.  Lists may be missing where the
specification requires them: bol leaves out empty ones.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from entrepot.channels.contract import (
    CancelReason,
    ChannelOrder,
    ChannelOrderLine,
    Fulfilment,
    PostalAddress,
    ProcessReport,
    ProcessState,
)

CURRENCY = "EUR"
"""bol sells in the Netherlands and Belgium only, and names no currency."""

FULFILMENT = {"FBR": Fulfilment.SELLER, "FBB": Fulfilment.CHANNEL}


class Wire(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Names fields as bol does."""


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``POST /token``."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 -- a kind of token, none itself


class ReducedItem(Wire, frozen=True):
    """A line of an order in a list."""

    order_item_id: str
    quantity: int = 0
    quantity_shipped: int = 0
    quantity_cancelled: int = 0
    cancellation_request: bool = False
    fulfilment_status: str = ""
    latest_changed_date_time: str = ""


class ReducedOrder(Wire, frozen=True):
    """An order in a list."""

    order_id: str
    order_items: list[ReducedItem] = []


class ReducedOrders(Wire, frozen=True):
    """``GET /retailer/orders``; each order is read by itself, so that a broken one spoils no other."""

    orders: list[msgspec.Raw] = []


class Address(Wire, frozen=True):
    """``shipmentDetails`` and ``billingDetails``."""

    pickup_point_name: str | None = None
    first_name: str | None = None
    surname: str | None = None
    street_name: str | None = None
    house_number: str | None = None
    house_number_extension: str | None = None
    extra_address_information: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    email: str | None = None
    company: str | None = None
    delivery_phone_number: str | None = None
    language: str | None = None
    vat_number: str | None = None
    order_reference: str | None = None

    def translate(self) -> PostalAddress:
        return PostalAddress(
            first_name=self.first_name or "",
            last_name=self.surname or "",
            company=self.company or "",
            street=self.street_name or "",
            house_number=self.house_number or "",
            house_number_extension=self.house_number_extension or "",
            extra=", ".join(filter(None, (self.pickup_point_name, self.extra_address_information))),
            postcode=self.zip_code or "",
            city=self.city or "",
            country=(self.country_code or "").upper(),
            email=self.email or "",
            phone=self.delivery_phone_number or "",
            vat_number=self.vat_number or "",
        )


class ItemFulfilment(Wire, frozen=True):
    """How an item is delivered."""

    method: Literal["FBR", "FBB"] = "FBR"
    latest_delivery_date: date | None = None
    exact_delivery_date: date | None = None
    expiry_date: date | None = None


class ItemOffer(Wire, frozen=True):
    """The offer that was bought."""

    offer_id: str | None = None
    reference: str | None = None


class ItemProduct(Wire, frozen=True):
    """The product that was bought."""

    ean: str | None = None
    title: str | None = None


class Discount(Wire, frozen=True):
    """A promotion on an item."""

    amount: Decimal


class OrderItem(Wire, frozen=True):
    """A line of ``GET /retailer/orders/{order-id}``."""

    order_item_id: str
    quantity: int
    unit_price: Decimal
    quantity_shipped: int = 0
    quantity_cancelled: int = 0
    cancellation_request: bool = False
    commission: Decimal | None = None
    discounts: list[Discount] = []
    fulfilment: ItemFulfilment = ItemFulfilment()
    offer: ItemOffer = ItemOffer()
    product: ItemProduct = ItemProduct()
    latest_changed_date_time: datetime | None = None

    def translate(self) -> ChannelOrderLine:
        return ChannelOrderLine(
            channel_line_id=self.order_item_id,
            sku=(self.offer.reference or "").strip() or None,
            gtin=(self.product.ean or "").strip() or None,
            channel_offer_id=self.offer.offer_id or None,
            title=self.product.title or "",
            quantity=self.quantity,
            quantity_shipped=self.quantity_shipped,
            quantity_cancelled=self.quantity_cancelled,
            unit_price=self.unit_price,
            discount=sum((discount.amount for discount in self.discounts), Decimal(0)),
            commission=self.commission,
            fulfilment=FULFILMENT[self.fulfilment.method],
            cancellation_requested=self.cancellation_request,
            deliver_by=self.fulfilment.exact_delivery_date or self.fulfilment.latest_delivery_date,
            expires_on=self.fulfilment.expiry_date,
        )


class Order(Wire, frozen=True):
    """``GET /retailer/orders/{order-id}``."""

    order_id: str
    shipment_details: Address
    order_items: list[OrderItem]
    billing_details: Address | None = None
    order_placed_date_time: datetime | None = None
    pickup_point: bool = False

    def translate(self) -> ChannelOrder:
        changes = [item.latest_changed_date_time for item in self.order_items if item.latest_changed_date_time]
        placed_at = self.order_placed_date_time or min(changes, default=None)
        if placed_at is None:
            msg = "it does not say when the order was placed"
            raise ValueError(msg)
        billing = self.billing_details
        order = ChannelOrder(
            channel_order_id=self.order_id,
            placed_at=placed_at,
            changed_at=max(changes, default=None),
            currency=CURRENCY,
            ship_to=self.shipment_details.translate(),
            bill_to=billing.translate() if billing else None,
            buyer_reference=(billing.order_reference if billing else None) or "",
            language=self.shipment_details.language or "",
            pick_up_point=self.pickup_point,
            lines=tuple(item.translate() for item in self.order_items),
        )
        # Structs are checked when decoded, not when built: decode once, so that no impossible order gets through.
        return msgspec.convert(msgspec.to_builtins(order, builtin_types=(datetime, date, Decimal)), ChannelOrder)


class ProcessStatus(Wire, frozen=True):
    """``/shared/process-status``, and what requests that are carried out later answer."""

    status: Literal["PENDING", "SUCCESS", "FAILURE", "TIMEOUT"]
    process_status_id: str | None = None
    entity_id: str | None = None
    error_message: str | None = None

    def translate(self, ref: str) -> ProcessReport:
        return ProcessReport(
            ref=ref,
            state=PROCESS_STATES[self.status],
            message=self.error_message or "",
            result=self.entity_id or "",
        )


PROCESS_STATES = {
    "PENDING": ProcessState.PENDING,
    "SUCCESS": ProcessState.SUCCEEDED,
    "FAILURE": ProcessState.FAILED,
    "TIMEOUT": ProcessState.TIMED_OUT,
}


class ProcessStatuses(Wire, frozen=True):
    """``POST /shared/process-status``."""

    process_statuses: list[ProcessStatus] = []


class ReducedShipment(Wire, frozen=True):
    """A shipment in a list."""

    shipment_id: str
    shipment_reference: str | None = None


class Shipments(Wire, frozen=True):
    """``GET /retailer/shipments``."""

    shipments: list[ReducedShipment] = []


CANCEL_REASONS = {
    CancelReason.OUT_OF_STOCK: "OUT_OF_STOCK",
    CancelReason.BUYER_ASKED: "REQUESTED_BY_CUSTOMER",
    CancelReason.DAMAGED: "BAD_CONDITION",
    CancelReason.WRONG_PRICE: "INCORRECT_PRICE",
    CancelReason.TOO_LATE: "NOT_AVAIL_IN_TIME",
    CancelReason.ORDERED_TWICE: "ORDERED_TWICE",
    CancelReason.SHIPPING_TOO_DEAR: "HIGHER_SHIPCOST",
    CancelReason.NO_GUARANTEE: "NO_BOL_GUARANTEE",
    CancelReason.KEPT_BY_SELLER: "RETAIN_ITEM",
    CancelReason.TECHNICAL: "TECH_ISSUE",
    CancelReason.NOT_FOUND: "UNFINDABLE_ITEM",
    CancelReason.OTHER: "OTHER",
}
