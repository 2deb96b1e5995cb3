"""The market of a world: other sellers beside the accounts' own offers."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache, partial

import msgspec

from entrepot.sandbox.marketplace.account import Account, Wanted
from entrepot.sandbox.marketplace.entities import Offer
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.rivals.behaviours import Behaviour, Rival
from entrepot.sandbox.rivals.buy_box import ShownOffer, buy_box
from entrepot.sandbox.rivals.cast import Retailer, draw, make, shuffled
from entrepot.sandbox.rivals.product import ProductMarket
from entrepot.sandbox.world import World

_KIND = "market"
_FIRST_ACCOUNT = 1_000_001
_COST_SHARE = Decimal("0.6")
"""Of the price, for a product that the shop's catalogue does not have."""
_OWN_RATING = 9.2
_GO_ELSEWHERE = 0.7
"""The part of buyers who buy where the buy box is."""
RESOURCE = "COMPETING_OFFER"


class _Promise(msgspec.Struct, rename="camel"):
    maximum_days_to_customer: int = 1


class _Fulfilment(msgspec.Struct, rename="camel"):
    delivery_promise: _Promise | None = None


class Market:
    """Products somebody asked about; their sellers act when their time has come, whoever looks and whenever.

    An account's offers are in the market from its first log-in on.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.products: dict[str, ProductMarket] = {found.ean: found for found in world.store.load(_KIND, ProductMarket)}
        self._soonest: datetime | None = None
        """No seller of a product here acts before; None when that is not known."""
        world.happenings.append(self._tick)
        for account in world.accounts.values() if world.options.buyers_compare else ():
            if account.options.marketplace == "bol":
                account.shopper = partial(self._shop, account)

    @classmethod
    def of(cls, world: World) -> "Market":
        """The market of a world, which has one."""
        return world.part(cls)

    def product(self, ean: str) -> ProductMarket | None:
        """The market of a product as it is now; None when no account offers it."""
        found = self.products.get(ean) or self._open(ean)
        if found is not None:
            self._advance(found)
        return found

    def shown(self, product: ProductMarket) -> list[ShownOffer]:
        """All offers of a product, the own ones last; those out of stock included."""
        rivals = [
            ShownOffer(
                offer_id=rival.offer_id,
                retailer_id=rival.retailer_id,
                name=rival.name,
                price=rival.price,
                in_stock=rival.in_stock,
                method=rival.method,
                delivery_days=rival.delivery_days,
                rating=rival.rating,
                condition=rival.condition,
                countries=rival.countries,
            )
            for rival in product.rivals
        ]
        return [*rivals, *self.own(product.ean)]

    def best(self, product: ProductMarket, country: str = "NL") -> str:
        """The offer that has the buy box."""
        return buy_box(self.shown(product), country, product.normal)

    def own(self, ean: str) -> list[ShownOffer]:
        """What the accounts of this world offer."""
        return [
            _shown(account, place, offer) for place, account in self._sellers() for offer in account.offers.of_ean(ean)
        ]

    def changing(self, ean: str, change: Callable[[], None]) -> None:
        """Carry out a change of an own offer, so that others see it from now on and not before."""
        product = self.products.get(ean)
        if product is not None:
            self._advance(product)
        change()
        if product is not None:
            product.look_at(self.own(ean), self.world.clock.now())
            self.save(product)

    def set_cast(self, product: ProductMarket, behaviours: list[Behaviour], *, floor: Decimal | None = None) -> None:
        """Give a product other sellers than the dice would.

        Args:
            product: which.
            behaviours: of each.
            floor: what none of them goes below; None: what the dice say.
        """
        now, dice, pace = self.world.clock.now(), self.world.dice, self.world.options.market_pace
        for rival in product.rivals:
            product.states.pop(rival.offer_id, None)
        product.rivals = [
            make(dice, product.ean, behaviour, retailer, product.normal, product.cost, now, pace)
            for behaviour, retailer in zip(behaviours, shuffled(dice, product.ean), strict=False)
        ]
        if floor is not None:
            for rival in product.rivals:
                rival.floor = min(floor, rival.normal)
        product.begin(now)
        self.save(product)

    def touch(self, product: ProductMarket, rival: Rival) -> None:
        """Make known what was done to a rival by hand."""
        now = self.world.clock.now()
        product.note(rival.offer_id, rival.price, in_stock=rival.in_stock, at=now)
        self._tell(product, now)
        self.save(product)

    def save(self, product: ProductMarket) -> None:
        """Keep a product's market, and wake it when its next seller acts."""
        self._soonest = None
        self.world.store.put(_KIND, product.ean, product)

    def _shop(self, account: Account, wanted: Wanted) -> Wanted | None:
        """Let a buyer pay what the offer asks now; most of them go to who has the buy box."""
        offer = next(iter(account.offers.of_reference(wanted.sku)), None)
        if offer is None:
            return wanted
        product = self.products.get(offer.ean)
        if product is not None:
            self._advance(product)
            elsewhere = self.best(product) != offer.offer_id
            number = account.tally.items + account.tally.lost_orders
            if elsewhere and self.world.dice.chance(wanted.sku, "elsewhere", number) < _GO_ELSEWHERE:
                return None
        return msgspec.structs.replace(wanted, price=offer.prices[0].unit_price)

    def _sellers(self) -> list[tuple[int, Account]]:
        return [
            (place, account)
            for place, account in enumerate(self.world.accounts.values())
            if account.options.marketplace == "bol" and account.tally.issued_tokens
        ]

    def _open(self, ean: str) -> ProductMarket | None:
        own = self.own(ean)
        if not own:
            return None
        now = self.world.clock.now()
        normal, cost = _catalogue().get(ean) or (own[0].price, own[0].price * _COST_SHARE)
        rivals = draw(self.world.dice, ean, normal, cost, now, self.world.options.market_pace)
        product = self.products[ean] = ProductMarket(ean=ean, normal=normal, cost=cost, rivals=rivals)
        product.begin(now)
        product.look_at(own, now)
        self.save(product)
        return product

    def _advance(self, product: ProductMarket) -> None:
        now, due = self.world.clock.now(), product.next_due()
        changed = product.advance(now, self.own(product.ean), self.world.dice, self.world.options.market_pace)
        if changed is not None:
            self._tell(product, changed)
        if due is not None and due <= now:
            self.save(product)

    def _tell(self, product: ProductMarket, at: datetime) -> None:
        """Write notices; bol.com itself sends these to queues in the cloud only; here they go to webhooks too."""
        for _, account in self._sellers():
            waiting = any(
                notice.resource == RESOURCE and notice.resource_id == product.ean and not notice.attempts
                for notice in account.subscriptions.waiting
            )
            if not waiting and account.offers.of_ean(product.ean):
                account.subscriptions.note(RESOURCE, "CHANGED", product.ean, at)

    def _tick(self, now: datetime) -> None:
        """Let those act whom somebody wants to hear of; all others wait until somebody looks."""
        if self._soonest is not None and now < self._soonest:
            return
        if not any(RESOURCE in one.resources for _, account in self._sellers() for one in account.subscriptions.active):
            return
        for product in self.products.values():
            due = product.next_due()
            if due is not None and due <= now:
                self._advance(product)
        dues = (due for product in self.products.values() if (due := product.next_due()) is not None)
        self._soonest = min(dues, default=None)


