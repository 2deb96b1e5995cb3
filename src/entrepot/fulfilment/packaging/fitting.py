"""Whether goods fit into a box: pure, and honest about what it does not know.

``FITS`` is proven: a way to pack it was found.  ``DOES_NOT_FIT`` is proven, too: something is too long, too much or too
heavy.  Anything else is ``UNKNOWN``: a product has no dimensions, or a person would have to try.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

type Size = tuple[int, int, int]

MOST_PIECES = 200
"""More than that nobody packs by a plan: the answer is by volume alone."""


class Fit(StrEnum):
    """Whether it fits."""

    FITS = "fits"
    DOES_NOT_FIT = "does_not_fit"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to pack.  What is None nobody knows."""

    size: Size | None
    weight_g: int | None


@dataclass(frozen=True, slots=True)
class Box:
    """A kind of box."""

    code: str
    size: Size
    own_weight_g: int
    max_weight_g: int | None

    @property
    def volume(self) -> int:
        return volume(self.size)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a piece lies, as it was turned."""

    at: Size
    size: Size


def volume(size: Size) -> int:
    """Return what a block takes up."""
    return size[0] * size[1] * size[2]


def place(pieces: Iterable[Size], box: Size) -> list[Placed] | None:
    """Return one way to lay every piece into the box, or None if this heuristic finds none.

    The largest first, each turned as it fits, into the lowest, then rearmost free corner; the space beside, behind and
    above what was laid is divided into blocks that nothing reaches out of, so nothing can overlap.
    """
    spaces: list[Placed] = [Placed((0, 0, 0), box)]
    laid: list[Placed] = []
    for piece in sorted(pieces, key=lambda size: (-volume(size), -max(size))):
        best: tuple[tuple[int, ...], int, Size] | None = None
        for number, space in enumerate(spaces):
            for turned in sorted(set(permutations(piece))):
                if all(side <= room for side, room in zip(turned, space.size, strict=True)):
                    waste = min(room - side for side, room in zip(turned, space.size, strict=True))
                    rank = (space.at[2], turned[2], waste, space.at[1], space.at[0])
                    if best is None or rank < best[0]:
                        best = rank, number, turned  # type: ignore[assignment]  # three sides stay three
        if best is None:
            return None
        _, number, turned = best
        space = spaces.pop(number)
        laid.append(Placed(space.at, turned))
        spaces += _left(space, turned)
    return laid


def _left(space: Placed, piece: Size) -> list[Placed]:
    """Return the blocks that a piece in the corner of a space leaves, divided so that the largest one is large."""
    (x, y, z), (length, width, height) = space.at, space.size
    long, wide, high = piece
    above = Placed((x, y, z + high), (long, wide, height - high))
    if (length - long) * width > length * (width - wide):
        beside = Placed((x + long, y, z), (length - long, width, height))
        behind = Placed((x, y + wide, z), (long, width - wide, height))
    else:
        beside = Placed((x + long, y, z), (length - long, wide, height))
        behind = Placed((x, y + wide, z), (length, width - wide, height))
    return [one for one in (above, beside, behind) if all(side > 0 for side in one.size)]


def fit(pieces: Sequence[Piece], box: Box) -> Fit:
    """Tell whether *pieces* fit into *box*, by size and by weight."""
    weights = [piece.weight_g for piece in pieces]
    known_weight = box.own_weight_g + sum(weight for weight in weights if weight is not None)
    if box.max_weight_g is not None and known_weight > box.max_weight_g:
        return Fit.DOES_NOT_FIT
    room = sorted(box.size)
    sizes = [piece.size for piece in pieces if piece.size is not None]
    if any(side > most for size in sizes for side, most in zip(sorted(size), room, strict=True)):
        return Fit.DOES_NOT_FIT
    if sum(volume(size) for size in sizes) > box.volume:
        return Fit.DOES_NOT_FIT
    unsure = len(sizes) < len(pieces) or (box.max_weight_g is not None and None in weights)
    if unsure or len(pieces) > MOST_PIECES or place(sizes, box.size) is None:
        return Fit.UNKNOWN
    return Fit.FITS


def suggest(pieces: Sequence[Piece], boxes: Iterable[Box]) -> list[tuple[Box, Fit]]:
    """Return every box with whether it fits: what surely fits first, the smallest first; then what may fit."""
    rank = {Fit.FITS: 0, Fit.UNKNOWN: 1, Fit.DOES_NOT_FIT: 2}
    found = [(box, fit(pieces, box)) for box in boxes]
    return sorted(found, key=lambda one: (rank[one[1]], one[0].volume, one[0].code))
