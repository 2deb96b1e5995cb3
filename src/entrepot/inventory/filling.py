"""What to bring to the pick faces, and from where: pure decisions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Face:
    """A pick face and what lies in it."""

    seller_id: UUID
    warehouse_id: UUID
    product_id: UUID
    location_id: UUID
    minimum: int
    maximum: int
    units: int


@dataclass(slots=True)
class Source:
    """Free units of a product outside its pick faces.  *free* shrinks as a plan takes them."""

    product_id: UUID
    warehouse_id: UUID
    location_id: UUID
    lot: str
    free: int
    walk_order: int
    code: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Bring:
    """Units to carry from a place to a pick face."""

    face: Face
    source: Source
    quantity: int


def fill(faces: Iterable[Face], sources: Iterable[Source]) -> list[Bring]:
    """Return what to bring so that every face below its minimum holds its maximum, as far as there is any.

    The emptiest face is served first.  What expires first is brought first; then from the fewest places: one that has
    all that is needed before several, each in walking order.
    """
    stock: dict[tuple[UUID, UUID], list[Source]] = {}
    for source in sources:
        stock.setdefault((source.product_id, source.warehouse_id), []).append(source)
    found: list[Bring] = []
    low = [face for face in faces if face.units < face.minimum]
    for face in sorted(low, key=lambda face: (face.units / face.minimum, face.location_id)):
        wanted = face.maximum - face.units
        for source in _in_order(stock.get((face.product_id, face.warehouse_id), ()), wanted):
            quantity = min(wanted, source.free)
            if quantity <= 0:
                continue
            source.free -= quantity
            wanted -= quantity
            found.append(Bring(face, source, quantity))
    return found


def _in_order(sources: Sequence[Source], wanted: int) -> list[Source]:
    return sorted(
        sources,
        key=lambda one: (one.expires_on or date.max, one.free < wanted, one.walk_order, one.code, one.lot),
    )
