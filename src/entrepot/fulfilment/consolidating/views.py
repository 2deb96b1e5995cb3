"""Groups as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a group."""

    order_id: UUID
    number: str
    status: str
    unit_count: int
    stage: str


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group with its orders."""

    id: UUID
    number: str
    rule: str
    ship_name: str
    state: str
    until: datetime
    reason: str
    made_by: str
    members: tuple[Member, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all of its goods are off the shelf."""
        return all(one.status in {"picked", "packed"} for one in self.members)


async def groups(session: AsyncSession, *, limit: int = 100, after: UUID | None = None) -> list[GroupRow]:
    """Return the groups that are not over, those whose time is up first, first."""
    rows = await session.execute(
        text(
            """
            SELECT c.id, c.number, c.rule, c.ship_name, c.state, c.until, c.reason, c.made_by, s.id AS order_id,
                s.number AS order_number, s.status, s.unit_count, coalesce(f.stage, 'waiting') AS stage
            FROM (SELECT * FROM consolidation WHERE state <> 'over'
                AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :limit) c
            JOIN consolidation_order o ON o.consolidation_id = c.id AND o.current
            JOIN sales_order s ON s.id = o.order_id LEFT JOIN floor_order f ON f.order_id = s.id
            ORDER BY c.id, s.number
            """
        ),
        {"limit": limit, "after": after},
    )
    found: dict[UUID, GroupRow] = {}
    for row in rows.mappings():
        group = found.get(row["id"]) or GroupRow(
            **{name: row[name] for name in GroupRow.__struct_fields__ if name != "members"}
        )
        member = Member(
            order_id=row["order_id"],
            number=row["order_number"],
            status=row["status"],
            unit_count=row["unit_count"],
            stage=row["stage"],
        )
        found[group.id] = msgspec.structs.replace(group, members=(*group.members, member))
    return list(found.values())


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Orders in work that go to one postcode and house, and wait for nobody yet."""

    order_ids: tuple[UUID, ...]
    numbers: tuple[str, ...]
    ship_name: str
    ship_postcode: str


async def candidates(session: AsyncSession, *, limit: int = 50) -> list[Candidate]:
    """Return orders that could be packed together."""
    rows = await session.execute(
        text(
            """
            SELECT array_agg(id ORDER BY number) AS order_ids, array_agg(number ORDER BY number) AS numbers,
                min(ship_name) AS ship_name, min(ship_postcode) AS ship_postcode
            FROM sales_order o WHERE status IN ('reserved', 'picking', 'picked') AND held_at IS NULL AND ship_postcode <> ''
                AND NOT EXISTS (SELECT FROM consolidation_order c WHERE c.order_id = o.id AND c.current)
            GROUP BY seller_id, upper(replace(ship_postcode, ' ', '')), ship_country,
                lower(replace(coalesce(shipping_address->>'street', ''), ' ', '')),
                coalesce(shipping_address->>'house_number', '')
            HAVING count(*) BETWEEN 2 AND 50 ORDER BY min(ship_by) NULLS LAST LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [
        Candidate(
            order_ids=tuple(row["order_ids"]),
            numbers=tuple(row["numbers"]),
            ship_name=row["ship_name"],
            ship_postcode=row["ship_postcode"],
        )
        for row in rows.mappings()
    ]
