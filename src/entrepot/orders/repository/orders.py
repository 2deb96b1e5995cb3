"""Every SQL statement that changes orders, or reads them to decide."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many, insert_rows, insert_with_parts
from entrepot.kit.sql import text
from entrepot.orders.models import OrderLine, OrderNote, SalesOrder
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.status import EDITABLE, OrderStatus, origins

_ORDER_COLUMNS = ", ".join(f"o.{name}" for name in OrderRef.__struct_fields__ if name != "lines")
_LINE_COLUMNS = ", ".join(f"l.{name}" for name in OrderLineRef.__struct_fields__)
_LINE_FIELDS = OrderLineRef.__struct_fields__
_PLAIN_FIELDS = tuple(
    name for name in OrderRef.__struct_fields__ if name not in {"lines", "status", "attention", "tags"}
)


def read_line(row: RowMapping) -> OrderLineRef:
    """Build a line from a row with its columns."""
    return OrderLineRef(**{name: row[name] for name in _LINE_FIELDS})


def read_order(row: RowMapping, lines: Sequence[OrderLineRef] = ()) -> OrderRef:
    """Build an order from a row with its columns."""
    return OrderRef(
        **{name: row[name] for name in _PLAIN_FIELDS},
        status=OrderStatus(row["status"]),
        attention=tuple(row["attention"]),
        tags=tuple(row["tags"]),
        lines=tuple(lines),
    )


def _these(ids: Sequence[UUID]) -> str:
    """Return the condition for these ids: PostgreSQL keeps its plan for one, and plans for a list anew each time."""
    return "= :ids" if len(ids) == 1 else "= ANY(:ids)"


_ADD_SHIPPED = (
    "UPDATE order_line l SET quantity_shipped = least(l.quantity_shipped + n.units, l.quantity - l.quantity_cancelled)"
    " FROM json_to_recordset(:shipped) AS n(id uuid, units int) WHERE l.id = n.id"
)


def _shipped(quantities: Mapping[UUID, int]) -> dict[str, str]:
    return {"shipped": msgspec.json.encode([{"id": id_, "units": units} for id_, units in quantities.items()]).decode()}


class OrderRepository:
    """Orders within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def load(self, order_ids: Collection[UUID], *, lock: bool = False, lines: bool = True) -> list[OrderRef]:
        """Return orders with their *lines*, oldest first.  Locks are taken in the order of the ids."""
        ids = list(order_ids)
        if not ids:
            return []
        suffix = "ORDER BY o.id FOR UPDATE" if lock else ""
        rows = await self._session.execute(
            text(f"SELECT {_ORDER_COLUMNS} FROM sales_order o WHERE o.id {_these(ids)} {suffix}"),  # noqa: S608
            {"ids": ids[0] if len(ids) == 1 else ids},
        )
        found = list(rows.mappings())
        lines_of = await self._lines(ids) if lines else {}
        orders = [read_order(row, lines_of.get(row["id"], ())) for row in found]
        return sorted(orders, key=lambda order: (order.placed_at, order.id))

    async def _lines(self, order_ids: list[UUID]) -> dict[UUID, list[OrderLineRef]]:
        rows = await self._session.execute(
            text(
                f"SELECT l.order_id, {_LINE_COLUMNS} FROM order_line l"  # noqa: S608
                f" WHERE l.order_id {_these(order_ids)} ORDER BY l.order_id, l.position"
            ),
            {"ids": order_ids[0] if len(order_ids) == 1 else order_ids},
        )
        lines: defaultdict[UUID, list[OrderLineRef]] = defaultdict(list)
        for row in rows.mappings():
            lines[row["order_id"]].append(read_line(row))
        return lines

    async def add_shipped(self, quantities: Mapping[UUID, int]) -> None:
        """Count units of lines as shipped, never more than were to be sent."""
        await self._session.execute(text(_ADD_SHIPPED), _shipped(quantities))

    async def known(self, account_id: UUID, channel_order_ids: Collection[str]) -> dict[str, tuple[UUID, str | None]]:
        """Return id and fingerprint of those orders of an account that we have."""
        rows = await self._session.execute(
            text(
                "SELECT channel_order_id, id, fingerprint FROM sales_order"
                " WHERE channel_account_id = :account AND channel_order_id = ANY(:ids)"
            ),
            {"account": account_id, "ids": list(channel_order_ids)},
        )
        return {row.channel_order_id: (row.id, row.fingerprint) for row in rows}

    async def seen_currencies(self, account_id: UUID, currencies: Collection[str]) -> tuple[set[str], bool]:
        """Return in which of *currencies* the account had accepted orders, and whether it had any orders at all."""
        rows = await self._session.execute(
            text(
                """
                SELECT c, EXISTS (
                    SELECT 1 FROM sales_order o
                    WHERE o.channel_account_id = :account AND o.currency = c AND NOT o.attention ? 'new_currency'
                ) AS seen, EXISTS (SELECT 1 FROM sales_order o WHERE o.channel_account_id = :account) AS any_orders
                FROM unnest(CAST(:currencies AS text[])) AS c
                """
            ),
            {"account": account_id, "currencies": sorted(currencies)},
        )
        found = rows.all()
        return {row.c for row in found if row.seen}, any(row.any_orders for row in found)

    async def manual_numbers(self, count: int) -> list[int]:
        """Take numbers for orders entered here."""
        if count == 1:  # PostgreSQL keeps the plan of this one, and plans for a count anew each time
            return [(await self._session.execute(text("SELECT nextval('order_number_seq')"))).scalar_one()]
        every = text("SELECT nextval('order_number_seq') FROM generate_series(1, :count)")
        return list((await self._session.execute(every, {"count": count})).scalars())

    async def insert_orders(self, rows: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """Store new orders with their lines; those that another transaction stored first are left out."""
        return await self._insert(rows, lines, "ON CONFLICT (channel_account_id, channel_order_id) DO NOTHING")

    async def insert_manual(self, rows: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """Store orders entered here with their lines; those whose number is taken are left out."""
        return await self._insert(
            rows, lines, "ON CONFLICT (seller_id, number) WHERE channel_account_id IS NULL DO NOTHING"
        )

    async def _insert(
        self, rows: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]], conflict: str
    ) -> set[UUID]:
        if not lines:
            return {
                row.id for row in await insert_many(self._session, SalesOrder, rows, suffix=f"{conflict} RETURNING id")
            }
        return await insert_with_parts(
            self._session, SalesOrder, rows, OrderLine, lines, link="order_id", conflict=conflict
        )

    async def manual_taken(self, seller_id: UUID, numbers: Collection[str]) -> set[str]:
        """Return those of *numbers* that orders entered here have."""
        rows = await self._session.execute(
            text(
                "SELECT number FROM sales_order"
                " WHERE seller_id = :seller AND number = ANY(:numbers) AND channel_account_id IS NULL"
            ),
            {"seller": seller_id, "numbers": list(numbers)},
        )
        return set(rows.scalars())

    async def insert_lines(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_many(self._session, OrderLine, rows)

    async def insert_note(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, OrderNote, [row])

    async def update_order(self, order_id: UUID, values: Mapping[str, Any]) -> None:
        """Change columns of one order (locked by the caller) and count the change."""
        documents = {"attention", "tags", "shipping_address", "billing_address", "channel_address"}
        sets = ", ".join(
            f"{name} = CAST(:{name} AS jsonb)" if name in documents else f"{name} = :{name}" for name in values
        )
        bound = {
            name: msgspec.json.encode(value).decode() if name in documents and value is not None else value
            for name, value in values.items()
        }
        await self._session.execute(
            text(
                f"UPDATE sales_order SET {sets}{',' if sets else ''} version = version + 1, changed_at = now()"  # noqa: S608
                " WHERE id = :order_id"
            ),
            {**bound, "order_id": order_id},
        )

    async def update_lines(self, lines: Sequence[OrderLineRef]) -> None:
        """Write what can change of lines: quantities, product, reservation."""
        if not lines:
            return
        await self._session.execute(
            text(
                """
                UPDATE order_line l SET quantity = n.quantity, quantity_cancelled = n.cancelled,
                    quantity_shipped = n.shipped, product_id = n.product_id, reserved = n.reserved
                FROM unnest(CAST(:ids AS uuid[]), CAST(:quantities AS int[]), CAST(:cancelled AS int[]),
                    CAST(:shipped AS int[]), CAST(:products AS uuid[]), CAST(:reserved AS boolean[]))
                    AS n(id, quantity, cancelled, shipped, product_id, reserved)
                WHERE l.id = n.id
                """
            ),
            {
                "ids": [line.id for line in lines],
                "quantities": [line.quantity for line in lines],
                "cancelled": [line.quantity_cancelled for line in lines],
                "shipped": [line.quantity_shipped for line in lines],
                "products": [line.product_id for line in lines],
                "reserved": [line.reserved for line in lines],
            },
        )

    async def update_price(self, line_id: UUID, unit_price: Decimal) -> None:
        await self._session.execute(
            text("UPDATE order_line SET unit_price = :unit_price WHERE id = :line_id"),
            {"line_id": line_id, "unit_price": unit_price},
        )

    async def set_hold(self, order_ids: Collection[UUID], reason: str | None, at: datetime | None) -> None:
        """Hold orders, or let them go with None."""
        if not order_ids:
            return
        await self._session.execute(
            text(
                "UPDATE sales_order SET hold_reason = :reason, held_at = :at, version = version + 1, changed_at = now()"
                " WHERE id = ANY(:ids)"
            ),
            {"ids": list(order_ids), "reason": reason, "at": at},
        )

    async def move(self, order_ids: Collection[UUID], to: OrderStatus) -> dict[UUID, OrderStatus]:
        """Move those orders that may go to *to* from where they are; return where each came from."""
        rows = await self._session.execute(
            text(
                """
                WITH before AS (
                    SELECT id, status FROM sales_order WHERE id = ANY(:ids) AND status = ANY(:origins)
                    ORDER BY id FOR UPDATE
                )
                UPDATE sales_order o SET status = :to, version = version + 1, changed_at = now()
                FROM before b WHERE o.id = b.id AND o.status = b.status
                RETURNING o.id, b.status AS origin
                """
            ),
            {"ids": list(order_ids), "origins": [str(status) for status in origins(to)], "to": str(to)},
        )
        return {row.id: OrderStatus(row.origin) for row in rows}

    async def put(
        self, order_ids: Collection[UUID], to: OrderStatus, shipped: Mapping[UUID, int] | None = None
    ) -> None:
        """Move orders that the caller has locked and found free to go there; *shipped*: as :meth:`add_shipped`."""
        ids = list(order_ids)
        before = f"WITH shipped AS ({_ADD_SHIPPED}) " if shipped else ""
        update = "UPDATE sales_order SET status = :to, version = version + 1, changed_at = now()"
        await self._session.execute(
            text(f"{before}{update} WHERE id {_these(ids)}"),
            {"ids": ids[0] if len(ids) == 1 else ids, "to": str(to), **(_shipped(shipped) if shipped else {})},
        )

    async def write_attention(self, attention: Mapping[UUID, Sequence[str]]) -> None:
        """Replace the reasons for attention of several orders."""
        if not attention:
            return
        await self._session.execute(
            text(
                """
                UPDATE sales_order o SET attention = n.attention::jsonb, version = version + 1, changed_at = now()
                FROM unnest(CAST(:ids AS uuid[]), CAST(:attention AS text[])) AS n(id, attention) WHERE o.id = n.id
                """
            ),
            {
                "ids": list(attention),
                "attention": [msgspec.json.encode(sorted(reasons)).decode() for reasons in attention.values()],
            },
        )

    async def add_search_words(self, order_id: UUID, words: str) -> None:
        await self._session.execute(
            text(
                "UPDATE sales_order SET search_text = search_text || ' ' || :words"
                " WHERE id = :order_id AND position(:words IN search_text) = 0"
            ),
            {"order_id": order_id, "words": words},
        )

    async def waiting_products(self, seller_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """Return the products that open lines of these sellers wait for, per seller."""
        rows = await self._session.execute(
            text(
                """
                SELECT DISTINCT seller_id, product_id FROM order_line
                WHERE seller_id = ANY(:sellers) AND NOT reserved AND product_id IS NOT NULL
                    AND fulfilment = 'seller' AND quantity > quantity_cancelled + quantity_shipped
                """
            ),
            {"sellers": list(seller_ids)},
        )
        found: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for row in rows:
            found[row.seller_id].add(row.product_id)
        return found

    async def orders_waiting_for(self, product_ids: Collection[UUID], limit: int) -> list[UUID]:
        """Return orders nobody works on with lines that wait for these products, the oldest first."""
        rows = await self._session.execute(
            text(
                """
                SELECT o.id FROM sales_order o
                WHERE o.status = ANY(:editable) AND o.id IN (
                    SELECT order_id FROM order_line WHERE product_id = ANY(:products) AND NOT reserved
                        AND fulfilment = 'seller' AND quantity > quantity_cancelled + quantity_shipped
                )
                ORDER BY o.placed_at, o.id LIMIT :limit
                """
            ),
            {"products": list(product_ids), "editable": sorted(EDITABLE), "limit": limit},
        )
        return list(rows.scalars())

    async def unknown_lines(self, seller_id: UUID, skus: Collection[str], gtins: Collection[str]) -> list[UUID]:
        """Return the orders with lines whose product was unknown and has one of these SKUs or GTINs."""
        rows = await self._session.execute(
            text(
                """
                SELECT DISTINCT order_id FROM order_line
                WHERE seller_id = :seller AND product_id IS NULL AND (sku = ANY(:skus) OR gtin = ANY(:gtins))
                """
            ),
            {"seller": seller_id, "skus": list(skus), "gtins": [gtin for gtin in gtins if gtin]},
        )
        return list(rows.scalars())

    async def to_hand_over(
        self, account_id: UUID, erp_account_id: UUID, blocking: Sequence[str], limit: int
    ) -> list[UUID]:
        """Return orders that wait for nothing but the ERP, the oldest first."""
        rows = await self._session.execute(
            text(
                """
                SELECT o.id FROM sales_order o
                WHERE o.channel_account_id = :account AND o.erp_account_id = :erp AND o.status = 'pending'
                    AND o.held_at IS NULL AND NOT jsonb_exists_any(o.attention, CAST(:blocking AS text[]))
                    AND EXISTS (
                        SELECT 1 FROM order_line l WHERE l.order_id = o.id AND l.fulfilment = 'erp'
                            AND l.quantity > l.quantity_cancelled + l.quantity_shipped
                    )
                ORDER BY o.placed_at, o.id LIMIT :limit
                """
            ),
            {"account": account_id, "erp": erp_account_id, "blocking": list(blocking), "limit": limit},
        )
        return list(rows.scalars())

    async def with_erp(
        self, account_id: UUID, erp_account_id: UUID, after: UUID | None, limit: int
    ) -> list[tuple[UUID, str]]:
        """Return id and number of orders that an ERP has, by id."""
        rows = await self._session.execute(
            text(
                """
                SELECT id, number FROM sales_order
                WHERE channel_account_id = :account AND erp_account_id = :erp AND status = 'handed_over'
                    AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
                ORDER BY id LIMIT :limit
                """
            ),
            {"account": account_id, "erp": erp_account_id, "after": after, "limit": limit},
        )
        return [(row.id, row.number) for row in rows]

    async def meant_for_another_erp(self, account_id: UUID, erp_account_id: UUID | None, limit: int) -> list[UUID]:
        """Return orders that no ERP has yet and that are meant for another one than this."""
        rows = await self._session.execute(
            text(
                """
                SELECT id FROM sales_order
                WHERE channel_account_id = :account AND erp_account_id IS NOT NULL AND status = 'pending'
                    AND erp_account_id IS DISTINCT FROM CAST(:erp AS uuid)
                ORDER BY id LIMIT :limit
                """
            ),
            {"account": account_id, "erp": erp_account_id, "limit": limit},
        )
        return list(rows.scalars())

    async def mean_for_erp(self, order_ids: Sequence[UUID], erp_account_id: UUID | None) -> None:
        """Change which ERP orders are meant for; with None they are ours."""
        await self._session.execute(
            text(
                "UPDATE sales_order SET erp_account_id = :erp, version = version + 1, changed_at = now()"
                " WHERE id = ANY(:ids)"
            ),
            {"ids": list(order_ids), "erp": erp_account_id},
        )
        if erp_account_id is None:
            await self._session.execute(
                text("UPDATE order_line SET fulfilment = 'seller' WHERE order_id = ANY(:ids) AND fulfilment = 'erp'"),
                {"ids": list(order_ids)},
            )
