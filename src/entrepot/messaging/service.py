"""What users decide about notifications: their ways, when they want to be told, and what they have read."""

import asyncio
from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.addresses import Network
from entrepot.kit.clock import time_zones
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.text import N_
from entrepot.messaging.domain import Digest, Timing
from entrepot.messaging.errors import NotAPersonError, NotificationNotFoundError, WayNotFoundError
from entrepot.messaging.events import UsersNotified
from entrepot.messaging.models import Notification, NotificationWay
from entrepot.messaging.outside import read_address
from entrepot.messaging.repository import NotificationRepository
from entrepot.messaging.tasks import TryWay

MOST_WAYS = 20
LONGEST_NAME = 80
LONGEST_ADDRESS = 2000
NO_CLOCK = N_("Write a time as 22:00.")


def person_of(principal: Principal) -> UUID:
    """Return who is told.

    Raises:
        NotAPersonError: a program with a key of its own asks.
    """
    if principal.actor.kind != "user":
        raise NotAPersonError
    return UUID(principal.actor.id)


class NotificationService:
    """The affairs of one user."""

    def __init__(self, session: AsyncSession, user_id: UUID) -> None:
        self._session = session
        self._user_id = user_id
        self._repository = NotificationRepository(session)

    # What they were told

    async def page(
        self, rights: Sequence[str], *, before: UUID | None = None, unread: bool = False, limit: int = 50
    ) -> list[Notification]:
        """Return what they were told and may know, the newest first."""
        return await self._repository.page(self._user_id, rights, before=before, unread=unread, limit=limit)

    async def unread(self, rights: Sequence[str]) -> int:
        return await self._repository.unread(self._user_id, rights)

    async def read(self, notification_id: UUID | None = None) -> int:
        """Mark one (None: every) notification as read; return how many were not."""
        sellers = await self._repository.read(self._user_id, None if notification_id is None else [notification_id])
        await outbox.record(
            self._session,
            *(
                UsersNotified(seller_id=seller_id, subject_id=self._user_id, users=[self._user_id])
                for seller_id in dict.fromkeys(sellers)
            ),
        )
        return len(sellers)

    async def open(self, notification_id: UUID) -> str:
        """Mark a notification as read and return where it leads.

        Raises:
            NotificationNotFoundError: it is not theirs.
        """
        found = [one for one in await self._repository.notifications([notification_id]) if one.user_id == self._user_id]
        if not found:
            raise NotificationNotFoundError
        await self.read(notification_id)
        return found[0].path

    # Ways

    async def ways(self) -> list[NotificationWay]:
        return await self._repository.ways(self._user_id)

    async def way(self, way_id: UUID) -> NotificationWay:
        """Return one of their ways.

        Raises:
            WayNotFoundError: it is not theirs.
        """
        found = await self._repository.way(way_id)
        if found is None or found.user_id != self._user_id:
            raise WayNotFoundError
        return found

    async def add_mail(self, seller_id: UUID, name: str) -> NotificationWay:
        """Have mail sent to their own address; it is there once at most."""
        for way in await self.ways():
            if way.kind == "mail" and way.seller_id == seller_id:
                way.enabled = True
                await self._session.flush()
                return way
        return await self._add(
            NotificationWay(
                id=new_id(),
                seller_id=seller_id,
                user_id=self._user_id,
                kind="mail",
                name=name,
                service="Mail",
                sealed=None,
            )
        )

    async def add_service(
        self, seller_id: UUID, name: str, url: str, *, box: SecretBox, allowed: Sequence[Network]
    ) -> NotificationWay:
        """Have messages sent to a service.

        Raises:
            InvalidInputError: the address cannot be used; it says why.
        """
        problems = dict[str, str]()
        if len(await self.ways()) >= MOST_WAYS:
            problems["url"] = gettext(N_("You have {count} ways already. Remove one first.")).format(count=MOST_WAYS)
        elif not url.strip() or len(url) > LONGEST_ADDRESS:
            problems["url"] = gettext(N_("Paste the address of the service."))
        if problems:
            raise InvalidInputError(problems)
        service = await asyncio.to_thread(read_address, url, allowed)  # the first one reads in what apprise knows
        return await self._add(
            NotificationWay(
                id=new_id(),
                seller_id=seller_id,
                user_id=self._user_id,
                kind="service",
                name=name.strip()[:LONGEST_NAME] or service.name,
                service=service.name,
                sealed=box.seal(url.strip().encode()),
            )
        )

    async def _add(self, way: NotificationWay) -> NotificationWay:
        way.enabled = True
        await self._repository.add_way(way)
        return way

    async def switch(self, way_id: UUID, *, on: bool) -> None:
        """Use a way, or leave it out for now."""
        way = await self.way(way_id)
        way.enabled = on
        await self._session.flush()

    async def remove(self, way_id: UUID) -> None:
        """Remove a way with its secret and everything that waits to be sent by it."""
        await self._repository.remove_way(await self.way(way_id))

    async def test(self, way_id: UUID) -> UUID:
        """Have a test sent; return the run that does it."""
        way = await self.way(way_id)
        return await jobs.enqueue(self._session, TryWay(seller_id=way.seller_id, way_id=way.id), key=str(way.id))

    # When

    async def timing(self, seller_id: UUID, time_zone: str) -> Timing:
        """Return when they want to be told; *time_zone* is theirs while they have set nothing."""
        found = await self._repository.timings([self._user_id])
        return found.get((seller_id, self._user_id), Timing(time_zone=time_zone))

    async def set_timing(self, seller_id: UUID, given: dict[str, Any], time_zone: str) -> Timing:
        """Set when they want to be told.

        Args:
            seller_id: for whose affairs.
            given: ``digest``, ``daily_at``, ``quiet_from``, ``quiet_to``: texts, as in a form.
            time_zone: theirs.

        Raises:
            InvalidInputError: it says what is wrong.
        """
        problems = dict[str, str]()
        clocks = {
            name: _clock(str(given.get(name) or ""), name, problems) for name in ("daily_at", "quiet_from", "quiet_to")
        }
        digest = str(given.get("digest") or Digest.IMMEDIATE)
        if digest not in set(Digest):
            problems["digest"] = gettext(N_("Choose one of the list."))
        if (clocks["quiet_from"] is None) != (clocks["quiet_to"] is None):
            problems.setdefault("quiet_to", gettext(N_("Give both ends of the quiet hours, or none.")))
        if problems:
            raise InvalidInputError(problems)
        timing = Timing(
            digest=Digest(digest),
            daily_at=clocks["daily_at"] or time(8),
            quiet_from=clocks["quiet_from"],
            quiet_to=clocks["quiet_to"],
            time_zone=time_zone if time_zone in time_zones() else Timing().time_zone,
        )
        await self._repository.set_timing(seller_id, self._user_id, timing)
        return timing


def _clock(written: str, name: str, problems: dict[str, str]) -> time | None:
    if not written.strip():
        return None
    try:
        return time.fromisoformat(written.strip()).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError:
        problems[name] = gettext(NO_CLOCK)
        return None
