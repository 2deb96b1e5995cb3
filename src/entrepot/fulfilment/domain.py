"""Pure decisions of the floor: what a scan means, where things stand, when to ask again."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from entrepot.kit.text import N_


class ListStatus(StrEnum):
    """How far a pick list is."""

    OPEN = "open"
    PICKING = "picking"
    DONE = "done"
    CANCELLED = "cancelled"


class PickMode(StrEnum):
    """How a list is walked."""

    CART = "cart"
    """Several orders at once, each into its tote or compartment."""
    BATCH = "batch"
    """Several orders at once, all into one bin, sorted afterwards."""
    ZONE = "zone"
    """A part for each zone, joined when all are done."""
    SINGLE = "single"
    """One order."""
    SINGLES = "singles"
    """Orders of one single piece each: all into one bin, told apart when they are packed."""


MODE_LABELS: Final = {
    PickMode.CART: N_("Cart with totes"),
    PickMode.BATCH: N_("Batch, sorted afterwards"),
    PickMode.ZONE: N_("By zone"),
    PickMode.SINGLE: N_("One order"),
    PickMode.SINGLES: N_("Single pieces"),
}
MOST_AT_ONCE: Final = {
    PickMode.SINGLE: 1,
    PickMode.CART: 12,
    PickMode.BATCH: 20,
    PickMode.ZONE: 12,
    PickMode.SINGLES: 30,
}
"""Orders on a list that somebody asks for."""


class LineState(StrEnum):
    """How far a pick line is."""

    OPEN = "open"
    PICKED = "picked"
    SHORT = "short"
    """Some of it was not where it should be; what was there is picked."""
    CANCELLED = "cancelled"
    """Its order was cancelled, or taken off the list."""


class ParcelStatus(StrEnum):
    """How far a parcel is."""

    OPEN = "open"
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class ShipmentState(StrEnum):
    """How far the carrier is with a parcel."""

    REQUESTED = "requested"
    """The carrier was, or is about to be, asked for a label; its answer did not arrive."""
    LABELLED = "labelled"
    FAILED = "failed"
    """The carrier refused; nothing was booked."""
    CANCELLED = "cancelled"
    IN_TRANSIT = "in_transit"
    PROBLEM = "problem"
    DELIVERED = "delivered"


class PushState(StrEnum):
    """How far telling the channel is."""

    WAITING = "waiting"
    SENT = "sent"
    """The channel took it and works on it."""
    CONFIRMED = "confirmed"
    FAILED = "failed"
    """The channel refused: a person has to look."""
    SKIPPED = "skipped"
    """A person decided that the channel need not be told."""


class ShortReason(StrEnum):
    """Why there is less than there should be."""

    NOT_THERE = "not_there"
    TOO_FEW = "too_few"
    DAMAGED = "damaged"
    EXPIRED = "expired"


SHORT_LABELS: Final = {
    ShortReason.NOT_THERE: N_("Nothing there"),
    ShortReason.TOO_FEW: N_("Fewer than there should be"),
    ShortReason.DAMAGED: N_("Damaged"),
    ShortReason.EXPIRED: N_("Past its date"),
}


class SwapReason(StrEnum):
    """Why another lot than the suggested one is taken."""

    IN_FRONT = "in_front"
    NOT_FOUND = "lot_not_found"
    DAMAGED = "lot_damaged"
    CUSTOMER = "customer"


SWAP_LABELS: Final = {
    SwapReason.IN_FRONT: N_("It lies in front"),
    SwapReason.NOT_FOUND: N_("The other lot is not there"),
    SwapReason.DAMAGED: N_("The other lot is damaged"),
    SwapReason.CUSTOMER: N_("The customer wants this lot"),
}
CHECKED_SWAPS: Final = frozenset({SwapReason.NOT_FOUND, SwapReason.DAMAGED})
"""Reasons after which somebody counts the lot that was left."""


class SkipReason(StrEnum):
    """Why an order is not released to picking."""

    GONE = "gone"
    NOT_RESERVED = "not_reserved"
    HELD = "held"
    ON_A_LIST = "on_a_list"
    NOTHING_OURS = "nothing_ours"
    NONE_CHOSEN = "none_chosen"


SKIP_LABELS: Final = {
    SkipReason.GONE: N_("There is no such order."),
    SkipReason.NOT_RESERVED: N_("Only orders whose stock is reserved can be picked."),
    SkipReason.HELD: N_("It is on hold."),
    SkipReason.ON_A_LIST: N_("It is on a pick list already."),
    SkipReason.NOTHING_OURS: N_("We ship nothing of it."),
    SkipReason.NONE_CHOSEN: N_("Choose some orders first."),
}

LIST_MOVES: Final[dict[ListStatus, frozenset[ListStatus]]] = {
    ListStatus.OPEN: frozenset({ListStatus.PICKING, ListStatus.DONE, ListStatus.CANCELLED}),
    ListStatus.PICKING: frozenset({ListStatus.DONE, ListStatus.CANCELLED}),
    ListStatus.DONE: frozenset(),
    ListStatus.CANCELLED: frozenset(),
}
PARCEL_MOVES: Final[dict[ParcelStatus, frozenset[ParcelStatus]]] = {
    ParcelStatus.OPEN: frozenset({ParcelStatus.PACKED, ParcelStatus.CANCELLED}),
    ParcelStatus.PACKED: frozenset({ParcelStatus.OPEN, ParcelStatus.SHIPPED, ParcelStatus.CANCELLED}),
    ParcelStatus.SHIPPED: frozenset(),
    ParcelStatus.CANCELLED: frozenset(),
}
PUSH_MOVES: Final[dict[PushState, frozenset[PushState]]] = {
    PushState.WAITING: frozenset({PushState.SENT, PushState.CONFIRMED, PushState.FAILED, PushState.SKIPPED}),
    PushState.SENT: frozenset({PushState.WAITING, PushState.CONFIRMED, PushState.FAILED}),
    PushState.FAILED: frozenset({PushState.WAITING, PushState.SKIPPED}),
    PushState.CONFIRMED: frozenset(),
    PushState.SKIPPED: frozenset(),
}

LONGEST_PAUSE: Final = 3600
"""Seconds between two looks at something that does not move."""
SETTLING: Final = 20
"""Seconds to wait before asking whether a notice of unknown fate arrived: the channel may still be working on it."""
MOST_PER_LIST: Final = 200
"""Orders on one pick list."""
MOST_UNITS: Final = 100_000


def pause_after(attempts: int, *, first: int = 2) -> int:
    """Return the seconds to wait after so many attempts: doubling, up to an hour."""
    pause: int = first * 2 ** min(max(attempts, 1) - 1, 30)
    return min(pause, LONGEST_PAUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the current task wants."""

    sku: str
    gtin: str
    location: str
    location_barcode: str = ""
    left: int


class Hit(StrEnum):
    """What a scanned code is, to the current task."""

    PRODUCT = "product"
    LOCATION = "location"
    LOT = "lot"
    TOTE = "tote"
    OTHER = "other"


def match(code: str, wanted: Wanted) -> Hit:
    """Tell what *code* is: the product that is wanted, its location, or something else.

    Scanners drop leading zeros of GTINs or add them, and people type codes in small letters.
    """
    said = code.strip().casefold()
    if said and said == wanted.sku.casefold():
        return Hit.PRODUCT
    if wanted.gtin and said.isdecimal() and said.lstrip("0") == wanted.gtin.lstrip("0"):
        return Hit.PRODUCT
    if said and said in {wanted.location.casefold(), wanted.location_barcode.casefold()}:
        return Hit.LOCATION
    return Hit.OTHER


def list_status(lines: Iterable[LineState], now: ListStatus) -> ListStatus:
    """Return where a list stands whose lines stand so."""
    states = list(lines)
    if now in {ListStatus.DONE, ListStatus.CANCELLED}:
        return now
    if all(state is LineState.CANCELLED for state in states):
        return ListStatus.CANCELLED
    if LineState.OPEN not in states:
        return ListStatus.DONE
    return now
