"""bol's words about offers (v11), the offer export and what lies in bol's own warehouse."""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from entrepot.channels.contract import ChannelOffer
from entrepot.channels.contract_offers import (
    Condition,
    DeliveryPromise,
    HeldStock,
    NewOffer,
    OfferChange,
    SaleObstacle,
)
from entrepot.channels.contract_prices import PriceStep
from entrepot.connectors.bol.wire import CURRENCY, FULFILMENT, Wire


class Stock(Wire, frozen=True):
    """Stock of an offer."""

    amount: int = 0


class BundlePrice(Wire, frozen=True):
    """Price of one unit when *quantity* are bought."""

    quantity: int
    unit_price: Decimal


class Pricing(Wire, frozen=True):
    """Prices of an offer."""

    bundle_prices: tuple[BundlePrice, ...] = ()


class OfferFulfilment(Wire, frozen=True):
    """Who delivers an offer."""

    method: Literal["FBR", "FBB"] = "FBR"


class CountryAvailability(Wire, frozen=True):
    """Whether an offer is for sale in a country."""

    for_sale: bool | None = None


class Offer(Wire, frozen=True):
    """An offer of ``GET /retailer/offers`` (v11)."""

    offer_id: str
    ean: str | None = None
    reference: str | None = None
    unknown_product_title: str | None = None
    on_hold_by_retailer: bool = False
    stock: Stock = Stock()
    pricing: Pricing = Pricing()
    fulfilment: OfferFulfilment = OfferFulfilment()
    country_availabilities: tuple[CountryAvailability, ...] = ()

    def translate(self) -> ChannelOffer:
        told = [country.for_sale for country in self.country_availabilities if country.for_sale is not None]
        return ChannelOffer(
            channel_offer_id=self.offer_id,
            sku=(self.reference or "").strip() or None,
            gtin=self.ean or None,
            title=self.unknown_product_title or "",
            price=next((price.unit_price for price in self.pricing.bundle_prices if price.quantity == 1), None),
            price_steps=tuple(
                PriceStep(quantity=price.quantity, price=price.unit_price)
                for price in self.pricing.bundle_prices
                if price.quantity > 1
            ),
            currency=CURRENCY,
            quantity=self.stock.amount,
            fulfilment=FULFILMENT[self.fulfilment.method],
            on_hold=self.on_hold_by_retailer,
            for_sale=any(told) if told else None,
        )


class OffersPage(Wire, frozen=True):
    """Where a list of offers goes on."""

    next_cursor: str | None = None


class Offers(Wire, frozen=True):
    """``GET /retailer/offers`` (v11)."""

    offers: tuple[Offer, ...] = ()
    page: OffersPage = OffersPage()


class CreatedOffer(Wire, frozen=True):
    """``POST /retailer/offers`` (v11)."""

    offer_id: str


class MissingAttribute(Wire, frozen=True):
    """Part of a product's description that is not there."""

    name: str


class Reason(Wire, frozen=True):
    """Why an offer is not for sale."""

    category: str = ""
    code: str = ""
    description: str = ""
    missing_attributes: tuple[MissingAttribute, ...] = ()


class CountryReasons(Wire, frozen=True):
    """Why an offer is not for sale in a country."""

    country_code: str
    reasons: tuple[Reason, ...] = ()


class NotForSaleReasons(Wire, frozen=True):
    """``GET /retailer/offers/{offer-id}/not-for-sale-reasons`` (v11)."""

    countries: tuple[CountryReasons, ...] = ()

    def translate(self) -> list[SaleObstacle]:
        return [
            SaleObstacle(
                country=country.country_code,
                category=reason.category.lower(),
                code=reason.code,
                text=reason.description,
                missing=tuple(attribute.name for attribute in reason.missing_attributes),
            )
            for country in self.countries
            for reason in country.reasons
        ]


class InventoryItem(Wire, frozen=True):
    """A product in bol's warehouse."""

    bsku: str
    ean: str = ""
    title: str = ""
    regular_stock: int = 0
    graded_stock: int = 0

    def translate(self) -> HeldStock:
        return HeldStock(
            channel_sku=self.bsku,
            gtin=self.ean,
            title=self.title,
            sellable=max(0, self.regular_stock),
            damaged=max(0, self.graded_stock),
        )


class Inventory(Wire, frozen=True):
    """``GET /retailer/inventory``."""

    inventory: tuple[InventoryItem, ...] = ()


CONDITIONS: dict[Condition, dict[str, str]] = {
    Condition.NEW: {"category": "NEW"},
    Condition.AS_NEW: {"category": "SECONDHAND", "state": "AS_NEW"},
    Condition.GOOD: {"category": "SECONDHAND", "state": "GOOD"},
    Condition.REASONABLE: {"category": "SECONDHAND", "state": "REASONABLE"},
    Condition.MODERATE: {"category": "SECONDHAND", "state": "MODERATE"},
}
METHODS = {ours: theirs for theirs, ours in FULFILMENT.items()}


