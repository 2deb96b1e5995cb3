"""The commands of the control page and its API."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from entrepot.sandbox.carrier.parcels import Parcel
from entrepot.sandbox.marketplace.account import Account, Wanted
from entrepot.sandbox.marketplace.entities import Order
from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.retail.people import Population
from entrepot.sandbox.world import World


class Impossible(Exception):  # noqa: N818 - an answer to the user
    """The world cannot do that; the text says why."""

    def __init__(self, reason: str, *, absent: bool = False) -> None:
        super().__init__(reason)
        self.absent = absent


class BasketLine(msgspec.Struct, forbid_unknown_fields=True):
    """A product to order."""

    sku: str
    quantity: int = 1
    unit_price: Decimal | None = None


class Desk:
    """Acts on a world; every command first lets happen what is due."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._people = Population(world.options.seed)
        data = load()
        self._products: dict[str, Product] = {product.sku: product for product in data.products}
        self._products |= {bundle.product.sku: bundle.product for bundle in data.bundles}

    def advance(self, seconds: float) -> None:
        """Move the clock of the world forward."""
        try:
            self.world.clock.advance(seconds)
        except ValueError as error:
            raise Impossible(str(error)) from error
        self.world.tick()

    def set_order_speed(self, per_minute: float, client_id: str | None = None) -> None:
        """Let so many orders per minute arrive, at one account or all."""
        if per_minute < 0:
            raise Impossible("The speed is a number of orders per minute, 0 for none.")
        now = self.world.tick()
        for replay_id, replay in self.world.replays.items():
            if client_id in {None, replay_id}:
                replay.set_speed(per_minute, now)
        self.world.tick()

    def set_carrier_speed(self, factor: float) -> None:
        """Let parcels travel so many times faster than time goes."""
        if factor < 0:
            raise Impossible("The carrier's speed is a factor, 0 to stop all parcels.")
        self.world.parcels.set_speed(factor, self.world.tick())
        self.world.tick()

    def place_order(self, client_id: str | None, basket: Iterable[BasketLine], country: str = "NL") -> Order:
        """Place an order now: the one described, the next of the data set, or any."""
        account, now = self.account(client_id), self.world.tick()
        wanted = [self._wanted(line) for line in basket]
        if not wanted:
            order = self.world.replays[account.client_id].place_next(now)
            if order is not None:
                self.world.store.flush()
                return order
            wanted = self._any_basket(account)
        number = f"by hand {len(account.orders)}"
        buyer = self._people.buyer(f"{account.client_id} {number}", country)
        order = account.place(number, "", buyer, buyer, wanted, now)
        if order is None:
            raise Impossible("Nothing of the basket is in stock.")
        self.world.store.flush()
        return order

    def cancel(self, order_id: str, item_id: str | None = None, quantity: int | None = None) -> Order:
        """The buyer asks to cancel an item, or all; with *quantity*, so many units are cancelled outright."""
        account, order = self.find_order(order_id)
        now = self.world.tick()
        items = [item for item in order.items if item_id in {None, item.order_item_id}]
        if not items:
            raise Impossible(f"Order {order_id} has no item {item_id}.", absent=True)
        for item in items:
            if quantity is None:
                account.ask_to_cancel(item.order_item_id, now)
            else:
                account.cancel_units(item.order_item_id, quantity, now)
        self.world.store.flush()
        return order

    def change_address(self, order_id: str) -> Order:
        """The buyer of an order moves one house further."""
        account, order = self.find_order(order_id)
        now = self.world.tick()
        moved = msgspec.structs.replace(order.buyer, house_number=str(int(order.buyer.house_number) + 1))
        account.change_buyer(order, moved, now)
        self.world.store.flush()
        return order

    def scan(self, tracking: str, *, to_the_end: bool) -> Parcel:
        """Let the next thing happen to a parcel, or everything up to its delivery."""
        now = self.world.tick()
        book = self.world.parcels
        parcel = book.of_tracking(tracking)
        if parcel is None:
            raise Impossible(f"There is no parcel with tracking code {tracking}.", absent=True)
        moved = book.deliver(parcel, now) if to_the_end else book.scan(parcel, now)
        if not moved:
            raise Impossible(f"Parcel {tracking} is {parcel.status}: nothing more can happen to it.")
        self.world.store.flush()
        return parcel

    def expire_tokens(self, client_id: str | None = None) -> None:
        """Make void all tokens given out so far, of one account or all."""
        for account in self.world.accounts.values() if client_id is None else (self.account(client_id),):
            account.tally.revoked_tokens = account.tally.issued_tokens
            account.save_tally()
        self.world.store.flush()

    def account(self, client_id: str | None) -> Account:
        """The account named, or the first one."""
        accounts = self.world.accounts
        found = accounts.get(client_id) if client_id is not None else next(iter(accounts.values()))
        if found is None:
            raise Impossible(f"There is no account {client_id}.", absent=True)
        return found

    def find_order(self, order_id: str) -> tuple[Account, Order]:
        for account in self.world.accounts.values():
            if order := account.orders.orders.get(order_id):
                return account, order
        raise Impossible(f"There is no order {order_id}.", absent=True)

    def _any_basket(self, account: Account) -> list[Wanted]:
        """One to three products, for when the data set has no more orders."""
        dice, number = self.world.dice, len(account.orders)
        skus = tuple(self._products)
        chosen = {dice.pick(skus, "basket", number, place) for place in range(1 + dice.below(3, "basket", number))}
        return [self._wanted(BasketLine(sku, 1 + dice.below(3, "basket", number, sku))) for sku in sorted(chosen)]

    def _wanted(self, line: BasketLine) -> Wanted:
        product = self._products.get(line.sku.upper())
        if product is None:
            raise Impossible(f"The shop does not sell {line.sku}.", absent=True)
        if line.quantity < 1:
            raise Impossible(f"Order at least one of {line.sku}.")
        price = product.price if line.unit_price is None else line.unit_price
        return Wanted(product.sku, product.ean, product.title, line.quantity, price)
