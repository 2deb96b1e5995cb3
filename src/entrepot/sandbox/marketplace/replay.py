"""Lets the data set's orders happen again, at a chosen speed."""

from datetime import datetime, timedelta

import msgspec

from entrepot.sandbox.marketplace.account import Account, Wanted
from entrepot.sandbox.marketplace.entities import Order
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.retail.dataset import Cancellation, Dataset, Sale
from entrepot.sandbox.retail.people import Population
from entrepot.sandbox.store import Store


class Progress(msgspec.Struct):
    """Where a replay is; ``speed`` below zero stands for all at once, which JSON cannot say."""

    since: datetime
    speed: float
    position: int = 0
    """Of the next step, over all rounds."""
    ahead: int = 0
    """Orders placed before ``since`` or out of turn."""
    placed: int = 0


class Replay:
    """The buyers of one account.

    Orders are placed when somebody looks (`step`), but with the time at which they were due, so that looking more or
    less often changes nothing.
    """

    def __init__(self, account: Account, data: Dataset, options: WorldOptions, store: Store, now: datetime) -> None:
        self._account = account
        self._store = store
        self._key = f"{account.client_id}/replay"
        self._people = Population(options.seed)
        self._steps = _steps_for(data, account.options.every, options)
        self._total = len(self._steps) * options.rounds
        self._placed: dict[tuple[int, str], str] = {
            _split(order.source): order.order_id for order in account.orders.orders.values() if order.source
        }
        known = next(iter(store.load(self._key, Progress)), None)
        self._progress = known or Progress(since=now, speed=_storable(options.speed))
        if known is not None:
            self._rebase(now)

    @property
    def speed(self) -> float:
        """Orders per minute."""
        return ALL_AT_ONCE if self._progress.speed < 0 else self._progress.speed

    @property
    def is_over(self) -> bool:
        return self._progress.position >= self._total

    def set_speed(self, speed: float, now: datetime) -> None:
        """Place *speed* orders per minute from now on."""
        self._progress.speed = _storable(speed)
        self._rebase(now)

    def next_due(self) -> datetime | None:
        """When the next order is placed; None when none is."""
        progress = self._progress
        if self.is_over or progress.speed == 0:
            return None
        if progress.speed < 0:
            return progress.since
        number = progress.placed - progress.ahead + 1
        return progress.since + timedelta(minutes=number / progress.speed)

    def step(self, now: datetime) -> None:
        """Let what was due at *now* happen: cancellations up to the next order, and that order."""
        self._advance(now)

    def place_next(self, now: datetime) -> Order | None:
        """Place the next order out of turn; None when the data set has no more."""
        self._progress.ahead += 1
        return self._advance(now)

    def _advance(self, now: datetime) -> Order | None:
        order: Order | None = None
        progress = self._progress
        while not self.is_over and order is None:
            number, index = divmod(progress.position, len(self._steps))
            progress.position += 1
            step = self._steps[index]
            if isinstance(step, Cancellation):
                self._cancel(number, step, now)
                continue
            progress.placed += 1
            order = self._place(number, step, now)
            if order is None:
                break
        self._store.put(self._key, "", progress)
        return order

    def _place(self, number: int, sale: Sale, now: datetime) -> Order | None:
        source = f"{sale.invoice}.{number}" if number else sale.invoice
        who = f"{number}/{sale.customer or sale.invoice}"
        buyer = self._people.buyer(who, sale.country)
        basket = [
            Wanted(item.product.sku, item.product.ean, item.product.title, item.quantity, item.price)
            for item in sale.items
        ]
        if (shopper := self._account.shopper) is not None:
            basket = [chosen for wanted in basket if (chosen := shopper(wanted)) is not None]
        order = self._account.place(source, source, buyer, self._people.payer(who, buyer), basket, now)
        if order is not None:
            self._placed[number, sale.invoice] = order.order_id
        return order

    def _cancel(self, number: int, step: Cancellation, now: datetime) -> None:
        order_id = self._placed.get((number, step.invoice))
        if order_id is None:
            return
        items = self._account.orders.orders[order_id].items
        if step.item >= len(items) or items[step.item].sku != step.sku:
            return  # the order was placed without what was out of stock
        if step.whole:
            self._account.ask_to_cancel(items[step.item].order_item_id, now)
        else:
            self._account.cancel_units(items[step.item].order_item_id, step.quantity, now)

    def _rebase(self, now: datetime) -> None:
        """Count from *now*: the time a world did not run, or ran at another speed, places no orders."""
        self._progress.since = now
        self._progress.ahead = self._progress.placed
        self._store.put(self._key, "", self._progress)


def _storable(speed: float) -> float:
    return -1.0 if speed == ALL_AT_ONCE else speed


def _split(source: str) -> tuple[int, str]:
    invoice, _, number = source.partition(".")
    return int(number or 0), invoice


def _steps_for(data: Dataset, every: int, options: WorldOptions) -> tuple[Sale | Cancellation, ...]:
    if not every:
        return ()
    sales = {sale.invoice for sale in data.sales[::every][: options.orders]}
    return tuple(
        step for step in data.steps if step.invoice in sales and (options.cancellations or isinstance(step, Sale))
    )
