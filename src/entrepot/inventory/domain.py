"""Pure decisions about stock: no database, no clock, no network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from uuid import UUID

from entrepot.kit.text import N_

MOST_UNITS = 1_000_000_000
"""Fewer than a database integer holds, more than any shelf."""
MOST_SLOTS = 1000
"""Slots a box may have."""


class LocationKind(StrEnum):
    """What a node of the storage tree is."""

    ZONE = "zone"
    RACK = "rack"
    SHELF = "shelf"
    BOX = "box"
    SLOT = "slot"
    STAGING = "staging"
    """Where picked goods wait to be packed; what lies here is picked."""
    RECEIVING = "receiving"
    QUARANTINE = "quarantine"


NOT_PICKABLE = frozenset({LocationKind.STAGING, LocationKind.RECEIVING, LocationKind.QUARANTINE})
"""Kinds whose goods are promised to nobody, unless a person says otherwise."""
LOCATION_KINDS = {
    LocationKind.ZONE: N_("Zone"),
    LocationKind.RACK: N_("Rack"),
    LocationKind.SHELF: N_("Shelf"),
    LocationKind.BOX: N_("Box"),
    LocationKind.SLOT: N_("Slot"),
    LocationKind.STAGING: N_("Staging"),
    LocationKind.RECEIVING: N_("Receiving"),
    LocationKind.QUARANTINE: N_("Quarantine"),
}


class MoveKind(StrEnum):
    """Why a line is in the ledger."""

    RECEIVE = "receive"
    MOVE = "move"
    ADJUST = "adjust"
    COUNT = "count"
    PICK = "pick"
    SHIP = "ship"
    RETURN = "return"
    PUT_BACK = "put_back"


MOVE_KINDS = {
    MoveKind.RECEIVE: N_("Received"),
    MoveKind.MOVE: N_("Moved"),
    MoveKind.ADJUST: N_("Adjusted"),
    MoveKind.COUNT: N_("Counted"),
    MoveKind.PICK: N_("Picked"),
    MoveKind.SHIP: N_("Shipped"),
    MoveKind.RETURN: N_("Returned"),
    MoveKind.PUT_BACK: N_("Put back"),
}


class CountStatus(StrEnum):
    """How far a count is."""

    OPEN = "open"
    COUNTED = "counted"
    """Everything is counted; the differences wait for approval."""
    APPROVED = "approved"
    CANCELLED = "cancelled"


class CountCause(StrEnum):
    """Why a count was asked for."""

    REQUEST = "request"
    CYCLE = "cycle"
    SHORT_PICK = "short_pick"
    STOCKTAKE = "stocktake"


COUNT_CAUSES = {
    CountCause.REQUEST: N_("Asked for"),
    CountCause.CYCLE: N_("Cycle count"),
    CountCause.SHORT_PICK: N_("Short pick"),
    CountCause.STOCKTAKE: N_("Stocktake"),
}


class LotEventKind(StrEnum):
    """What can become of a lot."""

    MADE = "made"
    QUARANTINED = "quarantined"
    RELEASED = "released"
    EXPIRED = "expired"
    DATE_CHANGED = "date_changed"


LOT_EVENTS = {
    LotEventKind.MADE: N_("Came in first"),
    LotEventKind.QUARANTINED: N_("Quarantined"),
    LotEventKind.RELEASED: N_("Released"),
    LotEventKind.EXPIRED: N_("Expired"),
    LotEventKind.DATE_CHANGED: N_("Date changed"),
}


ADJUST_REASONS = {
    "damaged": N_("Damaged"),
    "lost": N_("Lost"),
    "found": N_("Found"),
    "expired": N_("Expired"),
    "own_use": N_("Own use"),
    "correction": N_("Correction"),
}


@dataclass(slots=True)
class Place:
    """Units of one product in one location (and lot) that nobody has reserved.  *free* shrinks as a plan takes them."""

    product_id: UUID
    location_id: UUID
    lot: str
    free: int
    walk_order: int
    code: str
    warehouse_id: UUID
    expires_on: date | None = None
    """Of its lot; None: it keeps."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one order line needs: *quantity* of what was ordered, which are *units* of each stored product."""

    order_line_id: UUID
    quantity: int
    units: Mapping[UUID, int]
    warehouse_id: UUID | None = None
    """The only building to take them from; None: any."""


