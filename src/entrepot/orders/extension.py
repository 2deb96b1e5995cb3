"""What slices above put on the pages of orders.  They register when they are imported; orders knows none of them."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any
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


BULK_ACTIONS: list[BulkAction] = []
"""In front of hold and cancel."""
PANELS: list[Panel] = []
TIMELINE_SUBJECTS: list[Subjects] = []


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
