"""Returns as services, pages and the API see them."""

from datetime import datetime
from uuid import UUID

import msgspec

from entrepot.returns.domain import LineState, ReturnState


class ReturnLineRef(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a return."""

    id: UUID
    return_id: UUID
    channel_return_line_id: str
    channel_line_id: str = ""
    """The channel's name of the line that was sent; ours where nobody is told."""
    channel_order_id: str
    product_id: UUID | None
    sku: str
    gtin: str
    title: str
    quantity: int
    reason: str
    comment: str
    carrier: str
    tracking: str
    state: LineState
    outcome: str
    quantity_handled: int
    goods: str
    location_id: UUID | None
    process_ref: str
    problem: str
    decided_at: datetime | None
    decided_by: str


class ReturnRef(msgspec.Struct, frozen=True, kw_only=True):
    """A return; in lists without its lines."""

    id: UUID
    seller_id: UUID
    account_id: UUID | None
    """None: nobody is told."""
    channel: str
    channel_return_id: str
    number: str
    channel_order_id: str
    order_id: UUID | None
    order_number: str
    buyer: str
    registered_at: datetime
    fulfilment: str
    state: ReturnState
    units: int
    version: int
    changed_at: datetime
    lines: tuple[ReturnLineRef, ...] = ()


class Taken(msgspec.Struct, kw_only=True):
    """What an import brought."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0

    def add(self, other: "Taken") -> None:
        """Add the numbers of another one."""
        for name in Taken.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged + self.failed
