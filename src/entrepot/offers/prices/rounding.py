"""Prices with attractive endings: 19.99, 19.95, whole steps of 0.05.  Pure; whoever calculates prices may use it."""

from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from entrepot.kit.money import round_money


class Ending(StrEnum):
    """How a price is to end."""

    NONE = "none"
    """As it is, in whole cents."""
    NINETY_NINE = "99"
    NINETY_FIVE = "95"
    NINETY = "90"
    WHOLE = "00"
    FIVE_CENTS = "0.05"
    """The nearest multiple of five cents."""
    TEN_CENTS = "0.10"


_ONE = Decimal(1)
_GRID: dict[Ending, tuple[Decimal, Decimal]] = {
    Ending.NINETY_NINE: (_ONE, Decimal("0.99")),
    Ending.NINETY_FIVE: (_ONE, Decimal("0.95")),
    Ending.NINETY: (_ONE, Decimal("0.90")),
    Ending.WHOLE: (_ONE, Decimal(0)),
    Ending.FIVE_CENTS: (Decimal("0.05"), Decimal(0)),
    Ending.TEN_CENTS: (Decimal("0.10"), Decimal(0)),
}
"""Ending -> distance of the prices that end so, and one of them."""


def with_ending(
    price: Decimal,
    ending: Ending,
    currency: str = "EUR",
    *,
    floor: Decimal | None = None,
    ceiling: Decimal | None = None,
) -> Decimal:
    """Return the nearest price with this ending, the higher of two equally near; between the limits if one fits there.

    Below *floor* is never an answer, and above *ceiling* only if the floor is above it, too.  Where no price with the
    ending lies between the limits, *price* itself is kept inside them.  The answer is more than nothing.

    Args:
        price: more than 0.
        ending: how it should end.
        currency: for whole cents; a currency without cents has no such endings, and is only rounded.
        floor: the lowest price allowed.
        ceiling: the highest price allowed.
    """
    grid = _GRID.get(ending)
    if grid is None or round_money(Decimal("0.05"), currency) != Decimal("0.05"):
        return _inside(round_money(price, currency), currency, floor, ceiling)
    distance, one = grid
    below = one + ((price - one) / distance).to_integral_value(ROUND_FLOOR) * distance
    for candidate in sorted((below, below + distance), key=lambda found: (abs(found - price), -found)):
        if _fits(candidate, floor, ceiling):
            return candidate
    if floor is not None:  # the nearest ones lie below it: the first one that does not
        least = one + -(((one - floor) / distance).to_integral_value(ROUND_FLOOR)) * distance
        if _fits(least, floor, ceiling):
            return least
    if ceiling is not None:
        most = one + ((ceiling - one) / distance).to_integral_value(ROUND_FLOOR) * distance
        if _fits(most, floor, ceiling):
            return most
    return _inside(round_money(price, currency), currency, floor, ceiling)


def _fits(price: Decimal, floor: Decimal | None, ceiling: Decimal | None) -> bool:
    return price > 0 and (floor is None or price >= floor) and (ceiling is None or price <= ceiling)


def _inside(price: Decimal, currency: str, floor: Decimal | None, ceiling: Decimal | None) -> Decimal:
    if ceiling is not None and price > ceiling:
        price = ceiling
    if floor is not None and price < floor:
        price = floor
    cent = round_money(Decimal("0.01"), currency) or Decimal(1)
    return max(price, cent)
