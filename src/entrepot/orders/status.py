"""Where an order is on its way, and which moves there are.  Public: everyone who moves orders reads it here."""

from collections.abc import Iterable
from enum import StrEnum

from entrepot.kit.text import N_


class OrderStatus(StrEnum):
    """A place on the way from the channel to the buyer.  Being held, or needing attention, is told beside it."""

    PENDING = "pending"
    """Waits for stock, or for a person."""
    RESERVED = "reserved"
    """Every open line has its stock: may be released to picking."""
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    """The ERP has it, and ships it."""
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


LABELS: dict[OrderStatus, str] = {
    OrderStatus.PENDING: N_("Pending"),
    OrderStatus.RESERVED: N_("Reserved"),
    OrderStatus.PICKING: N_("Picking"),
    OrderStatus.PICKED: N_("Picked"),
    OrderStatus.PACKED: N_("Packed"),
    OrderStatus.HANDED_OVER: N_("Handed over"),
    OrderStatus.SHIPPED: N_("Shipped"),
    OrderStatus.DELIVERED: N_("Delivered"),
    OrderStatus.CANCELLED: N_("Cancelled"),
}

MOVES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(
        {OrderStatus.RESERVED, OrderStatus.HANDED_OVER, OrderStatus.CANCELLED, OrderStatus.SHIPPED}
    ),
    OrderStatus.RESERVED: frozenset(
        {OrderStatus.PENDING, OrderStatus.PICKING, OrderStatus.CANCELLED, OrderStatus.SHIPPED}
    ),
    OrderStatus.PICKING: frozenset(
        {OrderStatus.PENDING, OrderStatus.RESERVED, OrderStatus.PICKED, OrderStatus.CANCELLED}
    ),
    OrderStatus.PICKED: frozenset({OrderStatus.PICKING, OrderStatus.PACKED, OrderStatus.CANCELLED}),
    OrderStatus.PACKED: frozenset({OrderStatus.PICKED, OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.HANDED_OVER: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""From -> to.  The database has the same table in a trigger; a test compares the two.

Backwards moves undo work on the floor: a pick list given back (picking -> reserved), a short pick (picking -> pending),
a box opened again (packed -> picked).  Pending and reserved go straight to shipped when the channel says that the
goods left without us.
"""

EDITABLE = frozenset({OrderStatus.PENDING, OrderStatus.RESERVED})
"""Nobody on the floor works on the order yet: lines may change, and cancelling needs no one."""
ON_THE_FLOOR = frozenset({OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED, OrderStatus.HANDED_OVER})
"""Goods are, or may be, off their shelf: ours, or the ERP's."""
OPEN = EDITABLE | ON_THE_FLOOR
"""Somebody still has something to do."""


def may_move(origin: OrderStatus, to: OrderStatus) -> bool:
    """Tell whether an order may go from *origin* to *to* in one step."""
    return to in MOVES[origin]


def origins(to: OrderStatus) -> tuple[OrderStatus, ...]:
    """Return from where an order may come to *to*, in the order of the way."""
    return tuple(status for status in OrderStatus if to in MOVES[status])


def settled(
    *, has_goods_to_send: bool, all_reserved: bool, blocked: bool, anything_left: bool, for_erp: bool = False
) -> OrderStatus:
    """Return where an order stands that nobody on the floor works on.

    Args:
        has_goods_to_send: a line of ours is still open.
        all_reserved: every such line has its stock.
        blocked: a person has to look at it first.
        anything_left: a line, whoever sends it, is not cancelled.
        for_erp: an open line waits to be handed over to the ERP.
    """
    if not anything_left:
        return OrderStatus.CANCELLED
    if for_erp:
        return OrderStatus.PENDING
    if not has_goods_to_send:
        return OrderStatus.SHIPPED
    return OrderStatus.RESERVED if all_reserved and not blocked else OrderStatus.PENDING


def furthest(statuses: Iterable[OrderStatus]) -> OrderStatus | None:
    """Return the status furthest along the way, or None for none."""
    way = list(OrderStatus)
    return max(statuses, key=way.index, default=None)
