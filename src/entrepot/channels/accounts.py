"""What other slices know of a channel account and of a received document."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from entrepot.channels.errors import AccountImportOnlyError, AccountPausedError
from entrepot.kit.clock import now

ORDERS = "order"
"""The kind of documents and cursors that hold orders."""
OFFERS = "offer"
WARN_BEFORE = timedelta(days=14)
"""How long before credentials end people are told."""


class Mode(StrEnum):
    """What an account may do."""

    IMPORT_ONLY = "import_only"
    """Reads; writes nothing to the channel."""
    LIVE = "live"
    PAUSED = "paused"


class Health(StrEnum):
    """How talking to the channel went last."""

    UNTESTED = "untested"
    HEALTHY = "healthy"
    FAILING = "failing"
    """It is tried again by itself."""
    REJECTED = "rejected"
    """The channel refuses the credentials: nothing is tried until they are entered again."""


class DocumentState(StrEnum):
    """How far a received document is."""

    RECEIVED = "received"
    IMPORTED = "imported"
    ATTENTION = "attention"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRef:
    """A channel account, without its secrets."""

    id: UUID
    seller_id: UUID
    channel: str
    """Key of its connector."""
    name: str
    prefix: str
    """Put before the channel's order numbers to make ours."""
    mode: Mode
    health: Health
    warehouse_id: UUID | None
    """Where its orders are shipped from; None: wherever there is stock."""
    known_as: str
    """What the channel calls it."""
    last_error: str = ""
    last_error_code: str = ""
    last_error_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new: int = 0
    last_attention: int = 0
    connected_at: datetime
    credentials_end: datetime | None = None
    """When the channel stops accepting the credentials, where it says so."""

    @property
    def days_left(self) -> int | None:
        """Whole days until the credentials end, 0 once they have; None: no need to tell anyone yet."""
        if self.credentials_end is None:
            return None
        left = self.credentials_end - now()
        return max(0, left.days) if left <= WARN_BEFORE else None

    @property
    def may_read(self) -> bool:
        """Orders may be imported now."""
        return self.mode is not Mode.PAUSED and self.health is not Health.REJECTED

    @property
    def may_write(self) -> bool:
        """Shipments, cancellations and stock may be sent now."""
        return self.mode is Mode.LIVE and self.health is not Health.REJECTED

    def require_read(self) -> None:
        """Refuse unless :attr:`may_read`.

        Raises:
            AccountPausedError: it is paused or its credentials were rejected.
        """
        if not self.may_read:
            raise AccountPausedError(name=self.name)

    def require_write(self) -> None:
        """Refuse unless :attr:`may_write`.

        Raises:
            AccountPausedError: it is paused or its credentials were rejected.
            AccountImportOnlyError: it is not switched on yet.
        """
        self.require_read()
        if not self.may_write:
            raise AccountImportOnlyError(name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDocument:
    """One stored version of a document."""

    id: UUID
    account_id: UUID
    seller_id: UUID
    kind: str
    document_id: str
    fingerprint: str
    raw: bytes
    state: DocumentState
    reason: str
    refetch: bool
    order_id: UUID | None
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a received document."""

    id: UUID
    state: DocumentState
    reason: str = ""
    """Why it needs attention or is ignored, as an English sentence."""
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocuments:
    """What :meth:`ChannelService.store_documents` did."""

    new: tuple[ReceivedDocument, ...]
    """Versions not seen before that wait to be imported, in the order they came."""
    seen: int
    """Versions stored earlier."""
    attention: int
    """New ones that could not be fetched."""
