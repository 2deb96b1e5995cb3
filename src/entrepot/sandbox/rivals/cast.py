"""Which other sellers a product has; drawn by the dice, always the same."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.rivals.behaviours import LEAST, Behaviour, Rival

MOST_RIVALS = 5
_CENT = Decimal("0.01")
_FIRST_RETAILER = 1_100_001
_OWNERS = ("Jansen", "De Groot", "Van Dijk", "Visser", "Bakker", "Smit", "Meijer", "Mulder")
_TRADES = ("Wonen", "Cadeau", "Thuis", "Retail", "Handel", "Outlet", "Keuken", "Direct")
_MIXTURE: tuple[Behaviour, ...] = (
    *("undercutter", "undercutter", "undercutter", "matcher", "matcher", "oscillator", "oscillator"),
    *("sleeper", "statue", "sold_out", "sold_out", "madman"),
)
_STEPS = tuple(map(Decimal, ("0.01", "0.05", "0.10")))


class Retailer(msgspec.Struct, frozen=True):
    """A shop of the marketplace."""

    retailer_id: str
    name: str
    rating: float


RETAILERS = {
    retailer_id: Retailer(retailer_id, f"{owner} {trade}", 6.5 + (place * 7 % 34) / 10)
    for place, (owner, trade) in enumerate((owner, trade) for owner in _OWNERS for trade in _TRADES)
    for retailer_id in (str(_FIRST_RETAILER + place),)
}
"""All of them; each sells many products."""


def draw(dice: Dice, ean: str, normal: Decimal, cost: Decimal, now: datetime, pace: float) -> list[Rival]:
    """The other sellers of a product.

    Args:
        dice: of the world.
        ean: of the product.
        normal: what it usually costs.
        cost: what a shop pays for it.
        now: when they begin to act.
        pace: how many times faster than the clock they act.
    """
    chosen = dict.fromkeys(
        dice.pick(tuple(RETAILERS), ean, "retailer", number)
        for number in range(dice.below(MOST_RIVALS + 1, ean, "competitors"))
    )
    return [
        make(
            dice,
            ean,
            dice.pick(_MIXTURE, ean, "behaviour", retailer_id),
            RETAILERS[retailer_id],
            normal,
            cost,
            now,
            pace,
        )
        for retailer_id in chosen
    ]


def make(
    dice: Dice,
    ean: str,
    behaviour: Behaviour,
    retailer: Retailer,
    normal: Decimal,
    cost: Decimal,
    now: datetime,
    pace: float,
) -> Rival:
    """One seller's offer of a product."""
    about = (ean, retailer.retailer_id)
    own_normal = max(LEAST, _cents(normal * (92 + dice.below(27, *about, "normal")) / 100))
    floor = min(own_normal, _cents(cost * (105 + dice.below(31, *about, "floor")) / 100))
    held = dice.chance(*about, "held") < 0.25  # noqa: PLR2004 -- a quarter lies at the marketplace
    every = 900.0 + dice.below(4500, *about, "every")
    return Rival(
        offer_id=dice.uuid(*about, "offer"),
        retailer_id=retailer.retailer_id,
        name=retailer.name,
        behaviour=behaviour,
        normal=own_normal,
        floor=max(LEAST, floor),
        step=dice.pick(_STEPS, *about, "step"),
        every=every,
        delay=120.0 + dice.below(1080, *about, "delay"),
        due=now + timedelta(seconds=dice.below(int(every), *about, "phase") / pace),
        price=own_normal,
        method="FBB" if held else "FBR",
        delivery_days=1 if held else 1 + dice.below(4, *about, "days"),
        rating=retailer.rating,
        countries=("NL", "BE") if dice.chance(*about, "belgium") < 0.8 else ("NL",),  # noqa: PLR2004 -- most do
    )


def shuffled(dice: Dice, ean: str) -> list[Retailer]:
    """All shops, in a sequence of the product's own."""
    return sorted(RETAILERS.values(), key=lambda one: dice.below(1 << 32, ean, "cast", one.retailer_id))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
