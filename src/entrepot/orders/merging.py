"""A channel reports an order that we have: what does that change?  Pure decisions.

What is true on both sides only grows: cancelled and shipped units.  So a report seen twice, or after a newer one,
changes nothing, and what was cancelled here is not revived by a channel that has not heard of it yet.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.channels.contract import ChannelOrder, ChannelOrderLine, PostalAddress
from entrepot.orders.domain import Attention, is_complete
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.status import EDITABLE, ON_THE_FLOOR, OrderStatus

type Change = dict[str, str | int]
"""``change`` (what) and its facts; told in the timeline."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """New numbers of a line that we have."""

    line: OrderLineRef
    quantity: int
    cancelled: int
    shipped: int

    @property
    def demand_changed(self) -> bool:
        """We have to send another number of units than before."""
        return self.line.fulfilment == "seller" and self.quantity - self.cancelled - self.shipped != self.line.to_send


@dataclass(slots=True)
class Merge:
    """What a report changes."""

    lines: list[LineChange] = field(default_factory=list[LineChange])
    added: list[ChannelOrderLine] = field(default_factory=list[ChannelOrderLine])
    ship_to: PostalAddress | None = None
    bill_to: PostalAddress | None = None
    attention: set[Attention] = field(default_factory=set[Attention])
    settled: set[Attention] = field(default_factory=set[Attention])
    """Reasons for attention that went away."""
    hold: bool = False
    """The order must not go on before somebody looked."""
    agreed: list[str] = field(default_factory=list[str])
    """Channel lines whose cancellation the buyer asked for and we carry out: to be confirmed to the channel."""
    changes: list[Change] = field(default_factory=list[Change])

    @property
    def is_nothing(self) -> bool:
        return not (self.changes or self.attention or self.settled)


def merge(ours: OrderRef, theirs: ChannelOrder) -> Merge:
    """Compare our order with the channel's report of it."""
    result = Merge()
    if ours.channel_changed_at and theirs.changed_at and theirs.changed_at < ours.channel_changed_at:
        return result
    known = {line.channel_line_id: line for line in ours.lines}
    for line in theirs.lines:
        if (mine := known.get(line.channel_line_id)) is None:
            _add_line(ours, line, result)
        else:
            _compare_line(ours, mine, line, result)
    if ours.status in EDITABLE or ours.status in ON_THE_FLOOR:
        _compare_addresses(ours, theirs, result)
    result.attention -= set(map(Attention, ours.attention))
    result.settled &= set(map(Attention, ours.attention))
    return result


def _add_line(ours: OrderRef, line: ChannelOrderLine, result: Merge) -> None:
    if ours.status not in EDITABLE and ours.status not in ON_THE_FLOOR:
        return  # what is over does not begin again
    if ours.status in EDITABLE and wants_out(line):
        result.agreed.append(line.channel_line_id)
        line = without_open_units(line)
    result.added.append(line)
    result.changes.append({"change": "line_added", "sku": line.sku or line.gtin or "", "quantity": line.quantity})
    if ours.status in ON_THE_FLOOR:
        result.attention.add(Attention.CHANGED_AFTER_RELEASE)


def _compare_line(ours: OrderRef, mine: OrderLineRef, line: ChannelOrderLine, result: Merge) -> None:
    quantity = max(mine.quantity, line.quantity)
    room = quantity - mine.quantity_shipped
    wanted_cancelled = max(mine.quantity_cancelled, line.quantity_cancelled + quantity - line.quantity)
    shipped = mine.quantity_shipped
    if wants_out(line):
        _answer_request(ours, mine, line, result)
        if ours.status in EDITABLE:
            wanted_cancelled = max(wanted_cancelled, quantity - max(shipped, line.quantity_shipped))
    if wanted_cancelled > room:
        result.attention.add(Attention.CANCELLED_AFTER_SHIP)
    cancelled = max(mine.quantity_cancelled, min(wanted_cancelled, room))
    if ours.status in EDITABLE:  # the channel saw it leave; on the floor our own shipment will say so
        shipped = max(shipped, min(line.quantity_shipped, quantity - cancelled))
    _note_line(ours, LineChange(mine, quantity, cancelled, shipped), result)


def _note_line(ours: OrderRef, new: LineChange, result: Merge) -> None:
    line = new.line
    facts: Change = {"sku": line.sku}
    if new.quantity > line.quantity:
        result.changes.append({"change": "quantity_raised", **facts, "before": line.quantity, "after": new.quantity})
    if new.cancelled > line.quantity_cancelled:
        units = new.cancelled - line.quantity_cancelled
        result.changes.append({"change": "units_cancelled", **facts, "quantity": units})
        if ours.status in ON_THE_FLOOR:
            result.attention.add(_too_late(ours))
            result.hold = True
    if new.shipped > line.quantity_shipped:
        units = new.shipped - line.quantity_shipped
        result.changes.append({"change": "units_shipped", **facts, "quantity": units})
    if (new.quantity, new.cancelled, new.shipped) != (line.quantity, line.quantity_cancelled, line.quantity_shipped):
        result.lines.append(new)
        if new.quantity > line.quantity and ours.status in ON_THE_FLOOR:
            result.attention.add(Attention.CHANGED_AFTER_RELEASE)


def _answer_request(ours: OrderRef, mine: OrderLineRef, line: ChannelOrderLine, result: Merge) -> None:
    """The buyer wants out: agree before picking, ask a person after."""
    if ours.status in EDITABLE:
        result.agreed.append(line.channel_line_id)
    elif ours.status in ON_THE_FLOOR:
        result.attention.add(_too_late(ours))
        result.hold = True
    elif mine.quantity_shipped:
        result.attention.add(Attention.CANCELLED_AFTER_SHIP)


def _too_late(ours: OrderRef) -> Attention:
    return Attention.CANCELLED_AT_ERP if ours.status is OrderStatus.HANDED_OVER else Attention.CANCELLED_AFTER_PICK


def _compare_addresses(ours: OrderRef, theirs: ChannelOrder, result: Merge) -> None:
    told = theirs.ship_to != PostalAddress()  # a channel that keeps the address to itself takes none away
    if told and theirs.ship_to != as_address(ours.channel_address or ours.shipping_address):
        result.ship_to = theirs.ship_to
        result.changes.append({"change": "address_changed"})
        if ours.status in ON_THE_FLOOR:
            result.attention.add(Attention.CHANGED_AFTER_RELEASE)
        if is_complete(theirs.ship_to):
            result.settled.add(Attention.ADDRESS_INCOMPLETE)
        else:
            result.attention.add(Attention.ADDRESS_INCOMPLETE)
    if theirs.bill_to is not None and (
        ours.billing_address is None or theirs.bill_to != as_address(ours.billing_address)
    ):
        result.bill_to = theirs.bill_to
        result.changes.append({"change": "billing_address_changed"})


def wants_out(line: ChannelOrderLine) -> bool:
    """Tell whether the buyer asks to cancel units that nobody has sent yet."""
    return line.cancellation_requested and line.quantity > line.quantity_cancelled + line.quantity_shipped


def without_open_units(line: ChannelOrderLine) -> ChannelOrderLine:
    """Return the line as it is once we agreed to cancel what is open."""
    return replace(line, quantity_cancelled=line.quantity - line.quantity_shipped)


def as_address(stored: dict[str, Any]) -> PostalAddress:
    """Read a stored address."""
    return msgspec.convert(stored, PostalAddress)
