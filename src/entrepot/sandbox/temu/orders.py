"""Orders: list, detail, address, amounts."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot.sandbox.bol.orders import commission
from entrepot.sandbox.bol.service import twist
from entrepot.sandbox.clock import real_time
from entrepot.sandbox.marketplace.entities import Order, OrderItem
from entrepot.sandbox.retail.people import Person
from entrepot.sandbox.temu.gate import JSON, TemuGate, business, good, refusal
from entrepot.sandbox.temu.shop import CANCELLED, REGION, SHIPPED, Shop
from entrepot.sandbox.wire import Answer, Call, Endpoint

_LARGEST_PAGE, _MOST_NUMBERS = 100, 20
_SHIP_DAYS, _DELIVERY_DAYS = 2, 6
_COUNTRIES = {"NL": "Netherlands", "BE": "Belgium", "DE": "Germany"}
_NEEDS_TEMU_LABEL = 3


class _Wanted(msgspec.Struct, rename="camel"):
    page_number: int = 1
    page_size: int = 10
    parent_order_status: int = 0
    parent_order_sn_list: list[str] = []
    update_at_start: int | None = None
    update_at_end: int | None = None
    create_after: int | None = None
    create_before: int | None = None
    sortby: str = "createTime"


class _One(msgspec.Struct, rename="camel"):
    parent_order_sn: str


class TemuOrders:
    """The calls about orders."""

    def __init__(self, gate: TemuGate) -> None:
        self._world = gate.world

    def endpoints(self) -> list[Endpoint[Shop]]:
        return [
            Endpoint("POST", "bg.order.list.v2.get", self.listing, JSON, lists=True),
            Endpoint("POST", "bg.order.detail.v2.get", self.detail, JSON, imports=True),
            Endpoint("POST", "bg.order.shippinginfo.v2.get", self.address, JSON),
            Endpoint("POST", "bg.order.decryptshippinginfo.get", self.decrypted, JSON),
            Endpoint("POST", "temu.order.amount.v3.query", self.amounts, JSON),
            Endpoint("POST", "temu.order.amount.v2.query", self.amounts, JSON),
        ]

    def listing(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _Wanted)
        if not 1 <= wanted.page_size <= _LARGEST_PAGE or wanted.page_number < 1:
            raise refusal(3000000, f"pageSize is 1 to {_LARGEST_PAGE}")
        if len(wanted.parent_order_sn_list) > _MOST_NUMBERS:
            raise refusal(3000000, f"parentOrderSnList has at most {_MOST_NUMBERS} entries")
        if (wanted.update_at_start is None) != (wanted.update_at_end is None):
            raise refusal(3000000, "updateAtStart and updateAtEnd go together")
        if (wanted.create_after is None) != (wanted.create_before is None):
            raise refusal(3000000, "createAfter and createBefore go together")
        found = self._matching(shop, wanted)
        page = twist(
            found,
            wanted.page_number,
            wanted.page_size,
            call,
            lambda order: self._world.dice.below(1 << 32, order.order_id),
        )
        return good({"totalItemNum": len(found), "pageItems": [self._written(shop, order) for order in page]})

    def _matching(self, shop: Shop, wanted: _Wanted) -> list[Order]:
        """What a list holds, the latest first.

        A world whose clock was moved forward is in the caller's future; periods are stretched to reach it.
        """
        ahead = max(timedelta(), self._world.clock.now() - real_time()).total_seconds()
        orders = list(shop.account.orders.orders.values())
        if wanted.parent_order_sn_list:
            orders = [order for number in wanted.parent_order_sn_list if (order := shop.order(number)) is not None]
        if wanted.update_at_start is not None and wanted.update_at_end is not None:
            start, end = wanted.update_at_start, wanted.update_at_end + ahead
            orders = [order for order in orders if start <= _seconds(shop.changed_at(order)) <= end]
        if wanted.create_after is not None and wanted.create_before is not None:
            start, end = wanted.create_after, wanted.create_before + ahead
            orders = [order for order in orders if start <= _seconds(order.placed) <= end]
        if wanted.parent_order_status:
            orders = [order for order in orders if shop.status(order) == wanted.parent_order_status]
        if wanted.sortby == "updateTime":
            return sorted(orders, key=lambda order: (_seconds(shop.changed_at(order)), order.order_id), reverse=True)
        return sorted(orders, key=lambda order: (order.placed, order.order_id), reverse=True)

    def detail(self, shop: Shop, call: Call) -> Answer:
        order = find(shop, business(call, _One).parent_order_sn)
        return good(self._written(shop, order))

    def _written(self, shop: Shop, order: Order) -> dict[str, dict[str, object] | list[dict[str, object]]]:
        wants_out = any(item.open and item.cancellation_requested for item in order.items)
        one_in = shop.state.codeless_one_in
        names_codes = not one_in or self._world.dice.below(one_in, "code", order.order_id) != 0
        status = shop.status(order)
        return {
            "parentOrderMap": {
                "parentOrderSn": shop.number(order),
                "parentOrderStatus": status,
                "parentOrderTime": _seconds(order.placed),
                "updateTime": _seconds(shop.changed_at(order)),
                "expectShipLatestTime": _seconds(order.placed + timedelta(days=_SHIP_DAYS)),
                "latestDeliveryTime": _seconds(order.placed + timedelta(days=_DELIVERY_DAYS)),
                "regionId": REGION,
                "siteId": 162,
                "shippingMethod": 1,
                "parentOrderLabel": [{"name": "pending_buyer_cancellation", "value": int(wants_out)}],
                "fulfillmentWarning": [],
            },
            "orderList": [_line(shop, order, item, status, names_codes=names_codes) for item in order.items],
        }

    def address(self, shop: Shop, call: Call) -> Answer:
        order = find(shop, business(call, _One).parent_order_sn)
        if shop.is_withheld(order):
            return good({"warning": {"isRestriction": True, "reason": _NEEDS_TEMU_LABEL}})
        if shop.status(order) == CANCELLED:
            return good(None)
        written = _address(order.buyer)
        if shop.state.masked:
            hidden = ("receiptName", "addressLine1", "mobile", "postCode")
            written |= {name: f"{str(written[name])[:1]}***" for name in hidden} | {"addressExtra": None}
        return good(written)

    def decrypted(self, shop: Shop, call: Call) -> Answer:
        if not shop.state.may_decrypt:
            raise refusal(3000032)
        order = find(shop, business(call, _One).parent_order_sn)
        if shop.is_withheld(order):
            return good({"warning": {"isRestriction": True, "reason": _NEEDS_TEMU_LABEL}})
        return good(_address(order.buyer))

    def amounts(self, shop: Shop, call: Call) -> Answer:
        order = find(shop, business(call, _One).parent_order_sn)
        lines = [
            {
                "orderSn": shop.line_number(item),
                "quantity": item.quantity,
                "unitRetailPriceTaxIncl": _money(item.unit_price),
                "retailPriceTotalTaxIncl": _money(item.unit_price * item.quantity),
                "retailPriceDiscountedTotalTaxIncl": _money(item.unit_price * item.quantity),
                "estimatedDeduction": _money(commission(item)),
            }
            for item in order.items
        ]
        return good({"parentOrderMap": {"parentOrderSn": shop.number(order)}, "orderList": lines, "warning": []})


def find(shop: Shop, number: str) -> Order:
    """The order of that number, or a refusal."""
    order = shop.order(number)
    if order is None:
        raise refusal(140020002)
    return order


def _line(shop: Shop, order: Order, item: OrderItem, status: int, *, names_codes: bool) -> dict[str, object]:
    line_status = shop.line_status(item, status)
    offer = shop.account.offers.get(item.offer_id)
    sku = shop.sku_id(offer) if offer is not None else None
    return {
        "orderSn": shop.line_number(item),
        "orderStatus": line_status,
        "quantity": item.quantity - item.cancelled,
        "originalOrderQuantity": item.quantity,
        "canceledQuantityBeforeShipment": item.cancelled,
        "goodsId": shop.goods_id(offer) if offer is not None else None,
        "skuId": sku,
        "goodsName": item.title,
        "originalGoodsName": item.title,
        "spec": "",
        "fulfillmentType": "fulfillBySeller",
        "productList": [{"productSkuId": sku, "extCode": item.sku}] if names_codes else None,
        "orderCreateTime": _seconds(order.placed),
        "orderShippingTime": _seconds(item.changed) if line_status == SHIPPED else None,
    }


def _address(person: Person) -> dict[str, object]:
    number = f"{person.house_number} {person.house_number_extension}".strip()
    return {
        "receiptName": f"{person.first_name} {person.surname}",
        "receiptAdditionalName": person.company,
        "mobile": "+49 30 1234567",
        "mail": person.email,
        "regionName1": _COUNTRIES[person.country],
        "regionName2": "",
        "regionName3": person.city,
        "addressLine1": f"{person.street} {number}",
        "addressLine2": "",
        "addressLine3": "",
        "postCode": person.postcode,
        "addressLineAll": f"{person.street} {number}",
        "addressExtra": {"firstName": person.first_name, "lastName": person.surname},
        "warning": {"isRestriction": False},
    }


def _money(amount: Decimal) -> dict[str, object]:
    return {"amount": int(amount * 100), "currency": "EUR"}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
