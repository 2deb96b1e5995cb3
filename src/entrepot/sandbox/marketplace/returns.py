"""What buyers send back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.marketplace.entities import Decision, GoodsReturn, Method, Order, OrderItem, ReturnedItem
from entrepot.sandbox.marketplace.refusal import Refused
from entrepot.sandbox.options import WorldOptions
from entrepot.sandbox.store import Store

_FIRST_RMA = 86_000_000
_REASONS = (
    ("Article is defective", "It stopped working after a day."),
    ("Changed my mind", ""),
    ("Wrong article received", "I ordered the other colour."),
    ("Article is damaged", "The box was open when it came."),
)


class ReturnBook:
    """Returns in the order in which they were made; one is listed once its time has come."""

    def __init__(self, kind: str, store: Store, dice: Dice, options: WorldOptions) -> None:
        self._kind = kind
        self._store = store
        self._dice = dice
        self._options = options
        self.returns: dict[str, GoodsReturn] = {found.return_id: found for found in store.load(kind, GoodsReturn)}
        self._items = {item.rma_id: (found, item) for found in self.returns.values() for item in found.items}

    def draw(self, order: Order, item: OrderItem, shipped: int, now: datetime) -> None:
        """Let chance decide whether the buyer sends some of it back."""
        share = self._options.return_share
        if share and self._dice.chance(self._kind, item.order_item_id) < share:
            quantity = 1 + self._dice.below(min(shipped, 3), self._kind, "quantity", item.order_item_id)
            self.register(order, item, quantity, now + timedelta(seconds=self._options.return_seconds))

    def register(self, order: Order, item: OrderItem, quantity: int, at: datetime) -> GoodsReturn:
        """The buyer registers a return at *at*."""
        number = len(self.returns) + 1
        rma_id = str(_FIRST_RMA + number)
        reason, comment = _REASONS[self._dice.below(len(_REASONS), self._kind, "reason", number)]
        made = GoodsReturn(
            return_id=str(number),
            order_id=order.order_id,
            registered=at,
            items=[ReturnedItem(rma_id, item.order_item_id, quantity, reason, comment)],
            method=item.method,
        )
        if item.method == "FBB":  # the marketplace takes them back itself
            made.items[0].decisions.append(Decision(quantity, "RETURN_RECEIVED", at))
        self.returns[made.return_id] = made
        self._items[rma_id] = (made, made.items[0])
        self._store.put(self._kind, made.return_id, made)
        return made

    def listed(self, method: Method, *, handled: bool | None, now: datetime) -> Iterable[GoodsReturn]:
        """Returns that are known: open ones the oldest first, handled ones the latest first."""
        found = [
            one
            for one in self.returns.values()
            if one.method == method and one.registered <= now and (handled is None or one.handled == handled)
        ]
        return sorted(found, key=lambda one: (one.registered, int(one.return_id)), reverse=bool(handled))

    def get(self, return_id: str, now: datetime) -> GoodsReturn | None:
        found = self.returns.get(return_id)
        return found if found is not None and found.registered <= now else None

    def decide(self, rma_id: str, quantity: int, outcome: str, now: datetime) -> None:
        """Decide, or decide otherwise, about a returned item."""
        if rma_id not in self._items:
            raise Refused(f"Return item {rma_id} does not exist.")
        found, item = self._items[rma_id]
        if quantity > item.quantity:
            raise Refused(f"Return item {rma_id}: {item.quantity} expected, {quantity} handled.")
        if outcome == "STILL_APPROVED" and not item.handled:
            raise Refused(f"Return item {rma_id} was not refused before.")
        item.decisions = [Decision(quantity, outcome, now)]
        self._store.put(self._kind, found.return_id, found)
