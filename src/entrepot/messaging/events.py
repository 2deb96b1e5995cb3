"""What happens to notifications.  Other slices may import this module."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class UsersNotified(Event, frozen=True, kw_only=True):
    """Users of a seller have something new to read, or read it."""

    topic: ClassVar[str] = "messaging.users_notified"
    subject_kind: ClassVar[str] = "user"

    users: list[UUID]


class WayTried(Event, frozen=True, kw_only=True):
    """A message was sent by a way, or was not."""

    topic: ClassVar[str] = "messaging.way_tried"
    subject_kind: ClassVar[str] = "notification_way"

    ok: bool
