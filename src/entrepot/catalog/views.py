"""Products as pages, programs and files show them: read straight from the tables."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.domain import gtin_14
from entrepot.catalog.spelling import nearest, terms_of
from entrepot.kit.sql import text

COUNT_LIMIT = 10_000
"""Counting stops here: nobody reads further, and the database would."""
EXPORT_BATCH = 1000

type Sort = Literal["-created", "sku", "-updated"]
type Opener = Callable[[], AbstractAsyncContextManager[AsyncSession]]


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a list."""

    id: UUID
    seller_id: UUID
    sku: str
    title: str
    kind: str
    parent_id: UUID | None
    options: dict[str, Any]
    gtin: str | None
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    purchase_price: Decimal | None
    purchase_currency: str
    sales_price: Decimal | None
    sales_currency: str
    vat_class: str
    image_url: str | None
    tags: list[str]
    active: bool
    buffer: int
    version: int
    created_at: datetime
    updated_at: datetime


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """A component of a bundle, or a bundle that has it."""

    id: UUID
    sku: str
    title: str
    quantity: int


class ProductDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A product with everything around it."""

    product: ProductRow
    parent: ProductRow | None
    variants: list[ProductRow]
    components: list[PartRow]
    part_of: list[PartRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which products to show.  None does not filter."""

    text: str = ""
    active: bool | None = None
    kind: str | None = None
    tag: str | None = None
    has_gtin: bool | None = None
    sku: str | None = None
    gtin: str | None = None
    updated_since: datetime | None = None
    seller_id: UUID | None = None
    """For speed: the one seller of the scope, if there is only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """One page of a list."""

    rows: Sequence[ProductRow]
    next: str | None
    """Cursor of the page after this."""
    corrected: str = ""
    """What was searched for instead, if nothing was found for what was typed."""


COLUMNS = ProductRow.__struct_fields__
SELECTED = ", ".join(f"p.{column}" for column in COLUMNS)


def read_row(row: RowMapping) -> ProductRow:
    """Build a row."""
    return ProductRow(**{column: row[column] for column in COLUMNS})


async def list_products(
    session: AsyncSession, filters: Filters, *, sort: Sort = "-created", cursor: str | None = None, limit: int = 50
) -> ProductPage:
    """Return one page of products.  In a search an exact SKU or GTIN comes first."""
    if filters.text.strip():
        return await _search_page(session, filters, cursor, limit)
    where, values = _conditions(filters)
    order, after, typed = {
        "-created": ("p.id DESC", "p.id < CAST(:after_id AS uuid)", ""),
        "sku": ("p.sku, p.id", "(p.sku, p.id) > (:after_key, CAST(:after_id AS uuid))", "sku"),
        "-updated": (
            "p.updated_at DESC, p.id DESC",
            "(p.updated_at, p.id) < (CAST(CAST(:after_key AS text) AS timestamptz), CAST(:after_id AS uuid))",
            "updated_at",
        ),
    }[sort]
    if cursor:
        key, _, last = cursor.rpartition("~")
        where.append(after)
        values["after_id"] = _uuid(last)
        if typed:
            values["after_key"] = key
    values["limit"] = limit + 1
    condition = " AND ".join(where) or "true"
    result = await session.execute(
        text(f"SELECT {SELECTED} FROM product p WHERE {condition} ORDER BY {order} LIMIT :limit"),  # noqa: S608 -- fixed parts
        values,
    )
    rows = [read_row(row) for row in result.mappings()]
    return _page(rows, limit, typed)


async def count_products(session: AsyncSession, filters: Filters) -> int | None:
    """Return how many products match; None if they are more than :data:`COUNT_LIMIT` or a text was searched for."""
    if filters.text.strip():
        return None
    where, values = _conditions(filters)
    condition = " AND ".join(where) or "true"
    counted: int = (
        await session.execute(
            text(
                f"SELECT count(*) FROM (SELECT 1 FROM product p WHERE {condition} LIMIT {COUNT_LIMIT + 1}) AS counted"  # noqa: S608 -- fixed parts
            ),
            values,
        )
    ).scalar_one()
    return counted if counted <= COUNT_LIMIT else None


async def search(session: AsyncSession, query: str, limit: int = 8) -> list[ProductRow]:
    """Return the products that best fit what somebody typed into the search box."""
    return list((await _search_page(session, Filters(text=query), None, limit)).rows)


async def product_detail(session: AsyncSession, product_id: UUID) -> ProductDetail | None:
    """Return a product and what belongs to it; None if there is none."""
    result = await session.execute(
        text(
            f"""
            SELECT {SELECTED}, (p.id = :id) AS itself, (p.parent_id = :id) AS variant FROM product p
            WHERE p.id = :id OR p.parent_id = :id OR p.id = (SELECT parent_id FROM product WHERE id = :id)
            ORDER BY p.sku LIMIT 1000
            """  # noqa: S608 -- only column names are inserted
        ),
        {"id": product_id},
    )
    found = list(result.mappings())
    itself = next((read_row(row) for row in found if row["itself"]), None)
    if itself is None:
        return None
    parts = await session.execute(
        text(
            """
            SELECT b.bundle_id = :id AS inside, p.id, p.sku, p.title, b.quantity FROM bundle_component b
            JOIN product p ON p.id = CASE WHEN b.bundle_id = :id THEN b.component_id ELSE b.bundle_id END
            WHERE b.bundle_id = :id OR b.component_id = :id ORDER BY p.sku LIMIT 1000
            """
        ),
        {"id": product_id},
    )
    inside: list[PartRow] = []
    part_of: list[PartRow] = []
    for row in parts:
        part = PartRow(id=row.id, sku=row.sku, title=row.title, quantity=row.quantity)
        (inside if row.inside else part_of).append(part)
    return ProductDetail(
        product=itself,
        parent=next((read_row(row) for row in found if row["id"] == itself.parent_id), None),
        variants=[read_row(row) for row in found if row["variant"]],
        components=inside,
        part_of=part_of,
    )


async def tags_in_use(session: AsyncSession, limit: int = 100) -> list[str]:
    """Return the tags of the youngest products, for filters; all of them in a catalogue of usual size."""
    result = await session.execute(
        text(
            """
            SELECT DISTINCT tag
            FROM (SELECT tags FROM product p WHERE p.tags <> '[]' ORDER BY p.id DESC LIMIT 2000) AS young,
                jsonb_array_elements_text(young.tags) AS tag ORDER BY tag LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return list(result.scalars())


