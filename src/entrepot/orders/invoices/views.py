"""Invoices as pages, programs and the floor read them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.orders.domain import patterns
from entrepot.orders.invoices.numbers import split_number, written
from entrepot.orders.invoices.refs import Kind, Problem, SourceRef, State

SHOWN_GAPS = 200


class InvoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice in a list."""

    id: UUID
    seller_id: UUID
    source: str
    source_name: str
    number: str
    kind: Kind
    state: State
    order_id: UUID | None
    order_number: str | None
    order_status: str | None
    credits: str
    problems: list[Problem]
    unknown: list[str]
    invoiced_on: date | None
    salesman: str
    customer_number: str
    customer_name: str
    area: str
    route: str
    remarks: str
    priority: int
    origin: str
    note: str
    version: int
    received_at: datetime
    changed_at: datetime


_FROM = "FROM invoice i JOIN invoice_source s ON s.id = i.source_id LEFT JOIN sales_order o ON o.id = i.order_id"
_OTHER = {"source": "s.key", "source_name": "s.name", "order_number": "o.number", "order_status": "o.status"}
_COLUMNS = ", ".join(f"{_OTHER.get(name, f'i.{name}')} AS {name}" for name in InvoiceRow.__struct_fields__)


async def invoices(
    session: AsyncSession,
    sellers: Sequence[UUID],
    *,
    state: str = "",
    source: str = "",
    query: str = "",
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[InvoiceRow]:
    """Return invoices, the latest first; *query* looks for words in number, customer, salesman and area."""
    where = ["i.seller_id = ANY(:sellers)"]
    values: dict[str, Any] = {"sellers": list(sellers), "limit": limit}
    if state:
        where.append("i.state = :state")
        values["state"] = state
    if source:
        where.append("s.key = :source")
        values["source"] = source
    for place, pattern in enumerate(patterns(query.replace("\0", ""))[:5]):
        where.append(
            f"lower(concat_ws(' ', i.number, i.customer_name, i.customer_number, i.salesman, i.area, i.route)) LIKE :q{place}"
        )
        values[f"q{place}"] = pattern
    if before is not None:
        where.append("(i.received_at, i.id) < (:at, :id)")
        values |= {"at": before[0], "id": before[1]}
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(where)} ORDER BY i.received_at DESC, i.id DESC LIMIT :limit"
        ),
        values,
    )
    return [msgspec.convert(dict(row), InvoiceRow) for row in rows.mappings()]


async def invoice(session: AsyncSession, invoice_id: UUID) -> InvoiceRow | None:
    """Return one invoice."""
    rows = await session.execute(text(f"SELECT {_COLUMNS} {_FROM} WHERE i.id = :id"), {"id": invoice_id})
    row = rows.mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), InvoiceRow)


async def of_order(session: AsyncSession, order_id: UUID) -> list[InvoiceRow]:
    """Return the invoice of an order, and its credit notes."""
    rows = await session.execute(
        text(f"SELECT {_COLUMNS} {_FROM} WHERE i.order_id = :id ORDER BY i.received_at"),
        {"id": order_id},
    )
    return [msgspec.convert(dict(row), InvoiceRow) for row in rows.mappings()]


async def waiting_count(session: AsyncSession, sellers: Sequence[UUID]) -> int:
    """Return how many invoices need attention."""
    rows = await session.execute(
        text("SELECT count(*) FROM invoice WHERE seller_id = ANY(:sellers) AND state = 'attention'"),
        {"sellers": list(sellers)},
    )
    return int(rows.scalar_one())


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source in a list."""

    id: UUID
    seller_id: UUID
    key: str
    name: str
    order_prefix: str
    currency: str
    country: str
    warehouse_id: UUID | None
    folder: str | None
    folder_watched: bool
    mapping: dict[str, Any]
    last_at: datetime | None
    today: int
    waiting: int


async def sources(session: AsyncSession, sellers: Sequence[UUID]) -> list[SourceRow]:
    """Return the sources, by name, with how they are doing."""
    plain = ", ".join(
        f"s.{name}" for name in SourceRow.__struct_fields__ if name not in {"last_at", "today", "waiting"}
    )
    rows = await session.execute(
        text(
            f"""
            SELECT {plain}, (SELECT max(received_at) FROM invoice i WHERE i.source_id = s.id AND i.seller_id = s.seller_id) AS last_at,
                (SELECT count(*) FROM invoice i WHERE i.seller_id = s.seller_id AND i.source_id = s.id
                    AND i.received_at >= date_trunc('day', now())) AS today,
                (SELECT count(*) FROM invoice i WHERE i.seller_id = s.seller_id AND i.source_id = s.id
                    AND i.state = 'attention') AS waiting
            FROM invoice_source s WHERE s.seller_id = ANY(:sellers) ORDER BY s.name, s.id
            """  # noqa: S608 -- column names
        ),
        {"sellers": list(sellers)},
    )
    return [msgspec.convert(dict(row), SourceRow) for row in rows.mappings()]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a series that are missing."""

    source_id: UUID
    source: str
    source_name: str
    prefix: str
    first: int
    last: int
    first_number: str
    last_number: str
    count: int
    noticed_at: datetime | None
    """When the number behind the gap came in."""


