"""What invoices put on the page of an order."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.orders.extension import Panel, add_panel
from entrepot.orders.invoices import views
from entrepot.orders.invoices.refs import STATE_LABELS
from entrepot.orders.refs import OrderRef


async def invoices_of(session: AsyncSession, order: OrderRef) -> dict[str, Any]:
    """Return what the panel of an order's invoices shows."""
    found = await views.of_order(session, order.id) if order.channel_account_id is None else []
    return {
        "invoices": found,
        "invoice_states": STATE_LABELS,
        "wishes": await views.wishes(session, [order.id]) if found else [],
    }


def register() -> None:
    """Show an order's invoice on its page."""
    add_panel(Panel(template="orders/invoices/_order_panel.html", context=invoices_of, right=Right.ORDERS_READ))
