"""Every SQL statement of groups that services use."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.consolidating.models import Consolidation, ConsolidationOrder
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class GroupRef(msgspec.Struct, frozen=True, kw_only=True):
    """Orders for one address that leave together."""

    id: UUID
    seller_id: UUID
    number: str
    rule: str
    address_key: str
    ship_name: str
    state: str
    until: datetime
    reason: str
    made_by: str
    made_at: datetime


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order is not packed yet."""

    group: str
    until: datetime
    others: str


_GROUP = ", ".join(GroupRef.__struct_fields__)
OFF_THE_SHELF = "('picked', 'packed', 'shipped', 'delivered', 'cancelled')"


class GroupRepository:
    """Groups within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def group(self, group_id: UUID, *, lock: bool = False) -> GroupRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_GROUP} FROM consolidation WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608 -- column names
            {"id": group_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else GroupRef(**row)

    async def open_group(self, seller_id: UUID, rule: str, key: str) -> GroupRef | None:
        """Return a group of this rule that waits for this key."""
        rows = await self._session.execute(
            text(
                f"SELECT {_GROUP} FROM consolidation WHERE seller_id = :seller AND state = 'open' AND rule = :rule"  # noqa: S608
                " AND address_key = :key AND until > now() ORDER BY id LIMIT 1 FOR UPDATE"
            ),
            {"seller": seller_id, "rule": rule, "key": key},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else GroupRef(**row)

    async def groups_of(self, order_ids: Collection[UUID]) -> dict[UUID, GroupRef]:
        """Return the group that each of these orders is in now."""
        names = ", ".join(f"c.{name}" for name in GroupRef.__struct_fields__)
        rows = await self._session.execute(
            text(
                f"SELECT o.order_id, {names} FROM consolidation_order o"  # noqa: S608 -- column names
                " JOIN consolidation c ON c.id = o.consolidation_id WHERE o.order_id = ANY(:ids) AND o.current"
            ),
            {"ids": list(order_ids)},
        )
        return {
            row["order_id"]: GroupRef(**{name: row[name] for name in GroupRef.__struct_fields__})
            for row in rows.mappings()
        }

    async def members(self, group_id: UUID) -> list[UUID]:
        rows = await self._session.execute(
            text("SELECT order_id FROM consolidation_order WHERE consolidation_id = :id AND current ORDER BY order_id"),
            {"id": group_id},
        )
        return list(rows.scalars())

    async def waits_for(self, order_id: UUID) -> Waits | None:
        """Return for which others of its group an order waits; None: it may go on."""
        rows = await self._session.execute(
            text(
                f"""
                SELECT c.number AS group, c.until, string_agg(s.number, ', ' ORDER BY s.number) AS others
                FROM consolidation_order o JOIN consolidation c ON c.id = o.consolidation_id
                JOIN consolidation_order p ON p.consolidation_id = c.id AND p.current AND p.order_id <> o.order_id
                JOIN sales_order s ON s.id = p.order_id AND s.status NOT IN {OFF_THE_SHELF}
                WHERE o.order_id = :id AND o.current AND c.state = 'open' AND c.until > now()
                GROUP BY c.id
                """  # noqa: S608 -- our own words
            ),
            {"id": order_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else Waits(**row)

    async def insert(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, Consolidation, [row])

    async def join(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(
            self._session,
            ConsolidationOrder,
            rows,
            suffix="ON CONFLICT (consolidation_id, order_id) DO UPDATE SET current = true",
        )

    async def leave(self, group_id: UUID, order_id: UUID) -> None:
        await self._session.execute(
            text(
                "UPDATE consolidation_order SET current = false WHERE consolidation_id = :group AND order_id = :order"
            ),
            {"group": group_id, "order": order_id},
        )

    async def set_state(self, group_id: UUID, state: str, reason: str) -> None:
        await self._session.execute(
            text("UPDATE consolidation SET state = :state, reason = :reason WHERE id = :id"),
            {"id": group_id, "state": state, "reason": reason},
        )

    async def end(self, group_id: UUID) -> None:
        """Let nobody wait in the group any more."""
        await self._session.execute(
            text("UPDATE consolidation_order SET current = false WHERE consolidation_id = :id AND current"),
            {"id": group_id},
        )
        await self.set_state(group_id, "over", "")

    async def next_number(self, seller_id: UUID) -> int:
        rows = await self._session.execute(
            text(
                "INSERT INTO floor_number (seller_id, kind, last) VALUES (:seller, 'consolidation', 1)"
                " ON CONFLICT (seller_id, kind) DO UPDATE SET last = floor_number.last + 1 RETURNING last"
            ),
            {"seller": seller_id},
        )
        return int(rows.scalar_one())

    async def same_name(self, seller_id: UUID, postcode: str, limit: int) -> list[UUID]:
        """Return orders in work for one postcode that are in no group: one of them may go to the same address."""
        rows = await self._session.execute(
            text(
                """
                SELECT id FROM sales_order o WHERE seller_id = :seller AND status IN ('reserved', 'picking', 'picked')
                    AND held_at IS NULL AND replace(upper(ship_postcode), ' ', '') = :postcode
                    AND NOT EXISTS (SELECT FROM consolidation_order c WHERE c.order_id = o.id AND c.current)
                ORDER BY id LIMIT :limit
                """
            ),
            {"seller": seller_id, "postcode": postcode.upper().replace(" ", ""), "limit": limit},
        )
        return list(rows.scalars())
