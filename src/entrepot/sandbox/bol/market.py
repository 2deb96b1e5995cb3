"""The market around a seller: competing offers, ranks and commissions, drawn by the dice and always the same."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from entrepot.sandbox.bol.service import V10, BolService, choice, decode, encode, invalid, whole_number
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.wire import Answer, Call, Endpoint

PAGE_SIZE = 50
_MOST_PAGES = 200
_CENT = Decimal("0.01")
_FIXED, _PERCENTAGE = Decimal("0.99"), Decimal("12.4")
_COMPETITORS = 6
_TERMS = ("gift", "present", "kitchen", "vintage", "decoration")
_HISTORY_DAYS = 92


class _Query(msgspec.Struct, rename="camel"):
    ean: Annotated[str, msgspec.Meta(min_length=1)]
    unit_price: Annotated[float, msgspec.Meta(ge=0, le=9999)]
    condition: Literal["NEW", "AS_NEW", "GOOD", "REASONABLE", "MODERATE"] = "NEW"


class _Queries(msgspec.Struct, rename="camel"):
    commission_queries: Annotated[list[_Query], msgspec.Meta(min_length=1, max_length=100)]


class BolMarket:
    """What a repricer reads."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/retailer/products/{ean}/offers", self.competing, V10, lists=True),
            Endpoint("GET", "/retailer/insights/product-ranks", self.ranks, V10, lists=True),
            Endpoint("POST", "/retailer/commission", self.commissions, V10),
        ]

    def competing(self, account: Account, call: Call) -> Answer:
        ean = call.parameters["ean"]
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        country = choice(call, "country-code", "NL", "NL", "BE")
        found = self._offers(account, ean, country) if page == 1 else []
        if call.query.get("best-offer-only") == "true":
            found = [offer for offer in found if offer["bestOffer"]]
        if not found and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"offers": found}), V10)

    def _offers(self, account: Account, ean: str, country: str) -> list[dict[str, object]]:
        own = account.offers.of_ean(ean)
        if not own:
            return []
        dice, price = self._world.dice, own[0].prices[0].unit_price
        today = self._world.clock.now().date()
        asked = [
            (dice.uuid(ean, "competitor", number), str(1_000_000 + dice.below(9_000, ean, number)), number)
            for number in range(dice.below(_COMPETITORS, ean, "competitors"))
        ]
        prices: dict[str, tuple[str, Decimal]] = {
            offer_id: (retailer, _cents(price * (90 + dice.below(30, ean, "price", number)) / 100))
            for offer_id, retailer, number in asked
        }
        prices |= {offer.offer_id: ("1000001", offer.prices[0].unit_price) for offer in own if offer.for_sale}
        best = min(prices, key=lambda offer_id: prices[offer_id][1], default="")
        return [
            {
                "offerId": offer_id,
                "retailerId": retailer,
                "countryCode": country,
                "bestOffer": offer_id == best,
                "price": amount,
                "fulfilmentMethod": "FBR",
                "condition": "NEW",
                "ultimateOrderTime": "22:00:00",
                "minDeliveryDate": (today + timedelta(days=1)).isoformat(),
                "maxDeliveryDate": (today + timedelta(days=2)).isoformat(),
            }
            for offer_id, (retailer, amount) in prices.items()
        ]

    def ranks(self, account: Account, call: Call) -> Answer:
        ean, page = call.query.get("ean", ""), whole_number(call, "page", 1, 1, _MOST_PAGES)
        kind = choice(call, "type", "SEARCH", "SEARCH", "BROWSE")
        today = self._world.clock.now().date()
        try:
            day = date.fromisoformat(call.query.get("date", ""))
        except ValueError:
            raise invalid(call, date="Required, as YYYY-MM-DD.") from None
        if not ean or not today - timedelta(days=_HISTORY_DAYS) <= day < today:
            raise invalid(call, date="In the past, at most three months back; and an EAN is required.")
        found: list[dict[str, object]] = []
        if account.offers.of_ean(ean) and page == 1:
            for number, term in enumerate(_TERMS):
                where = {"searchTerm": term} if kind == "SEARCH" else {"categoryId": str(30_000 + number)}
                rank = 1 + self._world.dice.below(40, ean, day, term, kind)
                found.append({**where, "wasSponsored": False, "rank": rank, "impressions": 400 // rank})
        return Answer(HTTPStatus.OK, encode({"ranks": found, "hasNextPage": False}), V10)

    def commissions(self, account: Account, call: Call) -> Answer:
        del account
        written = [self._commission(query) for query in decode(call, _Queries).commission_queries]
        return Answer(HTTPStatus.OK, encode({"commissions": written}), V10)

    def _commission(self, query: _Query) -> dict[str, object]:
        price = Decimal(str(query.unit_price))
        return {
            "ean": query.ean,
            "condition": query.condition,
            "unitPrice": price,
            "fixedAmount": _FIXED,
            "percentage": _PERCENTAGE,
            "totalCost": _cents(_FIXED + price * _PERCENTAGE / 100),
            "reductions": [],
        }


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
