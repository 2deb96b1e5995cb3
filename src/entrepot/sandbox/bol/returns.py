"""Returns: list, detail, handle, and report one that nobody announced."""

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
from entrepot.sandbox.marketplace.entities import (
    GoodsReturn,
    NewReturnInstruction,
    ReturnedItem,
    ReturnInstruction,
)
from entrepot.sandbox.wire import Answer, Call, Endpoint

PAGE_SIZE = 50
_MOST_PAGES = 100_000
_ACCEPTED = {"RETURN_RECEIVED", "EXCHANGE_PRODUCT", "REPAIR_PRODUCT", "STILL_APPROVED"}

type _Quantity = Annotated[int, msgspec.Meta(ge=1, le=9999)]
type _NewOutcome = Literal[
    "RETURN_RECEIVED",
    "EXCHANGE_PRODUCT",
    "RETURN_DOES_NOT_MEET_CONDITIONS",
    "REPAIR_PRODUCT",
    "CUSTOMER_KEEPS_PRODUCT_PAID",
]


class _Decision(msgspec.Struct, rename="camel"):
    handling_result: Literal[
        "RETURN_RECEIVED",
        "EXCHANGE_PRODUCT",
        "RETURN_DOES_NOT_MEET_CONDITIONS",
        "REPAIR_PRODUCT",
        "CUSTOMER_KEEPS_PRODUCT_PAID",
        "STILL_APPROVED",
    ]
    quantity_returned: _Quantity


class _NewReturn(msgspec.Struct, rename="camel"):
    order_item_id: str
    quantity_returned: _Quantity
    handling_result: _NewOutcome


class BolReturns:
    """The return endpoints."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/retailer/returns", self.listing, V10, lists=True),
            Endpoint("POST", "/retailer/returns", self.create, V10, mutates=True),
            Endpoint("GET", "/retailer/returns/{return-id}", self.detail, V10),
            Endpoint("PUT", "/retailer/returns/{rma-id}", self.handle, V10, mutates=True),
        ]

    def listing(self, account: Account, call: Call) -> Answer:
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        handled = choice(call, "handled", "", "", "true", "false")
        chosen = choice(call, "fulfilment-method", "FBR", "FBR", "FBB")
        found = account.returns.listed(
            "FBB" if chosen == "FBB" else "FBR",
            handled=None if not handled else handled == "true",
            now=self._world.clock.now(),
        )
        cut = twist(found, page, PAGE_SIZE, call, lambda one: one.return_id)
        if not cut and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"returns": [self._written(account, one) for one in cut]}), V10)

    def detail(self, account: Account, call: Call) -> Answer:
        return_id = call.parameters["return-id"]
        found = account.returns.get(return_id, self._world.clock.now())
        if found is None:
            raise absent(call, f"Return {return_id}")
        return Answer(HTTPStatus.OK, encode(self._written(account, found, whole=True)), V10)

    def handle(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _Decision)
        rma_id = call.parameters["rma-id"]
        if not rma_id.isdigit():
            raise invalid(call, rma_id=f"Request contains invalid value(s): '{rma_id}'.")
        instruction = ReturnInstruction(rma_id, wanted.quantity_returned, wanted.handling_result)
        return accepted(self._world, account, instruction)

    def create(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _NewReturn)
        instruction = NewReturnInstruction(wanted.order_item_id, wanted.quantity_returned, wanted.handling_result)
        return accepted(self._world, account, instruction)

    def _written(self, account: Account, found: GoodsReturn, *, whole: bool = False) -> dict[str, object]:
        return {
            "returnId": found.return_id,
            "registrationDateTime": moment(found.registered),
            "fulfilmentMethod": found.method,
            "returnItems": [self._item(account, found, item, whole=whole) for item in found.items],
        }

    def _item(self, account: Account, found: GoodsReturn, item: ReturnedItem, *, whole: bool) -> dict[str, object]:
        order = account.orders.orders[found.order_id]
        ordered = next(one for one in order.items if one.order_item_id == item.order_item_id)
        written: dict[str, object] = {
            "rmaId": item.rma_id,
            "orderId": found.order_id,
            "ean": ordered.ean,
            "expectedQuantity": item.quantity,
            "returnReason": {"mainReason": item.reason, "detailedReason": "Other", "customerComments": item.comment},
            "handled": item.handled,
            "processingResults": [
                {
                    "quantity": decision.quantity,
                    "processingResult": "ACCEPTED" if decision.outcome in _ACCEPTED else "REJECTED",
                    "handlingResult": decision.outcome,
                    "processingDateTime": moment(decision.at),
                }
                for decision in item.decisions
            ],
        }
        if whole:
            buyer = order.buyer
            written |= {
                "title": ordered.title,
                "trackAndTrace": f"3SRETURN{item.rma_id}",
                "transporterName": "PostNL",
                "customerDetails": {
                    "salutation": buyer.salutation,
                    "firstName": buyer.first_name,
                    "surname": buyer.surname,
                    "zipCode": buyer.postcode,
                    "city": buyer.city,
                    "countryCode": buyer.country,
                },
            }
        return written
