"""All offers of one product, and what happened to them."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.rivals.behaviours import Rival, View, act
from entrepot.sandbox.rivals.buy_box import ShownOffer

_KEPT = 120
"""So many of an offer's last states."""
_NIGHT_ENDS = 6
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


class State(msgspec.Struct, frozen=True):
    """How an offer is from a moment on."""

    at: datetime
    price: Decimal
    in_stock: bool


class ProductMarket(msgspec.Struct, kw_only=True):
    """The market of one product: kept as it is, so that a restarted world goes on where it was."""

    ean: str
    normal: Decimal
    cost: Decimal
    rivals: list[Rival]
    states: dict[str, list[State]] = msgspec.field(default_factory=dict[str, list[State]])
    """Of every offer, one's own included, the oldest first."""

    def next_due(self) -> datetime | None:
        """When the next seller acts."""
        return min((rival.due for rival in self.rivals if not rival.frozen), default=None)

    def advance(self, now: datetime, own: Iterable[ShownOffer], dice: Dice, pace: float) -> datetime | None:
        """Let all act whose time has come, in the order of time; then look at the own offers as they are now.

        Returns:
            When something last changed that buyers see of a rival; None if nothing did.
        """
        changed: datetime | None = None
        while (due := self.next_due()) is not None and due <= now:
            rival = min((one for one in self.rivals if not one.frozen), key=lambda one: (one.due, one.offer_id))
            act(rival, self._view(rival, due, pace), dice)
            if self.note(rival.offer_id, rival.price, in_stock=rival.in_stock, at=due):
                changed = due
            jitter = 80 + dice.below(41, rival.offer_id, "jitter", rival.acts)
            rival.due = due + timedelta(seconds=rival.every * jitter / 100 / pace)
        self.look_at(own, now)
        return changed

    def look_at(self, own: Iterable[ShownOffer], now: datetime) -> None:
        """Take the own offers as they are; one that is gone is out of stock."""
        known = {rival.offer_id for rival in self.rivals}
        present = {offer.offer_id: offer for offer in own}
        for offer_id, offer in present.items():
            self.note(offer_id, offer.price, in_stock=offer.in_stock, at=now)
        for offer_id, states in self.states.items():
            if offer_id not in known and offer_id not in present and states[-1].in_stock:
                self.note(offer_id, states[-1].price, in_stock=False, at=now)

    def note(self, offer_id: str, price: Decimal, *, in_stock: bool, at: datetime) -> bool:
        """Write down how an offer is, if that is new."""
        states = self.states.setdefault(offer_id, [])
        if states and (states[-1].price, states[-1].in_stock) == (price, in_stock):
            return False
        states.append(State(at, price, in_stock))
        del states[:-_KEPT]
        return True

    def begin(self, at: datetime) -> None:
        """Write down how the rivals are at the beginning."""
        for rival in self.rivals:
            self.note(rival.offer_id, rival.price, in_stock=rival.in_stock, at=at)

    def rival(self, offer_id: str) -> Rival | None:
        return next((one for one in self.rivals if one.offer_id == offer_id), None)

    def _view(self, rival: Rival, at: datetime, pace: float) -> View:
        seen_at = at - timedelta(seconds=rival.delay / pace)
        asked = [
            state.price
            for offer_id, states in self.states.items()
            if offer_id != rival.offer_id and (state := _as_of(states, seen_at)) is not None and state.in_stock
        ]
        hours = (at - _ANCHOR).total_seconds() * pace / 3600 % 24
        return View(min(asked, default=None), night=hours < _NIGHT_ENDS)


def _as_of(states: list[State], at: datetime) -> State | None:
    """The state at a moment; before the first one nobody saw anything."""
    if states[-1].at <= at:
        return states[-1]
    place = bisect_right(states, at, key=lambda state: state.at)
    return states[place - 1] if place else None
