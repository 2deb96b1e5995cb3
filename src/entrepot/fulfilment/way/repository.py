"""Every SQL statement of the way that services use."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.way.models import StationScan
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order is on the floor."""

    order_id: UUID
    seller_id: UUID
    stage: Stage
    back_to: Stage | None
    since: datetime
    holder_id: str
    holder_name: str
    warehouse_id: UUID | None
    due_by: datetime | None
    priority: int
    checks: bool
    boxes: bool
    express: bool
    station: str
    reason: str
    forced: bool


class SiteSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which stations a site has, and what must be scanned there."""

    checks: bool = False
    """What was picked is checked before it is packed."""
    boxes: bool = False
    """Parcels are closed at a station of their own."""
    scan_location: bool = False
    scan_product: bool = False
    scan_lot: bool = False
    scan_tote: bool = False
    """Of a cart: what is taken counts when the tote of its order was scanned."""


_SETTINGS = ", ".join(SiteSettings.__struct_fields__)
_PLACE = ", ".join("nullif(back_to, '') AS back_to" if name == "back_to" else name for name in Place.__struct_fields__)


class WayRepository:
    """The way within one transaction.  Callers hold the order's lock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note_scan(self, seller_id: UUID, order_id: UUID, station: str, client_id: str) -> bool:
        """Note a scan at a station; False: it was noted before."""
        row = {
            "order_id": order_id,
            "seller_id": seller_id,
            "station": station,
            "client_id": client_id,
            "actor_name": context_of(self._session).actor.name,
        }
        suffix = "ON CONFLICT DO NOTHING RETURNING client_id"
        return bool(await insert_rows(self._session, StationScan, [row], suffix=suffix))

    async def place(self, order_id: UUID) -> Place | None:
        rows = await self._session.execute(
            text(f"SELECT {_PLACE} FROM floor_order WHERE order_id = :id"),  # noqa: S608 -- column names
            {"id": order_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), Place)

    async def in_review(self, order_ids: Collection[UUID]) -> dict[UUID, str]:
        """Return which of the orders were sent back, and why."""
        rows = await self._session.execute(
            text("SELECT order_id, reason FROM floor_order WHERE order_id = ANY(:ids) AND stage = 'review'"),
            {"ids": list(order_ids)},
        )
        return {row.order_id: row.reason for row in rows}

    async def move(
        self,
        order_id: UUID,
        to: Stage,
        *,
        station: str = "",
        reason: str = "",
        held: bool = False,
        forced: bool = False,
        back_to: Stage | None = None,
    ) -> None:
        """Write one step.  *held*: the caller works on it from now on."""
        actor = context_of(self._session).actor
        await self._session.execute(
            text(
                """
                UPDATE floor_order SET stage = :stage, back_to = :back, since = clock_timestamp(), holder_id = :holder,
                    holder_name = :holder_name, station = :station, reason = :reason, forced = :forced,
                    moved_by = :actor, moved_by_name = :actor_name
                WHERE order_id = :id
                """
            ),
            {
                "id": order_id,
                "stage": str(to),
                "back": str(back_to or ""),
                "holder": actor.id if held else "",
                "holder_name": actor.name if held else "",
                "station": station,
                "reason": reason,
                "forced": forced,
                "actor": actor.id or actor.kind,
                "actor_name": actor.name,
            },
        )

    async def come_onto_the_floor(self, order_id: UUID, seller_id: UUID) -> None:
        """Note an order that no list had yet."""
        actor = context_of(self._session).actor
        await self._session.execute(
            text(
                "INSERT INTO floor_order (order_id, seller_id, stage, since, moved_by, moved_by_name)"
                " VALUES (:id, :seller, 'waiting', clock_timestamp(), :actor, :name) ON CONFLICT DO NOTHING"
            ),
            {"id": order_id, "seller": seller_id, "actor": actor.id, "name": actor.name},
        )

    async def begin_list(self, list_id: UUID, holder_id: str, holder_name: str) -> None:
        """Let the orders of a list be picked by somebody; those being picked change hands."""
        actor = context_of(self._session).actor
        await self._session.execute(
            text(
                """
                UPDATE floor_order f SET stage = 'picking', holder_id = :holder, holder_name = :holder_name,
                    station = 'pick', since = CASE f.stage WHEN 'waiting' THEN clock_timestamp() ELSE f.since END,
                    reason = '', forced = false, moved_by = :actor, moved_by_name = :name, warehouse_id = w.warehouse_id,
                    checks = coalesce(s.checks, false), boxes = coalesce(s.boxes, false)
                FROM pick_list_order w LEFT JOIN LATERAL (
                    SELECT checks, boxes FROM floor_setting x
                    WHERE x.seller_id = w.seller_id AND (x.warehouse_id = w.warehouse_id OR x.warehouse_id IS NULL)
                    ORDER BY x.warehouse_id NULLS LAST LIMIT 1
                ) s ON true
                WHERE w.pick_list_id = :list AND w.open AND f.order_id = w.order_id AND f.stage IN ('waiting', 'picking')
                """
            ),
            {
                "list": list_id,
                "holder": holder_id,
                "holder_name": holder_name,
                "actor": actor.id,
                "name": actor.name,
            },
        )

    async def make_express(self, order_id: UUID) -> None:
        await self._session.execute(
            text("UPDATE floor_order SET express = true WHERE order_id = :id"), {"id": order_id}
        )

    async def prioritise(self, order_ids: Collection[UUID], priority: int) -> int:
        rows = await self._session.execute(
            text("UPDATE floor_order SET priority = :priority WHERE order_id = ANY(:ids) RETURNING order_id"),
            {"ids": list(order_ids), "priority": priority},
        )
        return len(rows.all())

    async def settings(self, seller_id: UUID, warehouse_id: UUID | None) -> SiteSettings:
        """Return the settings of a building: its own, else the seller's, else none."""
        rows = await self._session.execute(
            text(
                f"SELECT {_SETTINGS} FROM floor_setting WHERE seller_id = :seller"  # noqa: S608 -- column names
                " AND (warehouse_id = CAST(:warehouse AS uuid) OR warehouse_id IS NULL)"
                " ORDER BY warehouse_id NULLS LAST LIMIT 1"
            ),
            {"seller": seller_id, "warehouse": warehouse_id},
        )
        row = rows.mappings().one_or_none()
        return SiteSettings() if row is None else SiteSettings(**row)

    async def write_settings(self, seller_id: UUID, warehouse_id: UUID | None, settings: SiteSettings) -> None:
        values = ", ".join(f":{name}" for name in SiteSettings.__struct_fields__)
        sets = ", ".join(f"{name} = excluded.{name}" for name in SiteSettings.__struct_fields__)
        await self._session.execute(
            text(
                f"INSERT INTO floor_setting (id, seller_id, warehouse_id, {_SETTINGS})"  # noqa: S608 -- column names
                f" VALUES (:id, :seller, CAST(:warehouse AS uuid), {values})"
                f" ON CONFLICT (seller_id, warehouse_id) DO UPDATE SET {sets}"
            ),
            {"id": new_id(), "seller": seller_id, "warehouse": warehouse_id, **msgspec.structs.asdict(settings)},
        )
