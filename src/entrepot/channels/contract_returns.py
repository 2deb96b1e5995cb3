"""The part of the contract about goods that come back."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from entrepot.channels.contract import (
    Connector,
    Cursor,
    Fulfilment,
    Page,
    ProcessRef,
    RawDocument,
    ReportsProcesses,
)


class ReturnOutcome(StrEnum):
    """What we decide about goods that came back."""

    RECEIVED = "received"
    """They are here and in order: the buyer gets the money back."""
    EXCHANGED = "exchanged"
    REPAIRED = "repaired"
    REFUSED = "refused"
    """The return does not meet the conditions: the buyer gets nothing back."""
    BUYER_KEEPS = "buyer_keeps"
    """The buyer keeps the goods, and pays."""
    APPROVED_AFTER_ALL = "approved_after_all"
    """We refused at first."""


class ReturnResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about some units, by us or by the channel."""

    quantity: int
    outcome: str
    """A :class:`ReturnOutcome`, or the channel's word for what we have none for."""
    decided_at: Annotated[datetime, Meta(tz=True)] | None = None


class ChannelReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line that come back."""

    channel_return_line_id: Annotated[str, Meta(min_length=1)]
    channel_order_id: str
    gtin: str | None = None
    title: str = ""
    quantity: Annotated[int, Meta(gt=0, le=1_000_000)]
    reason: str = ""
    """The buyer's, in the channel's words."""
    detail: str = ""
    comment: str = ""
    """What the buyer wrote."""
    carrier: str = ""
    tracking: str = ""
    handled: bool = False
    results: tuple[ReturnResult, ...] = ()


class ChannelReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A return in the product's words, as the channel reports it."""

    channel_return_id: Annotated[str, Meta(min_length=1)]
    registered_at: Annotated[datetime, Meta(tz=True)]
    fulfilment: Fulfilment = Fulfilment.SELLER
    """Who takes the goods back."""
    buyer: str = ""
    lines: Annotated[tuple[ChannelReturnLine, ...], Meta(min_length=1)]


class ReturnDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Tells the channel what became of some units."""

    channel_return_line_id: str
    quantity: Annotated[int, Meta(gt=0, le=9999)]
    outcome: ReturnOutcome


@runtime_checkable
class ReadsReturns(Connector, Protocol):
    """Capability ``read_returns``."""

    async def fetch_returns(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return a page of returns, from the beginning if *cursor* is None or a sweep ended.

        A return may come again: the caller stores by fingerprint.
        """
        ...

    def read_return(self, raw: bytes) -> ChannelReturn:
        """Translate one stored document.  Pure.

        Raises:
            UnreadableDocumentError: it is not what the channel's documentation describes.
        """
        ...


@runtime_checkable
class HandlesReturns(ReportsProcesses, Protocol):
    """Capability ``handle_returns``."""

    async def handle_return(self, decision: ReturnDecision) -> ProcessRef:
        """Tell the channel what became of a line of a return; a later decision replaces an earlier one."""
        ...

    async def register_return(self, channel_line_id: str, quantity: int, outcome: ReturnOutcome) -> ProcessRef:
        """Report goods that came back without the buyer having said so, and what became of them."""
        ...
