"""What people and tests do to the market: look at it, cast it anew, push its sellers about."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.rivals.behaviours import BEHAVIOURS, LEAST, Behaviour, Rival
from entrepot.sandbox.rivals.chart import Chart, draw
from entrepot.sandbox.rivals.market import Market
from entrepot.sandbox.rivals.product import ProductMarket

_CHANGES, _HOURS = 20, 24
_CUT_OFF, _HIGH = 2, 15
"""The chart ends at so many times the normal price; an absurdly high one is so many times as much."""


class NoSuchOffer(Exception):  # noqa: N818 -- an answer to the user
    """The market has nothing like it; the text says what."""


class OfferFigures(msgspec.Struct, kw_only=True):
    """An offer, and what its seller is like."""

    offer_id: str
    name: str
    retailer_id: str
    own: bool
    price: Decimal
    in_stock: bool
    best: bool
    method: str
    delivery_days: int
    rating: float
    behaviour: str = ""
    floor: Decimal | None = None
    normal: Decimal | None = None
    step: Decimal | None = None
    frozen: bool = False
    acts: int = 0


class ChangeFigures(msgspec.Struct):
    """What happened to an offer."""

    at: datetime
    offer_id: str
    name: str
    price: Decimal
    in_stock: bool


class ProductFigures(msgspec.Struct, kw_only=True):
    """A product's market in full."""

    ean: str
    sku: str
    title: str
    normal: Decimal
    offers: list[OfferFigures]
    changes: list[ChangeFigures]
    chart: Chart


class MarketDesk:
    """Acts on the market of a world."""

    def __init__(self, market: Market) -> None:
        self.market = market
        data = load()
        products = (*data.products, *(bundle.product for bundle in data.bundles))
        self._names = {product.ean: (product.sku, product.title) for product in products}
        self._eans = {product.sku: product.ean for product in products}

    def figures(self, ean: str) -> ProductFigures:
        """Everything about one product's market.

        Raises:
            NoSuchOffer: nobody offers it.
        """
        product = self._product(ean)
        sku, title = self._names.get(ean, ("", ""))
        best, rivals = self.market.best(product), {rival.offer_id: rival for rival in product.rivals}
        offers: list[OfferFigures] = []
        for shown in self.market.shown(product):
            rival = rivals.get(shown.offer_id)
            about = {"behaviour": rival.behaviour, **_facts(rival)} if rival is not None else {}
            common = {name: getattr(shown, name) for name in _SHOWN}
            offers.append(msgspec.convert({**common, "best": shown.offer_id == best, **about}, OfferFigures))
        names = {offer.offer_id: offer.name for offer in offers}
        changes = [
            ChangeFigures(state.at, offer_id, names.get(offer_id, "?"), state.price, state.in_stock)
            for offer_id, states in product.states.items()
            for state in states
        ]
        changes.sort(key=lambda change: change.at, reverse=True)
        now = self.market.world.clock.now()
        span = min(timedelta(hours=_HOURS) / self.market.world.options.market_pace, now - _begun(product))
        chart = draw(product.states, float(product.normal * _CUT_OFF), now, max(span, timedelta(seconds=1)))
        return ProductFigures(
            ean=ean,
            sku=sku,
            title=title,
            normal=product.normal,
            offers=offers,
            changes=changes[:_CHANGES],
            chart=chart,
        )

    def find(self, text: str, count: int) -> list[str]:
        """EANs that fit a search: an EAN, a SKU, or the last ones something happened to."""
        wanted = text.strip()
        if not wanted:
            known = [product for product in self.market.products.values() if product.states]
            return [product.ean for product in sorted(known, key=_latest, reverse=True)[:count]]
        ean = self._eans.get(wanted.upper(), wanted)
        return [ean] if self.market.product(ean) is not None else []

    def cast(self, ean: str, behaviours: list[Behaviour], floor: Decimal | None = None) -> ProductFigures:
        """Give a product other sellers."""
        self.market.set_cast(self._product(ean), behaviours, floor=floor)
        return self.figures(ean)

    def push(self, ean: str, offer_id: str, what: str) -> str:
        """Do something to one seller, and say what was done.

        Raises:
            NoSuchOffer: there is no such seller.
            KeyError: nothing is called *what*.
        """
        product = self._product(ean)
        rival = product.rival(offer_id)
        if rival is None:
            raise NoSuchOffer(f"Nobody has the offer {offer_id} for {ean}.")
        now = self.market.world.clock.now()
        said = _push(rival, what, now)
        self.market.touch(product, rival)
        if what == "act":
            self._product(ean)
        return f"{rival.name}: {said}."

    def _product(self, ean: str) -> ProductMarket:
        product = self.market.product(ean)
        if product is None:
            raise NoSuchOffer(f"Nobody offers {ean}: an account of this world must offer it first.")
        return product


def _begun(product: ProductMarket) -> datetime:
    return min(states[0].at for states in product.states.values())


def _latest(product: ProductMarket) -> datetime:
    return max(states[-1].at for states in product.states.values())


_SHOWN = ("offer_id", "name", "retailer_id", "own", "price", "in_stock", "method", "delivery_days", "rating")
_SHORT: dict[str, Behaviour] = {"mad": "madman", "undercut": "undercutter"}


def _facts(rival: Rival) -> dict[str, object]:
    return {name: getattr(rival, name) for name in ("floor", "normal", "step", "frozen", "acts")}


def _push(rival: Rival, what: str, now: datetime) -> str:
    said = what
    if what == "sold-out":
        rival.in_stock = not rival.in_stock
        said = "in stock again" if rival.in_stock else "sold out"
    elif what == "freeze":
        rival.frozen = not rival.frozen
        said = "does not act any more" if rival.frozen else "acts again"
        rival.due = max(now, rival.due)
    elif what == "act":
        rival.due, said = now, "acts now, unless it is frozen"
    elif what == "low":
        rival.price, said = LEAST, f"asks {LEAST}"
    elif what == "high":
        rival.price = rival.normal * _HIGH
        said = f"asks {rival.price}"
    else:
        chosen = _SHORT.get(what) or BEHAVIOURS[_place(what)]
        rival.behaviour, rival.due = chosen, now
        said = f"is a {chosen.replace('_', ' ')} from now on"
    return said


def _place(what: str) -> int:
    for place, behaviour in enumerate(BEHAVIOURS):
        if behaviour == what:
            return place
    raise KeyError(what)
