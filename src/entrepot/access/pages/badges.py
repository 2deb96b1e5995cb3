"""Giving out badges and PINs, and the devices on which they work."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.domain import IDLE_MINUTES, read_code
from entrepot.access.badges.errors import UnknownBadgeError
from entrepot.access.badges.label import card_pdf, card_zpl, qr_uri
from entrepot.access.badges.service import BadgeService, NewBadge
from entrepot.access.badges.sign_in import known_device
from entrepot.access.forms import field
from entrepot.access.guards import needs, own_affairs
from entrepot.access.http import UNPROCESSABLE, device_token, keep_device, own_session, provide_wide, see_other
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_

PAGE = 50
NAME = 80


class BadgePages(Controller):
    """Badges, to those who give them out."""

    path = "/badges"
    include_in_schema = False
    opt = needs(Right.BADGES_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show_list(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        q: str = "",
        cursor: UUID | None = None,
    ) -> Template:
        """List those who may get a badge."""
        found = await BadgeService(wide, principal).people(q.replace("\0", ""), cursor, PAGE + 1)
        rows = found[:PAGE]
        following = f"/badges?cursor={rows[-1].id}" if len(found) > PAGE else None
        return Template("access/badges.html", context={"rows": rows, "q": q, "next": following})

    @get("/{user_id:uuid}")
    async def show(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], user_id: FromPath[UUID]
    ) -> Template:
        """Show someone's badges."""
        return await _person(principal, wide, user_id)

    @post("/{user_id:uuid}", status_code=200)
    async def make(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], user_id: FromPath[UUID]
    ) -> Template:
        """Make a badge and show it, this once."""
        return await _person(principal, wide, user_id, made=await BadgeService(wide, principal).make(user_id))

    @post("/{user_id:uuid}/pin", status_code=200)
    async def set_pin(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
    ) -> Template | Redirect:
        """Give someone a PIN."""
        form = await request.form()
        try:
            await BadgeService(wide, principal).set_pin(user_id, str(form.get("pin", "")))
        except InvalidInputError as error:
            return await _person(principal, wide, user_id, problems=error.problems)
        return see_other(f"/badges/{user_id}")

    @post("/revoke/{badge_id:uuid}", status_code=200)
    async def revoke(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], badge_id: FromPath[UUID]
    ) -> Redirect:
        """Make a badge useless."""
        return see_other(f"/badges/{await BadgeService(wide, principal).revoke(badge_id)}")

    @post("/card", status_code=200)
    async def card(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Give the badge that the page shows as a file; it is stored nowhere, so the page sends it along."""
        form = await request.form()
        code, name = read_code(str(form.get("code", ""))[:100]), str(form.get("name", ""))[:NAME]
        if not code:
            raise UnknownBadgeError
        zpl = form.get("format") == "zpl"
        content = card_zpl(name, code) if zpl else card_pdf(name, code)
        headers = {"content-disposition": f'attachment; filename="badge.{"zpl" if zpl else "pdf"}"'}
        return Response(content, media_type="application/zpl" if zpl else "application/pdf", headers=headers)


class DevicePages(Controller):
    """Shared devices, to those who enrol them."""

    path = "/devices"
    include_in_schema = False
    opt = needs(Right.BADGES_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show_list(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template:
        """List the devices on which badges work."""
        return await _devices(request, principal, wide)

    @post(status_code=200)
    async def enrol(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template | Response[Any]:
        """Let badges work on this device."""
        given = await _texts(request)
        try:
            _, token = await BadgeService(wide, principal).enrol(given["name"], _minutes(given["idle_minutes"]))
        except InvalidInputError as error:
            return await _devices(request, principal, wide, given, error.problems)
        answer: Response[Any] = see_other("/devices")
        keep_device(answer, request, token)
        return answer

    @post("/{device_id:uuid}", status_code=200)
    async def change(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        device_id: FromPath[UUID],
    ) -> Template | Redirect:
        """Rename a device, or let its sessions end sooner or later."""
        given = await _texts(request)
        try:
            minutes = _minutes(given["idle_minutes"])
            await BadgeService(wide, principal).change_device(device_id, given["name"], minutes)
        except InvalidInputError as error:
            return await _devices(request, principal, wide, given, error.problems)
        return see_other("/devices")

    @post("/{device_id:uuid}/revoke", status_code=200)
    async def revoke(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], device_id: FromPath[UUID]
    ) -> Redirect:
        """Let badges work there no more."""
        await BadgeService(wide, principal).revoke_device(device_id)
        return see_other("/devices")


class OwnPin(Controller):
    """One's own PIN."""

    path = "/account/pin"
    include_in_schema = False
    opt = own_affairs()
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def ask(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template:
        """Ask for a PIN."""
        pin = await BadgeService(wide, principal).pin(own_session(request)[0])
        return Template("access/pin.html", context={"pin": pin, "fields": [_pin_field()]})

    @post(status_code=200)
    async def choose(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template | Redirect:
        """Choose one's own PIN."""
        form, service = await request.form(), BadgeService(wide, principal)
        user_id, _ = own_session(request)
        try:
            await service.set_own_pin(user_id, str(form.get("pin", "")))
        except InvalidInputError as error:
            context = {"pin": await service.pin(user_id), "fields": [_pin_field(error.problems)]}
            return Template("access/pin.html", context=context, status_code=UNPROCESSABLE)
        return see_other("/account/pin")


def _pin_field(problems: dict[str, str] | None = None) -> dict[str, Any]:
    return field(
        "pin", N_("New PIN"), kind="password", problems=problems, autocomplete="off", inputmode="numeric",
        hint=N_("4 to 8 digits, not 1234 and the like."), maxlength=8,
    )  # fmt: skip


def _minutes(written: str) -> int:
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 5 else 0  # noqa: PLR2004 -- more is refused anyway


async def _texts(request: Request[Any, Any, Any]) -> dict[str, str]:
    form = await request.form()
    return {name: str(form.get(name, "")).strip() for name in ("name", "idle_minutes")}


async def _person(
    principal: Principal,
    wide: AsyncSession,
    user_id: UUID,
    *,
    made: NewBadge | None = None,
    problems: dict[str, str] | None = None,
) -> Template:
    user, badges, pin = await BadgeService(wide, principal).person(user_id)
    context = {
        "user": user,
        "badges": badges,
        "pin": pin,
        "made": made,
        "picture": qr_uri(made.code) if made else "",
        "fields": [_pin_field(problems)],
    }
    return Template("access/badge.html", context=context, status_code=UNPROCESSABLE if problems else 200)


async def _devices(
    request: Request[Any, Any, Any],
    principal: Principal,
    wide: AsyncSession,
    given: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Template:
    values, token = given or {"name": "", "idle_minutes": str(IDLE_MINUTES)}, device_token(request)
    context = {
        "rows": await BadgeService(wide, principal).devices(),
        "this": await known_device(wide, token) if token else None,
        "fields": [
            field("name", N_("Name"), value=values["name"], problems=problems, autocomplete="off",
                  hint=N_("Like “Tablet at the packing table”.")),
            field("idle_minutes", N_("Signs out after (minutes)"), kind="number", value=values["idle_minutes"],
                  problems=problems, min=1, max=480, step=1, hint=N_("When nothing is scanned or opened for so long.")),
        ],
    }  # fmt: skip
    return Template("access/devices.html", context=context, status_code=UNPROCESSABLE if problems else 200)


ROUTES = [BadgePages, DevicePages, OwnPin]
