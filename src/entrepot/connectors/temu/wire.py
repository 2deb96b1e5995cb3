"""Temu's own words: the parts of its answers that we read.

Fields we do not read are left out; msgspec ignores them.  Field names are theirs.  What Temu leaves empty may be
missing, null or an empty text.
"""

import msgspec

PENDING, UNSHIPPED, CANCELLED, SHIPPED, DELIVERED = 1, 2, 3, 4, 5
PARTLY_SHIPPED, PARTLY_DELIVERED = 41, 51
"""States of orders and of their lines."""
OPEN = frozenset({UNSHIPPED, PARTLY_SHIPPED})
"""Something is left to send.  A pending order is not: its buyer may still take it back, and it has no address."""


class Wire(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """Names fields as Temu does."""


class Money(Wire, frozen=True):
    """An amount in the smallest unit of its currency."""

    amount: int | str
    currency: str


class OrderLabel(Wire, frozen=True):
    """A mark on an order, set or not."""

    name: str = ""
    value: int | None = 0


class ParentOrder(Wire, frozen=True):
    """What the buyer ordered at once."""

    parent_order_sn: str
    parent_order_status: int
    parent_order_time: int
    update_time: int | None = None
    expect_ship_latest_time: int | None = None
    latest_delivery_time: int | None = None
    region_id: int | None = None
    shipping_method: int | None = None
    parent_order_label: list[OrderLabel] | None = None
    fulfillment_warning: list[str] | None = None


class Product(Wire, frozen=True):
    """What a line holds, with the seller's own code."""

    product_sku_id: int | None = None
    ext_code: str | None = None


class Line(Wire, frozen=True):
    """One line; Temu calls it an order."""

    order_sn: str
    order_status: int
    quantity: int | None = 0
    original_order_quantity: int | None = None
    canceled_quantity_before_shipment: int | None = None
    goods_id: int | None = None
    sku_id: int | None = None
    spec: str | None = None
    goods_name: str | None = None
    original_goods_name: str | None = None
    product_list: list[Product] | None = None
    fulfillment_type: str | None = None

    @property
    def code(self) -> str | None:
        """The seller's SKU, where the order says it."""
        return next((product.ext_code.strip() for product in self.product_list or () if product.ext_code), None) or None

    @property
    def offer_id(self) -> str | None:
        """Our name for the listing: goods and SKU, because a change of stock needs both."""
        return f"{self.goods_id}:{self.sku_id}" if self.goods_id and self.sku_id else None

    @property
    def ordered(self) -> int:
        """Units ordered, the cancelled ones included."""
        return self.original_order_quantity or (self.quantity or 0) + (self.canceled_quantity_before_shipment or 0)

    @property
    def cancelled(self) -> int:
        """Units cancelled."""
        return self.ordered if self.order_status == CANCELLED else self.canceled_quantity_before_shipment or 0


class Order(Wire, frozen=True):
    """An entry of a list, or a detail."""

    parent_order_map: ParentOrder
    order_list: list[Line]


class OrderPage(Wire, frozen=True):
    """``bg.order.list.v2.get``; each order is read by itself, so that a broken one spoils no other."""

    page_items: list[msgspec.Raw] | None = None
    total_item_num: int = 0


class NameParts(Wire, frozen=True):
    """The buyer's name in parts."""

    first_name: str | None = None
    last_name: str | None = None


class AddressWarning(Wire, frozen=True):
    """Why an address is not told."""

    is_restriction: bool | None = False
    reason: int | None = None


class ShippingInfo(Wire, frozen=True):
    """``bg.order.shippinginfo.v2.get`` and ``bg.order.decryptshippinginfo.get``."""

    receipt_name: str | None = None
    receipt_additional_name: str | None = None
    mobile: str | None = None
    mail: str | None = None
    region_name1: str | None = None
    region_name2: str | None = None
    region_name3: str | None = None
    region_name4: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    post_code: str | None = None
    address_extra: NameParts | None = None
    warning: AddressWarning | None = None

    @property
    def is_masked(self) -> bool:
        """Stars stand in the place of letters: only the decrypting call tells them."""
        return any("*" in part for part in (self.receipt_name, self.address_line1, self.post_code) if part)


class AmountLine(Wire, frozen=True):
    """The amounts of one line, in any of the three versions of the call."""

    order_sn: str
    unit_retail_price_tax_incl: Money | None = None
    retail_price_total_tax_incl: Money | None = None
    retail_price_discounted_total_tax_incl: Money | None = None
    estimated_deduction: Money | None = None
    unit_retail_price: Money | None = None
    """Of the oldest version only."""


class Amounts(Wire, frozen=True):
    """``temu.order.amount.v3.query`` and its predecessors."""

    order_list: list[AmountLine] | None = None


class SkuRow(Wire, frozen=True):
    """An entry of ``bg.local.goods.sku.list.query``."""

    goods_id: int
    sku_id: int
    sku_sn: str | None = None
    goods_name: str | None = None
    spec_name: str | None = None
    stock: int | None = None
    price: str | None = None
    currency: str | None = None
    retail_price: Money | None = None


class SkuPage(Wire, frozen=True):
    """``bg.local.goods.sku.list.query``."""

    sku_list: list[SkuRow] | None = None
    total: int = 0


class StockEdit(Wire, frozen=True):
    """What became of one SKU in a change of stock."""

    sku_id: int
    stock_edit_status: bool = False
    error_code: int | None = None
    error_msg: str | None = None


class StockEdits(Wire, frozen=True):
    """``bg.local.goods.stock.edit``."""

    sku_stock_edit_status_info_list: list[StockEdit] | None = None
    operate_result: bool | None = None
    msg: str | None = None


class Company(Wire, frozen=True):
    """A carrier of ``bg.logistics.companies.get``."""

    logistics_service_provider_id: int
    logistics_service_provider_name: str | None = None
    logistics_brand_name: str | None = None


class Warehouse(Wire, frozen=True):
    """A warehouse of ``bg.logistics.warehouse.list.get``."""

    warehouse_id: str
    default_warehouse: bool | None = False
    region_id1: int | None = None


class Warehouses(Wire, frozen=True):
    """``bg.logistics.warehouse.list.get``."""

    warehouse_list: list[Warehouse] | None = None


class Package(Wire, frozen=True):
    """A parcel that Temu knows."""

    tracking_number: str | None = None
    package_sn: str | None = None
    sku_id: int | None = None
    quantity: int | None = None


class Packages(Wire, frozen=True):
    """``bg.logistics.shipment.v2.get``."""

    shipment_info_d_t_o: list[Package] | None = msgspec.field(name="shipmentInfoDTO", default=None)


class TokenInfo(Wire, frozen=True):
    """``bg.open.accesstoken.info.get``."""

    mall_id: int | str | None = None
    expired_time: int | None = None
    """When the token ends, in seconds since 1970."""


class OrderNotice(Wire, frozen=True):
    """What is inside a notice about an order."""

    parent_order_sn: str | None = None
    order_sn: str | None = None
    order_status: int | None = None
    update_time: int | None = None