def own_retailer(account: Account, place: int) -> Retailer:
    """An account of this world as a shop of the marketplace; *place* is its place among the accounts."""
    return Retailer(str(_FIRST_ACCOUNT + place), account.options.shop, _OWN_RATING)


def normal_price(ean: str) -> Decimal | None:
    """What a product of the catalogue usually costs."""
    found = _catalogue().get(ean)
    return found[0] if found is not None else None


def _shown(account: Account, place: int, offer: Offer) -> ShownOffer:
    seller = own_retailer(account, place)
    promise = msgspec.json.decode(offer.fulfilment, type=_Fulfilment).delivery_promise
    return ShownOffer(
        offer_id=offer.offer_id,
        retailer_id=seller.retailer_id,
        name=seller.name,
        price=offer.prices[0].unit_price,
        in_stock=offer.for_sale,
        method=offer.method,
        delivery_days=promise.maximum_days_to_customer if promise is not None else 1,
        rating=seller.rating,
        condition=_condition(offer),
        countries=offer.countries,
        own=True,
    )


def _condition(offer: Offer) -> str:
    """A condition in the word of the list of competing offers."""
    said = offer.condition
    if said.get("category") == "REFURBISHED":
        return f"REFURBISHED_{said.get('grade', 'A')}"
    return str(said.get("state") or said.get("category", "NEW"))


@cache
def _catalogue() -> dict[str, tuple[Decimal, Decimal]]:
    """Price and cost by EAN."""
    data = load()
    found = (*data.products, *(bundle.product for bundle in data.bundles))
    return {product.ean: (product.price, product.cost) for product in found}
