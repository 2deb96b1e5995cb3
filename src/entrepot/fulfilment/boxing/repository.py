"""Every SQL statement of trays and boxes that services use."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boxing.models import Container, ContainerAct
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class ContentRef(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line in a container."""

    order_id: UUID
    order_line_id: UUID
    sku: str
    title: str
    quantity: int


class ContainerRef(msgspec.Struct, frozen=True, kw_only=True):
    """A tray or a box with its content."""

    id: UUID
    seller_id: UUID
    code: str
    kind: str
    box_kind_id: UUID | None
    state: str
    """``free``, ``open``, ``sealed`` or ``gone``."""
    order_id: UUID | None
    order_number: str
    parcel_id: UUID | None
    weight_g: int | None
    used_by: str
    changed_at: datetime
    lines: tuple[ContentRef, ...] = ()

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)


_CONTAINER = ", ".join(name for name in ContainerRef.__struct_fields__ if name != "lines")
_LINE = ", ".join(ContentRef.__struct_fields__)


class ContainerRepository:
    """Trays and boxes within one transaction.  Callers hold the order's lock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def container(self, container_id: UUID, *, lock: bool = False) -> ContainerRef | None:
        found = await self._containers(f"id = :id {'FOR UPDATE' if lock else ''}", id=container_id)
        return found[0] if found else None

    async def called(self, seller_id: UUID, code: str) -> ContainerRef | None:
        """Return the tray or box with a barcode that is not gone."""
        found = await self._containers(
            "seller_id = :seller AND code = :code AND state <> 'gone' FOR UPDATE", seller=seller_id, code=code.upper()
        )
        return found[0] if found else None

    async def of_orders(self, order_ids: Collection[UUID]) -> list[ContainerRef]:
        """Return what is in use for these orders."""
        return await self._containers(
            "order_id = ANY(:ids) AND state IN ('open', 'sealed') ORDER BY id", ids=list(order_ids)
        )

    async def trays(self, seller_id: UUID) -> list[ContainerRef]:
        return await self._containers(
            "seller_id = :seller AND kind = 'tray' ORDER BY code LIMIT 2000", seller=seller_id
        )

    async def boxes_begun(self, order_id: UUID) -> int:
        rows = await self._session.execute(
            text("SELECT count(*) FROM container WHERE order_id = :id AND kind = 'box'"), {"id": order_id}
        )
        return int(rows.scalar_one())

    async def _containers(self, where: str, **values: object) -> list[ContainerRef]:
        rows = await self._session.execute(text(f"SELECT {_CONTAINER} FROM container WHERE {where}"), values)  # noqa: S608
        found = [dict(row) for row in rows.mappings()]
        lines: dict[UUID, list[dict[str, Any]]] = {}
        if found:
            content = await self._session.execute(
                text(f"SELECT container_id, {_LINE} FROM container_line WHERE container_id = ANY(:ids) ORDER BY sku"),  # noqa: S608
                {"ids": [row["id"] for row in found]},
            )
            for row in content.mappings():
                lines.setdefault(row["container_id"], []).append(
                    {name: row[name] for name in ContentRef.__struct_fields__}
                )
        return [msgspec.convert({**row, "lines": lines.get(row["id"], [])}, ContainerRef) for row in found]

    async def in_containers(self, order_line_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
        """Return the units of each order line in trays, open and sealed boxes (kind of place -> units)."""
        rows = await self._session.execute(
            text(
                "SELECT l.order_line_id, CASE c.kind WHEN 'tray' THEN 'tray' ELSE c.state END AS place,"
                " sum(l.quantity) AS units FROM container_line l JOIN container c ON c.id = l.container_id"
                " WHERE l.order_line_id = ANY(:ids) AND c.state IN ('open', 'sealed') GROUP BY 1, 2"
            ),
            {"ids": list(order_line_ids)},
        )
        found: dict[UUID, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row.order_line_id, {})[row.place] = int(row.units)
        return found

    async def begin(self, row: Mapping[str, Any]) -> bool:
        """Insert a box; False if something else in use is called so."""
        suffix = "ON CONFLICT (seller_id, code) WHERE state <> 'gone' DO NOTHING RETURNING id"
        return bool(await insert_rows(self._session, Container, [row], suffix=suffix))

    async def insert(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, Container, [row])

    async def update(self, container_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE container SET {sets}, changed_at = now() WHERE id = :container_id"),  # noqa: S608 -- column names of the callers
            {**values, "container_id": container_id},
        )

    async def put(self, container: ContainerRef, line: ContentRef) -> None:
        """Add units, or take them out where they are negative."""
        values = {
            "container": container.id,
            "seller": container.seller_id,
            "order": line.order_id,
            "line": line.order_line_id,
            "sku": line.sku,
            "title": line.title,
            "units": line.quantity,
        }
        there = next((one.quantity for one in container.lines if one.order_line_id == line.order_line_id), 0)
        if there + line.quantity <= 0:
            sql = "DELETE FROM container_line WHERE container_id = :container AND order_line_id = :line"
            values = {"container": container.id, "line": line.order_line_id}
        else:
            sql = """
                INSERT INTO container_line (container_id, seller_id, order_id, order_line_id, sku, title, quantity)
                VALUES (:container, :seller, :order, :line, :sku, :title, :units)
                ON CONFLICT (container_id, order_line_id) DO UPDATE SET quantity = :total
            """
            values["total"] = there + line.quantity
        await self._session.execute(text(sql), values)

    async def clear(self, container_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM container_line WHERE container_id = :id"), {"id": container_id})

    async def remove(self, container_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM container WHERE id = :id"), {"id": container_id})

    async def note(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, ContainerAct, [row])
