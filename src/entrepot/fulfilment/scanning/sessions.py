"""Taking work onto a device."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import PickMode
from entrepot.fulfilment.picking import Picking
from entrepot.fulfilment.refs import PickListRef
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.scanning.errors import ScanSessionNotFoundError
from entrepot.fulfilment.scanning.refs import SessionRef
from entrepot.fulfilment.scanning.repository import ScanRepository
from entrepot.fulfilment.scanning.views import DeviceLine, Neighbour, Place, device_lines, neighbours
from entrepot.fulfilment.way.going import Way
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

LONGEST_SKEW = timedelta(days=3650)


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """All that a device needs to pick a list without a network."""

    session: SessionRef
    number: str
    status: str
    taken_by: str
    """Somebody else who has it by now; empty: nobody."""
    mode: str
    rules: SiteSettings
    """What must be scanned before something counts as picked."""
    lines: list[DeviceLine]
    """In walking order."""
    neighbours: list[Neighbour]
    places: list[Place]
    now: datetime


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """Which device asks, and what its clock says."""

    id: str
    name: str
    sent_at: datetime


def skew_ms(sent_at: datetime) -> int:
    """Return how much our clock is ahead of a device's, in milliseconds; absurd clocks are ten years off at most."""
    behind = min(max(now() - sent_at, -LONGEST_SKEW), LONGEST_SKEW)
    return int(behind / timedelta(milliseconds=1))


async def taken_by(scans: ScanRepository, found: SessionRef, work: PickListRef) -> str:
    """Return who else took the list of a session since; empty: nobody did."""
    if work.assigned_to not in {"", found.actor_id}:
        return work.assigned_name
    return await scans.taken_by(found)


class ScanSessions:
    """Use cases of sessions, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._scans = ScanRepository(session)
        self._lists = ListRepository(session)
        self._picking = Picking(session)

    async def take(
        self, sellers: tuple[UUID, ...], device: Device, code: str, *, take_over: bool = False
    ) -> SessionRef:
        """Take the order or list that was scanned onto a device.

        Raises:
            UnknownWorkError, PickListTakenError, NothingToReleaseError, PickListClosedError: as for picking.
        """
        return await self._open(await self._picking.claim_code(sellers, code, take_over=take_over), device)

    async def next(self, sellers: tuple[UUID, ...], device: Device, mode: PickMode | None) -> SessionRef | None:
        """Take the own unfinished list, or the most urgent one, onto a device; None if there is nothing to pick."""
        found = await self._picking.claim_next(sellers, mode)
        return None if found is None else await self._open(found, device)

    async def work(self, session_id: UUID) -> tuple[PickListRef, str]:
        """Return the list of a session, and who else took it since.

        Raises:
            ScanSessionNotFoundError: there is none, or it is somebody else's.
        """
        found, work = await self._session_and_list(session_id)
        return work, await taken_by(self._scans, found, work)

    async def download(self, session_id: UUID, *, pictures: bool = False) -> Download:
        """Return a list as it is now, with all that a device must know to pick it without a network.

        Raises:
            ScanSessionNotFoundError: there is none, or it is somebody else's.
        """
        found, work = await self._session_and_list(session_id)
        products, places = await neighbours(self._session, work.id, work.warehouse_id)
        return Download(
            session=found,
            number=work.number,
            status=str(work.status),
            taken_by=await taken_by(self._scans, found, work),
            mode=work.mode,
            rules=await Way(self._session).settings(work.seller_id, work.warehouse_id),
            lines=await device_lines(self._session, work.id, pictures=pictures),
            neighbours=products,
            places=places,
            now=now(),
        )

    async def _session_and_list(self, session_id: UUID) -> tuple[SessionRef, PickListRef]:
        found = await self._scans.find_session(session_id)
        work = None if found is None else await self._lists.find_list(found.pick_list_id)
        if found is None or work is None:
            raise ScanSessionNotFoundError(session=str(session_id))
        return found, work

    async def _open(self, work: PickListRef, device: Device) -> SessionRef:
        actor = context_of(self._session).actor
        latest = await self._scans.latest(work.id)  # claiming has locked the list
        if latest is not None and (latest.device_id, latest.actor_id) == (device.id, actor.id):
            await self._scans.heard(latest.id, sequence=0, skew_ms=skew_ms(device.sent_at), closed=False)
            return latest
        opened = SessionRef(
            id=new_id(),
            seller_id=work.seller_id,
            pick_list_id=work.id,
            version=1 if latest is None else latest.version + 1,
            device_id=device.id,
            device_name=device.name,
            actor_id=actor.id,
            actor_name=actor.name,
            opened_at=now(),
            last_seen_at=now(),
            skew_ms=skew_ms(device.sent_at),
            last_sequence=0,
            closed_at=None,
        )
        await self._scans.add_session(msgspec.structs.asdict(opened))
        return opened
