"""Builders of what inventory tests start from.  Every argument has a default; a test names only what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.service import InventoryService, ReservationRequest
from entrepot.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Building:
    """A warehouse with two shelves and its staging location."""

    id: UUID
    shelf: UUID
    rack: UUID
    staging: UUID
    receiving: UUID


async def add_product(session: AsyncSession, seller_id: UUID, sku: str = "", *, buffer: int = 0) -> ProductRef:
    product_id = new_id()
    await session.execute(
        text("INSERT INTO product (id, seller_id, sku, title, buffer) VALUES (:id, :seller, :sku, :sku, :buffer)"),
        {"id": product_id, "seller": seller_id, "sku": sku or f"SKU-{product_id}", "buffer": buffer},
    )
    return (await CatalogService(session).products([product_id]))[product_id]


async def add_bundle(
    session: AsyncSession, seller_id: UUID, components: Mapping[UUID, int], sku: str = "", *, buffer: int = 0
) -> ProductRef:
    bundle_id = new_id()
    await session.execute(
        text(
            "INSERT INTO product (id, seller_id, sku, title, kind, buffer)"
            " VALUES (:id, :seller, :sku, 'A bundle', 'bundle', :buffer)"
        ),
        {"id": bundle_id, "seller": seller_id, "sku": sku or f"BUNDLE-{bundle_id}", "buffer": buffer},
    )
    for component_id, quantity in components.items():
        await session.execute(
            text(
                "INSERT INTO bundle_component (seller_id, bundle_id, component_id, quantity)"
                " VALUES (:seller, :bundle, :component, :quantity)"
            ),
            {"seller": seller_id, "bundle": bundle_id, "component": component_id, "quantity": quantity},
        )
    return (await CatalogService(session).products([bundle_id]))[bundle_id]


async def add_building(session: AsyncSession, seller_id: UUID, code: str = "MAIN") -> Building:
    stock = InventoryService(session)
    id_ = await stock.create_warehouse(seller_id, code, "Main building")
    return Building(
        id_,
        await stock.create_location(id_, LocationKind.SHELF, f"{code}-A-01"),
        await stock.create_location(id_, LocationKind.SHELF, f"{code}-B-02"),
        await stock.staging_location(id_),
        await stock.receiving_location(id_),
    )


def request_for(
    product: ProductRef,
    quantity: int = 1,
    *,
    order_id: UUID | None = None,
    order_line_id: UUID | None = None,
    warehouse_id: UUID | None = None,
) -> ReservationRequest:
    return ReservationRequest(
        order_id=order_id or new_id(),
        order_line_id=order_line_id or new_id(),
        seller_id=product.seller_id,
        product=product,
        quantity=quantity,
        warehouse_id=warehouse_id,
    )


async def numbers(session: AsyncSession, product_id: UUID) -> tuple[int, int, int]:
    """Return (on hand, reserved, available)."""
    found = (await InventoryService(session).availability([product_id]))[product_id]
    return found.on_hand, found.reserved, found.available


async def check_books(session: AsyncSession, seller_id: UUID) -> None:
    """Assert what must always be true: levels are the sums of ledger and reservations, and nothing is oversold."""
    wrong = await session.execute(
        text(
            """
            WITH moves AS (
                SELECT product_id, location_id, lot, sum(quantity) AS on_hand FROM stock_move WHERE seller_id = :seller
                GROUP BY 1, 2, 3
            ), promised AS (
                SELECT product_id, location_id, lot, sum(quantity) AS reserved FROM reservation WHERE seller_id = :seller
                GROUP BY 1, 2, 3
            ), levels AS (SELECT * FROM stock_level WHERE seller_id = :seller)
            SELECT product_id, location_id, lot, l.on_hand, m.on_hand, l.reserved, p.reserved
            FROM levels l FULL JOIN moves m USING (product_id, location_id, lot)
                FULL JOIN promised p USING (product_id, location_id, lot)
            WHERE coalesce(l.on_hand, 0) <> coalesce(m.on_hand, 0) OR coalesce(l.reserved, 0) <> coalesce(p.reserved, 0)
                OR l.on_hand < 0 OR l.reserved < 0 OR l.reserved > l.on_hand
            """
        ),
        {"seller": seller_id},
    )
    assert [tuple(row) for row in wrong] == []
    wrong = await session.execute(
        text(
            """
            SELECT t.product_id, t.on_hand, t.reserved, t.available, l.* FROM stock_total t LEFT JOIN (
                SELECT s.product_id, sum(s.on_hand) AS on_hand, sum(s.reserved) AS reserved,
                    sum(s.on_hand - s.reserved) FILTER (WHERE l.pickable AND coalesce(b.sellable, true)) AS available
                FROM stock_level s JOIN location l ON l.id = s.location_id
                    LEFT JOIN lot b ON b.product_id = s.product_id AND b.code = s.lot GROUP BY 1
            ) l ON l.product_id = t.product_id
            WHERE t.seller_id = :seller AND (t.on_hand <> coalesce(l.on_hand, 0)
                OR t.reserved <> coalesce(l.reserved, 0) OR t.available <> coalesce(l.available, 0))
            """
        ),
        {"seller": seller_id},
    )
    assert [tuple(row) for row in wrong] == []
