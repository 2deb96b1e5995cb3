"""Every statement that writes returns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.returns.models import GoodsReturn, ReturnLine
from entrepot.returns.refs import ReturnLineRef, ReturnRef

HEAD = ", ".join(name for name in ReturnRef.__struct_fields__ if name != "lines")
LINE = ", ".join(ReturnLineRef.__struct_fields__)


class OrderedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an order says of goods that come back."""

    order_id: UUID
    number: str
    channel_order_id: str
    product_id: UUID | None
    sku: str
    gtin: str
    title: str


class ReturnRepository:
    """Returns within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, return_id: UUID, *, lock: bool = False) -> ReturnRef | None:
        found = await self._returns(f"WHERE id = :id {'FOR UPDATE' if lock else ''}", id=return_id)
        return found[0] if found else None

    async def known(self, account_id: UUID, channel_ids: Collection[str]) -> dict[str, ReturnRef]:
        """Return those of the account's returns that are stored, locked, by the channel's numbers."""
        found = await self._returns(
            "WHERE account_id = :account AND channel_return_id = ANY(:ids) ORDER BY id FOR UPDATE",
            account=account_id,
            ids=list(channel_ids),
        )
        return {one.channel_return_id: one for one in found}

    async def registered(self, account_id: UUID, channel_order_ids: Collection[str]) -> list[ReturnRef]:
        """Return those that were registered here and that the channel has not named yet, locked, the oldest first."""
        return await self._returns(
            "WHERE account_id = :account AND channel_return_id = '' AND channel_order_id = ANY(:ids) ORDER BY id FOR UPDATE",
            account=account_id,
            ids=list(channel_order_ids),
        )

    async def named(self, before: ReturnRef, channel_return_id: str, channel_return_line_id: str) -> None:
        """Note what the channel calls a return of one line that was registered here."""
        await self.change(
            before.id, channel_return_id=channel_return_id, search_text=f"{before.number} {channel_return_id}".lower()
        )
        await self.change_line(before.lines[0].id, channel_return_line_id=channel_return_line_id)

    async def returned(self, order_id: UUID, channel_line_id: str) -> int:
        """Return how many units of an order's line were registered here already."""
        found = await self._session.execute(
            text("""
                SELECT coalesce(sum(l.quantity), 0) FROM return_line l JOIN goods_return r ON r.id = l.return_id
                WHERE r.order_id = :order AND l.channel_line_id = :line
            """),
            {"order": order_id, "line": channel_line_id},
        )
        return int(found.scalar_one())

    async def count(self, order_id: UUID) -> int:
        """Return how many returns an order has."""
        found = await self._session.execute(
            text("SELECT count(*) FROM goods_return WHERE order_id = :order"), {"order": order_id}
        )
        return int(found.scalar_one())

    async def ordered(self, account_id: UUID, channel_order_ids: Collection[str]) -> dict[str, list[OrderedLine]]:
        """Return the lines of our orders by the channel's order numbers."""
        rows = await self._session.execute(
            text("""
                SELECT o.id AS order_id, o.number, o.channel_order_id, l.product_id, l.sku, l.gtin, l.title
                FROM sales_order o JOIN order_line l ON l.order_id = o.id
                WHERE o.channel_account_id = :account AND o.channel_order_id = ANY(:ids) ORDER BY l.position
            """),
            {"account": account_id, "ids": list(channel_order_ids)},
        )
        found: dict[str, list[OrderedLine]] = {}
        for row in rows.mappings():
            line = msgspec.convert(dict(row), OrderedLine)
            found.setdefault(line.channel_order_id, []).append(line)
        return found

    async def add(self, returns: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, GoodsReturn, returns)
        await insert_rows(self._session, ReturnLine, lines)

    async def link_orders(self, order_ids: Collection[UUID]) -> None:
        """Join returns to orders that came after them, and their lines to the products of those."""
        await self._session.execute(
            text("""
                WITH joined AS (
                    UPDATE goods_return r SET order_id = o.id, order_number = o.number, version = r.version + 1,
                        search_text = r.search_text || ' ' || lower(o.number)
                    FROM sales_order o
                    WHERE o.id = ANY(:ids) AND r.order_id IS NULL AND r.account_id = o.channel_account_id
                        AND r.channel_order_id = o.channel_order_id
                    RETURNING r.id, o.id AS order_id
                )
                UPDATE return_line l SET product_id = ordered.product_id, sku = ordered.sku
                FROM joined JOIN order_line ordered ON ordered.order_id = joined.order_id
                WHERE l.return_id = joined.id AND l.product_id IS NULL AND l.gtin <> '' AND l.gtin = ordered.gtin
            """),
            {"ids": list(order_ids)},
        )

    async def link_products(self, products: Collection[tuple[UUID, UUID, str, str]]) -> None:
        """Join lines without a product to those (seller, product, SKU, GTIN) that have their GTIN now."""
        await self._session.execute(
            text("""
                UPDATE return_line l SET product_id = p.id, sku = p.sku
                FROM unnest(CAST(:sellers AS uuid[]), CAST(:ids AS uuid[]), CAST(:skus AS text[]),
                    CAST(:gtins AS text[])) AS p (seller_id, id, sku, gtin)
                WHERE l.product_id IS NULL AND l.gtin <> '' AND l.seller_id = p.seller_id AND l.gtin = p.gtin
            """),
            {
                "sellers": [seller for seller, _, _, _ in products],
                "ids": [product for _, product, _, _ in products],
                "skus": [sku for _, _, sku, _ in products],
                "gtins": [gtin for _, _, _, gtin in products],
            },
        )

    async def change(self, return_id: UUID, **values: object) -> None:
        """Change a return; its version goes up."""
        sets = "".join(f"{name} = :{name}, " for name in values)
        await self._session.execute(
            text(f"UPDATE goods_return SET {sets}version = version + 1, changed_at = now() WHERE id = :return_id"),  # noqa: S608 -- column names
            {**values, "return_id": return_id},
        )

    async def change_line(self, line_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE return_line SET {sets} WHERE id = :line_id"),  # noqa: S608 -- column names
            {**values, "line_id": line_id},
        )

    async def _returns(self, rest: str, **values: object) -> list[ReturnRef]:
        rows = await self._session.execute(text(f"SELECT {HEAD} FROM goods_return {rest}"), values)  # noqa: S608 -- column names
        heads = [dict(row) for row in rows.mappings()]
        lines: dict[UUID, list[ReturnLineRef]] = {}
        if heads:
            rows = await self._session.execute(
                text(f"SELECT {LINE} FROM return_line WHERE return_id = ANY(:ids) ORDER BY return_id, position"),  # noqa: S608 -- column names
                {"ids": [head["id"] for head in heads]},
            )
            for row in rows.mappings():
                lines.setdefault(row["return_id"], []).append(msgspec.convert(dict(row), ReturnLineRef))
        return [msgspec.convert(head | {"lines": tuple(lines.get(head["id"], ()))}, ReturnRef) for head in heads]
