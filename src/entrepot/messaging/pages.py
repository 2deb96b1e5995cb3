"""What a user was told, and how and when they want to be told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import open_to_signed_in, own_affairs
from entrepot.access.principal import Principal
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import Sentence, sentence
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_
from entrepot.messaging.domain import Timing
from entrepot.messaging.models import NotificationWay
from entrepot.messaging.service import LONGEST_NAME, NotificationService, person_of
from entrepot.messaging.wording import DIGESTS, said

ROWS = 50
LIST, SETTINGS = "/notifications", "/notifications/settings"
EXAMPLES = (
    ("ntfy", "ntfys://ntfy.sh/your-topic"),
    ("Telegram", "tgram://bottoken/chat-id"),
    ("Discord", "https://discord.com/api/webhooks/…"),
    ("Pushover", "pover://user-key@token"),
    ("Gotify", "gotifys://hostname/token"),
    ("Slack", "https://hooks.slack.com/services/…"),
    ("JSON", "jsons://hostname/path"),
)


class NotificationPages(Controller):
    """A user's notifications."""

    path = LIST
    opt = open_to_signed_in()
    include_in_schema = False

    @get()
    async def show_list(
        self, session: AsyncSession, principal: Principal, cursor: str = "", unread: str = ""
    ) -> Template:
        """List what the user was told."""
        service = NotificationService(session, person_of(principal))
        before = _uuid(cursor)
        rights = [str(right) for right in principal.rights]
        rows = await service.page(rights, before=before, unread=bool(unread), limit=ROWS + 1)
        query = "unread=1&" if unread else ""
        return Template(
            "messaging/list.html",
            context={
                "rows": [(row, said(row.title, row.facts), said(row.body, row.facts)) for row in rows[:ROWS]],
                "unread": await service.unread(rights),
                "only_unread": bool(unread),
                "first": f"{LIST}?{query}" if before else None,
                "following": f"{LIST}?{query}cursor={rows[ROWS - 1].id}" if len(rows) > ROWS else None,
            },
        )

    @get("/bell")
    async def bell(self, session: AsyncSession, principal: Principal) -> Template:
        """Count what is unread, for the top of every page."""
        count = 0
        if principal.actor.kind == "user":
            rights = [str(right) for right in principal.rights]
            count = await NotificationService(session, person_of(principal)).unread(rights)
        return Template("messaging/_bell.html", context={"unread": count})

    @get("/{notification_id:uuid}")
    async def open(self, session: AsyncSession, principal: Principal, notification_id: FromPath[UUID]) -> Redirect:
        """Go to what a notification is about; it counts as read from then on."""
        return Redirect(await NotificationService(session, person_of(principal)).open(notification_id), status_code=303)

    @post("/read")
    async def read(self, session: AsyncSession, principal: Principal) -> Redirect:
        """Mark everything as read."""
        await NotificationService(session, person_of(principal)).read()
        return Redirect(LIST, status_code=303)


