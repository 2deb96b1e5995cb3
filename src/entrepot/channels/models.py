"""Tables of the channel accounts and of what they received."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class ChannelAccount(Base):
    """One set of credentials on one channel."""

    __tablename__ = "channel_account"
    __table_args__ = (
        UniqueConstraint("seller_id", "name"),
        UniqueConstraint("id", "seller_id"),
        CheckConstraint("mode IN ('import_only', 'live', 'paused')", name="mode"),
        CheckConstraint("health IN ('untested', 'healthy', 'failing', 'rejected')", name="health"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id"))
    channel: Mapped[str]
    name: Mapped[str]
    prefix: Mapped[str]
    mode: Mapped[str]
    warehouse_id: Mapped[UUID | None]
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed."""
    known_as: Mapped[str]
    health: Mapped[str]
    last_error: Mapped[str]
    last_error_code: Mapped[str]
    last_error_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    last_new: Mapped[int]
    last_attention: Mapped[int]
    connected_at: Mapped[datetime] = mapped_column(server_default=func.now())
    credentials_end: Mapped[datetime | None]
    """When the channel stops accepting the credentials, where it says so."""


class ChannelToken(Base):
    """The access token of one account, shared by all processes."""

    __tablename__ = "channel_token"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id", ondelete="CASCADE"), primary_key=True)
    seller_id: Mapped[UUID]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    """Until then one process is obtaining a token and the others wait for it."""


class ChannelCursor(Base):
    """Where reading an account goes on."""

    __tablename__ = "channel_cursor"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    cursor: Mapped[str]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())


class InboxDocument(Base):
    """One version of one document, exactly as a channel sent it."""

    __tablename__ = "inbox_document"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "document_id", "fingerprint"),
        CheckConstraint("state IN ('received', 'imported', 'attention', 'ignored')", name="state"),
        Index("ix_inbox_document_waiting", "account_id", "kind", "id", postgresql_where=text("state = 'received'")),
        Index("ix_inbox_document_attention", "seller_id", "id", postgresql_where=text("state = 'attention'")),
        Index("ix_inbox_document_order_id", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id"))
    kind: Mapped[str]
    document_id: Mapped[str]
    fingerprint: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    reason: Mapped[str]
    refetch: Mapped[bool]
    """What is stored is not the document, only what came instead."""
    order_id: Mapped[UUID | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