def new_offer(offer: NewOffer) -> dict[str, Any]:
    """Return the body that makes an offer."""
    body: dict[str, Any] = {
        "ean": offer.gtin,
        "reference": offer.sku,
        "onHoldByRetailer": offer.on_hold,
        "condition": CONDITIONS[offer.condition],
        "pricing": pricing(offer.price),
        "fulfilment": {"method": METHODS[offer.fulfilment]} | delivery(offer.delivery),
        "stock": {"amount": offer.quantity, "managedByRetailer": True},
    }
    if offer.title:
        body["unknownProductTitle"] = offer.title
    if offer.countries:
        body["countryAvailabilities"] = [{"countryCode": country} for country in offer.countries]
    return body


def changed_offer(change: OfferChange) -> dict[str, Any]:
    """Return the body that changes an offer: only what is to change."""
    body: dict[str, Any] = {}
    if change.price is not None:
        body["pricing"] = pricing(change.price, change.price_steps)
    if change.quantity is not None:
        body["stock"] = {"amount": change.quantity, "managedByRetailer": True}
    if change.sku is not None:
        body["reference"] = change.sku
    if change.title is not None:
        body["unknownProductTitle"] = change.title
    if change.on_hold is not None:
        body["onHoldByRetailer"] = change.on_hold
    if change.delivery is not None:
        body["fulfilment"] = {"method": "FBR"} | delivery(change.delivery)
    return body


MOST_STEPS = 4
"""bol takes no more prices of one offer."""


def pricing(price: Decimal, steps: Sequence[PriceStep] = ()) -> dict[str, Any]:
    """Return the price of one unit, and those for larger quantities: bol replaces all of them at once.

    A step that is not below the price before it is left out: bol takes only falling ones.
    """
    prices: list[dict[str, Any]] = [{"quantity": 1, "unitPrice": price}]
    lowest = price
    for step in sorted(steps, key=lambda step: step.quantity):
        if step.price < lowest and len(prices) < MOST_STEPS:
            prices.append({"quantity": step.quantity, "unitPrice": step.price})
            lowest = step.price
    return {"bundlePrices": prices}


def delivery(promise: DeliveryPromise | None) -> dict[str, Any]:
    """Return what is promised of the delivery; nothing leaves it to the account's settings."""
    if promise is None:
        return {}
    days: dict[str, Any] = {
        "minimumDaysToCustomer": promise.fastest_days,
        "maximumDaysToCustomer": promise.slowest_days,
    }
    if promise.order_before:
        days["ultimateOrderTime"] = promise.order_before
    return {"schedule": "MY_DELIVERY_PROMISE", "deliveryPromise": days}


PRICE_COLUMNS = ("bundlePricesPrice", "price")
"""The export's price, by its present name and an earlier one."""
STOCK_COLUMNS = ("stockAmount", "retailerStock")


def export_rows(raw: bytes) -> Iterator[ChannelOffer]:
    """Translate an offer export, row by row.

    Raises:
        ValueError: it is no such file, or a row cannot be; says where.
    """
    rows = csv.DictReader(raw.decode("utf-8-sig").splitlines(), strict=True)
    columns = set(rows.fieldnames or ())
    missing = {"offerId", "ean", "fulfilmentType", "onHoldByRetailer"} - columns
    stock = next((name for name in STOCK_COLUMNS if name in columns), None)
    price = next((name for name in PRICE_COLUMNS if name in columns), None)
    if missing or stock is None or price is None:
        msg = f"the export lacks the columns {', '.join(sorted(missing)) or 'of stock and price'}"
        raise ValueError(msg)
    try:
        for row in rows:
            yield _exported(row, stock, price)
    except (csv.Error, InvalidOperation, KeyError, ValueError) as error:
        msg = f"line {rows.line_num}: {error}"
        raise ValueError(msg) from error


def _exported(row: dict[str, str], stock: str, price: str) -> ChannelOffer:
    offer_id = (row["offerId"] or "").strip()
    if not offer_id:
        msg = "no offerId"
        raise ValueError(msg)
    return ChannelOffer(
        channel_offer_id=offer_id,
        sku=(row.get("referenceCode") or "").strip() or None,
        gtin=(row["ean"] or "").strip() or None,
        price=Decimal(row[price]) if row[price] else None,
        price_steps=None,  # the file has none
        currency=CURRENCY,
        quantity=int(row[stock] or 0),
        fulfilment=FULFILMENT[row["fulfilmentType"] or "FBR"],
        on_hold=(row["onHoldByRetailer"] or "").lower() == "true",
    )
