"""What operations puts on the page of an order: the calls about it, and what the channel sent."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.operations.pages.calls import about_order
from entrepot.operations.views import list_calls
from entrepot.orders.extension import Panel, add_panel
from entrepot.orders.refs import OrderRef

SHOWN = 5


async def calls_about(session: AsyncSession, order: OrderRef) -> dict[str, Any]:
    """Return what the panel shows beside the documents, which the page has."""
    found = await list_calls(session, await about_order(session, order), limit=SHOWN + 1)
    return {"calls": found[:SHOWN], "more_calls": len(found) > SHOWN}


def register() -> None:
    """Show the panel to those who see channel accounts."""
    add_panel(Panel(template="operations/_order_panel.html", context=calls_about, right=Right.CHANNELS_READ))
