"""Arguments of the slice's jobs."""

from uuid import UUID

import msgspec


class SendNotifications(msgspec.Struct, frozen=True):
    """Send a user what is due."""

    seller_id: UUID
    user_id: UUID


class TryWay(msgspec.Struct, frozen=True):
    """Send a test by a way."""

    seller_id: UUID
    way_id: UUID


class SweepNotifications(msgspec.Struct, frozen=True):
    """Look for what was left unsent."""


class ForgetNotifications(msgspec.Struct, frozen=True):
    """Remove what was read long ago."""
