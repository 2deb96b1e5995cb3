"""Scanning without a network, for devices: take work along, send what was done, hear what became of it; and its review."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.domain import PickMode
from entrepot.fulfilment.scanning.applying import Applying
from entrepot.fulfilment.scanning.refs import Act, ActOutcome, Decision
from entrepot.fulfilment.scanning.reviewing import Reviewing
from entrepot.fulfilment.scanning.sessions import Device, Download, ScanSessions
from entrepot.fulfilment.scanning.views import (
    ActRow,
    ConflictRow,
    DeviceLine,
    SessionRow,
    acts,
    conflicts,
    device_lines,
    sessions,
)
from entrepot.kit.clock import now
from entrepot.kit.i18n import gettext

MOST_ACTS = 100
type Limit = Annotated[int, Parameter(ge=1, le=200)]
type Moment = Annotated[datetime, Meta(tz=True)]


class TakeWork(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a device wants to work on."""

    device_id: Annotated[str, Meta(min_length=8, max_length=64)]
    """Made by the device, the same for good."""
    device_name: Annotated[str, Meta(max_length=100)] = ""
    sent_at: Moment
    """What the device's clock says now."""
    code: Annotated[str, Meta(max_length=200)] = ""
    """Of an order or pick list; without, the most urgent work."""
    mode: PickMode | None = PickMode.SINGLE
    """Without a code, and if no list is free: how one of the most urgent orders is to be walked."""
    take_over: bool = False


class SendActs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was done on a device since."""

    sent_at: Moment
    """What the device's clock says now."""
    acts: Annotated[list[Act], Meta(max_length=MOST_ACTS)]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one act."""

    client_id: str
    outcome: ActOutcome
    repeated: bool
    message: str
    """In the caller's language."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the acts, and how the list is now."""

    items: list[Told]
    status: str
    taken_by: str
    """Somebody else who has the list by now."""
    lines: list[DeviceLine]
    now: datetime


class Sessions(msgspec.Struct, frozen=True):
    """A page of sessions of devices."""

    items: list[SessionRow]
    next: str | None


class Acts(msgspec.Struct, frozen=True):
    """A page of what was done in a session."""

    items: list[ActRow]
    next: str | None


class Conflicts(msgspec.Struct, frozen=True):
    """A page of what could not be applied."""

    items: list[ConflictRow]
    next: str | None


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a supervisor decides."""

    decision: Decision
    reason: Annotated[str, Meta(max_length=300)]


class ScanningApi(Controller):
    """Scanning without a network."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @post(
        "/scan-sessions",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="openScanSession",
        summary="Take a pick list onto a device",
        status_code=200,
    )
    async def take(self, data: JSONBody[TakeWork], session: AsyncSession, principal: Principal) -> Download | None:
        """With all that is needed to pick it without a network; null if there is nothing to pick."""
        sellers = (principal.seller.id,) if principal.seller else tuple(one.id for one in principal.sellers)
        use = ScanSessions(session)
        device = Device(id=data.device_id, name=data.device_name, sent_at=data.sent_at)
        found = (
            await use.take(sellers, device, data.code, take_over=data.take_over)
            if data.code.strip()
            else await use.next(sellers, device, data.mode)
        )
        if found is None:
            return None
        return await use.download(found.id, pictures=principal.can(Right.CATALOG_READ))

    @get(
        "/scan-sessions",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listScanSessions",
        summary="List sessions of devices",
    )
    async def sessions(self, session: AsyncSession, cursor: UUID | None = None, limit: Limit = 50) -> Sessions:
        """Newest first: who works on which list with which device, and how wrong its clock is."""
        found = await sessions(session, before=cursor, limit=limit + 1)
        return Sessions(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @get(
        "/scan-sessions/{session_id:uuid}/acts",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listScans",
        summary="List what was done on a device",
    )
    async def acts(self, session_id: FromPath[UUID], session: AsyncSession, cursor: int = 0, limit: Limit = 50) -> Acts:
        """In the device's order."""
        found = await acts(session, session_id, after=max(0, min(cursor, 1_000_000)), limit=limit + 1)
        return Acts(found[:limit], str(found[limit - 1].sequence) if len(found) > limit else None)

    @get(
        "/scan-sessions/{session_id:uuid}",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="getScanSession",
        summary="Get a device's pick list as it is now",
    )
    async def show(self, session_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> Download:
        """Acts that were not sent yet are not in it."""
        return await ScanSessions(session).download(session_id, pictures=principal.can(Right.CATALOG_READ))

    @post(
        "/scan-sessions/{session_id:uuid}/acts",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="sendScans",
        summary="Send what was done on a device",
        status_code=200,
    )
    async def send(
        self, session_id: FromPath[UUID], data: JSONBody[SendActs], session: AsyncSession, principal: Principal
    ) -> Taken:
        """Applied in the order of their sequence, once; what cannot be applied goes to review and stops nothing."""
        answers = await Applying(session).receive(session_id, data.acts, data.sent_at)
        found, taken_by = await ScanSessions(session).work(session_id)
        return Taken(
            items=[
                Told(
                    client_id=one.client_id,
                    outcome=one.outcome,
                    repeated=one.repeated,
                    message=gettext(one.message).format(**one.facts),
                )
                for one in answers
            ],
            status=str(found.status),
            taken_by=taken_by,
            lines=await device_lines(session, found.id, pictures=principal.can(Right.CATALOG_READ)),
            now=now(),
        )

    @get(
        "/scan-conflicts",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listScanConflicts",
        summary="List scans that could not be applied",
    )
    async def conflicts(
        self, session: AsyncSession, *, decided: bool = False, cursor: UUID | None = None, limit: Limit = 50
    ) -> Conflicts:
        """Newest first: those that wait for a decision, or those decided."""
        found = await conflicts(session, done=decided, before=cursor, limit=limit + 1)
        return Conflicts(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(
        "/scan-conflicts/{scan_id:uuid}/decision",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="decideScanConflict",
        summary="Decide about a scan that could not be applied",
        status_code=200,
    )
    async def decide(self, scan_id: FromPath[UUID], data: JSONBody[Resolve], session: AsyncSession) -> ConflictRow:
        """Apply it after all, or discard it; the reason is kept.  What still cannot be applied stays."""
        await Reviewing(session).resolve(scan_id, data.decision, data.reason)
        return (await conflicts(session, done=None, scan_id=scan_id))[0]


ROUTES = [ScanningApi]
