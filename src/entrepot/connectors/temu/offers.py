"""Listings and their stock.  Temu keeps them by goods and SKU; our offer id is ``goods:sku``."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from entrepot.channels.contract import ChannelOffer, Cursor, Page, StockOutcome, StockUpdate
from entrepot.channels.errors import ChannelThingMissingError, RequestRejectedError
from entrepot.connectors.temu import wire
from entrepot.connectors.temu.errors import PermissionMissingError
from entrepot.connectors.temu.gateway import Gateway
from entrepot.connectors.temu.reading import amount_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

SKUS = "bg.local.goods.sku.list.query"
EDIT_STOCK = "bg.local.goods.stock.edit"
FOR_SALE, NOT_FOR_SALE = 2, 3
"""The two states SKUs are listed by."""
PAGE = 100
AT_ONCE = 8
NOT_OURS = N_("“{offer}” is no offer of Temu: it should be a goods and a SKU number.")
UNSAID = N_("Temu did not change the stock and does not say why.")
OFFER_ID = re.compile(r"^([0-9]{1,18}):([0-9]{1,18})$")
CURRENCY = re.compile(r"^[A-Z]{3}$")


async def fetch_offers(gateway: Gateway, cursor: Cursor | None) -> Page[ChannelOffer]:
    """Return a page of SKUs: those for sale first, then the others; the oldest first, so that new ones come last."""
    status, page = (int(part) for part in (cursor or f"{FOR_SALE}:1").split(":"))
    answer = await _listed(gateway, status, page)
    rows = answer.sku_list or []
    offers = tuple(_offer(row, for_sale=status == FOR_SALE) for row in rows)
    if rows and page * PAGE < answer.total:
        return Page(offers, f"{status}:{page + 1}", more=True)
    if status == FOR_SALE:
        return Page(offers, f"{NOT_FOR_SALE}:1", more=True)
    return Page(offers, "", more=False)


async def sku_codes(gateway: Gateway, numbers: Sequence[int]) -> dict[str, str]:
    """Return the seller's own code of each of Temu's SKU numbers that has one."""
    codes: dict[str, str] = {}
    for start in range(0, len(numbers), PAGE):
        part = list(numbers[start : start + PAGE])
        for status in (FOR_SALE, NOT_FOR_SALE):
            try:
                answer = await _listed(gateway, status, 1, part)
            except (PermissionMissingError, RequestRejectedError, ChannelThingMissingError):
                continue  # the order comes all the same; a person says which product its line is
            for row in answer.sku_list or ():
                if code := (row.sku_sn or "").strip():
                    codes[str(row.sku_id)] = code
    return codes


async def _listed(gateway: Gateway, status: int, page: int, numbers: list[int] | None = None) -> wire.SkuPage:
    query: dict[str, object] = {
        "pageNo": page,
        "pageSize": PAGE,
        "orderField": "createTime",
        "orderType": 1,
        "skuSearchType": status,
        "skuStatusFilterType": 0,
    }
    return await gateway.call(SKUS, wire.SkuPage, query | ({"skuIdList": numbers} if numbers else {}))


def _offer(row: wire.SkuRow, *, for_sale: bool) -> ChannelOffer:
    title = " ".join((row.goods_name or "").split())
    spec = (row.spec_name or "").strip()
    currency = (row.retail_price.currency if row.retail_price else row.currency) or ""
    return ChannelOffer(
        channel_offer_id=f"{row.goods_id}:{row.sku_id}",
        sku=(row.sku_sn or "").strip() or None,
        title=f"{title} ({spec})" if spec else title,
        price=_price(row),
        currency=currency if CURRENCY.match(currency) else "EUR",
        quantity=max(0, row.stock or 0),
        for_sale=for_sale,
    )


def _price(row: wire.SkuRow) -> Decimal | None:
    if row.retail_price is not None:
        return amount_of(row.retail_price)
    try:
        return Decimal(row.price) if row.price else None
    except InvalidOperation:
        return None


async def publish_stock(gateway: Gateway, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
    """Set stock to exactly these quantities: one request for all SKUs of one goods, each with a key of its own.

    Temu refuses a key it has seen, so a request that arrived although its answer was lost is never carried out twice;
    a new attempt carries a new key, and sets the same quantity again.
    """
    outcomes: dict[str, StockOutcome] = {}
    wanted: defaultdict[int, dict[int, StockUpdate]] = defaultdict(dict)
    for update in updates:
        found = OFFER_ID.match(update.channel_offer_id)
        if found is None:
            problem = NOT_OURS.format(offer=update.channel_offer_id)
            outcomes[update.channel_offer_id] = _outcome(update, problem)
        else:
            wanted[int(found[1])][int(found[2])] = update
    turns = asyncio.Semaphore(AT_ONCE)

    async def edit(goods: int, skus: dict[int, StockUpdate]) -> list[StockOutcome]:
        async with turns:
            return await _edit(gateway, goods, skus)

    answers = await asyncio.gather(*(edit(*one) for one in wanted.items()), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        outcomes |= {outcome.channel_offer_id: outcome for outcome in answer}
    return [outcomes[update.channel_offer_id] for update in updates]


async def _edit(gateway: Gateway, goods: int, skus: dict[int, StockUpdate]) -> list[StockOutcome]:
    query: dict[str, object] = {
        "goodsId": goods,
        "skuStockTargetList": [{"skuId": sku, "stockTarget": update.quantity} for sku, update in skus.items()],
        "requestUniqueKey": new_id().hex,
    }
    try:
        answer = await gateway.call(EDIT_STOCK, wire.StockEdits, query, subject=str(goods))
    except (RequestRejectedError, ChannelThingMissingError) as error:
        return [_outcome(update, error.detail) for update in skus.values()]
    told = {one.sku_id: one for one in answer.sku_stock_edit_status_info_list or ()}
    return [_outcome(update, _problem(told.get(sku), answer)) for sku, update in skus.items()]


def _problem(told: wire.StockEdit | None, answer: wire.StockEdits) -> str:
    """Return what is wrong with one SKU; empty: nothing."""
    if told is None:
        return "" if answer.operate_result else (answer.msg or "").strip() or UNSAID
    return "" if told.stock_edit_status else (told.error_msg or "").strip() or UNSAID


def _outcome(update: StockUpdate, problem: str) -> StockOutcome:
    return StockOutcome(channel_offer_id=update.channel_offer_id, applied=not problem, problem=problem)
