"""From a margin to a price and back, with VAT and the channel's commission.  Pure.

With a price *p* that the buyer pays, VAT of *v* %, and a channel that keeps a fixed *f* and *c* % of *p*:

    left over = p * 100 / (100 + v) - f - p * c / 100 - costs

which is solved for *p* with a single division, so that nothing is lost before the last cent is rounded.
"""

from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from entrepot.pricing.domain.facts import CENT, HUNDRED, ZERO, Commission, Costs

MOST = Decimal(10_000_000)
"""No price is higher; a formula that says so is wrong."""
_WHOLE = Decimal(10_000)


class Impossible(Exception):  # noqa: N818 -- an answer, not a failure
    """No price leaves that margin: VAT, commission and margin together are all of it."""


class Hole(msgspec.Struct, frozen=True):
    """Prices strictly between the two do not leave the margin: the channel's reduction ended, and it is not earned back.

    Up to ``below`` and from ``above`` on it is left.
    """

    below: Decimal
    above: Decimal


def up(amount: Decimal) -> Decimal:
    """Round to the cent, never down."""
    return amount.quantize(CENT, rounding=ROUND_CEILING)


def down(amount: Decimal) -> Decimal:
    """Round to the cent, never up."""
    return amount.quantize(CENT, rounding=ROUND_FLOOR)


def _solve(costs: Decimal, fixed: Decimal, percent: Decimal, vat: Decimal, money: Decimal, part: Decimal) -> Decimal:
    gross = HUNDRED + vat
    for_money = _WHOLE - percent * gross
    for_part = _WHOLE - _WHOLE * part - percent * gross
    if for_money <= 0 or for_part <= 0:
        raise Impossible
    spent = (costs + fixed) * HUNDRED * gross
    return max((spent + money * HUNDRED * gross) / for_money, spent / for_part, ZERO)


def active_reductions(commission: Commission, day: date) -> list[tuple[Decimal, Decimal]]:
    """Return what is taken off the commission on *day*: (up to which price, how much), the lowest price first."""
    return sorted((one.maximum_price, one.amount) for one in commission.reductions if one.begins <= day <= one.ends)


def price_for(
    costs: Decimal, money: Decimal, part: Decimal, *, vat: Decimal, commission: Commission, day: date
) -> tuple[Decimal, tuple[Hole, ...]]:
    """Return the lowest price that leaves both *money* and *part* (0.1 is 10 %) of the price without VAT.

    A reduction counts only if the price it makes possible is low enough for it; then prices between its end and the
    price without it are a :class:`Hole`.

    Raises:
        Impossible: no price does.
    """
    plain = _solve(costs, commission.fixed, commission.percent, vat, money, part)
    if not commission.reductions:
        return plain, ()
    best, holes = plain, []
    for maximum, amount in active_reductions(commission, day):
        reduced = _solve(costs, commission.fixed - amount, commission.percent, vat, money, part)
        if up(reduced) <= maximum < plain:
            best = min(best, reduced)
            holes.append(Hole(maximum, up(plain)))
    return best, tuple(holes)


def commission_at(price: Decimal, commission: Commission, day: date) -> Decimal:
    """Return what the channel keeps of a sale at *price*: the largest reduction that the price still gets counts."""
    off = max((amount for maximum, amount in active_reductions(commission, day) if price <= maximum), default=ZERO)
    return commission.fixed + price * commission.percent / HUNDRED - off


def net_of(price: Decimal, vat: Decimal) -> Decimal:
    """Return *price* without VAT."""
    return price * HUNDRED / (HUNDRED + vat)


def unit_cost(costs: Costs) -> Decimal | None:
    """Return what a unit costs until it is at the buyer's door, ``None`` if the goods themselves have no known cost."""
    goods = costs.landed_cost or costs.purchase_price or costs.supplier_price
    if goods is None:
        return None
    return goods.value + sum((part.value for part in (costs.shipping, costs.packaging) if part), start=ZERO)


def margin_at(price: Decimal, costs: Costs, day: date) -> Decimal | None:
    """Return what a sale at *price* leaves, ``None`` while a cost, VAT or the commission is unknown."""
    spent = unit_cost(costs)
    if spent is None or costs.vat is None or costs.commission is None:
        return None
    return net_of(price, costs.vat.value) - commission_at(price, costs.commission, day) - spent


def reduction_stop(price: Decimal, costs: Costs, day: date) -> Decimal | None:
    """Return the highest reduced price that earns more than *price* does, if *price* is just above one."""
    commission = costs.commission
    if commission is None or not commission.reductions or costs.vat is None:
        return None
    gross = HUNDRED + costs.vat.value
    kept = _WHOLE - commission.percent * gross
    if kept <= 0:
        return None
    reductions = active_reductions(commission, day)
    still = max((amount for maximum, amount in reductions if price <= maximum), default=ZERO)
    for maximum, amount in reversed(reductions):
        if maximum < price and (price - maximum) * kept < (amount - still) * HUNDRED * gross:
            return maximum
    return None
