"""The simulated world as a whole: sellers' accounts, their buyers, the carrier, mail, faults and the clock."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import cast

import msgspec

from entrepot.sandbox.carrier.parcels import ParcelBook
from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.faults import Faults
from entrepot.sandbox.mail import Mailbox
from entrepot.sandbox.marketplace.account import Account
from entrepot.sandbox.marketplace.entities import Offer, PriceStep
from entrepot.sandbox.marketplace.offers import Index, Opening
from entrepot.sandbox.marketplace.replay import Replay
from entrepot.sandbox.options import WorldOptions
from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.retail.export import units_sold
from entrepot.sandbox.store import Nowhere, StateFile, Store
from entrepot.sandbox.traffic import RateLimiter, Traffic

SPARE_UNITS = 25
"""Whoever sells here has so many more than all buyers want, in the ERP and the demo's warehouse as in the offers."""
_OWN = msgspec.Raw(b'{"method":"FBR","schedule":"BOL_DELIVERY_PROMISE"}')
_HELD = msgspec.Raw(b'{"method":"FBB"}')


class WrongSeed(Exception):  # noqa: N818 - a question to the user
    """The state folder belongs to a world with another seed."""


class _Origin(msgspec.Struct):
    seed: int


class World:
    """One simulated world.

    Nothing happens by itself: whoever asks the world something first calls `tick`, which lets everything happen that
    was due meanwhile.
    """

    def __init__(self, options: WorldOptions | None = None, clock: WorldClock | None = None) -> None:
        self.options = options or WorldOptions()
        self.clock = clock or WorldClock()
        self.dice = Dice(self.options.seed)
        self.store: Store = StateFile(self.options.state) if self.options.state else Nowhere()
        self._claim_state()
        now = self.clock.now()
        self.faults = Faults(self.dice)
        self.traffic = Traffic(self.store)
        self.limiter = RateLimiter()
        self.mails = Mailbox()
        self.parcels = ParcelBook(self.store, self.dice, self.options.carrier_speed, now)
        self.accounts: dict[str, Account] = {}
        self.replays: dict[str, Replay] = {}
        self._parts: dict[Callable[[World], object], object] = {}
        self.happenings: list[Callable[[datetime], None]] = []
        """What else happens when the world moves on."""
        data, demand = load(), units_sold()
        for chosen in self.options.accounts:
            opening = self._opening(chosen.client_id, demand, now) if chosen.every else None
            account = Account(chosen, self.options, self.store, opening)
            self.accounts[chosen.client_id] = account
            self.replays[chosen.client_id] = Replay(account, data, self.options, self.store, now)
        self.tick()

    def tick(self) -> datetime:
        """Let everything happen that is due, in the order in which it was due; returns the time."""
        now = self.clock.now()
        for client_id, account in self.accounts.items():
            self._tick_account(account, self.replays[client_id], now)
        self.parcels.tick(now)
        for happen in self.happenings:
            happen(now)
        self.store.flush()
        return now

    @staticmethod
    def _tick_account(account: Account, replay: Replay, now: datetime) -> None:
        while True:
            order_due, process_due = replay.next_due(), account.processes.next_due()
            if process_due is not None and process_due <= now and (order_due is None or process_due <= order_due):
                account.settle(account.processes.pop_due(), process_due)
            elif order_due is not None and order_due <= now:
                replay.step(order_due)
            else:
                return

    def part[T](self, made_from: Callable[["World"], T]) -> T:
        """Return what *made_from* makes of this world, always the same one: it lives as long as the world does."""
        if made_from not in self._parts:
            self._parts[made_from] = made_from(self)
        return cast("T", self._parts[made_from])

    def close(self) -> None:
        self.store.close()

    def _claim_state(self) -> None:
        origin = next(iter(self.store.load("origin", _Origin)), None)
        if origin is None:
            self.store.put("origin", "", _Origin(self.options.seed))
        elif origin.seed != self.options.seed:
            self.store.close()
            raise WrongSeed(
                f"The state in {self.options.state} was made with seed {origin.seed}, not {self.options.seed}: "
                f"start with --seed {origin.seed}, or choose another folder."
            )

    def _is_held(self, client_id: str, sku: str) -> bool:
        """Whether the marketplace keeps a product in its own warehouse."""
        share = self.options.channel_share
        return bool(share) and self.dice.chance(client_id, sku, "held") < share

    def _opening(self, client_id: str, demand: Mapping[str, int], now: datetime) -> Opening:
        """What the seller already offers: the whole catalogue, with stock enough for all buyers."""
        products = _products()
        index = _first_index(self.options.seed, client_id)
        numbers = tuple(index.places)

        def make(place: int) -> Offer:
            product = products[place]
            return Offer(
                offer_id=numbers[place],
                ean=product.ean,
                reference=product.sku,
                prices=(PriceStep(1, product.price),),
                modified=now,
                amount=demand.get(product.sku, 0) * self.options.rounds + SPARE_UNITS,
                title=product.title,
                fulfilment=_HELD if self._is_held(client_id, product.sku) else _OWN,
            )

        return Opening(index, make)


@cache
def _products() -> tuple[Product, ...]:
    """All that is sold, products before bundles."""
    data = load()
    return (*data.products, *(bundle.product for bundle in data.bundles))


@cache
def _first_index(seed: int, client_id: str) -> Index:
    """A seller's first offers; worked out once per process."""
    dice = Dice(seed)
    return Index.of((dice.uuid(client_id, product.sku), product.ean, product.sku) for product in _products())
