"""Lists of returns, straight from SQL."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.returns.refs import ReturnRef

_HEAD = ", ".join(name for name in ReturnRef.__struct_fields__ if name != "lines")


async def returns(
    session: AsyncSession,
    *,
    state: str = "",
    account_id: UUID | None = None,
    order_id: UUID | None = None,
    search: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[ReturnRef]:
    """Return returns without their lines, those that came last first."""
    rows = await session.execute(
        text(
            f"""
            SELECT {_HEAD} FROM goods_return
            WHERE (:state = '' OR state = :state)
                AND (CAST(:account AS uuid) IS NULL OR account_id = CAST(:account AS uuid))
                AND (CAST(:order AS uuid) IS NULL OR order_id = CAST(:order AS uuid))
                AND (:search = '' OR search_text LIKE :pattern)
                AND (CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid))
            ORDER BY id DESC LIMIT :limit
            """  # noqa: S608 -- column names
        ),
        {
            "state": state,
            "account": account_id,
            "order": order_id,
            "search": search,
            "pattern": "%" + search.lower().replace("\\", "").replace("%", "").replace("_", r"\_") + "%",
            "before": before,
            "limit": limit,
        },
    )
    return [msgspec.convert(dict(row), ReturnRef) for row in rows.mappings()]


async def counts(session: AsyncSession) -> dict[str, int]:
    """Return how many returns there are in each state."""
    rows = await session.execute(text("SELECT state, count(*) FROM goods_return GROUP BY state"))
    return {str(state): int(count) for state, count in rows.all()}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A location that goods can be put in."""

    id: UUID
    code: str
    warehouse_code: str


async def places(session: AsyncSession, seller_id: UUID, limit: int = 500) -> list[Place]:
    """Return where returned goods can go: what is not a place of passage, receiving places and returns shelves first."""
    rows = await session.execute(
        text("""
            SELECT l.id, l.code, w.code AS warehouse_code
            FROM location l JOIN warehouse w ON w.id = l.warehouse_id
            WHERE w.seller_id = :seller AND (l.pickable OR l.kind = 'receiving')
            ORDER BY (l.kind = 'receiving') DESC, w.code, l.walk_order, l.code LIMIT :limit
        """),
        {"seller": seller_id, "limit": limit},
    )
    return [msgspec.convert(dict(row), Place) for row in rows.mappings()]
