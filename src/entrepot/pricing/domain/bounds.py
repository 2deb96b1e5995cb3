"""Between which prices a rule may choose.  Pure."""

from datetime import date
from decimal import Decimal

import msgspec

from entrepot.pricing.domain.decision import Missing, Problem, Term
from entrepot.pricing.domain.facts import CENT, Costs
from entrepot.pricing.domain.formulas import Reckoned, Unknown, reckon
from entrepot.pricing.domain.margins import MOST, Hole, Impossible, down, up
from entrepot.pricing.domain.rules import Limits


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """A floor rounded up and a ceiling rounded down, or what keeps us from knowing them."""

    floor: Decimal | None = None
    ceiling: Decimal | None = None
    holes: tuple[Hole, ...] = ()
    floor_terms: tuple[Term, ...] = ()
    ceiling_terms: tuple[Term, ...] = ()
    problem: Problem | None = None
    missing: tuple[Missing, ...] = ()

    def fits(self, price: Decimal) -> bool:
        """Return whether *price* may be asked."""
        if self.floor is None or self.ceiling is None or not self.floor <= price <= self.ceiling:
            return False
        return not any(hole.below < price < hole.above for hole in self.holes)

    def nearest(self, price: Decimal) -> Decimal:
        """Return the nearest price that may be asked; out of a hole it goes down, to where the reduction is."""
        if self.floor is None or self.ceiling is None:
            raise ValueError(self.problem)
        price = min(max(price, self.floor), self.ceiling)
        for hole in self.holes:
            if hole.below < price < hole.above:
                return hole.below
        return price


def bounds_of(limits: Limits, costs: Costs, day: date) -> Bounds:
    """Work out floor and ceiling.

    Holes that the floor lies in push it to their upper end; those that the ceiling lies in pull it down.
    """
    try:
        low = reckon(limits.floor, costs, day)
    except Unknown as unknown:
        missing = (Missing(unknown.name, "floor"),)
        return Bounds(problem=Problem.FLOOR_UNKNOWN, missing=missing)
    except Impossible:
        return Bounds(problem=Problem.FLOOR_UNKNOWN)
    if low.value > MOST:
        return Bounds(problem=Problem.FLOOR_UNKNOWN, floor_terms=low.terms)
    floor, holes = _settled(low)
    try:
        high = reckon(limits.ceiling, costs, day, floor=floor)
    except Unknown as unknown:
        missing = (Missing(unknown.name, "ceiling"),)
        return Bounds(problem=Problem.CEILING_UNKNOWN, missing=missing, floor=floor, floor_terms=low.terms)
    except Impossible:
        return Bounds(problem=Problem.CEILING_UNKNOWN, floor=floor, floor_terms=low.terms)
    ceiling = down(min(high.value, MOST)) if high.value > 0 else Decimal(0)
    for hole in reversed(holes):
        if hole.below < ceiling < hole.above:
            ceiling = hole.below
    return Bounds(
        floor=floor,
        ceiling=ceiling,
        holes=holes,
        floor_terms=low.terms,
        ceiling_terms=high.terms,
        problem=Problem.LIMITS_CROSSED if floor > ceiling else None,
    )


def _settled(low: Reckoned) -> tuple[Decimal, tuple[Hole, ...]]:
    """Return the floor as it can be asked, and the holes above it as whole cents that do not touch."""
    floor = up(max(low.value, CENT))
    if not low.holes:
        return floor, ()
    merged: list[Hole] = []
    for hole in sorted(low.holes, key=lambda one: one.below):
        below = down(hole.below)
        if merged and below < merged[-1].above:
            merged[-1] = Hole(merged[-1].below, max(merged[-1].above, hole.above))
        else:
            merged.append(Hole(below, hole.above))
    for hole in merged:
        if hole.below < floor < hole.above:
            floor = hole.above
    return floor, tuple(hole for hole in merged if hole.below >= floor)
