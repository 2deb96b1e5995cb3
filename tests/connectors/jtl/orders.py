"""Orders to hand over."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from entrepot.erp.contract import ErpAddress, ErpOrder, ErpOrderLine

ERIKA = ErpAddress(
    first_name="Erika",
    last_name="Mustermann",
    street="Musterstr.",
    house_number="1",
    postcode="10115",
    city="Berlin",
    country="DE",
    email="kunde@example.invalid",
)


def line(sku: str = "SKU-1", **values: Any) -> ErpOrderLine:  # noqa: ANN401 -- passed on
    usual: dict[str, Any] = {
        "line_id": "1",
        "title": "Beispielartikel",
        "quantity": 1,
        "unit_price": Decimal("19.99"),
        "tax_rate": Decimal(19),
    }
    return ErpOrderLine(sku=sku, **(usual | values))


def order(reference: str = "BOL-A2K8290LP8", *lines: ErpOrderLine, **values: Any) -> ErpOrder:  # noqa: ANN401 -- passed on
    """The order of the example in the specifications."""
    usual: dict[str, Any] = {
        "channel": "bol",
        "channel_order_id": "A2K8290LP8",
        "placed_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
        "currency": "EUR",
        "language": "de",
        "ship_to": ERIKA,
        "shipping_price": Decimal("4.95"),
        "payment_method": "bol.com",
    }
    return ErpOrder(reference=reference, lines=lines or (line(),), **(usual | values))
