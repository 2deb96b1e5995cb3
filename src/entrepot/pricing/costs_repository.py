"""Every statement about costs and commissions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricing.models import Commission, Cost

AMOUNTS = (
    "purchase",
    "landed",
    "shipping",
    "packaging",
    "vat_percent",
    "minimum_price",
    "margin",
    "margin_percent",
    "commission_fixed",
    "commission_percent",
)
"""Every number of a row."""
PERCENTS = frozenset({"vat_percent", "margin_percent", "commission_percent"})
"""Those that mean the same in every currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What one row says; None: as the next wider one says."""

    id: UUID
    seller_id: UUID
    product_id: UUID | None
    account_id: UUID | None
    currency: str
    purchase: Decimal | None
    landed: Decimal | None
    shipping: Decimal | None
    packaging: Decimal | None
    vat_percent: Decimal | None
    minimum_price: Decimal | None
    margin: Decimal | None
    margin_percent: Decimal | None
    commission_fixed: Decimal | None
    commission_percent: Decimal | None
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CostView(CostRow):
    """A row with the names of what it is about."""

    sku: str | None
    title: str | None
    account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionRow:
    """What a channel said it keeps."""

    account_id: UUID
    gtin: str
    fixed: Decimal
    percent: Decimal
    currency: str
    reductions: list[dict[str, Any]]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class NamedStore:
    """A watched web shop."""

    id: UUID
    name: str


_ROW = ", ".join(f"c.{name}" for name in CostRow.__slots__)


class CostRepository:
    """Costs in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def about(self, seller_ids: Collection[UUID], product_ids: Collection[UUID]) -> list[CostRow]:
        """Return the defaults of sellers, and what is said of products."""
        found = await self._session.execute(
            text(
                f"""SELECT {_ROW} FROM pricing_cost c WHERE c.seller_id = ANY(:sellers)
                AND (c.product_id IS NULL OR c.product_id = ANY(:products))"""  # noqa: S608
            ),
            {"sellers": list(seller_ids), "products": list(product_ids)},
        )
        return [CostRow(**row) for row in found.mappings()]

    async def listed(
        self, *, query: str = "", account_id: UUID | None = None, after: UUID | None = None, limit: int = 50
    ) -> list[CostView]:
        """Return rows with names, defaults first, then products in the order in which they were entered."""
        found = await self._session.execute(
            text(
                f"""SELECT {_ROW}, p.sku, p.title, a.name AS account FROM pricing_cost c
                LEFT JOIN product p ON p.id = c.product_id LEFT JOIN channel_account a ON a.id = c.account_id
                WHERE (:query = '' OR position(:query IN p.search_text) > 0)
                AND (CAST(:account AS uuid) IS NULL OR c.account_id = CAST(:account AS uuid))
                AND (CAST(:after AS uuid) IS NULL OR (c.product_id IS NOT NULL, c.id) >
                    (SELECT x.product_id IS NOT NULL, x.id FROM pricing_cost x WHERE x.id = CAST(:after AS uuid)))
                ORDER BY c.product_id IS NOT NULL, c.id LIMIT :limit"""  # noqa: S608
            ),
            {"query": query.strip().lower(), "account": account_id, "after": after, "limit": limit},
        )
        return [CostView(**row) for row in found.mappings()]

    async def one(self, cost_id: UUID) -> CostView | None:
        """Return one row."""
        found = await self._session.execute(
            text(
                f"""SELECT {_ROW}, p.sku, p.title, a.name AS account FROM pricing_cost c
                LEFT JOIN product p ON p.id = c.product_id LEFT JOIN channel_account a ON a.id = c.account_id
                WHERE c.id = :id"""  # noqa: S608
            ),
            {"id": cost_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else CostView(**row)

    async def put(self, rows: Sequence[Mapping[str, Any]], columns: Collection[str]) -> None:
        """Store rows, one per product and account; only *columns* of those that are there change.

        Amounts that are left out are forgotten where the currency changes: they were said in the other one.
        """
        left_out = (name for name in AMOUNTS if name not in columns and name not in PERCENTS)
        sets = ", ".join(
            (
                *(
                    f"{name} = excluded.{name}"
                    for name in (*columns, "currency", "updated_by", "changed_by", "updated_at")
                ),
                *(
                    f"{name} = CASE WHEN pricing_cost.currency = excluded.currency THEN pricing_cost.{name} END"
                    for name in left_out
                ),
            )
        )
        await insert_many(
            self._session,
            Cost,
            rows,
            suffix=f"ON CONFLICT (seller_id, product_id, account_id) DO UPDATE SET {sets}",
        )

    async def remove(self, cost_id: UUID) -> None:
        """Remove a row."""
        await self._session.execute(text("DELETE FROM pricing_cost WHERE id = :id"), {"id": cost_id})

    async def commissions(self, account_ids: Collection[UUID], gtins: Collection[str]) -> list[CommissionRow]:
        """Return what channels said they keep."""
        names = ", ".join(CommissionRow.__slots__)
        found = await self._session.execute(
            text(
                f"SELECT {names} FROM pricing_commission WHERE account_id = ANY(:accounts) AND gtin = ANY(:gtins)"  # noqa: S608
            ),
            {"accounts": list(account_ids), "gtins": list(gtins)},
        )
        return [CommissionRow(**row) for row in found.mappings()]

    async def put_commissions(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Store what a channel says now."""
        sets = ", ".join(
            f"{name} = excluded.{name}"
            for name in ("fixed", "percent", "currency", "at_price", "reductions", "read_at")
        )
        await insert_many(
            self._session, Commission, rows, suffix=f"ON CONFLICT (account_id, gtin) DO UPDATE SET {sets}"
        )

    # Suppliers

    async def suppliers(self) -> dict[tuple[UUID, UUID], bool]:
        """Return which watched web shops are suppliers: (seller, store) -> whether its prices include VAT."""
        found = await self._session.execute(text("SELECT seller_id, store_id, with_vat FROM pricing_supplier"))
        return {(row.seller_id, row.store_id): row.with_vat for row in found}

    async def stores(self, *, limit: int = 200) -> list[NamedStore]:
        """Return watched web shops by name."""
        found = await self._session.execute(
            text("SELECT id, name FROM price_store ORDER BY lower(name), id LIMIT :limit"), {"limit": limit}
        )
        return [NamedStore(row.id, row.name) for row in found]

    async def put_supplier(self, seller_id: UUID, store_id: UUID, *, with_vat: bool) -> None:
        """Say that a store is a supplier."""
        await self._session.execute(
            text(
                """INSERT INTO pricing_supplier (seller_id, store_id, with_vat) VALUES (:seller, :store, :with_vat)
                ON CONFLICT (seller_id, store_id) DO UPDATE SET with_vat = excluded.with_vat"""
            ),
            {"seller": seller_id, "store": store_id, "with_vat": with_vat},
        )

    async def remove_supplier(self, seller_id: UUID, store_id: UUID) -> None:
        """Say that a store is none."""
        await self._session.execute(
            text("DELETE FROM pricing_supplier WHERE seller_id = :seller AND store_id = :store"),
            {"seller": seller_id, "store": store_id},
        )