async def export_rows(open_session: Opener, filters: Filters) -> AsyncGenerator[list[tuple[ProductRow, str, str]]]:
    """Yield (product, parent's SKU, components) in batches, in the order of making, for an import to read.

    Each batch is a transaction of its own, so that a slow reader holds nothing up.
    """
    if filters.text.strip():
        async for ids in _found_ids(open_session, filters):
            async with open_session() as session:
                yield await _export_batch(session, "p.id = ANY(:ids)", {"ids": ids})
        return
    where, values = _conditions(filters)
    last: UUID | None = None
    while True:
        conditions = [*where, *(["p.id > :last"] if last else [])]
        async with open_session() as session:
            batch = await _export_batch(
                session, " AND ".join(conditions) or "true", {**values, **({"last": last} if last else {})}
            )
        if batch:
            yield batch
            last = batch[-1][0].id
        if len(batch) < EXPORT_BATCH:
            return


async def _export_batch(
    session: AsyncSession, condition: str, values: dict[str, Any]
) -> list[tuple[ProductRow, str, str]]:
    result = await session.execute(
        text(
            f"""
            SELECT {SELECTED}, (SELECT sku FROM product WHERE id = p.parent_id) AS parent_sku,
                (SELECT string_agg(c.sku || ':' || b.quantity, ', ' ORDER BY c.sku) FROM bundle_component b
                    JOIN product c ON c.id = b.component_id WHERE b.bundle_id = p.id) AS components
            FROM product p WHERE {condition} ORDER BY p.id LIMIT {EXPORT_BATCH}
            """  # noqa: S608 -- fixed parts
        ),
        values,
    )
    return [(read_row(row), row["parent_sku"] or "", row["components"] or "") for row in result.mappings()]


