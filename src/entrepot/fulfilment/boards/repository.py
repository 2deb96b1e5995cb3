"""Every SQL statement of presence and of what a site shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.sql import text


async def beat(
    session: AsyncSession, order_id: UUID, actor_id: str, name: str, station: str, moment: datetime, alive: datetime
) -> tuple[list[dict[str, Any]], UUID | None] | None:
    """Note one beat; return who else is there, and the seller if the caller just came; None: there is no such order."""
    rows = await session.execute(
        text(
            """
            WITH here AS (
                INSERT INTO floor_presence (order_id, actor_id, seller_id, actor_name, station, opened_at, seen_at)
                SELECT id, :actor, seller_id, :name, :station, :moment, :moment FROM sales_order WHERE id = :order
                ON CONFLICT (order_id, actor_id) DO UPDATE SET actor_name = excluded.actor_name,
                    station = excluded.station, seen_at = greatest(floor_presence.seen_at, excluded.seen_at),
                    opened_at = CASE WHEN floor_presence.seen_at < :alive THEN excluded.opened_at
                        ELSE floor_presence.opened_at END
                RETURNING opened_at = :moment AS came, seller_id
            )
            SELECT here.came, here.seller_id, (
                SELECT coalesce(json_agg(json_build_object('name', actor_name, 'station', station,
                    'opened_at', opened_at) ORDER BY opened_at), '[]')::text
                FROM floor_presence WHERE order_id = :order AND actor_id <> :actor AND seen_at >= :alive
            ) AS others FROM here
            """
        ),
        {"order": order_id, "actor": actor_id, "name": name, "station": station, "moment": moment, "alive": alive},
    )
    row = rows.one_or_none()
    return None if row is None else (msgspec.json.decode(row.others), row.seller_id if row.came else None)


async def sweep(session: AsyncSession, before: datetime) -> None:
    """Remove those who are long gone; rows that somebody beats right now are left to them."""
    await session.execute(
        text(
            """
            DELETE FROM floor_presence p USING (
                SELECT order_id, actor_id FROM floor_presence WHERE seen_at < :before LIMIT 500 FOR UPDATE SKIP LOCKED
            ) old WHERE p.order_id = old.order_id AND p.actor_id = old.actor_id
            """
        ),
        {"before": before},
    )


async def write_setting(
    session: AsyncSession, seller_id: UUID, warehouse_id: UUID, *, by_person: bool, who: str
) -> None:
    """Say whether a site shows figures of people."""
    await session.execute(
        text(
            """
            INSERT INTO board_setting (seller_id, warehouse_id, by_person, changed_by, changed_at)
            VALUES (:seller, :warehouse, :by_person, :who, :moment)
            ON CONFLICT (seller_id, warehouse_id) DO UPDATE SET by_person = excluded.by_person,
                changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """
        ),
        {"seller": seller_id, "warehouse": warehouse_id, "by_person": by_person, "who": who, "moment": now()},
    )
