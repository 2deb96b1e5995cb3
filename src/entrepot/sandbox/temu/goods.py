"""Goods, SKUs and their stock."""

import msgspec

from entrepot.sandbox.marketplace.entities import Offer
from entrepot.sandbox.temu.gate import JSON, TemuGate, business, good, refusal
from entrepot.sandbox.temu.shop import Shop
from entrepot.sandbox.wire import Answer, Call, Endpoint

_LARGEST_PAGE = 100
_FOR_SALE, _NOT_FOR_SALE = 2, 3
_MOST_STOCK = 999_999


class _SkusWanted(msgspec.Struct, rename="camel"):
    sku_search_type: int
    sku_status_filter_type: int
    page_no: int = 1
    page_size: int = 10
    sku_id_list: list[int] = []
    order_type: int = 0


class _GoodsWanted(msgspec.Struct, rename="camel"):
    page_no: int
    page_size: int
    goods_search_type: int
    goods_status_filter_type: int
    order_type: int = 0


class _Target(msgspec.Struct, rename="camel"):
    sku_id: int
    stock_target: int


class _Change(msgspec.Struct, rename="camel"):
    sku_id: int
    stock_diff: int


class _Edit(msgspec.Struct, rename="camel"):
    goods_id: int
    sku_stock_target_list: list[_Target] = []
    sku_stock_change_list: list[_Change] = []
    request_unique_key: str = ""


class TemuGoods:
    """The calls about listings."""

    def __init__(self, gate: TemuGate) -> None:
        self._world = gate.world

    def endpoints(self) -> list[Endpoint[Shop]]:
        return [
            Endpoint("POST", "bg.local.goods.list.query", self.goods, JSON, lists=True),
            Endpoint("POST", "bg.local.goods.sku.list.query", self.skus, JSON, lists=True),
            Endpoint("POST", "bg.local.goods.stock.edit", self.edit, JSON, mutates=True),
        ]

    def skus(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _SkusWanted)
        if wanted.sku_search_type not in {_FOR_SALE, _NOT_FOR_SALE}:
            raise refusal(3000000, "skuSearchType is 2 or 3")
        chosen: list[Offer] = (
            [offer for sku in wanted.sku_id_list if (offer := shop.offer(sku)) is not None]
            if wanted.sku_id_list
            else list(shop.account.offers.after(-1))
        )
        for_sale = wanted.sku_search_type == _FOR_SALE
        found = [offer for offer in chosen if offer.for_sale == for_sale]
        page = _page(found, wanted.page_no, wanted.page_size, newest_first=wanted.order_type == 0)
        rows = [
            {
                "goodsId": shop.goods_id(offer),
                "skuId": shop.sku_id(offer),
                "skuSn": offer.reference,
                "goodsName": offer.title,
                "specName": "",
                "stock": offer.corrected_stock,
                "price": str(offer.prices[0].unit_price),
                "currency": "EUR",
                "crtTime": int(offer.modified.timestamp()),
            }
            for offer in page
        ]
        return good({"pageNo": wanted.page_no, "total": len(found), "skuList": rows})

    def goods(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _GoodsWanted)
        found = list(shop.account.offers.after(-1)) if wanted.goods_search_type == 1 else []
        page = _page(found, wanted.page_no, wanted.page_size, newest_first=wanted.order_type == 0)
        rows = [
            {
                "goodsId": shop.goods_id(offer),
                "goodsName": offer.title,
                "outGoodsSn": offer.reference,
                "status4VO": 1,
                "currency": "EUR",
                "price": str(offer.prices[0].unit_price),
                "skuIdList": [shop.sku_id(offer)],
                "outSkuSnList": [offer.reference],
                "quantity": offer.corrected_stock,
            }
            for offer in page
        ]
        return good({"pageNo": wanted.page_no, "total": len(found), "goodsList": rows})

    def edit(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _Edit)
        if wanted.request_unique_key:
            if wanted.request_unique_key in shop.request_keys:
                raise refusal(2000000, "Repeated request: this requestUniqueKey was used before")
            shop.request_keys.add(wanted.request_unique_key)
        told: list[dict[str, object]] = []
        targets = {one.sku_id: one.stock_target for one in wanted.sku_stock_target_list}
        for change in wanted.sku_stock_change_list:
            offer = shop.offer(change.sku_id)
            targets[change.sku_id] = (offer.corrected_stock if offer is not None else 0) + change.stock_diff
        if not targets:
            raise refusal(3000000, "Either skuStockTargetList or skuStockChangeList is needed")
        for sku, target in targets.items():
            offer = shop.offer(sku)
            problem = ""
            if offer is None or shop.goods_id(offer) != wanted.goods_id:
                problem = f"SKU {sku} does not belong to goods {wanted.goods_id}"
            elif not 0 <= target <= _MOST_STOCK:
                problem = f"The stock of SKU {sku} would be {target}"
            else:
                offer.amount, offer.sold_since_update, offer.managed_by_retailer = target, 0, True
                offer.modified = self._world.clock.now()
                shop.account.offers.save(offer)
            told.append(
                {
                    "skuId": sku,
                    "stockEditStatus": not problem,
                    "errorCode": 2000000 if problem else 1000000,
                    "errorMsg": problem,
                }
            )
        done = all(one["stockEditStatus"] for one in told)
        return good({"goodsId": wanted.goods_id, "skuStockEditStatusInfoList": told, "operateResult": done, "msg": ""})


def _page(found: list[Offer], number: int, size: int, *, newest_first: bool) -> list[Offer]:
    if not 1 <= size <= _LARGEST_PAGE or number < 1:
        raise refusal(3000000, f"pageSize is 1 to {_LARGEST_PAGE}")
    ordered = found[::-1] if newest_first else found
    return ordered[(number - 1) * size : number * size]
