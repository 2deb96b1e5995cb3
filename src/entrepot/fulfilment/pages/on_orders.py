"""What the floor puts on the pages of orders."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.fulfilment import resubmitting, views
from entrepot.fulfilment.boxing.views import boxes_of
from entrepot.fulfilment.checking.counting import Checking
from entrepot.fulfilment.checking.verdict import STATE_LABELS
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.pages import delivery, floor
from entrepot.kit.text import N_
from entrepot.orders.extension import BulkAction, Panel, add_bulk_action, add_panel, add_timeline_subjects
from entrepot.orders.refs import OrderRef


async def lists_of(session: AsyncSession, order_id: UUID) -> list[UUID]:
    """Return the pick lists whose changing hands belongs to an order's timeline."""
    return await views.lists_of(session, order_id)


async def floor_of(session: AsyncSession, order: OrderRef) -> dict[str, Any]:
    """Return what the panels of an order's way, delivery, boxes and shipments show."""
    known = await views.known_of(session, order.id)
    return {
        **await floor.way_of(session, order, known),
        **await delivery.delivery_of(session, order, known),
        "boxes": await boxes_of(session, order.id) if known.boxes else [],
        "checks": await Checking(session).checks_of(order.id) if known.checks else [],
        "group": await Consolidating(session).group_of(order.id) if known.group else None,
        "state_labels": STATE_LABELS,
        "shipments": await views.shipments(session, order_id=order.id) if known.shipments else [],
    }


def register() -> None:
    """Offer releasing in the list of orders, and show parcels on the page of an order."""
    resubmitting.register()
    add_bulk_action(
        BulkAction(
            label=N_("Release to picking"), url="/fulfilment/release", icon="basket", right=Right.FULFILMENT_RELEASE
        )
    )
    add_timeline_subjects(lists_of)
    add_bulk_action(
        BulkAction(
            label=N_("Bring together"), url="/fulfilment/consolidation", icon="package", right=Right.FULFILMENT_PACK
        )
    )
    add_panel(Panel(template="fulfilment/_order_panels.html", context=floor_of, right=Right.FULFILMENT_READ))
