"""What becomes of invoices: each ends as an order, as nothing new, or before a person."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.orders.invoices.refs import Result, SourceRef, Taken
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.service import OrderService, OrderStatus
from tests.orders.factories import World, add_product, make_world

pytestmark = pytest.mark.anyio


def invoice(number: str = "INV-0001", *lines: tuple[str, int], **rest: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field
    customer = {"number": "C7", "name": "Bakkerij Jansen", "area": "North", "route": "12", "street": "Dam 1",
                "postcode": "1012 JS", "city": "Amsterdam", "country": "NL"}  # fmt: skip
    return {
        "number": number,
        "date": "2026-11-20",
        "salesman": "Eva",
        "priority": 5,
        "remarks": "ring twice",
        "customer": customer,
        "lines": [
            {"code": code, "quantity": quantity, "price": "9.95", "shelf": "A-01", "lot": "L7", "packing": "box of 6"}
            for code, quantity in (lines or (("MUG-BLUE", 2),))
        ],
    } | rest


class Erp:
    """A program that sends invoices."""

    def __init__(self, session: AsyncSession, world: World, source: SourceRef) -> None:
        self.session = session
        self.world = world
        self.source = source
        self.service = InvoiceService(session)
        self.orders = OrderService(session)

    async def send(self, *raws: object) -> list[Taken]:
        return await self.service.take(self.source, raws, origin="api")

    async def send_one(self, raw: object) -> Taken:
        return (await self.send(raw))[0]


@pytest.fixture
async def erp(session: AsyncSession, seller: SellerRef) -> Erp:
    world = await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 5)])
    source = await InvoiceService(session).make_source(seller.id, "erp", "The ERP")
    return Erp(session, world, source)


async def test_an_invoice_becomes_an_order_once(erp: Erp) -> None:
    first = await erp.send_one(invoice())
    assert (first.result, first.order_number, first.problems) == (Result.CREATED, "INV-0001", ())
    assert first.order_id is not None
    order = await erp.orders.order(first.order_id)
    assert (order.status, order.unit_count, order.total) == (OrderStatus.RESERVED, 2, order.goods_total)
    again = await erp.send_one(invoice(remarks=" ring twice ", priority="5"))
    assert (again.result, again.order_id) == (Result.UNCHANGED, first.order_id)
    priority = await erp.session.execute(text("SELECT priority FROM sales_order WHERE id = :id"), {"id": order.id})
    assert priority.scalar_one() == 5
