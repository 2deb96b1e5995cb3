"""Every statement about stores."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.pricewatch.extracting.contract import Recipe
from entrepot.pricewatch.watching.models import PriceStore, StoreDomain
from entrepot.pricewatch.watching.refs import StoreRef

_COLUMNS = ", ".join(f"s.{name}" for name in StoreRef.__struct_fields__ if name != "domains")
_DOMAINS = "ARRAY(SELECT d.domain FROM price_store_domain d WHERE d.store_id = s.id ORDER BY d.domain) AS domains"
STORE = f"{_COLUMNS}, {_DOMAINS}"


def store_of(row: RowMapping) -> StoreRef:
    """Return the store of a row that was selected by :data:`STORE`."""
    values: dict[str, Any] = {name: row[name] for name in StoreRef.__struct_fields__}
    values["domains"] = tuple(values["domains"])
    values["recipe"] = msgspec.convert(values["recipe"], Recipe)
    return StoreRef(**values)


class StoreRepository:
    """Stores in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, PriceStore, rows)

    async def stores(self, ids: Collection[UUID]) -> dict[UUID, StoreRef]:
        found = await self._session.execute(
            text(f"SELECT {STORE} FROM price_store s WHERE s.id = ANY(:ids)"),  # noqa: S608 -- our own columns
            {"ids": list(ids)},
        )
        return {row["id"]: store_of(row) for row in found.mappings()}

    async def lock(self, store_id: UUID) -> StoreRef | None:
        found = await self._session.execute(
            text(f"SELECT {STORE} FROM price_store s WHERE s.id = :id FOR NO KEY UPDATE OF s"),  # noqa: S608
            {"id": store_id},
        )
        row = found.mappings().first()
        return store_of(row) if row else None

    async def by_domain(self, seller_id: UUID, domains: Collection[str]) -> dict[str, StoreRef]:
        """Return domain -> the seller's store it belongs to."""
        found = await self._session.execute(
            text(
                f"""
                SELECT x.domain, {STORE} FROM price_store_domain x JOIN price_store s ON s.id = x.store_id
                WHERE x.seller_id = :seller AND x.domain = ANY(:domains)
                """  # noqa: S608 -- our own columns
            ),
            {"seller": seller_id, "domains": list(domains)},
        )
        return {row["domain"]: store_of(row) for row in found.mappings()}

    async def by_name(self, seller_id: UUID, name: str) -> StoreRef | None:
        found = await self._session.execute(
            text(
                f"SELECT {STORE} FROM price_store s WHERE s.seller_id = :seller AND lower(s.name) = lower(:name)"  # noqa: S608
                " ORDER BY s.id LIMIT 1"
            ),
            {"seller": seller_id, "name": name},
        )
        row = found.mappings().first()
        return store_of(row) if row else None

    async def set_domains(self, seller_id: UUID, store_id: UUID, domains: Sequence[str]) -> list[str]:
        """Give a store exactly these hosts; return those that it did not get because another store has them."""
        await self._session.execute(
            text("DELETE FROM price_store_domain WHERE store_id = :id AND NOT domain = ANY(:domains)"),
            {"id": store_id, "domains": list(domains)},
        )
        rows = [{"seller_id": seller_id, "domain": domain, "store_id": store_id} for domain in domains]
        await insert_rows(self._session, StoreDomain, rows, suffix="ON CONFLICT DO NOTHING")
        found = await self._session.execute(
            text(
                "SELECT domain FROM price_store_domain"
                " WHERE seller_id = :seller AND domain = ANY(:domains) AND store_id <> :id"
            ),
            {"seller": seller_id, "domains": list(domains), "id": store_id},
        )
        return list(found.scalars())

    async def change(self, store_id: UUID, values: Mapping[str, Any]) -> None:
        table = PriceStore.__table__
        await self._session.execute(
            table.update()  # type: ignore[attr-defined]  # a Table
            .where(table.c.id == store_id)
            .values(**values, version=table.c.version + 1, updated_at=now())
        )

    async def listings_in(self, store_id: UUID) -> int:
        found = await self._session.execute(
            text("SELECT count(*) FROM price_listing WHERE store_id = :id"), {"id": store_id}
        )
        return int(found.scalar_one())

    async def remove(self, store_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM price_store WHERE id = :id"), {"id": store_id})
