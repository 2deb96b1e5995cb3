"""Offers API v11: create, read, change, delete, list, and why an offer is not for sale."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Literal

import msgspec

from entrepot.sandbox.bol.service import V11, BolService, absent, decode, encode, invalid, problem, twist, whole_number
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import Offer, PriceStep
from entrepot.sandbox.retail.catalogue import ean13
from entrepot.sandbox.rivals.market import Market
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal

_PAGE, _LARGEST_PAGE, _SMALLEST_TOLD_PAGE = 50, 100, 25
"""The specification lets a client ask for 1 to 100 offers, and the answer say 25 to 100."""
_EAN_LENGTH = 13
_LARGEST_STOCK = 2_147_483_647
_DIGITS_ONLY = r"^[0-9]+$"

type _Text100 = Annotated[str, msgspec.Meta(max_length=100)]
type _Text500 = Annotated[str, msgspec.Meta(max_length=500)]
type _Amount = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_STOCK)]


class _PriceStep(msgspec.Struct, rename="camel"):
    quantity: Annotated[int, msgspec.Meta(ge=1)]
    unit_price: Annotated[float, msgspec.Meta(ge=1, le=9999)]

    def step(self) -> PriceStep:
        return PriceStep(self.quantity, Decimal(str(self.unit_price)))


class _Pricing(msgspec.Struct, rename="camel"):
    bundle_prices: Annotated[list[_PriceStep], msgspec.Meta(min_length=1, max_length=4)]


class _Condition(msgspec.Struct, omit_defaults=True):
    category: Literal["NEW", "SECONDHAND", "REFURBISHED"] | None = None
    state: Literal["AS_NEW", "GOOD", "REASONABLE", "MODERATE"] | None = None
    comment: str | None = None
    grade: Literal["A", "B", "C"] | None = None
    margin: bool | None = None


class _Promise(msgspec.Struct, rename="camel", omit_defaults=True):
    minimum_days_to_customer: int
    maximum_days_to_customer: int
    ultimate_order_time: str | None = None


class _Fulfilment(msgspec.Struct, rename="camel", omit_defaults=True):
    method: Literal["FBR", "FBB"]
    schedule: Literal["BOL_DELIVERY_PROMISE", "MY_DELIVERY_PROMISE", "SHIPPING_VIA_BOL"] | None = None
    profile_id: str | None = None
    delivery_promise: _Promise | None = None


class _Country(msgspec.Struct, rename="camel"):
    country_code: Literal["NL", "BE"]


class _NewStock(msgspec.Struct, rename="camel"):
    amount: _Amount
    managed_by_retailer: bool


class _ChangedStock(msgspec.Struct, rename="camel"):
    amount: _Amount | None = None
    managed_by_retailer: bool | None = None


class _NewOffer(msgspec.Struct, rename="camel", kw_only=True):
    ean: Annotated[str, msgspec.Meta(pattern=_DIGITS_ONLY)]
    condition: _Condition
    pricing: _Pricing
    fulfilment: _Fulfilment
    unknown_product_title: _Text500 = ""
    economic_operator_id: str = ""
    reference: _Text100 = ""
    on_hold_by_retailer: bool = False
    country_availabilities: list[_Country] | None = None
    stock: _NewStock | None = None


class _Change(msgspec.Struct, rename="camel"):
    unknown_product_title: _Text500 | None = None
    economic_operator_id: str | None = None
    on_hold_by_retailer: bool | None = None
    reference: _Text100 | None = None
    country_availabilities: list[_Country] | None = None
    pricing: _Pricing | None = None
    fulfilment: _Fulfilment | None = None
    stock: _ChangedStock | None = None


class BolOffers:
    """The offer endpoints; all answer at once, without a process status."""

    def __init__(self, service: BolService) -> None:
        self._world = service.world
        self._market = Market.of(service.world)

    def endpoints(self) -> list[Endpoint[Account]]:
        return [
            Endpoint("GET", "/retailer/offers", self.listing, V11, lists=True),
            Endpoint("POST", "/retailer/offers", self.create, V11, mutates=True),
            Endpoint("GET", "/retailer/offers/{offer-id}", self.detail, V11),
            Endpoint("PATCH", "/retailer/offers/{offer-id}", self.change, V11, mutates=True),
            Endpoint("DELETE", "/retailer/offers/{offer-id}", self.delete, V11, mutates=True),
            Endpoint("GET", "/retailer/offers/{offer-id}/not-for-sale-reasons", self.reasons, V11),
        ]

    def listing(self, account: Account, call: Call) -> Answer:
        size = whole_number(call, "page-size", _PAGE, 1, _LARGEST_PAGE, V11)
        keeps = _filter(call)
        found = (offer for offer in _candidates(account, call) if keeps(offer))
        page = list(islice(found, size + 1))
        more = len(page) > size
        body: dict[str, object] = {
            "offers": [_written(offer) for offer in twist(page[:size], 1, size, call, lambda offer: offer.offer_id)],
            "page": {
                "pageSize": size if size >= _SMALLEST_TOLD_PAGE else None,
                "nextCursor": f"{account.offers.place(page[size - 1]):x}" if more else None,
            },
        }
        return Answer(HTTPStatus.OK, encode(body), V11)

    def detail(self, account: Account, call: Call) -> Answer:
        return Answer(HTTPStatus.OK, encode(_written(_offer(account, call))), V11)

    def create(self, account: Account, call: Call) -> Answer:
        wanted = decode(call, _NewOffer, V11)
        if len(wanted.ean) != _EAN_LENGTH or ean13(wanted.ean[:-1]) != wanted.ean:
            raise invalid(call, V11, ean=f"'{wanted.ean}' is not a valid EAN: 13 digits, the last one a check digit.")
        condition: dict[str, str | bool] = msgspec.to_builtins(wanted.condition)
        if any(
            offer.condition.get("category") == condition.get("category") for offer in account.offers.of_ean(wanted.ean)
        ):
            detail = f"You already have an offer for EAN {wanted.ean} in this condition."
            raise Refusal(problem(HTTPStatus.CONFLICT, detail, call, V11))
        offer = Offer(
            offer_id=self._world.dice.uuid(account.client_id, "new offer", account.offers.count),
            ean=wanted.ean,
            reference=wanted.reference,
            prices=tuple(price.step() for price in wanted.pricing.bundle_prices),
            modified=self._world.clock.now(),
            amount=wanted.stock.amount if wanted.stock else 0,
            managed_by_retailer=wanted.stock.managed_by_retailer if wanted.stock else False,
            on_hold=wanted.on_hold_by_retailer,
            title=wanted.unknown_product_title,
            countries=_codes(wanted.country_availabilities) or ("NL", "BE"),
            condition=condition,
            fulfilment=msgspec.Raw(msgspec.json.encode(wanted.fulfilment)),
            economic_operator=wanted.economic_operator_id,
        )
        self._market.changing(offer.ean, lambda: account.offers.add(offer))
        return Answer(HTTPStatus.CREATED, encode({"offerId": offer.offer_id}), V11)

    def change(self, account: Account, call: Call) -> Answer:
        offer, change = _offer(account, call), decode(call, _Change, V11)
        self._market.changing(offer.ean, lambda: self._apply(account, offer, change))
        return Answer(HTTPStatus.NO_CONTENT, b"", V11)

    def _apply(self, account: Account, offer: Offer, change: _Change) -> None:
        if change.reference is not None:
            account.offers.rename(offer, change.reference)
        if change.pricing is not None:
            offer.prices = tuple(price.step() for price in change.pricing.bundle_prices)
        if change.country_availabilities is not None:
            offer.countries = _codes(change.country_availabilities)
        if change.fulfilment is not None:
            offer.fulfilment = msgspec.Raw(msgspec.json.encode(change.fulfilment))
        if change.stock is not None:
            _set_stock(offer, change.stock)
        offer.title = _or(change.unknown_product_title, offer.title)
        offer.economic_operator = _or(change.economic_operator_id, offer.economic_operator)
        offer.on_hold = _or(change.on_hold_by_retailer, offer.on_hold)
        offer.modified = self._world.clock.now()
        account.offers.save(offer)

    def delete(self, account: Account, call: Call) -> Answer:
        offer = _offer(account, call)

        def delete() -> None:
            offer.deleted = True
            account.offers.save(offer)

        self._market.changing(offer.ean, delete)
        return Answer(HTTPStatus.NO_CONTENT, b"", V11)

    def reasons(self, account: Account, call: Call) -> Answer:
        offer = _offer(account, call)
        reasons: list[dict[str, str]] = []
        if offer.on_hold:
            description = "The seller has not marked the offer for-sale"
            reasons.append({"category": "ON_HOLD", "code": "4003-1", "description": description})
        if not offer.corrected_stock:
            description = "Out of stock or remaining stock is reserved for pending orders."
            reasons.append({"category": "STOCK", "code": "4003-3", "description": description})
        if not reasons:
            return Answer(HTTPStatus.NO_CONTENT, b"", V11)
        countries = [{"countryCode": country, "reasons": reasons} for country in offer.countries]
        return Answer(HTTPStatus.OK, encode({"offerId": offer.offer_id, "countries": countries}), V11)


def _or[T](new: T | None, old: T) -> T:
    return old if new is None else new


def _codes(countries: list[_Country] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(country.country_code for country in countries or ()))


def _set_stock(offer: Offer, stock: _ChangedStock) -> None:
    if stock.amount is not None:
        offer.amount = stock.amount
        offer.sold_since_update = 0
    offer.managed_by_retailer = _or(stock.managed_by_retailer, offer.managed_by_retailer)


def _offer(account: Account, call: Call) -> Offer:
    offer_id = call.parameters["offer-id"]
    offer = account.offers.get(offer_id)
    if offer is None:
        raise absent(call, f"Offer {offer_id}", V11)
    return offer


def _candidates(account: Account, call: Call) -> Iterator[Offer]:
    """Offers that a list can contain, in order; an index is used where the query allows it."""
    offers, place = account.offers, _cursor(call)
    ids, eans, reference = call.query.get("offer-ids"), call.query.get("eans"), call.query.get("reference")
    if ids is not None:
        chosen = [offer for offer_id in ids.split(",") if (offer := offers.get(offer_id)) is not None]
    elif eans is not None:
        chosen = [offer for ean in eans.split(",") for offer in offers.of_ean(ean)]
    elif reference is not None:
        chosen = offers.of_reference(reference)
    else:
        return offers.after(place)
    return (offer for offer in offers.sort(chosen) if offers.place(offer) > place)


def _filter(call: Call) -> Callable[[Offer], bool]:
    eans, reference = call.query.get("eans"), call.query.get("reference")
    sale, since = call.query.get("for-sale"), _since(call)
    wanted_eans = set(eans.split(",")) if eans is not None else None

    def keeps(offer: Offer) -> bool:
        return (
            (wanted_eans is None or offer.ean in wanted_eans)
            and (reference is None or offer.reference == reference)
            and (sale is None or offer.for_sale == (sale == "true"))
            and (since is None or offer.modified >= since)
        )

    return keeps


def _since(call: Call) -> datetime | None:
    text = call.query.get("last-modified-date-time")
    if text is None:
        return None
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(call, V11, last_modified_date_time=f"'{text}' is not an ISO 8601 date-time.") from None
    return since if since.tzinfo else since.replace(tzinfo=UTC)


def _cursor(call: Call) -> int:
    text = call.query.get("cursor")
    if text is None:
        return -1
    try:
        return int(text, 16)
    except ValueError:
        raise invalid(call, V11, cursor=f"'{text}' is not a cursor of an earlier answer.") from None


def _written(offer: Offer) -> dict[str, object]:
    written: dict[str, object] = {
        "offerId": offer.offer_id,
        "ean": offer.ean,
        "lastModifiedDateTime": f"{offer.modified.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "reference": offer.reference,
        "onHoldByRetailer": offer.on_hold,
        "stock": {
            "amount": offer.amount,
            "correctedStock": offer.corrected_stock,
            "managedByRetailer": offer.managed_by_retailer,
        },
        "countryAvailabilities": [{"countryCode": country, "forSale": offer.for_sale} for country in offer.countries],
        "condition": offer.condition,
        "pricing": {"bundlePrices": offer.prices},
        "fulfilment": offer.fulfilment,
    }
    optional = {"unknownProductTitle": offer.title, "economicOperatorId": offer.economic_operator}
    return written | {name: value for name, value in optional.items() if value}
