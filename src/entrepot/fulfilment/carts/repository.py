"""Totes, the put wall and lot swaps."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carts.models import LotSwap, SortScan, ToteUse
from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text


class ToteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tote in use."""

    id: UUID
    code: str
    pick_list_id: UUID
    order_id: UUID
    order_number: str
    pick_list: str
    name: str
    """Who picks the list."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a cart without a tote."""

    order_id: UUID
    number: str
    position: int


class Single(msgspec.Struct, frozen=True, kw_only=True):
    """An order of one single piece, and the line that was picked for it."""

    order_id: UUID
    number: str
    line_id: UUID
    pick_list_id: UUID
    seller_id: UUID
    sorted: int


class CartRepository:
    """Carts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # -- totes

    async def bind(self, row: Mapping[str, Any]) -> bool:
        """Put an order into a tote; False if the tote holds one, of whatever seller, or the order has one."""
        return bool(await insert_rows(self._session, ToteUse, [row], suffix="ON CONFLICT DO NOTHING RETURNING id"))

    async def tote(self, warehouse_id: UUID, code: str) -> ToteRow | None:
        """Return a tote in use, if its order is one that the scope reaches."""
        rows = await self._session.execute(
            text(
                """
                SELECT t.id, t.code, t.pick_list_id, t.order_id, o.number AS order_number, p.number AS pick_list,
                    p.assigned_name AS name
                FROM tote_use t JOIN sales_order o ON o.id = t.order_id JOIN pick_list p ON p.id = t.pick_list_id
                WHERE t.warehouse_id = :warehouse AND t.code = :code AND t.freed_at IS NULL
                """
            ),
            {"warehouse": warehouse_id, "code": code},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else ToteRow(**row)

    async def without_tote(self, list_id: UUID) -> list[Waiting]:
        """Return the open orders of a list that have no tote yet."""
        rows = await self._session.execute(
            text(
                """
                SELECT w.order_id, w.order_number AS number, w.position FROM pick_list_order w
                WHERE w.pick_list_id = :list AND w.open AND NOT EXISTS (
                    SELECT 1 FROM tote_use t
                    WHERE t.order_id = w.order_id AND t.pick_list_id = w.pick_list_id AND t.freed_at IS NULL)
                ORDER BY w.position
                """
            ),
            {"list": list_id},
        )
        return [Waiting(**row) for row in rows.mappings()]

    async def free(self, tote_id: UUID) -> bool:
        rows = await self._session.execute(
            text("UPDATE tote_use SET freed_at = now() WHERE id = :id AND freed_at IS NULL RETURNING id"),
            {"id": tote_id},
        )
        return rows.one_or_none() is not None

    # -- the put wall

    async def parts(self, list_id: UUID, *, lock: bool) -> list[UUID]:
        """Return the ids of a list, or of all parts of one that was split by zone."""
        rows = await self._session.execute(
            text(
                "SELECT id FROM pick_list WHERE id = :id OR group_id ="  # noqa: S608 -- no input
                f" (SELECT group_id FROM pick_list WHERE id = :id) ORDER BY id {'FOR UPDATE' if lock else ''}"
            ),
            {"id": list_id},
        )
        return list(rows.scalars())

    async def at_the_wall(self, order_ids: Collection[UUID]) -> set[UUID]:
        """Return which of the orders are not packed yet, and neither held nor cancelled."""
        rows = await self._session.execute(
            text("SELECT id FROM sales_order WHERE id = ANY(:ids) AND status IN ('picking', 'picked')"),
            {"ids": list(order_ids)},
        )
        return set(rows.scalars())

    async def sorted_before(self, seller_id: UUID, client_id: str) -> UUID | None:
        """Return the line a client id was used for."""
        rows = await self._session.execute(
            text("SELECT pick_line_id FROM sort_scan WHERE seller_id = :seller AND client_id = :client"),
            {"seller": seller_id, "client": client_id},
        )
        found: UUID | None = rows.scalar_one_or_none()
        return found

    async def one_at_a_time(self, client_id: str) -> None:
        """Let the same scan, sent twice, wait until what it did the first time is committed."""
        await self._session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:scan, 0))"), {"scan": f"sort_scan:{client_id}"}
        )

    async def sort(self, seller_id: UUID, line_id: UUID, quantity: int, client_id: str) -> bool:
        """Note that units were sorted, or taken out again; False if the client id was used before."""
        added = await insert_rows(
            self._session,
            SortScan,
            [
                {
                    "id": new_id(),
                    "seller_id": seller_id,
                    "client_id": client_id or new_id().hex,
                    "pick_line_id": line_id,
                    "quantity": quantity,
                    "actor_name": context_of(self._session).actor.name,
                }
            ],
            suffix="ON CONFLICT (seller_id, client_id) DO NOTHING RETURNING id",
        )
        if added:
            await self._session.execute(
                text("UPDATE pick_line SET sorted = sorted + :quantity WHERE id = :id"),
                {"id": line_id, "quantity": quantity},
            )
        return bool(added)

    async def single(
        self, seller_ids: Collection[UUID], *, product_id: UUID | None = None, line_id: UUID | None = None
    ) -> Single | None:
        """Return the most urgent picked order of one piece of a product, skipping what others take right now.

        One that somebody scanned before and did not pack comes after those that nobody did.  *line_id*: that one,
        when others are done with it.
        """
        others = "" if line_id else "SKIP LOCKED"
        rows = await self._session.execute(
            text(
                f"""
                SELECT o.id AS order_id, o.number, l.id AS line_id, l.pick_list_id, l.seller_id, l.sorted
                FROM pick_line l JOIN sales_order o ON o.id = l.order_id JOIN pick_list p ON p.id = l.pick_list_id
                WHERE (l.product_id = CAST(:product AS uuid) OR l.id = CAST(:line AS uuid)) AND o.seller_id = ANY(:sellers) AND o.status = 'picked'
                    AND o.held_at IS NULL AND o.unit_count = 1 AND p.mode = 'singles' AND l.picked = 1
                    AND l.put_back = 0 AND l.state = 'picked'
                    AND NOT EXISTS (SELECT 1 FROM floor_order f WHERE f.order_id = o.id AND f.stage IN ('review', 'hold'))
                ORDER BY l.sorted, o.ship_by NULLS LAST, o.placed_at, o.id LIMIT 1 FOR UPDATE OF l {others}
                """  # noqa: S608 -- our own words
            ),
            {"product": product_id, "line": line_id, "sellers": list(seller_ids)},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else Single(**row)

    # -- lots

    async def add_swap(self, row: Mapping[str, Any]) -> None:
        actor = context_of(self._session).actor
        await insert_rows(
            self._session, LotSwap, [{**row, "id": new_id(), "actor_id": actor.id, "actor_name": actor.name}]
        )

    async def swapped_before(self, seller_id: UUID, client_id: str) -> UUID | None:
        """Return the line a client id was used for."""
        rows = await self._session.execute(
            text("SELECT pick_line_id FROM lot_swap WHERE seller_id = :seller AND client_id = :client"),
            {"seller": seller_id, "client": client_id},
        )
        found: UUID | None = rows.scalar_one_or_none()
        return found
