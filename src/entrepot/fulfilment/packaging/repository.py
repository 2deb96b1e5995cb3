"""Every SQL statement about boxes, weights and rules that services use."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.packaging.models import BoxKind, PaperPrint, Weighing
from entrepot.kit.bulk import insert_rows
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text


class PackingRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a site weighs, consolidates and prints."""

    weighs: bool = False
    """What a parcel weighs is compared with what it should weigh."""
    tolerance_percent: int = 5
    tolerance_g: int = 50
    consolidates: str = ""
    """Which orders wait for each other: ``address``, ``customer`` (at one address), or none by themselves."""
    wait_minutes: int = 60
    address_labels: int = 0
    """Per parcel."""


class BoxKindRef(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of box, with its inner dimensions."""

    id: UUID
    seller_id: UUID
    code: str
    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    own_weight_g: int
    max_weight_g: int | None
    active: bool


_RULES = ", ".join(PackingRules.__struct_fields__)
_KIND = ", ".join(BoxKindRef.__struct_fields__)


class PackagingRepository:
    """Boxes, weights and rules within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def rules(self, seller_id: UUID, warehouse_id: UUID | None) -> PackingRules:
        """Return the rules of a building: its own, else the seller's, else what holds without any."""
        rows = await self._session.execute(
            text(
                f"SELECT {_RULES} FROM packing_setting WHERE seller_id = :seller"  # noqa: S608 -- column names
                " AND (warehouse_id = CAST(:warehouse AS uuid) OR warehouse_id IS NULL)"
                " ORDER BY warehouse_id NULLS LAST LIMIT 1"
            ),
            {"seller": seller_id, "warehouse": warehouse_id},
        )
        row = rows.mappings().one_or_none()
        return PackingRules() if row is None else PackingRules(**row)

    async def write_rules(self, seller_id: UUID, warehouse_id: UUID | None, rules: PackingRules) -> None:
        names = PackingRules.__struct_fields__
        sets = ", ".join(f"{name} = excluded.{name}" for name in names)
        await self._session.execute(
            text(
                f"INSERT INTO packing_setting (id, seller_id, warehouse_id, {_RULES})"  # noqa: S608 -- column names
                f" VALUES (:id, :seller, CAST(:warehouse AS uuid), {', '.join(':' + name for name in names)})"
                f" ON CONFLICT (seller_id, warehouse_id) DO UPDATE SET {sets}"
            ),
            {"id": new_id(), "seller": seller_id, "warehouse": warehouse_id, **msgspec.structs.asdict(rules)},
        )

    async def kinds(self, seller_id: UUID, *, inactive: bool = False) -> list[BoxKindRef]:
        """Return the kinds of boxes, the smallest first."""
        return await self._kinds(
            "seller_id = :seller AND (active OR :inactive)"
            " ORDER BY length_mm::bigint * width_mm * height_mm, code LIMIT 500",
            seller=seller_id,
            inactive=inactive,
        )

    async def kind(self, kind_id: UUID) -> BoxKindRef | None:
        found = await self._kinds("id = :id", id=kind_id)
        return found[0] if found else None

    async def kind_called(self, seller_id: UUID, code: str) -> BoxKindRef | None:
        found = await self._kinds("seller_id = :seller AND code = :code", seller=seller_id, code=code.upper())
        return found[0] if found else None

    async def _kinds(self, where: str, **values: object) -> list[BoxKindRef]:
        rows = await self._session.execute(text(f"SELECT {_KIND} FROM box_kind WHERE {where}"), values)  # noqa: S608
        return [BoxKindRef(**row) for row in rows.mappings()]

    async def insert_kind(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, BoxKind, [row])

    async def update_kind(self, kind_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE box_kind SET {sets} WHERE id = :kind_id"),  # noqa: S608 -- column names of the callers
            {**values, "kind_id": kind_id},
        )

    async def insert_weighing(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, Weighing, [row])

    async def insert_print(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, PaperPrint, [row])
