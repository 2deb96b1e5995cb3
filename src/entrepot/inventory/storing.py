"""Where goods are best put: pure decisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from entrepot.kit.text import N_

SAME = N_("lies there already")
FACE = N_("its pick face")
FREE = N_("free")
OTHER_LOT = N_("another lot of it lies there")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where goods might go."""

    location_id: UUID
    code: str
    walk_order: int
    units: int
    """Of everything in it."""
    same: int
    """Of this product and lot."""
    other_lots: int
    """Of this product, in other lots."""
    taken: bool
    """Whether anything lies in it, whoever owns it."""
    max_units: int | None = None
    maximum: int | None = None
    """If it is a pick face of the product: what it is to hold at most."""

    @property
    def room(self) -> int | None:
        """Units that still fit; None: nobody said."""
        return None if self.max_units is None else max(0, self.max_units - self.units)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place that fits, and why."""

    location_id: UUID
    code: str
    room: int | None
    why: str


def suggest(spots: Iterable[Spot], quantity: int) -> list[Suggestion]:
    """Return the places for *quantity* units, the best first.

    A place must hold all of them.  First the product's pick face as far as it wants units, then where the same lot
    lies, then free places, and only then where another lot of it lies, because mixed lots are picked wrongly; each in
    walking order.  Where something else lies nothing is suggested.
    """
    ranked: list[tuple[int, int, str, Suggestion]] = []
    for spot in spots:
        if spot.room is not None and spot.room < quantity:
            continue
        if spot.maximum is not None:
            if spot.same + spot.other_lots + quantity > spot.maximum:
                continue
            rank, why = 0, FACE
        elif spot.same:
            rank, why = 1, SAME
        elif not spot.taken:
            rank, why = 2, FREE
        elif spot.other_lots:
            rank, why = 3, OTHER_LOT
        else:
            continue
        ranked.append((rank, spot.walk_order, spot.code, Suggestion(spot.location_id, spot.code, spot.room, why)))
    return [suggestion for *_, suggestion in sorted(ranked, key=lambda one: one[:3])]
