"""How other sellers set their prices.

A seller acts at moments of its own.  What it does depends on what it saw, on how often it acted before and on the dice:
never on when somebody looked.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, get_args

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.marketplace.entities import Method

type Behaviour = Literal["undercutter", "matcher", "oscillator", "sleeper", "statue", "sold_out", "madman"]

BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour.__value__)
MEANING: dict[Behaviour, str] = {
    "undercutter": "goes below the cheapest by its step until its own floor, then starts again at its normal price",
    "matcher": "asks what the cheapest asks, never less than its floor",
    "oscillator": "walks down in six steps and up again, whatever others do",
    "sleeper": "sleeps by day; at night it goes below the cheapest",
    "statue": "never moves",
    "sold_out": "keeps its price, runs out of stock and comes back",
    "madman": "jumps wildly; now and then its price is absurd",
}
LEAST = Decimal("1.00")
"""The marketplace takes no price below."""
MOST = Decimal("9999.00")
_CENT = Decimal("0.01")
_WAVE = 12
"""How often an oscillator acts until it is back."""
_CYCLE, _ABSENT = 12, 4
"""Of so many acts, a seller of the kind that sells out has nothing during so many."""


class Rival(msgspec.Struct, kw_only=True):
    """Another seller's offer of one product, and what its owner is like."""

    offer_id: str
    retailer_id: str
    name: str
    behaviour: Behaviour
    normal: Decimal
    """What it asks when nothing presses."""
    floor: Decimal
    """It never goes below of its own will; a madman does."""
    step: Decimal
    every: float
    """Seconds of the market's time between two acts, more or less."""
    delay: float
    """What it sees is so many seconds old."""
    due: datetime
    """When it acts next."""
    price: Decimal
    in_stock: bool = True
    frozen: bool = False
    """Switched off by hand: it does not act."""
    acts: int = 0
    method: Method = "FBR"
    delivery_days: int = 1
    rating: float = 9.0
    condition: str = "NEW"
    countries: tuple[str, ...] = ("NL", "BE")


class View(msgspec.Struct, frozen=True):
    """What a seller knows when it acts."""

    cheapest: Decimal | None
    """Of all others that can deliver the same condition."""
    night: bool


def act(rival: Rival, view: View, dice: Dice) -> None:
    """Let a seller do what it does."""
    _ACTS[rival.behaviour](rival, view, dice)
    rival.price = min(MOST, max(LEAST, rival.price.quantize(_CENT, ROUND_HALF_UP)))
    rival.acts += 1


def _undercut(rival: Rival, view: View, dice: Dice) -> None:
    del dice
    wanted = rival.normal if view.cheapest is None else min(rival.normal, view.cheapest - rival.step)
    rival.price = wanted if wanted >= rival.floor else rival.normal


def _match(rival: Rival, view: View, dice: Dice) -> None:
    del dice
    rival.price = rival.normal if view.cheapest is None else max(rival.floor, min(rival.normal, view.cheapest))


def _oscillate(rival: Rival, view: View, dice: Dice) -> None:
    del view, dice
    place = rival.acts % _WAVE
    depth = min(place, _WAVE - place)
    rival.price = rival.normal - (rival.normal - rival.floor) * depth * 2 / _WAVE


def _sleep(rival: Rival, view: View, dice: Dice) -> None:
    if view.night:
        _undercut(rival, view, dice)


def _stand(rival: Rival, view: View, dice: Dice) -> None:
    del rival, view, dice


def _sell_out(rival: Rival, view: View, dice: Dice) -> None:
    del view
    cycle, place = divmod(rival.acts, _CYCLE)
    begins = dice.below(_CYCLE - _ABSENT, rival.offer_id, "sold out", cycle)
    rival.in_stock = not begins <= place < begins + _ABSENT


def _go_mad(rival: Rival, view: View, dice: Dice) -> None:
    del view
    mood = dice.below(100, rival.offer_id, "mood", rival.acts)
    strength = Decimal(dice.below(1000, rival.offer_id, "strength", rival.acts)) / 1000
    if mood < _ABSURDLY_LOW:
        rival.price = rival.normal * (Decimal("0.02") + strength / 10)
    elif mood < _ABSURDLY_HIGH:
        rival.price = rival.normal * (5 + 15 * strength)
    elif mood < _WILD:
        rival.price = rival.normal * (Decimal("0.7") + strength * Decimal("0.8"))


_ABSURDLY_LOW, _ABSURDLY_HIGH, _WILD = 8, 16, 80
"""Out of a hundred acts; after the rest, its price stays."""
_ACTS: dict[Behaviour, Callable[[Rival, View, Dice], None]] = {
    "undercutter": _undercut,
    "matcher": _match,
    "oscillator": _oscillate,
    "sleeper": _sleep,
    "statue": _stand,
    "sold_out": _sell_out,
    "madman": _go_mad,
}
