"""The part of the contract about what a channel tells us by itself: that an order changed, that a process ended.

A notice is only ever a hint where to look: what it says is not believed, the thing itself is read from the channel.  So
one that comes twice, late, in the wrong sequence or not at all does no harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

from msgspec import Meta

from entrepot.channels.contract import Connector


class NoticeKind(StrEnum):
    """What a notice is about."""

    ORDER = "order"
    PROCESS = "process"
    OFFER = "offer"
    RETURN = "return"
    COMPETING = "competing"
    """What others ask for a product changed; the subject is its GTIN."""
    OTHER = "other"
    """Nothing we act upon; recorded, so that people see that it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that a channel told us."""

    notice_id: Annotated[str, Meta(min_length=1, max_length=200)]
    """The channel's id of the delivery, else a digest of it: equal when it is repeated."""
    kind: NoticeKind
    subject: str
    """The order number, process ref, offer id, return or GTIN it is about."""
    at: datetime | None = None
    """When it happened, as the channel says."""


@runtime_checkable
class ReceivesNotices(Connector, Protocol):
    """Capability ``receive_notices``."""

    async def subscribe(self, address: str) -> bytes:
        """Have the channel send its notices to *address*.

        Returns:
            What verifies them (keys), stored with the account; ``b""`` if the credentials do.
        """
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes, keys: bytes) -> Sequence[Notice]:
        """Verify a delivery (in constant time), decrypt and translate it.  Pure.

        Args:
            headers: of the request, names in lower case.
            body: as it came.
            keys: what :meth:`subscribe` returned.

        Raises:
            NoticeRefusedError: it does not come from the channel, or cannot be read.
        """
        ...
