"""Pick lists and their lines."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ListStatus
from entrepot.fulfilment.models import PickLine, PickList, PickListOrder, PickScan
from entrepot.fulfilment.refs import PickLineRef, PickListRef
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.kit.bulk import insert_all, insert_many
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text

_LIST = ", ".join(PickListRef.__struct_fields__)
_LISTED = ", ".join(f"p.{name}" for name in PickListRef.__struct_fields__)
_LINE = (
    ", ".join(f"l.{name}" for name in PickLineRef.__struct_fields__ if name not in {"order_number", "position", "tote"})
    + ", o.order_number, o.position, coalesce(t.code, '') AS tote"
)
_LINES = (
    f"SELECT {_LINE} FROM pick_line l JOIN pick_list_order o"  # noqa: S608 -- column names
    " ON o.pick_list_id = l.pick_list_id AND o.order_id = l.order_id"
    " LEFT JOIN tote_use t ON t.order_id = l.order_id AND t.pick_list_id = l.pick_list_id AND t.freed_at IS NULL "
)

_WRITE_LINES = """
    UPDATE pick_line l SET picked = n.picked, state = n.state, scanned_at = n.scanned_at, scanned_by = n.scanned_by,
        location_id = n.location_id, location_code = n.location_code,
        in_hand = greatest(0, l.in_hand - (n.picked - l.picked))
    FROM json_to_recordset(:lines) AS n(id uuid, picked int, state text, scanned_at timestamptz, scanned_by text,
        location_id uuid, location_code text)
    WHERE l.id = n.id
