"""What a count means: pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from entrepot.kit.text import N_


class CheckState(StrEnum):
    """How far a check is."""

    OPEN = "open"
    CLEAN = "clean"
    """Everything is there, and nothing else."""
    ACCEPTED = "accepted"
    """Something is missing, and somebody who may decided that the order goes without."""
    RECOUNTED = "recounted"
    SENT_BACK = "sent_back"
    LEFT = "left"
    """The order went elsewhere meanwhile."""


class Difference(StrEnum):
    """What is wrong with a line."""

    NONE = ""
    MISSING = "missing"
    TOO_MANY = "too_many"
    FOREIGN = "foreign"
    """It does not belong to the order at all."""
    WRONG_LOT = "wrong_lot"


STATE_LABELS: Final = {
    CheckState.OPEN: N_("Being checked"),
    CheckState.CLEAN: N_("Everything there"),
    CheckState.ACCEPTED: N_("Accepted short"),
    CheckState.RECOUNTED: N_("Counted again"),
    CheckState.SENT_BACK: N_("Sent back to picking"),
    CheckState.LEFT: N_("Given up"),
}
SENTENCES: Final = {
    Difference.MISSING: N_("{units} × {sku} from {place} missing"),
    Difference.TOO_MANY: N_("{units} × {sku} from {place} too many"),
    Difference.FOREIGN: N_("{units} × {sku} does not belong here; its place is {place}"),
    Difference.WRONG_LOT: N_("{units} × {sku} of the wrong lot {lot}"),
}
"""One per difference, with the thing and its place."""


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One product and lot of a check."""

    id: UUID
    product_id: UUID
    sku: str
    gtin: str
    title: str
    lot: str
    place: str
    expected: int
    counted: int


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A difference with the thing and the place that it is about."""

    difference: Difference
    sku: str
    title: str
    lot: str
    place: str
    units: int

    @property
    def sentence(self) -> str:
        """Return it in English."""
        return SENTENCES[self.difference].format(**self.facts)

    @property
    def facts(self) -> dict[str, str | int]:
        """Return what stands in the sentence."""
        return {"units": self.units, "sku": self.sku, "lot": self.lot or "–", "place": self.place or "–"}


def difference_of(line: CheckLine, lines: Iterable[CheckLine]) -> Difference:
    """Say what is wrong with a line of a check, given all of its lines."""
    if line.counted == line.expected:
        return Difference.NONE
    if line.counted < line.expected:
        return Difference.MISSING
    if line.expected:
        return Difference.TOO_MANY
    wanted = any(one.product_id == line.product_id and one.expected for one in lines)
    return Difference.WRONG_LOT if wanted else Difference.FOREIGN


def differences(lines: Iterable[CheckLine]) -> list[Found]:
    """Return everything that is wrong."""
    known = tuple(lines)
    return [
        Found(
            difference=what,
            sku=line.sku,
            title=line.title,
            lot=line.lot,
            place=line.place,
            units=abs(line.counted - line.expected),
        )
        for line in known
        if (what := difference_of(line, known)) is not Difference.NONE
    ]


def line_for(lines: Iterable[CheckLine], product_id: UUID, lot: str) -> CheckLine | None:
    """Return the line that one more unit of a product counts on: of its lot, if that is known; None: it has none.

    Without a lot the first line that still misses some, else the first of the product: then there are too many.
    """
    own = [line for line in lines if line.product_id == product_id]
    if lot:
        return next((line for line in own if line.lot.casefold() == lot.casefold()), None) or next(
            (line for line in own if not line.lot and line.expected), None
        )
    wanted = [line for line in own if line.expected]
    return next((line for line in wanted if line.counted < line.expected), None) or next(iter(wanted or own), None)
