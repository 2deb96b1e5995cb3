"""Who has the buy box.

The model is simple and stated: of the new offers that can be delivered, the one whose price weighs least.  A price weighs
more with every day that delivery takes beyond one, and with every point by which its seller's rating falls short of 8; the
marketplace's own warehouse makes it weigh less.  An offer at more than twice the product's normal price has no chance.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from entrepot.sandbox.marketplace.entities import Method

_PER_DAY, _PER_POINT, _OWN_WAREHOUSE = Decimal("0.02"), Decimal("0.03"), Decimal("0.01")
_GOOD_RATING = 8
_TOO_DEAR = 2


class ShownOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as buyers compare it."""

    offer_id: str
    retailer_id: str
    name: str
    price: Decimal
    in_stock: bool
    method: Method
    delivery_days: int
    rating: float
    condition: str
    countries: tuple[str, ...]
    own: bool = False
    """Of an account of this world."""


def weight(offer: ShownOffer) -> Decimal:
    """What an offer's price feels like to a buyer."""
    share = Decimal(1) + _PER_DAY * max(0, offer.delivery_days - 1)
    share += _PER_POINT * max(Decimal(0), _GOOD_RATING - Decimal(str(offer.rating)))
    if offer.method == "FBB":
        share -= _OWN_WAREHOUSE
    return offer.price * share


def buy_box(offers: Iterable[ShownOffer], country: str, normal: Decimal) -> str:
    """The number of the offer that has the buy box in *country*; empty if none has."""
    fit = [
        offer
        for offer in offers
        if offer.in_stock
        and offer.condition == "NEW"
        and country in offer.countries
        and offer.price <= normal * _TOO_DEAR
    ]
    best = min(fit, key=lambda offer: (weight(offer), -offer.rating, offer.offer_id), default=None)
    return best.offer_id if best is not None else ""
