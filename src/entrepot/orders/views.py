"""Orders as pages and programs list them: read straight from the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.sql import text
from entrepot.kit.text import N_
from entrepot.orders.domain import patterns
from entrepot.orders.status import OPEN, OrderStatus

COUNT_LIMIT = 10_000
"""Counting stops here: nobody reads further, and the database would."""
MATCH_LIMIT = 1000
"""Orders a search looks at."""
OPEN_LIST = "('" + "', '".join(sorted(OPEN)) + "')"


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    id: UUID
    seller_id: UUID
    number: str
    channel: str | None
    channel_account_id: UUID | None
    channel_order_id: str | None
    status: str
    hold_reason: str | None
    attention: list[str]
    placed_at: datetime
    ship_by: datetime | None
    currency: str
    total: Decimal
    line_count: int
    unit_count: int
    ship_name: str
    ship_postcode: str
    ship_country: str
    tags: list[str]
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which orders to show.  None or empty does not filter."""

    sellers: Sequence[UUID]
    """Those the caller may see: for the index, not for safety."""
    q: str = ""
    status: str = ""
    """A status, or ``open`` for all that somebody still has to work on."""
    account_id: UUID | None = None
    held: bool | None = None
    attention: str = ""
    """A reason, or ``any``."""
    country: str = ""
    placed_from: date | None = None
    placed_to: date | None = None
    late: bool = False
    """Open, and to be shipped by now."""
    tag: str = ""
    product_id: UUID | None = None
    changed_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of a list."""

    rows: list[OrderRow]
    next: str | None


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A note on an order."""

    id: UUID
    text: str
    author_name: str
    written_at: datetime


class SavedViewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A list somebody saved."""

    id: int
    name: str
    filter: dict[str, Any]


SORTS = {
    "-placed": ("o.placed_at DESC, o.id DESC", "<", "placed_at"),
    "placed": ("o.placed_at, o.id", ">", "placed_at"),
    "ship_by": ("o.ship_by, o.id", ">", "ship_by"),
    "-changed": ("o.changed_at DESC, o.id DESC", "<", "changed_at"),
}
_COLUMNS = ", ".join(f"o.{name}" for name in OrderRow.__struct_fields__)


async def list_orders(
    session: AsyncSession, filters: Filters, *, sort: str = "-placed", cursor: str | None = None, limit: int = 50
) -> OrderPage:
    """Return one page of orders.

    Raises:
        InvalidInputError: the cursor is not one of ours.
    """
    order, compare, key = SORTS.get(sort, SORTS["-placed"])
    where, values = _conditions(filters)
    if key == "ship_by":
        where.append("o.ship_by IS NOT NULL")
        if not filters.status:
            where.append(f"o.status IN {OPEN_LIST}")  # of those that left nobody asks
    if filters.q.strip():
        where.append("o.id = ANY(:matches)")
        values["matches"] = await find_matches(session, filters)
    if cursor:
        values["after_key"], values["after_id"] = _read_cursor(cursor)
        where.append(f"(o.{key}, o.id) {compare} (:after_key, :after_id)")
    rows = await session.execute(
        text(f"SELECT {_COLUMNS} FROM sales_order o WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"),  # noqa: S608
        values | {"limit": limit + 1},
    )
    found = [OrderRow(**row) for row in rows.mappings()]
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return OrderPage(rows=found[:limit], next=f"{getattr(last, key).isoformat()}~{last.id}" if last else None)


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    moment, _, order_id = cursor.rpartition("~")
    try:
        return datetime.fromisoformat(moment), UUID(order_id)
    except ValueError:
        raise InvalidInputError(
            {"cursor": N_("The cursor is not one that a list gave you. Begin without one.")}
        ) from None


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    one = len(filters.sellers) == 1
    where = ["o.seller_id = :seller" if one else "o.seller_id = ANY(:sellers)"]
    values: dict[str, Any] = {"seller": filters.sellers[0]} if one else {"sellers": list(filters.sellers)}
    if filters.status == "open" or filters.late:
        where.append(f"o.status IN {OPEN_LIST}")
    elif filters.status:
        where.append("o.status = :status")
        values["status"] = filters.status
    _flags(filters, where, values)
    _values(filters, where, values)
    return where, values


def _flags(filters: Filters, where: list[str], values: dict[str, Any]) -> None:
    if filters.late:
        where.append("o.ship_by < :moment")
        values["moment"] = now()
    if filters.held is not None:
        where.append(f"o.held_at IS {'NOT' if filters.held else ''} NULL")
    if filters.attention:
        where.append("o.attention <> '[]'::jsonb")
        if filters.attention != "any":
            where.append("jsonb_exists(o.attention, :attention)")
            values["attention"] = filters.attention
    if filters.tag:
        where.append("o.tags <> '[]'::jsonb AND jsonb_exists(o.tags, :tag)")
        values["tag"] = filters.tag


def _values(filters: Filters, where: list[str], values: dict[str, Any]) -> None:
    for column, value in (("channel_account_id", filters.account_id), ("ship_country", filters.country)):
        if value:
            where.append(f"o.{column} = :{column}")
            values[column] = value
    if filters.placed_from:
        where.append("o.placed_at >= :placed_from")
        values["placed_from"] = datetime.combine(filters.placed_from, time(), UTC)
    if filters.placed_to:
        where.append("o.placed_at < :placed_to")
        values["placed_to"] = datetime.combine(filters.placed_to + timedelta(days=1), time(), UTC)
    if filters.changed_since:
        where.append("o.changed_at >= :changed_since")
        values["changed_since"] = filters.changed_since
    if filters.product_id:
        where.append("o.id IN (SELECT order_id FROM order_line WHERE product_id = :product)")
        values["product"] = filters.product_id


async def find_matches(session: AsyncSession, filters: Filters) -> list[UUID]:
    """Return the orders that a search text means: by number, name, postcode, tracking, or the SKU or GTIN of a line."""
    words = patterns(filters.q)
    term = filters.q.strip()
    products: set[UUID] = set()
    if " " not in term:
        catalog = CatalogService(session)
        for seller_id in filters.sellers[:10]:
            found = await catalog.resolve(seller_id, {term, term.upper()})
            products |= {product.id for product in found.values()}
            if term.isdigit() and not found:
                products |= {product.id for product in (await catalog.resolve_gtins(seller_id, {term})).values()}
    rows = await session.execute(
        text(
            """
            (SELECT search_orders(:pattern, CAST(:others AS text[]), :limit) AS id)
            UNION
            (SELECT l.order_id FROM unnest(CAST(:products AS uuid[])) AS p, LATERAL (
                SELECT order_id FROM order_line WHERE product_id = p ORDER BY order_id DESC LIMIT :limit
            ) AS l)
            UNION
            (SELECT order_id FROM order_line
             WHERE seller_id = ANY(:sellers) AND product_id IS NULL AND sku = ANY(:names) LIMIT :limit)
            """
        ),
        {
            "pattern": words[0],
            "others": words[1:],
            "products": list(products),
            "sellers": list(filters.sellers),
            "names": [term, term.upper()],
            "limit": MATCH_LIMIT,
        },
    )
    return list(rows.scalars())


async def count_orders(session: AsyncSession, sellers: Sequence[UUID]) -> dict[str, int]:
    """Return how many orders there are per status, held, needing attention and late; each up to :data:`COUNT_LIMIT`."""
    counted = (
        "(SELECT count(*) FROM (SELECT 1 FROM sales_order o"  # noqa: S608
        f" WHERE o.seller_id = ANY(:sellers) AND %s LIMIT {COUNT_LIMIT}) AS x)"
    )
    rows = await session.execute(
        text(
            f"""
            SELECT s AS name, {counted % "o.status = s"} AS many FROM unnest(CAST(:statuses AS text[])) AS s
            UNION ALL SELECT 'held', {counted % "o.held_at IS NOT NULL"}
            UNION ALL SELECT 'attention', {counted % "o.attention <> '[]'::jsonb"}
            UNION ALL SELECT 'late', {counted % f"o.status IN {OPEN_LIST} AND o.ship_by < now()"}
            """  # noqa: S608 -- fixed parts
        ),
        {"sellers": list(sellers), "statuses": [str(status) for status in OrderStatus]},
    )
    return {row.name: row.many for row in rows}


async def notes(session: AsyncSession, order_id: UUID) -> list[NoteRow]:
    """Return the notes of an order, newest first."""
    rows = await session.execute(
        text(
            "SELECT id, text, author_name, written_at FROM order_note WHERE order_id = :id ORDER BY id DESC LIMIT 200"
        ),
        {"id": order_id},
    )
    return [NoteRow(**row) for row in rows.mappings()]


async def saved_views(session: AsyncSession, sellers: Sequence[UUID], user_id: str) -> list[SavedViewRow]:
    """Return what a user saved."""
    rows = await session.execute(
        text(
            "SELECT id, name, filter FROM order_saved_view"
            " WHERE seller_id = ANY(:sellers) AND user_id = :user ORDER BY id"
        ),
        {"sellers": list(sellers), "user": user_id},
    )
    return [SavedViewRow(**row) for row in rows.mappings()]


async def order_called(session: AsyncSession, account_id: UUID | None, name: str) -> tuple[UUID, str] | None:
    """Return id and number of the order that the outside, or we, call *name*."""
    found = await session.execute(
        text(
            "SELECT id, number FROM sales_order WHERE channel_account_id = :account AND channel_order_id = :name"
            " UNION ALL"
            " SELECT id, number FROM sales_order WHERE number = :name"
            " LIMIT 1"
        ),
        {"account": account_id, "name": name},
    )
    row = found.one_or_none()
    return None if row is None else (row.id, row.number)
