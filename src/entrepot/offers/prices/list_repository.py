"""Statements about price lists and their entries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.prices.models import PriceList, PriceListEntry
from entrepot.offers.prices.rows import money


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A price list."""

    id: UUID
    seller_id: UUID
    name: str
    account_id: UUID | None
    currency: str
    valid_from: datetime | None
    valid_to: datetime | None
    priority: int
    active: bool
    began_at: datetime | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What one product costs by a list."""

    product_id: UUID
    sku: str
    title: str
    price: Decimal
    changed_at: datetime
    offers: int
    """How many offers of the list's accounts it speaks of."""


_LIST = ", ".join(ListRow.__slots__)


class ListRepository:
    """Price lists in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> list[tuple[ListRow, int]]:
        """Return every list with its number of entries, those that count first."""
        found = await self._session.execute(
            text(
                f"SELECT {_LIST}, (SELECT count(*) FROM price_list_entry e WHERE e.list_id = l.id) AS entries"  # noqa: S608
                " FROM price_list l ORDER BY active DESC, priority DESC, name"
            )
        )
        lists: list[tuple[ListRow, int]] = []
        for row in found.mappings():
            values = dict(row)
            entries = int(values.pop("entries"))
            lists.append((ListRow(**values), entries))
        return lists

    async def find(self, list_id: UUID, *, lock: bool = False) -> ListRow | None:
        """Return one, locked until the transaction ends if asked."""
        found = await self._session.execute(
            text(f"SELECT {_LIST} FROM price_list WHERE id = :id{' FOR NO KEY UPDATE' if lock else ''}"),  # noqa: S608
            {"id": list_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else ListRow(**row)

    async def named(self, seller_id: UUID, name: str) -> UUID | None:
        """Return the list of that name."""
        found = await self._session.execute(
            text("SELECT id FROM price_list WHERE seller_id = :seller AND name = :name"),
            {"seller": seller_id, "name": name},
        )
        return found.scalars().first()

    async def add(self, values: dict[str, Any]) -> None:
        """Store a new list."""
        await insert_many(self._session, PriceList, [values])

    async def change(self, list_id: UUID, values: dict[str, Any]) -> None:
        """Store what a person changed."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE price_list SET {columns}, version = version + 1 WHERE id = :id"),  # noqa: S608
            {**values, "id": list_id},
        )

    async def remove(self, list_id: UUID) -> None:
        """Remove a list and its entries."""
        await self._session.execute(text("DELETE FROM price_list WHERE id = :id"), {"id": list_id})

    # Entries

    async def entries(
        self, list_id: UUID, currency: str, *, query: str = "", after: str = "", limit: int = 50
    ) -> list[EntryRow]:
        """Return entries in the order of their SKUs."""
        escaped = query.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        found = await self._session.execute(
            text(
                """
                SELECT e.product_id, p.sku, p.title, e.price, e.changed_at,
                    (SELECT count(*) FROM offer o WHERE o.seller_id = e.seller_id AND o.product_id = e.product_id
                        AND o.gone_at IS NULL AND (l.account_id IS NULL OR o.account_id = l.account_id)) AS offers
                FROM price_list_entry e JOIN product p ON p.id = e.product_id JOIN price_list l ON l.id = e.list_id
                WHERE e.list_id = :list AND p.sku > :after
                    AND (:pattern = '' OR lower(p.sku || ' ' || p.title) LIKE :pattern)
                ORDER BY p.sku LIMIT :limit
                """
            ),
            {"list": list_id, "after": after, "pattern": f"%{escaped}%" if escaped else "", "limit": limit},
        )
        rows: list[dict[str, Any]] = [dict(row) for row in found.mappings()]
        for row in rows:
            row["price"] = money(row["price"], currency)
        return [EntryRow(**row) for row in rows]

    async def prices(self, list_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, Decimal]:
        """Return what products cost by a list now."""
        found = await self._session.execute(
            text("SELECT product_id, price FROM price_list_entry WHERE list_id = :list AND product_id = ANY(:ids)"),
            {"list": list_id, "ids": list(product_ids)},
        )
        return {row.product_id: row.price for row in found}

    async def put(self, seller_id: UUID, list_id: UUID, prices: Sequence[tuple[UUID, Decimal]]) -> None:
        """Store what products cost."""
        rows = [
            {"list_id": list_id, "product_id": product_id, "seller_id": seller_id, "price": price}
            for product_id, price in prices
        ]
        await insert_many(
            self._session,
            PriceListEntry,
            rows,
            suffix="ON CONFLICT (list_id, product_id) DO UPDATE SET price = excluded.price, changed_at = now()",
        )

    async def take_out(self, list_id: UUID, product_ids: Collection[UUID]) -> int:
        """Remove entries; return how many there were."""
        found = await self._session.execute(
            text("DELETE FROM price_list_entry WHERE list_id = :list AND product_id = ANY(:ids) RETURNING product_id"),
            {"list": list_id, "ids": list(product_ids)},
        )
        return len(found.all())
