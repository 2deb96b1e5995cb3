"""Tables of access.  Only this slice reads or writes them.

Sellers, memberships, keys and tokens belong to a seller and are isolated like every other seller's rows.  People,
their sessions and the roles belong to the instance: only a transaction that sees all sellers sees them at all, so a
query that slipped into another slice's page finds no password hash to read.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Seller(Base):
    """A tenant: owns its catalogue, channels and orders."""

    __tablename__ = "seller"
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country_code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    currency: Mapped[str] = mapped_column(server_default=text("'EUR'"))
    country: Mapped[str] = mapped_column(server_default=text("'NL'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UserAccount(Base):
    """A person who can sign in."""

    __tablename__ = "user_account"
    __table_args__ = (Index("uq_user_account_email", text("lower(email)"), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]
    """None until they have set one: nobody can sign in with a password that was never chosen."""
    locale: Mapped[str] = mapped_column(server_default=text("'en'"))
    time_zone: Mapped[str] = mapped_column(server_default=text("'Europe/Amsterdam'"))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_sign_in_at: Mapped[datetime | None]


class Role(Base):
    """A named set of rights."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("key"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str | None]
    """Name of a built-in role in the code; None for a role of this instance's own."""
    name: Mapped[str]
    rights: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Membership(Base):
    """A user works for a seller (or, without one, for the whole instance) in a role."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("user_id", "seller_id"),
        Index("uq_membership_instance", "user_id", unique=True, postgresql_where=text("seller_id IS NULL")),
        Index("ix_membership_seller_id", "seller_id"),
        Index("ix_membership_role_id", "role_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    role_id: Mapped[UUID] = mapped_column(ForeignKey("role.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UserSession(Base):
    """One browser in which a user is signed in.  The token itself is only in its cookie."""

    __tablename__ = "user_session"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_user_session_user_id", "user_id"),
        Index("ix_user_session_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary())
    working_seller: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="SET NULL"))
    """The seller they chose at the top of the page; None: all of theirs."""
    address: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    device_id: Mapped[UUID | None] = mapped_column(ForeignKey("shared_device.id", ondelete="CASCADE"))
    """Opened with a badge on this shared device: it gives work on the floor alone."""
    badge_id: Mapped[UUID | None] = mapped_column(ForeignKey("badge.id", ondelete="CASCADE"))
    idle: Mapped[timedelta | None]
    """It ends when nothing was done for this long; None: as every session."""


class PasswordLink(Base):
    """Lets a person choose a password once, without knowing an older one."""

    __tablename__ = "password_link"
    __table_args__ = (Index("ix_password_link_user_id", "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInAttempt(Base):
    """How often signing in failed lately, for one e-mail address, one network address, or both together."""

    __tablename__ = "sign_in_attempt"

    subject_hash: Mapped[bytes] = mapped_column(LargeBinary(), primary_key=True)
    """Hashed, because people type passwords into the wrong field."""
    failures: Mapped[int]
    last_at: Mapped[datetime]


class ApiKey(Base):
    """Lets a program act for one seller."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("public_id"), Index("ix_api_key_seller_id", "seller_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    public_id: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary())
    name: Mapped[str]
    rights: Mapped[list[str]]
    created_by: Mapped[str]
    creator_id: Mapped[str]
    """Whose will it is what the key does: they do not agree to it a second time."""
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccessToken(Base):
    """Lets a program act as a user, for some time and with some of their rights."""

    __tablename__ = "access_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_access_token_user_id", "user_id"),
        Index("ix_access_token_seller_id", "seller_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary())
    name: Mapped[str]
    rights: Mapped[list[str]]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """A request that a program may repeat, and the answer it got."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_created_at", "created_at"),)

    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None] = mapped_column(ForeignKey("seller.id", ondelete="CASCADE"))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary())
    status: Mapped[int | None]
    """None: carried out, but the answer is not here (yet)."""
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary())
    created_at: Mapped[datetime]