async def _found_ids(open_session: Opener, filters: Filters) -> AsyncGenerator[list[UUID]]:
    """Yield what a search finds, page after page, corrected as the list corrects it."""
    cursor: str | None = None
    while True:
        async with open_session() as session:
            page = await _search_page(session, filters, cursor, EXPORT_BATCH)
        if page.corrected:
            filters = replace(filters, text=page.corrected)
        if page.rows:
            yield [row.id for row in page.rows]
        if page.next is None:
            return
        cursor = page.next


async def _search_page(session: AsyncSession, filters: Filters, cursor: str | None, limit: int) -> ProductPage:
    terms = terms_of(filters.text)
    after = _uuid(cursor.rpartition("~")[2]) if cursor else None
    rows = await _matches(session, filters, terms, after, limit + 1)
    corrected = ""
    if not rows and cursor is None:
        candidates = await session.execute(
            text("SELECT term, word FROM product_spelling(CAST(:terms AS text[]))"), {"terms": terms}
        )
        better = nearest(terms, [(row.term, row.word) for row in candidates])
        if better != terms:
            rows = await _matches(session, filters, better, None, limit + 1)
            corrected = " ".join(better) if rows else ""
    page = _page(rows, limit, "")
    exact = filters.text.strip()
    first = sorted(page.rows, key=lambda row: exact not in {row.sku, row.gtin})
    return ProductPage(rows=first, next=page.next, corrected=corrected)


async def _matches(
    session: AsyncSession, filters: Filters, terms: list[str], after: UUID | None, limit: int
) -> list[ProductRow]:
    if not terms:
        return []
    result = await session.execute(
        text(
            f"""
            SELECT {SELECTED} FROM product p WHERE p.id = ANY(ARRAY(SELECT product_search(
                CAST(:terms AS text[]), CAST(:active AS boolean), CAST(:kind AS text), CAST(:tag AS text),
                CAST(:has_gtin AS boolean), CAST(:after AS uuid), CAST(:limit AS integer))))
            ORDER BY p.id DESC
            """  # noqa: S608 -- only column names are inserted
        ),
        {
            "terms": terms,
            "active": filters.active,
            "kind": filters.kind,
            "tag": filters.tag,
            "has_gtin": filters.has_gtin,
            "after": after,
            "limit": limit,
        },
    )
    return [read_row(row) for row in result.mappings()]


def _conditions(filters: Filters) -> tuple[list[str], dict[str, Any]]:
    wanted: list[tuple[str, str, object]] = [
        ("seller_id", "p.seller_id = :seller_id", filters.seller_id),
        ("active", "p.active = :active", filters.active),
        ("kind", "p.kind = :kind", filters.kind),
        ("tag", "p.tags @> jsonb_build_array(CAST(:tag AS text))", filters.tag),
        ("has_gtin", "(p.gtin IS NOT NULL) = :has_gtin", filters.has_gtin),
        ("sku", "p.sku = :sku", filters.sku),
        ("gtin", "p.gtin_14 = :gtin AND p.gtin IS NOT NULL", gtin_14(filters.gtin) if filters.gtin else None),
        ("updated_since", "p.updated_at >= :updated_since", filters.updated_since),
    ]
    chosen = [(name, condition, value) for name, condition, value in wanted if value is not None]
    return [condition for _, condition, _ in chosen], {name: value for name, _, value in chosen}


def _page(rows: list[ProductRow], limit: int, key: str) -> ProductPage:
    shown = rows[:limit]
    if len(rows) <= limit:
        return ProductPage(rows=shown, next=None)
    value = getattr(shown[-1], key) if key else ""
    return ProductPage(rows=shown, next=f"{value}~{shown[-1].id}")


def _uuid(text_: str) -> UUID:
    try:
        return UUID(text_)
    except ValueError:
        return UUID(int=0)  # a cursor somebody made up leads nowhere


async def has_products(session: AsyncSession) -> bool:
    """Tell whether there is any product in scope."""
    return bool((await session.execute(text("SELECT EXISTS (SELECT 1 FROM product)"))).scalar_one())
