"""From what a strategy asks for to what may be asked: limits, stars, reductions, endings, changes too small.  Pure."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_FLOOR, Decimal

import msgspec

from entrepot.pricing.domain.bounds import Bounds
from entrepot.pricing.domain.decision import Limit, Step, StepKind
from entrepot.pricing.domain.facts import HUNDRED, OfferFacts
from entrepot.pricing.domain.margins import down, reduction_stop
from entrepot.pricing.domain.rules import Rule


class Held(msgspec.Struct, frozen=True):
    """A price that may be asked, and what held it."""

    price: Decimal
    limits: tuple[Limit, ...] = ()
    steps: tuple[Step, ...] = ()


def hold(asked: Decimal, facts: OfferFacts, rule: Rule, bounds: Bounds, day: date) -> Held:
    """Return the price that is asked when *asked* was wished for; always inside *bounds*."""
    price = bounds.nearest(down(asked))
    limits: list[Limit] = []
    steps: list[Step] = []
    if price != asked:
        kind = Limit.FLOOR if price > asked else Limit.CEILING if price == bounds.ceiling else Limit.REDUCTION
        if kind is not Limit.REDUCTION or price != down(asked):
            limits.append(kind)
            steps.append(Step(kind=StepKind(kind.value), price=price))
    for limit, apply in _HOLDS:
        held = apply(price, facts, rule, bounds, day)
        if held is not None and held != price:
            price = held
            limits.append(limit)
            steps.append(Step(kind=_KINDS[limit], price=price))
    return Held(price, tuple(limits), tuple(steps))


def _star(price: Decimal, facts: OfferFacts, rule: Rule, bounds: Bounds, _day: date) -> Decimal | None:
    """Stay where the channel shows the star."""
    if rule.star is None or not facts.stars:
        return None
    star = max((down(one.maximum_price) for one in facts.stars if one.level >= rule.star), default=price)
    return star if star < price and bounds.fits(star) else None


def _reduction(price: Decimal, facts: OfferFacts, rule: Rule, bounds: Bounds, day: date) -> Decimal | None:
    """Rather stay where the commission is reduced than ask a bit more and earn less."""
    if not rule.keep_reduction:
        return None
    stop = reduction_stop(price, facts.costs, day)
    return down(stop) if stop is not None and bounds.fits(down(stop)) else None


def _ending(price: Decimal, _facts: OfferFacts, rule: Rule, bounds: Bounds, _day: date) -> Decimal | None:
    """Take the highest price with an ending at or below *price*, else the lowest above it; inside the limits."""
    if not rule.endings:
        return None
    whole = price.to_integral_value(ROUND_FLOOR)
    around = sorted(whole + shift + ending for shift in (-1, 0, 1) for ending in rule.endings)
    below = [one for one in around if one <= price and bounds.fits(one)]
    return below[-1] if below else next((one for one in around if one > price and bounds.fits(one)), None)


def _small(price: Decimal, facts: OfferFacts, rule: Rule, bounds: Bounds, _day: date) -> Decimal | None:
    """Leave a price that is near enough."""
    now = facts.price
    if now is None or price == now or not bounds.fits(now):
        return None
    least = max(rule.least_change, now * rule.least_change_percent / HUNDRED)
    return now if abs(price - now) < least else None


_HOLDS: tuple[tuple[Limit, Callable[[Decimal, OfferFacts, Rule, Bounds, date], Decimal | None]], ...] = (
    (Limit.STAR, _star),
    (Limit.REDUCTION, _reduction),
    (Limit.ENDING, _ending),
    (Limit.LEAST_CHANGE, _small),
)
_KINDS = {
    Limit.STAR: StepKind.STAR,
    Limit.REDUCTION: StepKind.REDUCTION,
    Limit.ENDING: StepKind.ENDING,
    Limit.LEAST_CHANGE: StepKind.SMALL,
}
