"""Invoice numbers: a prefix and a count, and which counts are missing.  Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MOST_DIGITS = 15
"""Of a count; what is longer is a barcode or a mistake, not a count."""
_NUMBER = re.compile(rf"(.*?)([0-9]{{1,{MOST_DIGITS}}})", re.ASCII | re.DOTALL)


class Split(NamedTuple):
    """A number in its parts."""

    prefix: str
    serial: int | None
    """None: the number does not end in a count."""
    width: int
    """Digits, zeros in front included."""


def split_number(number: str) -> Split:
    """Return prefix and count of *number*: ``INV-2026-00017`` is number 17 of the series ``INV-2026-``."""
    found = _NUMBER.fullmatch(number)
    if found is None or found[1][-1:].isdecimal():
        return Split(number, None, 0)
    return Split(found[1], int(found[2]), len(found[2]))


def written(prefix: str, serial: int, width: int) -> str:
    """Return the number again."""
    return f"{prefix}{serial:0{width}d}"


def missing(present: Iterable[int], first: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the ranges (both ends included) that are missing between *first*, else the lowest, and the highest.

    The database finds them with the same rule; this is what it is tested against.
    """
    counts = sorted(set(present))
    if not counts:
        return
    expected = counts[0] if first is None else first
    for count in counts:
        if count < expected:
            continue
        if count > expected:
            yield expected, count - 1
        expected = count + 1
