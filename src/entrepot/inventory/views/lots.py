"""Lots as pages and programs read them."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.sql import text


class LotView(msgspec.Struct, frozen=True, kw_only=True):
    """A lot, and how much of it there is."""

    id: UUID
    product_id: UUID
    sku: str
    title: str
    code: str
    expires_on: date | None
    days_left: int | None
    """Days until the last one on which it may be sold; negative once that is over."""
    status: str
    sellable: bool
    reason: str
    note: str
    created_at: datetime
    on_hand: int
    reserved: int

    @property
    def state(self) -> str:
        """Return ``quarantined``, ``expired`` or ``ok``."""
        if self.status == "quarantined":
            return "quarantined"
        return "expired" if self.days_left is not None and self.days_left < 0 else "ok"


class LotEventView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a lot, and why."""

    kind: str
    reason: str
    detail: str
    actor_name: str
    occurred_at: datetime


class LotAlerts(msgspec.Struct, frozen=True):
    """How many lots with goods in stock need somebody."""

    expiring: int
    expired: int
    quarantined: int


_LOT = """
    SELECT b.id, b.product_id, p.sku, p.title, b.code, b.expires_on, b.expires_on - CAST(:today AS date) AS days_left,
        b.status, b.sellable, b.reason, b.note, b.created_at, coalesce(s.on_hand, 0) AS on_hand,
        coalesce(s.reserved, 0) AS reserved
    FROM lot b JOIN product p ON p.id = b.product_id
    LEFT JOIN LATERAL (
        SELECT sum(v.on_hand)::int AS on_hand, sum(v.reserved)::int AS reserved FROM stock_level v
        WHERE v.seller_id = b.seller_id AND v.product_id = b.product_id AND v.lot = b.code
    ) s ON true
"""
_SHOWN = {
    "expiring": " AND b.expires_on BETWEEN CAST(:today AS date) AND CAST(:today AS date) + CAST(:days AS int)"
    " AND s.on_hand > 0",
    "expired": " AND b.expires_on < CAST(:today AS date) AND s.on_hand > 0",
    "quarantined": " AND b.status = 'quarantined'",
    "in_stock": " AND s.on_hand > 0",
}


async def lots(
    session: AsyncSession,
    *,
    query: str = "",
    show: str = "",
    days: int = 30,
    product_id: UUID | None = None,
    lot_id: UUID | None = None,
    after: tuple[str, str, UUID] | None = None,
    limit: int = 50,
) -> list[LotView]:
    """Return lots, what expires first in front and what never does at the end.

    Args:
        session: the transaction.
        query: part of the lot, the SKU, the title or the GTIN.
        show: ``expiring`` (within *days*, with stock), ``expired`` (with stock), ``quarantined``, ``in_stock`` or all.
        days: what counts as soon.
        product_id: only lots of this product.
        lot_id: only this one.
        after: date (ISO; ``infinity`` for none), lot and id of the last row seen.
        limit: most rows.
    """
    values: dict[str, object] = {"today": now().date(), "limit": limit}
    where = _SHOWN.get(show, "")
    if show == "expiring":
        values["days"] = days
    if query.strip():
        escaped = query.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        where += " AND (lower(b.code) LIKE :pattern OR p.search_text LIKE :pattern)"
        values["pattern"] = f"%{escaped}%"
    if product_id is not None:
        where += " AND b.product_id = :product"
        values["product"] = product_id
    if lot_id is not None:
        where += " AND b.id = :lot"
        values["lot"] = lot_id
    if after is not None:
        where += (
            " AND (coalesce(b.expires_on, 'infinity'), b.code, b.id) > (CAST(CAST(:day AS text) AS date), :code, :id)"
        )
        values |= {"day": after[0], "code": after[1], "id": after[2]}
    rows = await session.execute(
        text(_LOT + f" WHERE true {where} ORDER BY coalesce(b.expires_on, 'infinity'), b.code, b.id LIMIT :limit"),
        values,
    )
    return [LotView(**row) for row in rows.mappings()]


async def lot_events(session: AsyncSession, lot_id: UUID) -> list[LotEventView]:
    """Return the history of a lot, newest first."""
    rows = await session.execute(
        text(
            "SELECT kind, reason, detail, actor_name, occurred_at FROM lot_event WHERE lot_id = :id"
            " ORDER BY id DESC LIMIT 200"
        ),
        {"id": lot_id},
    )
    return [LotEventView(**row) for row in rows.mappings()]


async def lot_alerts(session: AsyncSession, *, days: int = 30, seller_id: UUID | None = None) -> LotAlerts:
    """Return how many lots with stock expire within *days*, are expired, or are quarantined."""
    rows = await session.execute(
        text(
            """
            SELECT count(*) FILTER (WHERE b.expires_on BETWEEN CAST(:today AS date) AND CAST(:today AS date) + CAST(:days AS int)),
                count(*) FILTER (WHERE b.expires_on < CAST(:today AS date)),
                count(*) FILTER (WHERE b.status = 'quarantined')
            FROM lot b
            WHERE (b.status = 'quarantined' OR b.expires_on <= CAST(:today AS date) + CAST(:days AS int))
                AND (CAST(:seller AS uuid) IS NULL OR b.seller_id = :seller)
                AND EXISTS (
                    SELECT 1 FROM stock_level v WHERE v.seller_id = b.seller_id AND v.product_id = b.product_id
                        AND v.lot = b.code AND v.on_hand > 0
                )
            """
        ),
        {"today": now().date(), "days": days, "seller": seller_id},
    )
    return LotAlerts(*rows.one())
