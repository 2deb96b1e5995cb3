"""Boxes as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class ActRow(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did with a tray or box of an order."""

    code: str
    what: str
    sku: str
    quantity: int
    reason: str
    actor_name: str
    at: datetime


class WeighingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel on the scales."""

    parcel_id: UUID
    expected_g: int | None
    measured_g: int
    allowed_g: int | None
    outcome: str
    reason: str
    actor_name: str
    at: datetime


class PrintRow(msgspec.Struct, frozen=True, kw_only=True):
    """A paper that was printed."""

    what: str
    copies: int
    actor_name: str
    at: datetime


class BoxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tray or box of an order, and what is in it, for the page of the order."""

    code: str
    kind: str
    state: str
    weight_g: int | None
    content: str


async def acts_of(session: AsyncSession, order_id: UUID, *, limit: int = 100) -> list[ActRow]:
    """Return what was done with the trays and boxes of an order, the last first."""
    rows = await session.execute(
        text(
            "SELECT code, what, sku, quantity, reason, actor_name, at FROM container_act"
            " WHERE order_id = :id ORDER BY id DESC LIMIT :limit"
        ),
        {"id": order_id, "limit": limit},
    )
    return [ActRow(**row) for row in rows.mappings()]


async def weighings_of(session: AsyncSession, order_id: UUID) -> list[WeighingRow]:
    """Return what the scales said about the parcels of an order, the last first."""
    rows = await session.execute(
        text(
            "SELECT parcel_id, expected_g, measured_g, allowed_g, outcome, reason, actor_name, at FROM weighing"
            " WHERE order_id = :id ORDER BY id DESC LIMIT 100"
        ),
        {"id": order_id},
    )
    return [WeighingRow(**row) for row in rows.mappings()]


async def prints_of(session: AsyncSession, order_id: UUID) -> list[PrintRow]:
    """Return the papers of an order that were printed, the last first."""
    rows = await session.execute(
        text("SELECT what, copies, actor_name, at FROM paper_print WHERE order_id = :id ORDER BY id DESC LIMIT 100"),
        {"id": order_id},
    )
    return [PrintRow(**row) for row in rows.mappings()]


async def boxes_of(session: AsyncSession, order_id: UUID) -> list[BoxRow]:
    """Return the boxes and trays in which goods of an order lie, or left, and what is in them."""
    rows = await session.execute(
        text(
            """
            SELECT c.code, c.kind, c.state, c.weight_g,
                string_agg(l.quantity || ' × ' || l.sku, ', ' ORDER BY l.sku) AS content
            FROM container c JOIN container_line l ON l.container_id = c.id
            WHERE l.order_id = :id GROUP BY c.id ORDER BY c.id LIMIT 200
            """
        ),
        {"id": order_id},
    )
    return [BoxRow(**row) for row in rows.mappings()]
