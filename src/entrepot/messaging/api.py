"""REST API v1 of notifications: of the user whose token it is."""

from datetime import datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import open_to_signed_in, own_affairs
from entrepot.access.principal import Principal
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.messaging.domain import Digest, Timing
from entrepot.messaging.models import NotificationWay
from entrepot.messaging.pages import problem_of
from entrepot.messaging.service import NotificationService, person_of
from entrepot.messaging.wording import said

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class NotificationOut(msgspec.Struct, kw_only=True):
    """Something the user was told."""

    id: UUID
    topic: str
    subject_kind: str
    subject_id: UUID
    title: str
    body: str
    path: str
    """Where the hub shows more."""
    outside_url: str
    created_at: datetime
    read_at: datetime | None


class NotificationList(msgspec.Struct):
    """A page of notifications, and how many are unread in all."""

    items: list[NotificationOut]
    next: str | None
    unread: int


class WayOut(msgspec.Struct, kw_only=True):
    """A way in which the user is told; its address is never shown."""

    id: UUID
    kind: str
    name: str
    service: str
    enabled: bool
    sent_at: datetime | None
    tested_at: datetime | None
    problem: str
    """Why the last message did not go through; empty: it did."""


class WayList(msgspec.Struct):
    """The user's ways."""

    items: list[WayOut]
    next: str | None = None


class NewWay(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A way to be added: without an address the user's own mail, else the service that it names, as apprise writes it."""

    url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class SwitchWay(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a way is used."""

    enabled: bool


class Times(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """When the user is told."""

    digest: Digest = Digest.IMMEDIATE
    daily_at: time = time(8)
    quiet_from: time | None = None
    quiet_to: time | None = None


class ReadCount(msgspec.Struct):
    """How many notifications were unread."""

    read: int


class StartedRun(msgspec.Struct):
    """The job that does it."""

    run_id: UUID


class NotificationApi(Controller):
    """Notifications."""

    path = "/api/v1/notifications"
    tags = ("notifications",)
    opt = open_to_signed_in()

    @get(operation_id="listNotifications", summary="List notifications")
    async def show_list(
        self,
        session: AsyncSession,
        principal: Principal,
        cursor: UUID | None = None,
        limit: Limit = 50,
        *,
        unread: bool = False,
    ) -> NotificationList:
        """List what the user was told, the newest first."""
        service = NotificationService(session, person_of(principal))
        rights = [str(right) for right in principal.rights]
        rows = await service.page(rights, before=cursor, unread=unread, limit=limit + 1)
        items = [
            NotificationOut(
                id=row.id,
                topic=row.topic,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                title=said(row.title, row.facts),
                body=said(row.body, row.facts),
                path=row.path,
                outside_url=row.outside_url,
                created_at=row.created_at,
                read_at=row.read_at,
            )
            for row in rows[:limit]
        ]
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return NotificationList(items, following, await service.unread(rights))

    @post("/read", operation_id="readNotifications", summary="Mark all notifications as read", status_code=200)
    async def read(self, session: AsyncSession, principal: Principal) -> ReadCount:
        """Mark everything that the user was told as read."""
        return ReadCount(await NotificationService(session, person_of(principal)).read())

    @get("/times", operation_id="getNotificationTimes", summary="Show when the user is told")
    async def times(self, session: AsyncSession, principal: Principal) -> Times:
        """Show how notifications are gathered, and the quiet hours."""
        service = NotificationService(session, person_of(principal))
        return _times(await service.timing(principal.seller_id(), principal.time_zone))

    @put("/times", opt=own_affairs(), operation_id="setNotificationTimes", summary="Set when the user is told")
    async def set_times(self, session: AsyncSession, principal: Principal, data: JSONBody[Times]) -> Times:
        """Set how notifications are gathered, and the quiet hours, in the user's time zone."""
        service = NotificationService(session, person_of(principal))
        given: dict[str, Any] = msgspec.to_builtins(data)
        return _times(await service.set_timing(principal.seller_id(), given, principal.time_zone))


class WayApi(Controller):
    """Ways in which users are told."""

    path = "/api/v1/notification-ways"
    tags = ("notifications",)
    opt = own_affairs()  # a way outside outlives the shift at a shared device

    @get(operation_id="listNotificationWays", summary="List ways of being told")
    async def show_list(self, session: AsyncSession, principal: Principal) -> WayList:
        """List the user's ways, the oldest first."""
        return WayList([_out(way) for way in await NotificationService(session, person_of(principal)).ways()])

    @post(operation_id="addNotificationWay", summary="Add a way of being told")
    async def add(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, data: JSONBody[NewWay]
    ) -> WayOut:
        """Add the user's mail or a service."""
        service = NotificationService(session, person_of(principal))
        if not data.url:
            return _out(await service.add_mail(principal.seller_id(), data.name or principal.email))
        box: SecretBox = request.app.state.box
        settings: Settings = request.app.state.settings
        return _out(
            await service.add_service(
                principal.seller_id(), data.name, data.url, box=box, allowed=settings.outside_allow
            )
        )

    @put("/{way_id:uuid}", operation_id="switchNotificationWay", summary="Use a way or leave it out")
    async def switch(
        self, session: AsyncSession, principal: Principal, way_id: FromPath[UUID], data: JSONBody[SwitchWay]
    ) -> WayOut:
        """Use a way, or leave it out for now."""
        service = NotificationService(session, person_of(principal))
        await service.switch(way_id, on=data.enabled)
        return _out(await service.way(way_id))

    @delete("/{way_id:uuid}", operation_id="removeNotificationWay", summary="Remove a way of being told")
    async def remove(self, session: AsyncSession, principal: Principal, way_id: FromPath[UUID]) -> None:
        """Remove a way and what waits to be sent by it."""
        await NotificationService(session, person_of(principal)).remove(way_id)

    @post("/{way_id:uuid}/test", operation_id="testNotificationWay", summary="Send a test by a way", status_code=202)
    async def test(self, session: AsyncSession, principal: Principal, way_id: FromPath[UUID]) -> StartedRun:
        """Send a test; how it went is then told by the way itself."""
        return StartedRun(await NotificationService(session, person_of(principal)).test(way_id))


def _times(timing: Timing) -> Times:
    return Times(digest=timing.digest, daily_at=timing.daily_at, quiet_from=timing.quiet_from, quiet_to=timing.quiet_to)


def _out(way: NotificationWay) -> WayOut:
    return WayOut(
        id=way.id,
        kind=way.kind,
        name=way.name,
        service=way.service,
        enabled=way.enabled,
        sent_at=way.sent_at,
        tested_at=way.tested_at,
        problem=problem_of(way),
    )


ROUTES = [NotificationApi, WayApi]
