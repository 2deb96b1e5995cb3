"""Expected against measured weight: pure."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What the scales say."""

    FITS = "fits"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    """A product has no weight: nothing is guessed."""


def expected_weight(pieces: Iterable[tuple[int | None, int]], box_g: int) -> int | None:
    """Return what a parcel should weigh (weight of one, units), or None if nobody knows."""
    total = box_g
    for weight, units in pieces:
        if weight is None:
            return None
        total += weight * units
    return total


def allowed(expected_g: int, percent: int, grams: int) -> int:
    """Return by how much a parcel may differ: the percentage, and the grams for tape and filling."""
    return expected_g * percent // 100 + grams


def judge(measured_g: int, expected_g: int | None, percent: int, grams: int) -> Outcome:
    """Compare."""
    if expected_g is None:
        return Outcome.UNKNOWN
    return Outcome.FITS if abs(measured_g - expected_g) <= allowed(expected_g, percent, grams) else Outcome.DIFFERS
