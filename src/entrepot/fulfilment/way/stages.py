"""The stages of the floor and the moves between them: pure.  The database has the same table in a trigger."""

from enum import StrEnum
from typing import Final

from entrepot.kit.text import N_
from entrepot.orders.status import OrderStatus


class Stage(StrEnum):
    """Where an order is in the building."""

    WAITING = "waiting"
    """On no list, or on one that nobody has begun."""
    PICKING = "picking"
    PICKED = "picked"
    CHECKING = "checking"
    PACKING = "packing"
    BOXING = "boxing"
    PACKED = "packed"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    HOLD = "hold"
    REVIEW = "review"
    """Sent back with a reason; goes on when somebody has resolved it."""
    CANCELLED = "cancelled"


LABELS: Final[dict[Stage, str]] = {
    Stage.WAITING: N_("Waiting"),
    Stage.PICKING: N_("Picking"),
    Stage.PICKED: N_("Picked"),
    Stage.CHECKING: N_("Checking"),
    Stage.PACKING: N_("Packing"),
    Stage.BOXING: N_("Boxing"),
    Stage.PACKED: N_("Packed"),
    Stage.DISPATCHED: N_("Dispatched"),
    Stage.DELIVERED: N_("Delivered"),
    Stage.HOLD: N_("On hold"),
    Stage.REVIEW: N_("In review"),
    Stage.CANCELLED: N_("Cancelled"),
}

ASIDE: Final = frozenset({Stage.HOLD, Stage.REVIEW})
"""Beside the way: the order remembers where it comes back to."""
OVER: Final = frozenset({Stage.DELIVERED, Stage.CANCELLED})
GONE: Final = OVER | {Stage.DISPATCHED}
"""Nothing of it is in the building any more."""
WORKED: Final = frozenset(Stage) - GONE - ASIDE
"""Somebody in the building works on it, or will."""

MOVES: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.WAITING: frozenset({Stage.PICKING, Stage.PICKED, Stage.DISPATCHED, *ASIDE, Stage.CANCELLED}),
    Stage.PICKING: frozenset({Stage.WAITING, Stage.PICKED, *ASIDE, Stage.CANCELLED}),
    Stage.PICKED: frozenset(
        {Stage.PICKING, Stage.CHECKING, Stage.PACKING, Stage.BOXING, Stage.PACKED, *ASIDE, Stage.CANCELLED}
    ),
    Stage.CHECKING: frozenset({Stage.PICKED, Stage.PACKING, Stage.BOXING, Stage.PACKED, *ASIDE, Stage.CANCELLED}),
    Stage.PACKING: frozenset({Stage.PICKED, Stage.CHECKING, Stage.BOXING, Stage.PACKED, *ASIDE, Stage.CANCELLED}),
    Stage.BOXING: frozenset({Stage.PACKING, Stage.PACKED, *ASIDE, Stage.CANCELLED}),
    Stage.PACKED: frozenset({Stage.PACKING, Stage.BOXING, Stage.DISPATCHED, *ASIDE, Stage.CANCELLED}),
    Stage.DISPATCHED: frozenset({Stage.DELIVERED}),
    Stage.DELIVERED: frozenset(),
    Stage.HOLD: WORKED | {Stage.REVIEW, Stage.CANCELLED},
    Stage.REVIEW: WORKED | {Stage.HOLD, Stage.CANCELLED},
    Stage.CANCELLED: frozenset(),
}
"""From -> to.  Waiting goes straight to picked when nothing was left to pick, and to dispatched when the goods left
without us: the ERP or the channel sent them."""

PLACES: Final[dict[OrderStatus, frozenset[Stage]]] = {
    OrderStatus.PENDING: frozenset({Stage.WAITING}),
    OrderStatus.RESERVED: frozenset({Stage.WAITING}),
    OrderStatus.HANDED_OVER: frozenset({Stage.WAITING}),
    OrderStatus.PICKING: frozenset({Stage.WAITING, Stage.PICKING}),
    OrderStatus.PICKED: frozenset({Stage.PICKED, Stage.CHECKING, Stage.PACKING, Stage.BOXING}),
    OrderStatus.PACKED: frozenset({Stage.PACKED}),
    OrderStatus.SHIPPED: frozenset({Stage.DISPATCHED}),
    OrderStatus.DELIVERED: frozenset({Stage.DELIVERED}),
    OrderStatus.CANCELLED: frozenset({Stage.CANCELLED}),
}
"""Where an order of each status may be: the books of stock and the floor never disagree."""


def may_move(origin: Stage, to: Stage, *, checks: bool = False, boxes: bool = False, express: bool = False) -> bool:
    """Tell whether an order may go from *origin* to *to*.

    Args:
        origin: where it is.
        to: where it shall go.
        checks: the site checks what was picked before it is packed.
        boxes: the site has a station that closes the boxes.
        express: the order passes those stations by.
    """
    if to not in MOVES[origin]:
        return False
    if express:
        return True
    if checks and origin is Stage.PICKED and to in {Stage.PACKING, Stage.BOXING, Stage.PACKED}:
        return False
    return not (boxes and to is Stage.PACKED and origin in {Stage.PICKED, Stage.CHECKING, Stage.PACKING})


AT_HAND = (Stage.CHECKING, Stage.PACKING, Stage.BOXING)
"""Where somebody works on goods that are off the shelf, in their order."""


def next_stages(origin: Stage, *, checks: bool, boxes: bool, express: bool = False) -> tuple[Stage, ...]:
    """Return the stations that an order with its goods off the shelf may be taken to by hand, in their order."""
    used = {Stage.CHECKING: checks, Stage.PACKING: True, Stage.BOXING: boxes}
    return tuple(
        stage
        for stage in AT_HAND
        if used[stage] and may_move(origin, stage, checks=checks, boxes=boxes, express=express)
    )


def fits(stage: Stage, back_to: Stage | None, status: OrderStatus) -> bool:
    """Tell whether an order of *status* may be at *stage*; one beside the way counts where it comes back to."""
    if stage in ASIDE:
        return back_to is not None and back_to in PLACES[status]
    return stage in PLACES[status]
