"""Tables of notifications.  Only this slice reads or writes them."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class NotificationWay(Base):
    """A way out of the hub to one user: their mail, or a service that apprise knows."""

    __tablename__ = "notification_way"
    __table_args__ = (
        CheckConstraint("kind IN ('mail', 'service')", name="kind_known"),
        CheckConstraint("(kind = 'mail') = (sealed IS NULL)", name="service_has_address"),
        Index("ix_notification_way_user_id", "user_id", "id"),
        Index("uq_notification_way_mail", "seller_id", "user_id", unique=True, postgresql_where=text("kind = 'mail'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    user_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    service: Mapped[str]
    """As people know it: ``Telegram``; of a server of one's own with its host."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The service's address with its secrets, encrypted."""
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    """When something last went through."""
    tested_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None]
    """Why the last message did not go through: a sentence with its facts; None: it did."""


class NotificationSetting(Base):
    """When a user wants to be told; without a row: at once, at any hour."""

    __tablename__ = "notification_setting"
    __table_args__ = (
        PrimaryKeyConstraint("seller_id", "user_id"),
        CheckConstraint("digest IN ('immediate', 'hourly', 'daily')", name="digest_known"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_whole"),
    )

    seller_id: Mapped[UUID]
    user_id: Mapped[UUID]
    digest: Mapped[str] = mapped_column(server_default="immediate")
    daily_at: Mapped[time] = mapped_column(server_default=text("'08:00'"))
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    time_zone: Mapped[str] = mapped_column(server_default="Europe/Amsterdam")


class Notification(Base):
    """Something one user was told."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notification_user_id", "user_id", text("id DESC")),
        Index("ix_notification_unread", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notification_subject_id", "subject_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    user_id: Mapped[UUID]
    key: Mapped[str]
    """The same for the same cause: nobody is told twice of it."""
    topic: Mapped[str]
    """``slice.what_it_is_about``."""
    needs: Mapped[str]
    """The right without which nobody may know it."""
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    title: Mapped[str]
    """A template, like *body*, for the facts."""
    body: Mapped[str]
    facts: Mapped[dict[str, Any]]
    path: Mapped[str]
    """Where the hub shows more of it."""
    outside_url: Mapped[str] = mapped_column(server_default="")
    curve: Mapped[dict[str, Any] | None]
    """What the picture draws."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


class NotificationDelivery(Base):
    """A notification on its way out."""

    __tablename__ = "notification_delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "way_id"),
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state_known"),
        Index("ix_notification_delivery_way_id", "way_id"),
        Index(
            "ix_notification_delivery_open",
            "user_id",
            "due_at",
            postgresql_where=text("state IN ('waiting', 'sending')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    user_id: Mapped[UUID]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id", ondelete="CASCADE"))
    way_id: Mapped[UUID] = mapped_column(ForeignKey("notification_way.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(server_default="waiting")
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    claimed_at: Mapped[datetime | None]
    repeated: Mapped[bool] = mapped_column(server_default=text("false"))
    """A worker died while it was sending: it was sent again, and may have come twice."""
    sent_at: Mapped[datetime | None]
