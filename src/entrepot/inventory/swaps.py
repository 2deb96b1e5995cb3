"""Which goods should change places so that pickers walk less: pure decisions.

A picker follows the walking order from its beginning to the last place of the order, so an order costs as many places
as lie up to its farthest goods.  Bringing together what is ordered together, and forward what is ordered often, both
make that shorter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_HOT = 30
"""Contents considered for moving forward: what is ordered most."""
MOST_ORDERS = 1000
"""Different baskets looked at: the most frequent ones."""

type Baskets = Mapping[frozenset[int], int]
"""Contents that were ordered together -> how often."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place as the plan sees it; its number is its place on the way."""

    units: int
    max_units: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedSwap:
    """Two places whose contents change places, and what all baskets cost after it."""

    first: int
    second: int
    cost: int


def cost_of(baskets: Baskets, place: Sequence[int]) -> int:
    """Return how many places are walked for all *baskets*, if content i lies in place[i]."""
    return sum((1 + max(place[content] for content in basket)) * many for basket, many in baskets.items() if basket)


def plan_swaps(baskets: Baskets, slots: Sequence[Slot], most: int) -> list[PlannedSwap]:
    """Return at most *most* swaps, each of which makes the way shorter by itself, the best first.

    Content i lies in place i at first.  Because every single swap saves something, one can stop after any of them and
    is never worse off than before.

    Args:
        baskets: what was ordered together.
        slots: the places in walking order, with what lies in them.
        most: swaps at most.
    """
    kept = dict(sorted(baskets.items(), key=lambda item: (-item[1], sorted(item[0])))[:MOST_ORDERS])
    where = list(range(len(slots)))  # content -> place
    content = list(range(len(slots)))  # place -> content
    baskets_of: dict[int, list[tuple[frozenset[int], int]]] = {}
    popular: Counter[int] = Counter()
    for basket, many in kept.items():
        for one in basket:
            baskets_of.setdefault(one, []).append((basket, many))
            popular[one] += many
    hot = [one for one, _ in popular.most_common(MOST_HOT)]
    total = cost_of(baskets, where)
    found: list[PlannedSwap] = []
    while len(found) < most:
        best: tuple[int, int, int] | None = None
        rests = {one: _rests(one, baskets_of.get(one, ()), where) for one in range(len(slots))}
        for one in hot:
            for place in range(where[one]):
                other = content[place]
                if not (_fits(slots, one, place) and _fits(slots, other, where[one])):
                    continue
                gain = _gain(one, other, where, rests)
                if gain > 0 and (best is None or gain > best[0]):
                    best = (gain, one, other)
        if best is None:
            break
        _, one, other = best
        first, second = where[other], where[one]
        where[one], where[other] = first, second
        content[first], content[second] = one, other
        after = cost_of(baskets, where)
        if after >= total:  # rare baskets, which were not looked at, lose more than the others win
            where[one], where[other] = second, first
            content[first], content[second] = other, one
            break
        total = after
        found.append(PlannedSwap(first, second, total))
    return found


def _fits(slots: Sequence[Slot], content: int, place: int) -> bool:
    room = slots[place].max_units
    return room is None or slots[content].units <= room


type Rest = tuple[int, int, frozenset[int]]
"""Of a basket without one of its contents: the farthest place, how often it was ordered, and the basket."""


def _rests(one: int, baskets: Iterable[tuple[frozenset[int], int]], where: Sequence[int]) -> list[Rest]:
    return [
        (max((where[content] for content in basket if content != one), default=-1), many, basket)
        for basket, many in baskets
    ]


def _gain(one: int, other: int, where: Sequence[int], rests: Mapping[int, list[Rest]]) -> int:
    """Return by how much the way gets shorter if *one* moves forward to the place of *other*."""
    gain = 0
    forward, back = where[other], where[one]
    for rest, many, basket in rests[one]:
        if rest < back and other not in basket:
            gain += (back - max(rest, forward)) * many
    for rest, many, basket in rests[other]:
        if rest < back and one not in basket:
            gain -= (back - max(rest, forward)) * many
    return gain
