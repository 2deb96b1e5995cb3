"""Every SQL statement of scanning that services use."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.scanning.models import DeviceScan, ScanConflict, ScanSession
from entrepot.fulfilment.scanning.refs import SessionRef, StoredAct
from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import context_of
from entrepot.kit.sql import text

_SESSION = ", ".join(SessionRef.__struct_fields__)
_ACT = ", ".join(StoredAct.__struct_fields__)


class ScanRepository:
    """Sessions, acts and conflicts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find_session(self, session_id: UUID, *, lock: bool = False) -> SessionRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_SESSION} FROM scan_session WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608 -- column names
            {"id": session_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), SessionRef)

    async def latest(self, list_id: UUID) -> SessionRef | None:
        """Return the session with a list's highest version; callers hold the list's lock."""
        rows = await self._session.execute(
            text(f"SELECT {_SESSION} FROM scan_session WHERE pick_list_id = :id ORDER BY version DESC LIMIT 1"),  # noqa: S608 -- column names
            {"id": list_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), SessionRef)

    async def add_session(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, ScanSession, [row])

    async def taken_by(self, found: SessionRef) -> str:
        """Return the name of somebody else who opened a session of the same list later; empty: nobody did."""
        rows = await self._session.execute(
            text(
                "SELECT actor_name FROM scan_session WHERE pick_list_id = :list AND version > :version"
                " AND actor_id <> :actor ORDER BY version DESC LIMIT 1"
            ),
            {"list": found.pick_list_id, "version": found.version, "actor": found.actor_id},
        )
        return str(rows.scalar_one_or_none() or "")

    async def heard(self, session_id: UUID, *, sequence: int, skew_ms: int, closed: bool | None) -> None:
        """Note that the device spoke; *closed* says whether its work ended, None that it is as it was."""
        await self._session.execute(
            text(
                "UPDATE scan_session SET last_seen_at = now(), last_sequence = greatest(last_sequence, :sequence),"
                " skew_ms = :skew, closed_at = CASE WHEN CAST(:closed AS boolean) IS NULL THEN closed_at"
                " WHEN CAST(:closed AS boolean) THEN now() END WHERE id = :id"
            ),
            {"id": session_id, "sequence": sequence, "skew": skew_ms, "closed": closed},
        )

    async def known(self, seller_id: UUID, client_ids: Collection[str]) -> dict[str, StoredAct]:
        """Return which of the acts arrived before."""
        rows = await self._session.execute(
            text(f"SELECT {_ACT} FROM device_scan WHERE seller_id = :seller AND client_id = ANY(:ids)"),  # noqa: S608 -- column names
            {"seller": seller_id, "ids": list(client_ids)},
        )
        found = [msgspec.convert(dict(row), StoredAct) for row in rows.mappings()]
        return {act.client_id: act for act in found}

    async def sequences(self, session_id: UUID, among: Collection[int]) -> set[int]:
        """Return which of these numbers acts of a session have."""
        rows = await self._session.execute(
            text("SELECT sequence FROM device_scan WHERE session_id = :id AND sequence = ANY(:among)"),
            {"id": session_id, "among": list(among)},
        )
        return set(rows.scalars())

    async def undone(self, seller_id: UUID, client_id: str) -> bool:
        """Tell whether an act was taken back before."""
        rows = await self._session.execute(
            text(
                "SELECT 1 FROM device_scan WHERE seller_id = :seller AND undoes = :id AND kind = 'undo'"
                " AND outcome = 'applied'"
            ),
            {"seller": seller_id, "id": client_id},
        )
        return rows.first() is not None

    async def add_acts(self, acts: Sequence[Mapping[str, Any]], conflicts: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, DeviceScan, acts)
        await insert_rows(self._session, ScanConflict, conflicts)

    async def act(self, scan_id: UUID) -> StoredAct | None:
        rows = await self._session.execute(
            text(f"SELECT {_ACT} FROM device_scan WHERE id = :id"),  # noqa: S608 -- column names
            {"id": scan_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), StoredAct)

    async def conflict(self, scan_id: UUID) -> tuple[UUID, str, str] | None:
        """Lock a conflict; return its list, its state and who decided."""
        rows = await self._session.execute(
            text("SELECT pick_list_id, state, resolved_by FROM scan_conflict WHERE scan_id = :id FOR UPDATE"),
            {"id": scan_id},
        )
        row = rows.one_or_none()
        return None if row is None else (row.pick_list_id, row.state, row.resolved_by)

    async def decide(self, scan_id: UUID, state: str, reason: str) -> None:
        await self._session.execute(
            text(
                "UPDATE scan_conflict SET state = :state, resolved_by = :by, resolved_at = now(), reason = :reason"
                " WHERE scan_id = :id AND state = 'open'"
            ),
            {"id": scan_id, "state": state, "reason": reason, "by": context_of(self._session).actor.name or "?"},
        )