@dataclass(frozen=True, slots=True)
class Take:
    """Units to reserve in one place for one order line."""

    order_line_id: UUID
    place: Place
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to reserve, and what is missing."""

    takes: list[Take]
    shortages: dict[UUID, int]
    """Order line -> units of what was ordered that cannot be had; lines that get everything are not in it."""


def plan_reservations(wishes: Iterable[Wish], places: Iterable[Place]) -> Plan:
    """Give each line all it needs or nothing, in the order of *wishes*: who comes first is served first.

    A line is served from one building if one has enough of everything, else across buildings.  Within that, what
    expires first goes first; of what expires on the same day, or never, each product comes from the fewest locations,
    and of equally good ones from those the picker reaches first.

    Args:
        wishes: lines in their order.
        places: free units; :attr:`Place.free` is counted down.
    """
    stock: dict[UUID, list[Place]] = {}
    free: dict[UUID, int] = {}
    for place in sorted(places, key=_first):
        stock.setdefault(place.product_id, []).append(place)
        free[place.product_id] = free.get(place.product_id, 0) + place.free
    takes: list[Take] = []
    shortages: dict[UUID, int] = {}
    for wish in wishes:
        found = _serve(wish, stock, free)
        if found is None:
            shortages[wish.order_line_id] = _missing(wish, stock)
            continue
        for place, quantity in found:
            place.free -= quantity
            free[place.product_id] -= quantity
            takes.append(Take(wish.order_line_id, place, quantity))
    return Plan(takes, shortages)


def _serve(wish: Wish, stock: Mapping[UUID, list[Place]], free: Mapping[UUID, int]) -> list[tuple[Place, int]] | None:
    """Return what the line takes, or None if it cannot have all."""
    if any(free.get(product_id, 0) < quantity for product_id, quantity in wish.units.items()):
        return None  # the common refusal, without a look at the places
    whole: list[tuple[Place, int]] = []
    for product_id, quantity in wish.units.items():
        single = _single(stock[product_id], quantity, wish.warehouse_id)
        if single is None or (whole and whole[0][0].warehouse_id != single.warehouse_id):
            break
        whole.append((single, quantity))
    else:
        return whole  # one location each, all in one building: nothing is better
    return _serve_from_many(wish, stock)


def _single(places: Sequence[Place], quantity: int, warehouse_id: UUID | None) -> Place | None:
    first: Place | None = None
    for place in places:
        if not place.free or (warehouse_id is not None and place.warehouse_id != warehouse_id):
            continue
        first = first or place
        if place.expires_on != first.expires_on:
            break  # a later day does not go before what is left of an earlier one
        if place.free >= quantity:
            return place
    return None


def _serve_from_many(wish: Wish, stock: Mapping[UUID, list[Place]]) -> list[tuple[Place, int]] | None:
    buildings: list[UUID] = []
    for product_id in wish.units:
        for place in stock[product_id]:
            if place.warehouse_id not in buildings:
                buildings.append(place.warehouse_id)
    if wish.warehouse_id is not None:
        buildings = [wish.warehouse_id]
    options = [option for building in buildings if (option := _take_all(wish, stock, building)) is not None]
    if options:
        return min(options, key=lambda option: (_expiry(option[0][0]), len(option)))
    return _take_all(wish, stock, None) if wish.warehouse_id is None else None


def _take_all(
    wish: Wish, stock: Mapping[UUID, list[Place]], warehouse_id: UUID | None
) -> list[tuple[Place, int]] | None:
    found: list[tuple[Place, int]] = []
    for product_id, quantity in wish.units.items():
        taken = take_first_expiring(quantity, _within(stock[product_id], warehouse_id))
        if taken is None:
            return None
        found.extend(taken)
    return found


def _within(places: Sequence[Place], warehouse_id: UUID | None) -> Sequence[Place]:
    return places if warehouse_id is None else [place for place in places if place.warehouse_id == warehouse_id]


def take_first_expiring(quantity: int, places: Sequence[Place]) -> list[tuple[Place, int]] | None:
    """Take *quantity* units from *places* (in the order of :func:`plan_reservations`); None if they hold too few.

    Day by day: everything that expires on a day goes before anything that expires later, and what never does is last.
    """
    found: list[tuple[Place, int]] = []
    for _, group in groupby(places, key=_expiry):
        of_the_day = [place for place in group if place.free > 0]
        there = sum(place.free for place in of_the_day)
        if there >= quantity:
            return [*found, *(take_fewest(quantity, of_the_day) or ())]
        found += [(place, place.free) for place in of_the_day]
        quantity -= there
    return None


def take_fewest(quantity: int, places: Sequence[Place]) -> list[tuple[Place, int]] | None:
    """Take *quantity* units from as few of *places* (in walking order) as possible; None if they hold too few.

    Fullest first is optimal in number: no other choice of as many places holds more.  The last place is then chosen
    anew: the first on the way that holds what is still needed.
    """
    fullest = sorted((place for place in places if place.free > 0), key=lambda place: -place.free)
    found: list[tuple[Place, int]] = []
    for index, place in enumerate(fullest):
        if place.free >= quantity:
            rest = {id(other) for other in fullest[index:]}
            last = next(other for other in places if id(other) in rest and other.free >= quantity)
            return sorted([*found, (last, quantity)], key=lambda taken: _walk(taken[0]))
        found.append((place, place.free))
        quantity -= place.free
    return None


def _missing(wish: Wish, stock: Mapping[UUID, list[Place]]) -> int:
    possible = min(
        sum(place.free for place in _within(stock.get(product_id, ()), wish.warehouse_id)) * wish.quantity // needed
        for product_id, needed in wish.units.items()
    )
    return wish.quantity - possible


def _walk(place: Place) -> tuple[int, str, str]:
    return (place.walk_order, place.code, place.lot)


def _expiry(place: Place) -> date:
    return place.expires_on or date.max


def _first(place: Place) -> tuple[date, int, str, str]:
    return (_expiry(place), *_walk(place))


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation as a decision sees it."""

    id: UUID
    order_line_id: UUID
    quantity: int


def youngest_to_cover(held: Iterable[Held], excess: int) -> list[Held]:
    """Return the reservations that must go so that *excess* units come free: the youngest ones, as few as that takes.

    Ids are made in the order of time, so whoever was promised first keeps what they were promised.
    """
    chosen: list[Held] = []
    for reservation in sorted(held, key=lambda reservation: reservation.id, reverse=True):
        if excess <= 0:
            break
        chosen.append(reservation)
        excess -= reservation.quantity
    return chosen


def slot_codes(box: str, capacity: int) -> list[str]:
    """Return the codes of a box's slots, 1..*capacity*, all equally wide so that they sort as they stand."""
    width = max(2, len(str(capacity)))
    return [f"{box}-{number:0{width}d}" for number in range(1, capacity + 1)]
