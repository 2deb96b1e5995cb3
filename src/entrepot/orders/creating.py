"""Orders entered here: by hand, by a program, from a file.  Many in a few statements."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.contract import PostalAddress
from entrepot.inventory.service import InventoryService, ReservationRequest
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.outbox import Event
from entrepot.kit.text import N_
from entrepot.orders.domain import MANUAL_PREFIX, Attention, is_blocked, is_complete, line_total, search_text
from entrepot.orders.errors import ReferenceTakenError
from entrepot.orders.events import OrderCreated
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import find_products
from entrepot.orders.status import settled

MOST_MONEY = 100_000_000


def check_amounts(**amounts: Decimal) -> None:
    """Refuse what the tables cannot hold (msgspec has no bounds for Decimal)."""
    for name, amount in amounts.items():
        if not amount.is_finite() or not 0 <= amount < MOST_MONEY:
            msg = f"{name} must be at least 0 and below {MOST_MONEY}"
            raise ValueError(msg)


class NewLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer wants."""

    sku: Annotated[str, Meta(min_length=1, max_length=120)]
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]
    unit_price: Decimal = Decimal(0)
    """Tax included."""
    title: Annotated[str, Meta(max_length=500)] = ""
    """Empty: the product's."""
    discount: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        check_amounts(unit_price=self.unit_price, discount=self.discount)


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as a person or a program enters it."""

    lines: Annotated[tuple[NewLine, ...], Meta(min_length=1, max_length=1000)]
    ship_to: PostalAddress
    bill_to: PostalAddress | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    number: Annotated[str, Meta(max_length=60)] = ""
    """Ours; empty: the next one."""
    buyer_reference: Annotated[str, Meta(max_length=120)] = ""
    """The buyer's own order number."""
    placed_at: Annotated[datetime, Meta(tz=True)] | None = None
    """None: now."""
    ship_by: Annotated[datetime, Meta(tz=True)] | None = None
    shipping_total: Decimal = Decimal(0)
    tags: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    warehouse_id: UUID | None = None
    priority: Annotated[int, Meta(ge=0, le=9)] = 0
    """How urgent it is on the floor: 0 not at all, 9 at once."""

    def __post_init__(self) -> None:
        check_amounts(shipping_total=self.shipping_total)


class CreatedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored."""

    id: UUID
    number: str
    status: str
    attention: tuple[str, ...]


class OrderCreation:
    """Stores new orders of one seller."""

    def __init__(self, session: AsyncSession, seller_id: UUID) -> None:
        self._session = session
        self._seller_id = seller_id
        self._orders = OrderRepository(session)

    async def create(self, orders: Sequence[NewOrder]) -> list["CreatedOrder"]:
        """Store *orders* and reserve their stock; an unknown SKU is kept and needs attention.

        Raises:
            InvalidInputError: a currency does not exist.
            ReferenceTakenError: a number is in use; nothing was stored.
        """
        for order in orders:
            if order.currency not in CURRENCIES:
                raise InvalidInputError(
                    {"currency": N_("There is no such currency. Use the three letters of ISO 4217, such as EUR.")}
                )
        products = await find_products(
            CatalogService(self._session), self._seller_id, ((line.sku, "") for order in orders for line in order.lines)
        )
        numbers = iter(await self._orders.manual_numbers(sum(1 for order in orders if not order.number)))
        requests: list[ReservationRequest] = []
        drafts = [
            self._draft(order, order.number or f"{MANUAL_PREFIX}{next(numbers)}", products, requests)
            for order in orders
        ]
        reserved = {
            outcome.order_line_id
            for outcome in await InventoryService(self._session).reserve(requests)
            if outcome.reserved
        }
        for row, lines in drafts:
            _settle(row, lines, reserved)
        stored = await self._orders.insert_manual(
            [row for row, _ in drafts], [line for _, lines in drafts for line in lines]
        )
        for row, _ in drafts:
            if row["id"] not in stored:
                raise ReferenceTakenError(number=row["number"])
        events: list[Event] = [
            OrderCreated(
                seller_id=self._seller_id,
                subject_id=row["id"],
                number=row["number"],
                status=row["status"],
                lines=row["line_count"],
                units=row["unit_count"],
                attention=tuple(row["attention"]),
            )
            for row, _ in drafts
        ]
        await outbox.record_last(self._session, *events)
        return [
            CreatedOrder(id=row["id"], number=row["number"], status=row["status"], attention=tuple(row["attention"]))
            for row, _ in drafts
        ]

    def _draft(
        self,
        order: NewOrder,
        number: str,
        products: dict[tuple[str, str], ProductRef],
        requests: list[ReservationRequest],
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        order_id = new_id()
        attention: set[str] = set() if is_complete(order.ship_to) else {Attention.ADDRESS_INCOMPLETE}
        lines: list[dict[str, Any]] = []
        for position, line in enumerate(order.lines, 1):
            product = products.get((line.sku, ""))
            row = new_line_row(line, order_id, self._seller_id, position, product)
            lines.append(row)
            if product is None:
                attention.add(Attention.UNKNOWN_SKU)
                continue
            requests.append(
                ReservationRequest(
                    order_id=order_id,
                    order_line_id=row["id"],
                    seller_id=self._seller_id,
                    product=product,
                    quantity=line.quantity,
                    warehouse_id=order.warehouse_id,
                )
            )
        goods = sum(
            (line_total(line.quantity, line.unit_price, line.discount, order.currency) for line in order.lines),
            Decimal(0),
        )
        row = {
            "id": order_id,
            "seller_id": self._seller_id,
            "number": number,
            "status": "",
            "attention": sorted(map(str, attention)),
            "placed_at": order.placed_at or now(),
            "ship_by": order.ship_by,
            "currency": order.currency,
            "goods_total": goods,
            "shipping_total": order.shipping_total,
            "total": goods + order.shipping_total,
            "line_count": len(lines),
            "unit_count": sum(line.quantity for line in order.lines),
            "customer_name": (order.bill_to or order.ship_to).name or order.ship_to.name,
            "customer_email": order.ship_to.email,
            "customer_phone": order.ship_to.phone,
            "shipping_address": order.ship_to,
            "billing_address": order.bill_to,
            "ship_name": order.ship_to.name,
            "ship_postcode": order.ship_to.postcode,
            "ship_country": order.ship_to.country,
            "buyer_reference": order.buyer_reference,
            "language": "",
            "pick_up_point": False,
            "warehouse_id": order.warehouse_id,
            "priority": order.priority,
            "tags": sorted(set(order.tags)),
            "search_text": search_text(number, order.ship_to, order.bill_to, order.buyer_reference),
        }
        return row, lines


def new_line_row(
    line: NewLine, order_id: UUID, seller_id: UUID, position: int, product: ProductRef | None
) -> dict[str, Any]:
    """Return the row of a line entered here."""
    return {
        "id": new_id(),
        "seller_id": seller_id,
        "order_id": order_id,
        "position": position,
        "product_id": product.id if product is not None else None,
        "sku": line.sku,
        "gtin": (product.gtin if product is not None else None) or "",
        "title": line.title or (product.title if product is not None else line.sku),
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "discount": line.discount,
        "fulfilment": "seller",
        "reserved": False,
    }


def _settle(row: dict[str, Any], lines: list[dict[str, Any]], reserved: set[UUID]) -> None:
    for line in lines:
        line["reserved"] = line["id"] in reserved
    row["status"] = str(
        settled(
            has_goods_to_send=True,
            all_reserved=all(line["reserved"] for line in lines),
            blocked=is_blocked(row["attention"]),
            anything_left=True,
        )
    )
