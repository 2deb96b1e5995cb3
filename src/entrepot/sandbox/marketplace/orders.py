"""The orders of a seller, indexed so that no question has to look at all of them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from entrepot.sandbox.marketplace.entities import Order, OrderItem
from entrepot.sandbox.store import Store

DUTCH_TIME = ZoneInfo("Europe/Amsterdam")


class OrderBook:
    """Orders by number, by state and by their latest change."""

    def __init__(self, kind: str, store: Store) -> None:
        self._kind = kind
        self._store = store
        self.orders: dict[str, Order] = {}
        self.open: dict[str, Order] = {}
        self.shipped: dict[str, Order] = {}
        self._items: dict[str, tuple[Order, OrderItem]] = {}
        self._by_change: dict[str, Order] = {}
        self._by_day: defaultdict[date, dict[str, Order]] = defaultdict(dict)
        self._day_of: dict[str, date] = {}
        for order in sorted(store.load(kind, Order), key=lambda order: order.placed):
            self._index(order)
        self._by_change = dict(sorted(self._by_change.items(), key=lambda entry: entry[1].changed))

    def __len__(self) -> int:
        return len(self.orders)

    @property
    def item_count(self) -> int:
        return len(self._items)

    def add(self, order: Order) -> None:
        self._index(order)
        self._store.put(self._kind, order.order_id, order)

    def touch(self, order: Order, now: datetime, *items: OrderItem) -> None:
        """Note that *items* of the order, or all of them, have just been changed."""
        for item in items or order.items:
            item.changed = now
        order.version += 1
        self._reindex(order)
        self._store.put(self._kind, order.order_id, order)

    def find(self, order_item_id: str) -> tuple[Order, OrderItem] | None:
        return self._items.get(order_item_id)

    def changed_since(self, moment: datetime) -> list[Order]:
        """Orders of which an item changed at *moment* or later, the earliest change first."""
        found: list[Order] = []
        for order in reversed(self._by_change.values()):
            if order.changed < moment:
                break
            found.append(order)
        return found[::-1]

    def changed_on(self, day: date) -> list[Order]:
        """Orders whose latest change was on *day* in the Netherlands."""
        return list(self._by_day[day].values()) if day in self._by_day else []

    def latest(self, count: int) -> Iterator[Order]:
        """The *count* orders that changed last."""
        return islice(reversed(self._by_change.values()), count)

    def _index(self, order: Order) -> None:
        self.orders[order.order_id] = order
        for item in order.items:
            self._items[item.order_item_id] = (order, item)
        self._reindex(order)

    def _reindex(self, order: Order) -> None:
        key = order.order_id
        if not order.is_open:
            self.open.pop(key, None)
        elif key not in self.open:
            self.open[key] = order
        if order.is_shipped:
            self.shipped[key] = order
        self._by_change.pop(key, None)
        self._by_change[key] = order
        day = order.changed.astimezone(DUTCH_TIME).date()
        known = self._day_of.get(key)
        if known != day:
            if known is not None:
                del self._by_day[known][key]
            self._by_day[day][key] = order
            self._day_of[key] = day
