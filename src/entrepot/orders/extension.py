"""What slices above put on the pages of orders.  They register when they are imported; orders knows none of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.orders.refs import OrderRef

type Subjects = Callable[[AsyncSession, UUID], Awaitable[Collection[UUID]]]
"""Order -> the things whose events belong to its timeline: parcels, shipments."""
type Context = Callable[[AsyncSession, OrderRef], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """A button for selected orders: posts their ``ids`` to *url*."""

    label: str
    url: str
    icon: str
    right: Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the order page: *template* sees what *context* returns, beside what the page has."""

    template: str
    context: Context
    right: Right


class FloorDesk(Protocol):
    """What the floor does for orders that change where they come from."""

    async def reviewed(self, session: AsyncSession, order_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Return which of the orders were sent back, and why."""
        ...

    async def take_back(self, session: AsyncSession, order_ids: Collection[UUID]) -> None:
        """Take orders off lists where nothing of them is picked yet: they are reserved again."""
        ...

    async def resubmit(self, session: AsyncSession, order_ids: Collection[UUID], note: str) -> None:
        """Let orders that were sent back go on."""
        ...


FLOOR: list[FloorDesk] = []
"""None while nothing but orders is loaded."""
BULK_ACTIONS: list[BulkAction] = []
"""In front of hold and cancel."""
PANELS: list[Panel] = []
TIMELINE_SUBJECTS: list[Subjects] = []


def set_floor(desk: FloorDesk) -> None:
    """Let *desk* answer for the floor."""
    FLOOR[:] = [desk]


def add_bulk_action(action: BulkAction) -> None:
    """Offer *action* for selected orders."""
    if action not in BULK_ACTIONS:
        BULK_ACTIONS.append(action)


def add_panel(panel: Panel) -> None:
    """Show *panel* on the page of an order."""
    if panel not in PANELS:
        PANELS.append(panel)


def add_timeline_subjects(subjects: Subjects) -> None:
    """Tell events of these things on the order's timeline."""
    if subjects not in TIMELINE_SUBJECTS:
        TIMELINE_SUBJECTS.append(subjects)
