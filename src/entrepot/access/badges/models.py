"""Tables of badges.  They belong to the instance, like the people they are about; a device may be of one seller."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Badge(Base):
    """A code that says who somebody is.  The code itself is only on the badge."""

    __tablename__ = "badge"
    __table_args__ = (UniqueConstraint("code_hash"), Index("ix_badge_user_id", "user_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary())
    ending: Mapped[str]
    """The last four signs, to tell one badge from another."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Pin(Base):
    """What somebody types beside their badge."""

    __tablename__ = "user_pin"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures_counted"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    pin_hash: Mapped[str]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """In a row; an attempt counts as failed until it succeeded."""
    set_at: Mapped[datetime]


class SharedDevice(Base):
    """A device on which badges work.  The token itself is only in its cookie."""

    __tablename__ = "shared_device"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("idle_minutes BETWEEN 1 AND 480", name="idle_sane"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    """Whose people use it; None: everyone's."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary())
    name: Mapped[str]
    idle_minutes: Mapped[int]
    enrolled_by: Mapped[str]
    enrolled_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