class NotificationSettingPages(Controller):
    """How and when a user is told."""

    path = SETTINGS
    opt = own_affairs()  # a way outside outlives the shift at a shared device
    include_in_schema = False

    @get()
    async def show(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Show the ways and the times."""
        return await _settings(request, session, principal)

    @post("/times", status_code=200)
    async def set_times(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Set when the user is told."""
        form = await _texts(request)
        try:
            await NotificationService(session, person_of(principal)).set_timing(
                principal.seller_id(), form, principal.time_zone
            )
        except InvalidInputError as error:
            return await _settings(request, session, principal, times=form, problems=error.problems)
        return Redirect(SETTINGS, status_code=303)

    @post("/mail")
    async def add_mail(self, session: AsyncSession, principal: Principal) -> Redirect:
        """Have mail sent to the user's own address."""
        service = NotificationService(session, person_of(principal))
        await service.add_mail(principal.seller_id(), principal.email or gettext(N_("Mail")))
        return Redirect(SETTINGS, status_code=303)

    @post("/services", status_code=200)
    async def add_service(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Have messages sent to a service."""
        form = await _texts(request)
        box: SecretBox = request.app.state.box
        settings: Settings = request.app.state.settings
        try:
            await NotificationService(session, person_of(principal)).add_service(
                principal.seller_id(),
                form.get("name", ""),
                form.get("url", ""),
                box=box,
                allowed=settings.outside_allow,
            )
        except InvalidInputError as error:
            return await _settings(request, session, principal, service=form, problems=error.problems)
        except EntrepotError as error:
            if not error.code.startswith("messaging."):
                raise
            return await _settings(
                request, session, principal, service=form, problems={"url": sentence(error, {}).shown}
            )
        return Redirect(SETTINGS, status_code=303)

    @post("/ways/{way_id:uuid}/test")
    async def test(self, session: AsyncSession, principal: Principal, way_id: FromPath[UUID]) -> Redirect:
        """Have a test sent."""
        await NotificationService(session, person_of(principal)).test(way_id)
        return Redirect(SETTINGS, status_code=303)

    @post("/ways/{way_id:uuid}/switch")
    async def switch(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, way_id: FromPath[UUID]
    ) -> Redirect:
        """Use a way, or leave it out."""
        form = await _texts(request)
        await NotificationService(session, person_of(principal)).switch(way_id, on=form.get("on") == "true")
        return Redirect(SETTINGS, status_code=303)

    @post("/ways/{way_id:uuid}/remove")
    async def remove(self, session: AsyncSession, principal: Principal, way_id: FromPath[UUID]) -> Redirect:
        """Remove a way."""
        await NotificationService(session, person_of(principal)).remove(way_id)
        return Redirect(SETTINGS, status_code=303)


def problem_of(way: NotificationWay) -> str:
    """Return why the last message did not go through, in the reader's words."""
    if way.problem is None:
        return ""
    return Sentence(str(way.problem.get("text", "")), way.problem.get("facts")).shown


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


async def _texts(request: Request[Any, Any, Any]) -> dict[str, str]:
    form = await request.form()
    return {name: str(value).replace("\0", "") for name, value in form.items()}


async def _settings(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    principal: Principal,
    *,
    times: Mapping[str, str] | None = None,
    service: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Template:
    notifications = NotificationService(session, person_of(principal))
    one_seller = principal.seller is not None or len(principal.sellers) == 1
    timing = await notifications.timing(principal.seller_id(), principal.time_zone) if one_seller else Timing()
    settings: Settings = request.app.state.settings
    ways = await notifications.ways()
    return Template(
        "messaging/settings.html",
        context={
            "ways": [(way, problem_of(way)) for way in ways],
            "has_mail": any(way.kind == "mail" for way in ways),
            "mail_works": settings.smtp_url is not None,
            "one_seller": one_seller,
            "time_zone": principal.time_zone,
            "times": _time_fields(times or _written(timing), problems or {} if times is not None else {}),
            "service": _service_fields(service or {}, problems or {} if service is not None else {}),
            "examples": EXAMPLES,
        },
        status_code=422 if problems else 200,
    )


def _written(timing: Timing) -> dict[str, str]:
    def clock(name: str) -> str:
        value = getattr(timing, name)
        return "" if value is None else value.strftime("%H:%M")

    return {"digest": str(timing.digest)} | {name: clock(name) for name in ("daily_at", "quiet_from", "quiet_to")}


def _field(
    name: str, label: str, kind: str, given: Mapping[str, str], problems: Mapping[str, str], **more: object
) -> dict[str, Any]:
    return {
        "name": name,
        "label": gettext(label),
        "type": kind,
        "value": given.get(name, ""),
        "error": problems.get(name, ""),
        "help": "",
        "required": False,
        "options": [],
        **more,
    }


def _time_fields(given: Mapping[str, str], problems: Mapping[str, str]) -> list[dict[str, Any]]:
    digests = [{"value": str(value), "label": gettext(label)} for value, label in DIGESTS.items()]
    return [
        _field("digest", N_("How often"), "select", given, problems, options=digests, half=True, required=True),
        _field("daily_at", N_("Once a day at"), "time", given, problems, half=True),
        _field("quiet_from", N_("Quiet from"), "time", given, problems, half=True),
        _field("quiet_to", N_("Quiet until"), "time", given, problems, half=True),
    ]


def _service_fields(given: Mapping[str, str], problems: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        # A password field: what is pasted holds a secret, and is never sent back.
        _field("url", N_("Address of the service"), "password", given, problems, autocomplete="off", required=True),
        _field("name", N_("Name, for you"), "text", given, problems, maxlength=LONGEST_NAME),
    ]


ROUTES = [NotificationPages, NotificationSettingPages]