"""
_WRITTEN = ("id", "picked", "state", "scanned_at", "scanned_by", "location_id", "location_code")
_CLOSE = "UPDATE pick_list_order SET open = false WHERE pick_list_id = :list_id AND order_id = ANY(:orders) AND open"
_RULES = ", ".join(f"s.{name}" for name in SiteSettings.__struct_fields__)


def _picked(lines: Sequence[PickLineRef]) -> str:
    return msgspec.json.encode([{name: getattr(line, name) for name in _WRITTEN} for line in lines]).decode()


class ListRepository:
    """Pick lists within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def next_list_number(self) -> int:
        """Count up over all sellers: nobody waits for anybody, and some numbers are never used."""
        return int((await self._session.execute(text("SELECT nextval('pick_list_number')"))).scalar_one())

    async def begin_release(self, order_ids: Collection[UUID]) -> tuple[set[UUID], int]:
        """Return which of the orders are on a list that is not finished, and a number for a list of the others."""
        rows = await self._session.execute(
            text(
                "SELECT nextval('pick_list_number') AS number, (SELECT array_agg(DISTINCT order_id) FROM pick_list_order"
                " WHERE order_id = ANY(:ids) AND open) AS busy"
            ),
            {"ids": list(order_ids)},
        )
        row = rows.one()
        return set(row.busy or ()), int(row.number)

    async def next_number(self, seller_id: UUID, kind: str) -> int:
        """Count up; others of the seller wait until the transaction ends."""
        return int(
            (
                await self._session.execute(
                    text(
                        "INSERT INTO floor_number (seller_id, kind, last) VALUES (:seller, :kind, 1001)"
                        " ON CONFLICT (seller_id, kind) DO UPDATE SET last = floor_number.last + 1 RETURNING last"
                    ),
                    {"seller": seller_id, "kind": kind},
                )
            ).scalar_one()
        )

    async def insert_list(
        self, row: Mapping[str, Any], orders: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]
    ) -> None:
        """Store a list with its orders and lines."""
        await insert_all(self._session, (PickList, [row]), (PickListOrder, orders), (PickLine, lines))

    async def insert_lines(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_many(self._session, PickLine, rows)

    async def find_list(self, list_id: UUID, *, lock: bool = False) -> PickListRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_LIST} FROM pick_list WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608 -- column names
            {"id": list_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), PickListRef)

    async def work(self, list_id: UUID) -> tuple[PickListRef, SiteSettings] | None:
        """Lock a list and return it with what its site wants scanned."""
        rows = await self._session.execute(
            text(
                f"SELECT {_LISTED}, {_RULES} FROM pick_list p LEFT JOIN LATERAL ("  # noqa: S608 -- column names
                "SELECT * FROM floor_setting x WHERE x.seller_id = p.seller_id"
                " AND (x.warehouse_id = p.warehouse_id OR x.warehouse_id IS NULL)"
                " ORDER BY x.warehouse_id NULLS LAST LIMIT 1"
                ") s ON true WHERE p.id = :id FOR UPDATE OF p"
            ),
            {"id": list_id},
        )
        row = rows.mappings().one_or_none()
        if row is None:
            return None
        rules = {name: bool(row[name]) for name in SiteSettings.__struct_fields__}
        return msgspec.convert({name: row[name] for name in PickListRef.__struct_fields__}, PickListRef), SiteSettings(
            **rules
        )

    async def open_lists_of(self, order_ids: Collection[UUID]) -> list[UUID]:
        """Return the lists with open lines of these orders, in the order of their ids: the order to lock them in."""
        rows = await self._session.execute(
            text(
                "SELECT DISTINCT o.pick_list_id FROM pick_list_order o"
                " WHERE o.order_id = ANY(:ids) AND o.open ORDER BY o.pick_list_id"
            ),
            {"ids": list(order_ids)},
        )
        return list(rows.scalars())

    async def lines(self, list_id: UUID) -> list[PickLineRef]:
        """Return the lines of a list in walking order."""
        return await self._lines(
            "WHERE l.pick_list_id = :id ORDER BY l.walk_order, l.location_code, o.position, l.id", id=list_id
        )

    async def line(self, line_id: UUID) -> PickLineRef | None:
        found = await self._lines("WHERE l.id = :id", id=line_id)
        return found[0] if found else None

    async def lines_of_orders(self, order_ids: Collection[UUID]) -> list[PickLineRef]:
        return await self._lines("WHERE l.order_id = ANY(:ids) ORDER BY l.id", ids=list(order_ids))

    async def current(self, list_id: UUID) -> PickLineRef | None:
        """Return the next open line in walking order."""
        found = await self._lines(
            "WHERE l.pick_list_id = :id AND l.state = 'open'"
            " ORDER BY l.walk_order, l.location_code, o.position, l.id LIMIT 1",
            id=list_id,
        )
        return found[0] if found else None

    async def _lines(self, rest: str, **values: object) -> list[PickLineRef]:
        rows = await self._session.execute(text(_LINES + rest), values)
        return [msgspec.convert(dict(row), PickLineRef) for row in rows.mappings()]

    async def add_scans(self, seller_id: UUID, scans: Sequence[tuple[str, UUID, int]]) -> set[UUID]:
        """Note acts of picking (client id, line, units); return the lines whose client id was not noted before."""
        actor_name = context_of(self._session).actor.name
        rows = await insert_many(
            self._session,
            PickScan,
            [
                {
                    "id": new_id(),
                    "seller_id": seller_id,
                    "client_id": client_id,
                    "pick_line_id": line_id,
                    "quantity": quantity,
                    "actor_name": actor_name,
                }
                for client_id, line_id, quantity in scans
            ],
            suffix="ON CONFLICT (seller_id, client_id) DO NOTHING RETURNING pick_line_id",
        )
        return {row.pick_line_id for row in rows}

    async def write_work(
        self,
        list_id: UUID,
        lines: Sequence[PickLineRef],
        over: Collection[UUID] = (),
        changes: Mapping[str, object] | None = None,
    ) -> set[UUID]:
        """Write what picking changes of a list that the caller has locked, in one statement.

        Args:
            list_id: the list.
            lines: those whose units, state or place changed.
            over: orders that are to be taken off the list's work: they may be put on another.
            changes: columns of the list.

        Returns:
            Those of the orders that are *over* here, but have something open on another list.
        """
        parts: list[str] = []
        values: dict[str, object] = {"list_id": list_id, "orders": list(over), **(changes or {})}
        if lines:
            parts.append(f"picked AS ({_WRITE_LINES})")
            values["lines"] = _picked(lines)
        if over:
            parts.append(f"closed AS ({_CLOSE})")
        if changes:
            sets = ", ".join(f"{name} = :{name}" for name in changes)
            parts.append(f"changed AS (UPDATE pick_list SET {sets}, version = version + 1 WHERE id = :list_id)")  # noqa: S608 -- column names of the callers
        if not parts:
            return set()
        found = await self._session.execute(
            text(
                f"WITH {', '.join(parts)} SELECT DISTINCT order_id FROM pick_line"  # noqa: S608 -- as above
                " WHERE order_id = ANY(:orders) AND state = 'open' AND pick_list_id <> :list_id"
            ),
            values,
        )
        return set(found.scalars())

    async def scanned_lines(self, seller_id: UUID, client_ids: Collection[str]) -> dict[str, UUID]:
        """Return the lines that client ids were used for."""
        rows = await self._session.execute(
            text("SELECT client_id, pick_line_id FROM pick_scan WHERE seller_id = :seller AND client_id = ANY(:ids)"),
            {"seller": seller_id, "ids": list(client_ids)},
        )
        return {row.client_id: row.pick_line_id for row in rows}

    async def was_scanned(self, seller_id: UUID, client_id: str) -> UUID | None:
        """Return the line a client id was used for."""
        rows = await self._session.execute(
            text("SELECT pick_line_id FROM pick_scan WHERE seller_id = :seller AND client_id = :client"),
            {"seller": seller_id, "client": client_id},
        )
        found: UUID | None = rows.scalar_one_or_none()
        return found

    async def update_line(self, line_id: UUID, **values: object) -> None:
        """Change columns of a line whose list the caller has locked."""
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE pick_line SET {sets} WHERE id = :line_id"),  # noqa: S608 -- column names of the callers
            {**values, "line_id": line_id},
        )

    async def update_list(self, list_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE pick_list SET {sets}, version = version + 1 WHERE id = :list_id"),  # noqa: S608 -- as above
            {**values, "list_id": list_id},
        )

    async def close_orders(self, list_id: UUID, order_ids: Collection[UUID]) -> None:
        """Take orders off a list's work: they may be put on another."""
        await self._session.execute(text(_CLOSE), {"list_id": list_id, "orders": list(order_ids)})

    async def next_free(self, seller_ids: Collection[UUID], zone: str = "") -> UUID | None:
        """Return the most urgent list nobody has begun, skipping those that somebody is claiming right now."""
        rows = await self._session.execute(
            text(
                """
                SELECT p.id FROM pick_list p WHERE p.seller_id = ANY(:sellers) AND p.status = :open AND p.assigned_to = ''
                    AND (:zone = '' OR p.zone = :zone)
                ORDER BY (
                    SELECT max(f.priority) FROM pick_list_order w JOIN floor_order f ON f.order_id = w.order_id
                    WHERE w.pick_list_id = p.id
                ) DESC NULLS LAST, p.due_by NULLS LAST, p.id
                LIMIT 1 FOR UPDATE OF p SKIP LOCKED
                """
            ),
            {"sellers": list(seller_ids), "open": str(ListStatus.OPEN), "zone": zone},
        )
        found: UUID | None = rows.scalar_one_or_none()
        return found

    async def ready_orders(self, seller_ids: Collection[UUID], *, single_piece: bool, limit: int) -> list[UUID]:
        """Return orders of one seller that may be picked, the most urgent first, skipping what others take right now."""
        rows = await self._session.execute(
            text(
                """
                SELECT o.id, o.seller_id FROM sales_order o LEFT JOIN floor_order f ON f.order_id = o.id
                WHERE o.seller_id = ANY(:sellers) AND o.status = 'reserved' AND o.held_at IS NULL
                    AND (f.stage IS NULL OR f.stage = 'waiting') AND EXISTS (SELECT 1 FROM reservation r WHERE r.order_id = o.id)
                    AND (NOT :single OR (o.unit_count = 1
                        AND 1 = (SELECT sum(r.quantity) FROM reservation r WHERE r.order_id = o.id)))
                ORDER BY coalesce(f.priority, o.priority) DESC, o.ship_by NULLS LAST, o.placed_at, o.id
                LIMIT :limit FOR UPDATE OF o SKIP LOCKED
                """
            ),
            {"sellers": list(seller_ids), "single": single_piece, "limit": limit},
        )
        found = rows.all()
        return [row.id for row in found if row.seller_id == found[0].seller_id]

    async def work_called(self, seller_ids: Collection[UUID], code: str) -> tuple[UUID | None, UUID | None] | None:
        """Return the order and its open list, or the list alone, that a code on paper names."""
        rows = await self._session.execute(
            text(
                """
                SELECT NULL::uuid AS order_id, id AS list_id, 0 AS turn FROM pick_list
                WHERE seller_id = ANY(:sellers) AND number = ANY(:codes)
                UNION ALL SELECT o.id, (
                    SELECT w.pick_list_id FROM pick_list_order w JOIN pick_list p ON p.id = w.pick_list_id
                    WHERE w.order_id = o.id AND w.open
                    ORDER BY p.assigned_to = :actor DESC, p.assigned_to = '' DESC, p.id LIMIT 1
                ), 1 FROM sales_order o
                WHERE o.seller_id = ANY(:sellers) AND (o.number = ANY(:codes) OR o.id = CAST(:id AS uuid))
                ORDER BY turn LIMIT 1
                """
            ),
            {
                "sellers": list(seller_ids),
                "codes": [code, code.upper()],
                "id": _as_id(code),
                "actor": context_of(self._session).actor.id,
            },
        )
        row = rows.one_or_none()
        return None if row is None else (row.order_id, row.list_id)

    async def free_totes(self, order_ids: Collection[UUID]) -> None:
        """Note that the totes of these orders are empty."""
        await self._session.execute(
            text("UPDATE tote_use SET freed_at = now() WHERE order_id = ANY(:ids) AND freed_at IS NULL"),
            {"ids": list(order_ids)},
        )

    async def own_list(self, actor_id: str) -> UUID | None:
        """Return the list somebody has begun and not finished."""
        rows = await self._session.execute(
            text(
                "SELECT id FROM pick_list WHERE assigned_to = :actor AND status IN ('open', 'picking')"
                " AND paused_at IS NULL ORDER BY id LIMIT 1"
            ),
            {"actor": actor_id},
        )
        found: UUID | None = rows.scalar_one_or_none()
        return found


def _as_id(code: str) -> UUID | None:
    try:
        return UUID(code)
    except ValueError:
        return None
