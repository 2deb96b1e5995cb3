"""What badges tell the audit log."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class BadgeMade(Event, frozen=True, kw_only=True):
    """A badge was given to someone."""

    topic: ClassVar[str] = "access.badge_made"
    subject_kind: ClassVar[str] = "user"

    holder: str


class BadgeRevoked(Event, frozen=True, kw_only=True):
    """A badge opens nothing any more."""

    topic: ClassVar[str] = "access.badge_revoked"
    subject_kind: ClassVar[str] = "user"

    holder: str


class PinSet(Event, frozen=True, kw_only=True):
    """Someone has another PIN now."""

    topic: ClassVar[str] = "access.pin_set"
    subject_kind: ClassVar[str] = "user"

    holder: str


class PinLocked(Event, frozen=True, kw_only=True):
    """A PIN was wrong too often."""

    topic: ClassVar[str] = "access.pin_locked"
    subject_kind: ClassVar[str] = "user"

    device: str


class BadgeSignedIn(Event, frozen=True, kw_only=True):
    """Someone signed in with their badge."""

    topic: ClassVar[str] = "access.badge_signed_in"
    subject_kind: ClassVar[str] = "user"

    device: str


class DeviceEnrolled(Event, frozen=True, kw_only=True):
    """Badges work on a device from now on."""

    topic: ClassVar[str] = "access.device_enrolled"
    subject_kind: ClassVar[str] = "device"

    name: str


class DeviceRevoked(Event, frozen=True, kw_only=True):
    """Badges work there no more."""

    topic: ClassVar[str] = "access.device_revoked"
    subject_kind: ClassVar[str] = "device"

    name: str
