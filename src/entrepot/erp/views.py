"""What other slices, the pages and the API read, straight from the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.accounts import HandOverRecord
from entrepot.erp.contract import HandOverState
from entrepot.kit.sql import text

_COUNTED = "(a.warehouses = '[]'::jsonb OR a.warehouses ? s.warehouse)"  # the chosen warehouses; none chosen: all


async def stock(session: AsyncSession, erp_account_id: UUID, skus: Iterable[str]) -> dict[str, int]:
    """Return what may be sold of each SKU: the sum over the chosen warehouses, each less its buffer.

    A SKU the ERP does not know is left out.
    """
    found = await session.execute(
        text(f"""
            SELECT s.sku, coalesce(sum(s.available) FILTER (WHERE {_COUNTED}), 0)
            FROM erp_stock AS s JOIN erp_account AS a ON a.id = s.account_id
            WHERE s.account_id = :account_id AND s.sku = ANY(CAST(:skus AS text[])) GROUP BY s.sku
        """),  # noqa: S608 -- our own words
        {"account_id": erp_account_id, "skus": list(skus)},
    )
    return {sku: int(available) for sku, available in found.all()}


def stock_query() -> str:
    """Return the query behind :func:`stock` for every article of the account ``:erp_account``, as ``sku, available``.

    For statements of other slices that go through a whole assortment at once.
    """
    return f"""
        SELECT s.sku, coalesce(sum(s.available) FILTER (WHERE {_COUNTED}), 0)::int AS available
        FROM erp_stock AS s JOIN erp_account AS a ON a.id = s.account_id
        WHERE s.account_id = :erp_account GROUP BY s.sku
    """  # noqa: S608 -- our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What the ERP last said about one article in one warehouse."""

    sku: str
    warehouse: str
    on_hand: Decimal
    buffer: int
    available: int
    counts: bool
    """The warehouse is one of those chosen."""
    read_at: datetime


async def stock_rows(
    session: AsyncSession, erp_account_id: UUID, *, search: str = "", after: tuple[str, str] = ("", ""), limit: int = 50
) -> list[StockRow]:
    """Return stock by SKU and warehouse, beginning behind *after*."""
    found = await session.execute(
        text(f"""
            SELECT s.sku, s.warehouse, s.on_hand, s.buffer, s.available, {_COUNTED} AS counts, s.read_at
            FROM erp_stock AS s JOIN erp_account AS a ON a.id = s.account_id
            WHERE s.account_id = :account_id AND (s.sku, s.warehouse) > (:sku, :warehouse)
                AND (:search = '' OR starts_with(lower(s.sku), lower(:search)))
            ORDER BY s.sku, s.warehouse LIMIT :limit
        """),  # noqa: S608 -- our own words
        {"account_id": erp_account_id, "sku": after[0], "warehouse": after[1], "search": search, "limit": limit},
    )
    return [StockRow(**row) for row in found.mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSummary:
    """What the last reading held of one warehouse."""

    warehouse: str
    articles: int
    available: int
    counts: bool


async def stock_summary(session: AsyncSession, erp_account_id: UUID) -> list[StockSummary]:
    """Return the stock of each warehouse in a line."""
    found = await session.execute(
        text(f"""
            SELECT s.warehouse, count(*) AS articles, sum(s.available)::bigint AS available,
                bool_and({_COUNTED}) AS counts
            FROM erp_stock AS s JOIN erp_account AS a ON a.id = s.account_id
            WHERE s.account_id = :account_id GROUP BY s.warehouse ORDER BY s.warehouse
        """),  # noqa: S608 -- our own words
        {"account_id": erp_account_id},
    )
    return [StockSummary(**row) for row in found.mappings()]


async def hand_overs(
    session: AsyncSession,
    erp_account_id: UUID,
    *,
    state: HandOverState | None = None,
    references: Iterable[str] | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[HandOverRecord]:
    """Return what was handed over, the newest first.

    Args:
        session: its scope decides whose.
        erp_account_id: to which account.
        state: only those in it.
        references: only these order numbers.
        before: only those older than this one: the last of the previous page.
        limit: how many.
    """
    names = ", ".join(HandOverRecord.__slots__)
    found = await session.execute(
        text(f"""
            SELECT {names} FROM erp_hand_over WHERE account_id = :account_id
                AND (CAST(:state AS text) IS NULL OR state = :state)
                AND (CAST(:references AS text[]) IS NULL OR reference = ANY(CAST(:references AS text[])))
                AND (CAST(:before AS uuid) IS NULL OR id < :before)
            ORDER BY id DESC LIMIT :limit
        """),  # noqa: S608 -- our own words
        {
            "account_id": erp_account_id,
            "state": state,
            "references": None if references is None else list(references),
            "before": before,
            "limit": limit,
        },
    )
    rows: list[dict[str, Any]] = [{**row, "state": HandOverState(row["state"])} for row in found.mappings()]
    return [HandOverRecord(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class HandOverCounts:
    """How many orders an ERP account took and refused."""

    taken: int = 0
    refused: int = 0


async def hand_over_counts(session: AsyncSession) -> dict[UUID, HandOverCounts]:
    """Return the counts of every account in scope."""
    found = await session.execute(
        text("""
            SELECT account_id, count(*) FILTER (WHERE state <> 'refused'), count(*) FILTER (WHERE state = 'refused')
            FROM erp_hand_over GROUP BY account_id
        """)
    )
    return {account: HandOverCounts(taken, refused) for account, taken, refused in found.all()}
