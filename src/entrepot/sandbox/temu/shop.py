"""A Temu shop: an account of the marketplace under Temu's numbers, and what only Temu has."""

from datetime import datetime, timedelta

import msgspec

from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import Offer, Order, OrderItem
from entrepot.sandbox.world import World

TEMU = "temu"
REGION = 76
"""The region number of the shop's country."""
PENDING, UNSHIPPED, CANCELLED, SHIPPED, DELIVERED, PARTLY_SHIPPED = 1, 2, 3, 4, 5, 41
_GOODS, _SKUS = 601_000_000_000_000, 17_000_000_000_000
_TOKEN_DAYS = 180


class TemuState(msgspec.Struct):
    """What can be chosen about a shop while the world runs."""

    token_ends: datetime
    hook: str = ""
    """Where notices go; entered in the app's settings."""
    events: tuple[str, ...] = ()
    """What the app asked to be told."""
    example_style: bool = False
    """Sign notices as Temu's example program does, not as its text says."""
    masked: bool = False
    """Addresses come with stars, and only the decrypting call tells them."""
    may_decrypt: bool = True
    withheld_one_in: int = 0
    """Of so many orders one has no address; 0 for none."""
    codeless_one_in: int = 3
    """Of so many orders one does not name the seller's own SKUs, as local shops get them; 0 for none."""
    told_until: datetime | None = None
    """What changed before was told."""


class Shop:
    """One shop."""

    def __init__(self, world: World, account: Account) -> None:
        self.world = world
        self.account = account
        self._kind = f"{account.client_id}/temu"
        known = next(iter(world.store.load(self._kind, TemuState)), None)
        self.state = known or TemuState(
            token_ends=world.clock.now() + timedelta(days=_TOKEN_DAYS),
            withheld_one_in=world.options.temu_withheld_one_in,
        )
        self.request_keys: set[str] = set()

    @property
    def mall(self) -> int:
        return 634_418_000_000_000 + self.world.dice.below(10**9, self.account.client_id, "mall")

    def save(self) -> None:
        self.world.store.put(self._kind, "", self.state)
        self.world.store.flush()

    # Numbers

    @staticmethod
    def number(order: Order) -> str:
        """Temu's number of an order."""
        return f"PO-{REGION:03}-{order.order_id[1:]}"

    def order(self, number: str) -> Order | None:
        """The order that Temu calls *number*."""
        prefix = f"PO-{REGION:03}-"
        return self.account.orders.orders.get(f"C{number.removeprefix(prefix)}") if number.startswith(prefix) else None

    @staticmethod
    def line_number(item: OrderItem) -> str:
        return f"{REGION:03}-{item.order_item_id}"

    @staticmethod
    def item_id(line_number: str) -> str:
        return line_number.removeprefix(f"{REGION:03}-")

    def goods_id(self, offer: Offer) -> int:
        return _GOODS + self.account.offers.place(offer)

    def sku_id(self, offer: Offer) -> int:
        return _SKUS + self.account.offers.place(offer)

    def offer(self, sku_id: int) -> Offer | None:
        """The offer that has Temu's SKU number."""
        place = sku_id - _SKUS
        found = next(iter(self.account.offers.after(place - 1)), None) if place >= 0 else None
        return found if found is not None and self.account.offers.place(found) == place else None

    # States

    def ready_at(self, order: Order) -> datetime:
        """When the buyer can no longer simply take the order back."""
        return order.placed + timedelta(seconds=self.world.options.temu_pending_seconds)

    def changed_at(self, order: Order) -> datetime:
        """When anything about the order changed last, becoming ready included."""
        ready = self.ready_at(order)
        return max(order.changed, ready) if ready <= self.world.clock.now() else order.changed

    def status(self, order: Order) -> int:
        if not order.is_open:
            return SHIPPED if order.is_shipped else CANCELLED
        if self.ready_at(order) > self.world.clock.now():
            return PENDING
        return PARTLY_SHIPPED if order.is_shipped else UNSHIPPED

    @staticmethod
    def line_status(item: OrderItem, status: int) -> int:
        """The state of a line of an order that is in state *status*."""
        if item.open:
            return PARTLY_SHIPPED if item.shipped else min(status, UNSHIPPED)
        return SHIPPED if item.shipped else CANCELLED

    def is_withheld(self, order: Order) -> bool:
        """Whether Temu keeps the address of an order to itself."""
        one_in = self.state.withheld_one_in
        return bool(one_in) and not self.world.dice.below(one_in, "withheld", order.order_id)


class Shops:
    """The Temu shops of a world."""

    def __init__(self, world: World) -> None:
        self.by_key = {
            key: Shop(world, account) for key, account in world.accounts.items() if account.options.marketplace == TEMU
        }

    @classmethod
    def of(cls, world: World) -> "Shops":
        """Those of a world, always the same ones."""
        return world.part(cls)