async def gaps(
    session: AsyncSession, sellers: Sequence[UUID], *, source: str = "", limit: int = SHOWN_GAPS
) -> list[Gap]:
    """Return what is missing in the series of the sources, the latest noticed first.

    A series begins where somebody said, else where it was first seen; void numbers are not missing.
    """
    rows = await session.execute(
        text(
            """
            WITH chosen AS (
                SELECT id, key, name FROM invoice_source WHERE seller_id = ANY(:sellers) AND (:source = '' OR key = :source)
            ), seen AS (
                SELECT source_id, prefix, serial, width, received_at FROM invoice
                WHERE source_id IN (SELECT id FROM chosen) AND serial IS NOT NULL
                UNION ALL SELECT source_id, prefix, serial, 0, NULL FROM invoice_void
                WHERE source_id IN (SELECT id FROM chosen)
                UNION ALL SELECT source_id, prefix, first - 1, 0, NULL FROM invoice_series
                WHERE source_id IN (SELECT id FROM chosen) AND first IS NOT NULL
            ), steps AS (
                SELECT source_id, prefix, serial, received_at, max(width) OVER (PARTITION BY source_id, prefix) AS width,
                    lag(serial) OVER (PARTITION BY source_id, prefix ORDER BY serial) AS before
                FROM seen
            )
            SELECT t.source_id, c.key AS source, c.name AS source_name, t.prefix, t.before + 1 AS first,
                t.serial - 1 AS last, t.width, t.received_at AS noticed_at
            FROM steps t JOIN chosen c ON c.id = t.source_id
            LEFT JOIN invoice_series r ON r.source_id = t.source_id AND r.prefix = t.prefix
            WHERE t.serial > t.before + 1 AND coalesce(r.watched, true) AND (r.first IS NULL OR t.before >= r.first - 1)
            ORDER BY t.received_at DESC NULLS LAST, t.prefix, t.before LIMIT :limit
            """
        ),
        {"sellers": list(sellers), "source": source, "limit": limit},
    )
    return [
        Gap(
            source_id=row.source_id,
            source=row.source,
            source_name=row.source_name,
            prefix=row.prefix,
            first=row.first,
            last=row.last,
            first_number=written(row.prefix, row.first, row.width),
            last_number=written(row.prefix, row.last, row.width),
            count=row.last - row.first + 1,
            noticed_at=row.noticed_at,
        )
        for row in rows
    ]


class SeriesRow(msgspec.Struct, frozen=True, kw_only=True):
    """A series of numbers."""

    source_id: UUID
    source: str
    source_name: str
    prefix: str
    starts_at: int | None
    """Where somebody said that it begins."""
    lowest: int
    highest: int
    count: int
    watched: bool


async def series(session: AsyncSession, sellers: Sequence[UUID]) -> list[SeriesRow]:
    """Return the series that numbers were seen of."""
    rows = await session.execute(
        text(
            """
            SELECT s.id AS source_id, s.key AS source, s.name AS source_name, i.prefix, r.first AS starts_at,
                min(i.serial) AS lowest, max(i.serial) AS highest, count(*) AS count,
                coalesce(bool_and(r.watched), true) AS watched
            FROM invoice i JOIN invoice_source s ON s.id = i.source_id
            LEFT JOIN invoice_series r ON r.source_id = i.source_id AND r.prefix = i.prefix
            WHERE s.seller_id = ANY(:sellers) AND i.serial IS NOT NULL
            GROUP BY s.id, s.key, s.name, i.prefix, r.first ORDER BY s.name, i.prefix LIMIT 500
            """
        ),
        {"sellers": list(sellers)},
    )
    return [msgspec.convert(dict(row), SeriesRow) for row in rows.mappings()]


class VoidRow(msgspec.Struct, frozen=True, kw_only=True):
    """A void number."""

    source_id: UUID
    source: str
    prefix: str
    serial: int
    reason: str
    voided_by: str
    voided_at: datetime


