"""The order that an invoice asks for."""

from datetime import UTC, datetime, time

from entrepot.kit.clock import now
from entrepot.orders.creating import NewLine, NewOrder
from entrepot.orders.invoices.refs import SourceRef
from entrepot.orders.invoices.storing import Item


def order_of(item: Item, number: str, source: SourceRef) -> NewOrder:
    """Return the order that an invoice asks for."""
    draft = item.draft_or_raise
    placed = None
    if draft.invoiced_on is not None and draft.invoiced_on < now().date():
        placed = datetime.combine(draft.invoiced_on, time(12), UTC)
    return NewOrder(
        number=number,
        lines=tuple(
            NewLine(
                sku=product.sku,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                title=line.name or product.title,
            )
            for line, product in item.goods
        ),
        ship_to=draft.ship_to,
        bill_to=draft.bill_to,
        currency=draft.currency,
        buyer_reference=draft.reference,
        placed_at=placed,
        ship_by=draft.ship_by,
        shipping_total=draft.shipping_total,
        warehouse_id=source.warehouse_id,
        priority=draft.priority,
    )
