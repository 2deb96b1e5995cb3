"""Tables of the doors and of what came through them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base, BigInt
from entrepot.kit.sql import text


class ChannelDoor(Base):
    """Where one account receives notices."""

    __tablename__ = "channel_door"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id", ondelete="CASCADE"), primary_key=True)
    seller_id: Mapped[UUID]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    """Sealed; part of the address."""
    keys: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; what verifies notices, where the credentials do not."""
    subscribed_at: Mapped[datetime | None]
    problem: Mapped[str]
    """Why the channel could not be asked to send notices."""
    received: Mapped[int] = mapped_column(BigInt)
    received_at: Mapped[datetime | None]
    refused: Mapped[int] = mapped_column(BigInt)
    refused_at: Mapped[datetime | None]
    refused_reason: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChannelNotice(Base):
    """One thing that a channel told us, once however often it was told."""

    __tablename__ = "channel_notice"
    __table_args__ = (
        UniqueConstraint("account_id", "notice_id"),
        CheckConstraint("kind IN ('order', 'process', 'offer', 'return', 'competing', 'other')", name="kind"),
        Index("ix_channel_notice_waiting", "account_id", "id", postgresql_where=text("read_at IS NULL")),
        Index("ix_channel_notice_account_id_id", "account_id", "id"),
        Index("ix_channel_notice_received_at", "received_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("channel_account.id", ondelete="CASCADE"))
    notice_id: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    happened_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """When it was passed on to whoever looks at its subject."""
