"""What channels are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import PushState
from entrepot.kit.sql import text


class PushRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel must be told about a shipment."""

    shipment_id: UUID
    account_id: UUID
    state: PushState
    payload: dict[str, Any]
    process_ref: str
    attempts: int
    looks: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    next_look_at: datetime


async def push_of(session: AsyncSession, shipment_id: UUID) -> PushRow | None:
    """Return what the channel is told about a shipment, if it is told anything."""
    rows = await session.execute(
        text(
            "SELECT shipment_id, account_id, state, payload, process_ref, attempts, looks, last_error, created_at,"
            " sent_at, settled_at, next_look_at FROM channel_push WHERE shipment_id = :id"
        ),
        {"id": shipment_id},
    )
    row = rows.mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), PushRow)


async def pushes(session: AsyncSession, *, state: str = "", limit: int = 100) -> list[PushRow]:
    """Return what channels are told, newest first."""
    rows = await session.execute(
        text(
            "SELECT shipment_id, account_id, state, payload, process_ref, attempts, looks, last_error, created_at,"
            " sent_at, settled_at, next_look_at FROM channel_push WHERE :state = '' OR state = :state"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"state": state, "limit": limit},
    )
    return [msgspec.convert(dict(row), PushRow) for row in rows.mappings()]


async def push_counts(session: AsyncSession, account_id: UUID) -> dict[str, int]:
    """Return how much an account is still to be told, by state: what is over is left out, unless it failed."""
    rows = await session.execute(
        text(
            "SELECT state, count(*) AS many FROM channel_push"
            " WHERE account_id = :account AND state IN ('waiting', 'sent', 'failed') GROUP BY state"
        ),
        {"account": account_id},
    )
    return {row.state: row.many for row in rows}
