"""The market around a seller: competing offers, other sellers, ranks, price stars and commissions."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from entrepot.sandbox.bol.service import V10, BolService, absent, choice, decode, encode, invalid, moment, whole_number
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.rivals.buy_box import ShownOffer
from entrepot.sandbox.rivals.cast import RETAILERS, Retailer
from entrepot.sandbox.rivals.market import Market, normal_price, own_retailer
from entrepot.sandbox.wire import Answer, Call, Endpoint

PAGE_SIZE = 50
_MOST_PAGES = 200
_CENT = Decimal("0.01")
_FIXED, _PERCENTAGE = Decimal("0.99"), Decimal("12.4")
_REDUCED_ONE_IN = 5
_LAST_ORDER = time(22)
_TERMS = ("gift", "present", "kitchen", "vintage", "decoration")
_HISTORY_DAYS = 92
_STARS = {5: 88, 4: 94, 3: 100, 2: 106, 1: 115}
"""Per cent of a product's normal price up to which it has so many stars."""
_CONDITIONS = (
    "ALL",
    "BAD",
    "MODERATE",
    "REASONABLE",
    "GOOD",
    "AS_NEW",
    "NEW",
    "REFURBISHED_A",
    "REFURBISHED_B",
    "REFURBISHED_C",
)


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
        self._market = Market.of(service.world)

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/retailer/products/{ean}/offers", self.competing, V10, lists=True),
            Endpoint("GET", "/retailer/products/{ean}/price-star-boundaries", self.stars, V10),
            Endpoint("GET", "/retailer/retailers/{retailer-id}", self.retailer, V10),
            Endpoint("GET", "/retailer/insights/product-ranks", self.ranks, V10, lists=True),
            Endpoint("POST", "/retailer/commission", self.commissions, V10),
        ]

    def competing(self, account: Account, call: Call) -> Answer:
        del account
        page = whole_number(call, "page", 1, 1, _MOST_PAGES)
        country = choice(call, "country-code", "NL", "NL", "BE")
        condition = choice(call, "condition", "NEW", *_CONDITIONS)
        found = self._offers(call.parameters["ean"], country, condition)
        found = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        if call.query.get("best-offer-only") == "true":
            found = [offer for offer in found if offer["bestOffer"]]
        if not found and self._world.options.omit_empty_arrays:
            return Answer(HTTPStatus.OK, b"{ }", V10)
        return Answer(HTTPStatus.OK, encode({"offers": found}), V10)

    def _offers(self, ean: str, country: str, condition: str) -> list[dict[str, object]]:
        product = self._market.product(ean)
        if product is None:
            return []
        best = self._market.best(product, country)
        return [
            self._written(offer, country, best=offer.offer_id == best)
            for offer in self._market.shown(product)
            if offer.in_stock and country in offer.countries and condition in {"ALL", offer.condition}
        ]

    def _written(self, offer: ShownOffer, country: str, *, best: bool) -> dict[str, object]:
        now = self._world.clock.now()
        first = now.date() + timedelta(days=offer.delivery_days + (now.timetz().replace(tzinfo=None) >= _LAST_ORDER))
        return {
            "offerId": offer.offer_id,
            "retailerId": offer.retailer_id,
            "countryCode": country,
            "bestOffer": best,
            "price": offer.price,
            "fulfilmentMethod": offer.method,
            "condition": offer.condition,
            "ultimateOrderTime": _LAST_ORDER.isoformat(),
            "minDeliveryDate": first.isoformat(),
            "maxDeliveryDate": (first + timedelta(days=1)).isoformat(),
        }

    def stars(self, account: Account, call: Call) -> Answer:
        """Up to which price a product has how many stars; looked at anew every Monday."""
        del account
        ean = call.parameters["ean"]
        product = self._market.product(ean)
        if product is None:
            raise absent(call, f"Product {ean}")
        today = self._world.clock.now().date()
        monday = today - timedelta(days=today.weekday())
        shift = self._world.dice.below(7, ean, "stars", monday) - 3
        levels = [
            {"level": level, "boundaryPrice": _cents(product.normal * (share + shift) / 100)}
            for level, share in _STARS.items()
        ]
        modified = moment(datetime.combine(monday, time(3), UTC))
        return Answer(HTTPStatus.OK, encode({"lastModifiedDateTime": modified, "priceStarBoundaryLevels": levels}), V10)

    def retailer(self, account: Account, call: Call) -> Answer:
        """Who a seller is: one of the others, an account of this world, or ``current``."""
        wanted = call.parameters["retailer-id"]
        own = {one.retailer_id: one for one in map(own_retailer, self._world.accounts.values(), range(99))}
        if wanted == "current":
            found: Retailer | None = own_retailer(account, list(self._world.accounts.values()).index(account))
        else:
            found = RETAILERS.get(wanted) or own.get(wanted)
        if found is None:
            raise absent(call, f"Retailer {wanted}")
        written = {
            "retailerId": found.retailer_id,
            "displayName": found.name,
            "companyName": f"{found.name} B.V.",
            "vatNumber": f"NL{int(found.retailer_id):09d}B01",
            "kvkNumber": f"{int(found.retailer_id):08d}",
            "registrationDate": "2015-06-17",
            "ratingMethod": "THREE_MONTHS",
            "retailerRating": {"retailerRating": found.rating},
        }
        return Answer(HTTPStatus.OK, encode(written), V10)

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
        full = _cents(_FIXED + price * _PERCENTAGE / 100)
        written: dict[str, object] = {
            "ean": query.ean,
            "condition": query.condition,
            "unitPrice": price,
            "fixedAmount": _FIXED,
            "percentage": _PERCENTAGE,
            "totalCost": full,
            "reductions": [],
        }
        reduction = self._reduction(query.ean)
        if reduction is None:
            return written
        most, less = reduction
        today = self._world.clock.now().date()
        first = today.replace(day=1)
        applies = price <= most
        period = {"startDate": first.isoformat(), "endDate": (first + timedelta(days=32)).replace(day=1).isoformat()}
        return written | {
            "totalCost": max(Decimal(0), full - less) if applies else full,
            "totalCostWithoutReduction": full,
            "reductions": [{"maximumPrice": most, "costReduction": less, **period}],
        }

    def _reduction(self, ean: str) -> tuple[Decimal, Decimal] | None:
        """Of some products the marketplace keeps less, if they are cheap enough: up to which price, and how much."""
        normal = normal_price(ean)
        if normal is None or self._world.dice.below(_REDUCED_ONE_IN, ean, "reduced"):
            return None
        return _cents(normal * Decimal("0.95")), _cents(normal * Decimal("0.04"))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
