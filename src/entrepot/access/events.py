"""What access tells the rest of the hub, and the audit log.

Events of a seller's own people carry the seller; those about the instance carry none and can be read by all, so they
say who and what, and never an e-mail address.
"""

from typing import ClassVar

from entrepot.kit.outbox import Event


class SellerCreated(Event, frozen=True, kw_only=True):
    """A seller was added."""

    topic: ClassVar[str] = "access.seller_created"
    subject_kind: ClassVar[str] = "seller"

    name: str


class SellerChanged(Event, frozen=True, kw_only=True):
    """A seller was renamed or moved."""

    topic: ClassVar[str] = "access.seller_changed"
    subject_kind: ClassVar[str] = "seller"

    name: str


class UserCreated(Event, frozen=True, kw_only=True):
    """Someone was given a first role for a seller, or for the instance."""

    topic: ClassVar[str] = "access.user_created"
    subject_kind: ClassVar[str] = "user"

    role: str


class UserDisabled(Event, frozen=True, kw_only=True):
    """A user was shut out."""

    topic: ClassVar[str] = "access.user_disabled"
    subject_kind: ClassVar[str] = "user"


class UserEnabled(Event, frozen=True, kw_only=True):
    """A user was let in again."""

    topic: ClassVar[str] = "access.user_enabled"
    subject_kind: ClassVar[str] = "user"


class UserSignedIn(Event, frozen=True, kw_only=True):
    """A user signed in."""

    topic: ClassVar[str] = "access.user_signed_in"
    subject_kind: ClassVar[str] = "user"


class UserSignedOut(Event, frozen=True, kw_only=True):
    """A user signed out, or ended a session elsewhere."""

    topic: ClassVar[str] = "access.user_signed_out"
    subject_kind: ClassVar[str] = "user"


class PasswordChanged(Event, frozen=True, kw_only=True):
    """A user chose another password."""

    topic: ClassVar[str] = "access.password_changed"
    subject_kind: ClassVar[str] = "user"


class PasswordLinkMade(Event, frozen=True, kw_only=True):
    """Someone made a link to choose a password with."""

    topic: ClassVar[str] = "access.password_link_made"
    subject_kind: ClassVar[str] = "user"


class MembershipChanged(Event, frozen=True, kw_only=True):
    """A user's role for a seller, or for the instance, changed."""

    topic: ClassVar[str] = "access.membership_changed"
    subject_kind: ClassVar[str] = "user"

    role: str
    """Empty: they no longer work for this seller."""


class RoleSaved(Event, frozen=True, kw_only=True):
    """A role was made or changed."""

    topic: ClassVar[str] = "access.role_saved"
    subject_kind: ClassVar[str] = "role"

    name: str
    added: list[str]
    removed: list[str]


class RoleRemoved(Event, frozen=True, kw_only=True):
    """A role was removed."""

    topic: ClassVar[str] = "access.role_removed"
    subject_kind: ClassVar[str] = "role"

    name: str


class ApiKeyCreated(Event, frozen=True, kw_only=True):
    """A program may act for the seller."""

    topic: ClassVar[str] = "access.api_key_created"
    subject_kind: ClassVar[str] = "api_key"

    name: str
    public_id: str
    rights: list[str]


class ApiKeyRevoked(Event, frozen=True, kw_only=True):
    """A program may no longer act for the seller."""

    topic: ClassVar[str] = "access.api_key_revoked"
    subject_kind: ClassVar[str] = "api_key"

    name: str
    public_id: str


class TokenCreated(Event, frozen=True, kw_only=True):
    """A program may act as a user."""

    topic: ClassVar[str] = "access.token_created"
    subject_kind: ClassVar[str] = "access_token"

    name: str


class TokenRevoked(Event, frozen=True, kw_only=True):
    """A program may no longer act as a user."""

    topic: ClassVar[str] = "access.token_revoked"
    subject_kind: ClassVar[str] = "access_token"

    name: str
