"""REST API v1 of badges and shared devices.  A device is enrolled on itself: there is no call for that."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.errors import UnknownBadgeError
from entrepot.access.badges.service import BadgeService, holder_of
from entrepot.access.guards import needs
from entrepot.access.http import provide_wide
from entrepot.access.principal import Principal
from entrepot.access.rights import Right

type Code = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class BadgeOut(msgspec.Struct):
    """A badge, without its code."""

    id: UUID
    ending: str
    made_by: str
    made_at: datetime
    last_used_at: datetime | None


class BadgeList(msgspec.Struct):
    """Someone's badges, the newest first."""

    items: list[BadgeOut]
    pin_set_at: datetime | None
    pin_locked: bool
    next: str | None = None


class BadgeMadeOut(msgspec.Struct):
    """A new badge.  The code is shown this once."""

    id: UUID
    name: str
    code: str


class PinIn(msgspec.Struct, forbid_unknown_fields=True):
    """4 to 8 digits, none of those that everyone tries first."""

    pin: Annotated[str, msgspec.Meta(min_length=4, max_length=8)]


class ScannedIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a scanner read."""

    code: Code


class HolderOut(msgspec.Struct):
    """Whose badge it is."""

    user_id: UUID
    name: str
    rights: list[str]


class DeviceOut(msgspec.Struct):
    """A device on which badges work."""

    id: UUID
    seller_id: UUID | None
    name: str
    idle_minutes: int
    enrolled_by: str
    enrolled_at: datetime
    last_used_at: datetime | None


class DeviceList(msgspec.Struct):
    """Shared devices, by name."""

    items: list[DeviceOut]
    next: str | None = None


class BadgeApi(Controller):
    """Badges."""

    path = "/api/v1"
    tags = ("badges",)
    opt = needs(Right.BADGES_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get("/users/{user_id:uuid}/badges", operation_id="listBadges", summary="List someone's badges")
    async def show(
        self, principal: Principal, wide: NamedDependency[AsyncSession], user_id: FromPath[UUID]
    ) -> BadgeList:
        """List the badges of someone that count."""
        _, badges, pin = await BadgeService(wide, principal).person(user_id)
        shown = [BadgeOut(one.id, one.ending, one.made_by, one.made_at, one.last_used_at) for one in badges]
        return BadgeList(shown, pin.set_at, pin.locked)

    @post("/users/{user_id:uuid}/badges", operation_id="makeBadge", summary="Make someone a badge")
    async def make(
        self, principal: Principal, wide: NamedDependency[AsyncSession], user_id: FromPath[UUID]
    ) -> BadgeMadeOut:
        """Make a badge; the answer alone has its code."""
        made = await BadgeService(wide, principal).make(user_id)
        return BadgeMadeOut(made.id, made.name, made.code)

    @put("/users/{user_id:uuid}/pin", operation_id="setPin", summary="Give someone a PIN", status_code=204)
    async def set_pin(
        self,
        principal: Principal,
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
        data: JSONBody[PinIn],
    ) -> None:
        """Give someone a PIN; a locked one is open again."""
        await BadgeService(wide, principal).set_pin(user_id, data.pin)

    @delete("/badges/{badge_id:uuid}", operation_id="revokeBadge", summary="Revoke a badge")
    async def revoke(self, principal: Principal, wide: NamedDependency[AsyncSession], badge_id: FromPath[UUID]) -> None:
        """Make a badge useless and sign out whoever works with it."""
        await BadgeService(wide, principal).revoke(badge_id)

    @post(
        "/badges/holder",
        operation_id="readBadge",
        summary="Say whose badge was scanned",
        status_code=200,
        opt=needs(Right.FULFILMENT_SUPERVISE),
    )
    async def holder(
        self, request: Request[Any, Any, Any], principal: Principal, data: JSONBody[ScannedIn]
    ) -> HolderOut:
        """Say whose badge it is, for giving them work."""
        found = await holder_of(request.app.state.database, data.code, principal.seller_id())
        if found is None:
            raise UnknownBadgeError
        return HolderOut(found.user_id, found.name, sorted(found.rights))

    @get("/devices", operation_id="listDevices", summary="List shared devices")
    async def devices(self, principal: Principal, wide: NamedDependency[AsyncSession]) -> DeviceList:
        """List the devices on which badges work."""
        return DeviceList(
            [
                DeviceOut(
                    one.id,
                    one.seller_id,
                    one.name,
                    one.idle_minutes,
                    one.enrolled_by,
                    one.enrolled_at,
                    one.last_used_at,
                )
                for one in await BadgeService(wide, principal).devices()
            ]
        )

    @delete("/devices/{device_id:uuid}", operation_id="revokeDevice", summary="Revoke a shared device")
    async def revoke_device(
        self, principal: Principal, wide: NamedDependency[AsyncSession], device_id: FromPath[UUID]
    ) -> None:
        """Let badges work there no more and sign out whoever works there."""
        await BadgeService(wide, principal).revoke_device(device_id)


ROUTES = [BadgeApi]