async def voids(session: AsyncSession, sellers: Sequence[UUID], limit: int = 100) -> list[VoidRow]:
    """Return void numbers, the latest first."""
    rows = await session.execute(
        text(
            """
            SELECT v.source_id, s.key AS source, v.prefix, v.serial, v.reason, v.voided_by, v.voided_at
            FROM invoice_void v JOIN invoice_source s ON s.id = v.source_id WHERE s.seller_id = ANY(:sellers)
            ORDER BY v.voided_at DESC, v.prefix, v.serial LIMIT :limit
            """
        ),
        {"sellers": list(sellers), "limit": limit},
    )
    return [msgspec.convert(dict(row), VoidRow) for row in rows.mappings()]


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a code means."""

    code: str
    product_id: UUID | None
    sku: str | None
    title: str | None
    decided_by: str
    decided_at: datetime


async def codes(session: AsyncSession, source: SourceRef, limit: int = 500) -> list[CodeRow]:
    """Return what somebody said about codes of a source."""
    rows = await session.execute(
        text(
            """
            SELECT c.code, c.product_id, p.sku, p.title, c.decided_by, c.decided_at
            FROM invoice_code c LEFT JOIN product p ON p.id = c.product_id WHERE c.source_id = :source
            ORDER BY c.code LIMIT :limit
            """
        ),
        {"source": source.id, "limit": limit},
    )
    return [msgspec.convert(dict(row), CodeRow) for row in rows.mappings()]


# -- for the floor


class PickerNote(msgspec.Struct, frozen=True, kw_only=True):
    """What the picker of an order should know from its invoice."""

    order_id: UUID
    number: str
    salesman: str
    customer_number: str
    customer_name: str
    area: str
    route: str
    remarks: str
    priority: int
    wishes: dict[str, list[str]]
    """SKU -> what the invoice wishes of it: packing, shelf, lot, expiry, each once."""

    @property
    def about(self) -> list[str]:
        """For whom it is, in a line."""
        return [part for part in (self.customer_name, self.area, self.route, self.salesman) if part]


async def picker_notes(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, PickerNote]:
    """Return what pickers should know of these orders; one that came otherwise is left out.  One statement."""
    plain = ", ".join(f"i.{name}" for name in PickerNote.__struct_fields__ if name != "wishes")
    rows = await session.execute(
        text(
            f"""
            SELECT {plain}, coalesce(w.wishes, '[]'::json) AS wishes FROM invoice i
            LEFT JOIN LATERAL (
                SELECT json_agg(json_build_array(l.sku, x.packing, x.shelf, x.lot, x.expires_on) ORDER BY x.position) AS wishes
                FROM invoice_wish x JOIN order_line l ON l.order_id = x.order_id AND l.position = x.position
                WHERE x.order_id = i.order_id
            ) w ON true
            WHERE i.order_id = ANY(:ids) AND i.kind = 'invoice' ORDER BY i.received_at
            """  # noqa: S608 -- column names
        ),
        {"ids": list(order_ids)},
    )
    notes = (msgspec.convert({**row, "wishes": _by_sku(row["wishes"])}, PickerNote) for row in rows.mappings())
    return {note.order_id: note for note in notes}


def _by_sku(rows: list[list[str | None]]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for sku, *wishes in rows:
        found.setdefault(sku or "", {}).update((wish, None) for wish in wishes if wish)
    return {sku: list(wishes) for sku, wishes in found.items()}


class WishRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an invoice says about goods of an order line."""

    order_id: UUID
    position: int
    sku: str
    code: str
    barcode: str
    packing: str
    shelf: str
    lot: str
    expires_on: date | None


async def wishes(session: AsyncSession, order_ids: Collection[UUID]) -> list[WishRow]:
    """Return what invoices say about the goods of these orders, line by line."""
    rows = await session.execute(
        text(
            """
            SELECT w.order_id, w.position, l.sku, w.code, w.barcode, w.packing, w.shelf, w.lot, w.expires_on
            FROM invoice_wish w JOIN order_line l ON l.order_id = w.order_id AND l.position = w.position
            WHERE w.order_id = ANY(:ids) ORDER BY w.order_id, w.position
            """
        ),
        {"ids": list(order_ids)},
    )
    return [WishRow(**row) for row in rows.mappings()]


def series_of(number: str) -> tuple[str, int] | None:
    """Return prefix and count of a number; None if it has no count."""
    found = split_number(number)
    return None if found.serial is None else (found.prefix, found.serial)
