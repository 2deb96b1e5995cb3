"""REST API v1 of histories."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.pricewatch.history.dashboard import Dashboard, dashboard
from entrepot.pricewatch.history.domain import Figures, Span
from entrepot.pricewatch.history.views import Drop, history
from entrepot.pricewatch.history.wording import explained


class PointOut(msgspec.Struct, kw_only=True):
    """From then on a listing asked this; null: it could not be bought."""

    at: datetime
    price: Decimal | None


class LineOut(msgspec.Struct, kw_only=True):
    """What a listing asked."""

    listing_id: UUID
    store: str
    url: str
    points: list[PointOut]
    figures: Figures | None


class HistoryOut(msgspec.Struct, kw_only=True):
    """What a watched product cost, per unit and with stated shipping, in the currency of most of its listings."""

    watched_product_id: UUID
    span: Span
    since: datetime
    until: datetime
    currency: str
    lines: list[LineOut]
    best: list[PointOut]
    """The lowest price of all listings over time."""
    figures: Figures | None
    explanation: str
    """How good the price is now, in words."""
    drops: list[Drop]
    left_out: int
    """Listings that ask another currency."""


class HistoryApi(Controller):
    """What watched products cost."""

    path = "/api/v1"
    tags = ("price watch",)
    opt = needs(Right.PRICEWATCH_READ)

    @get(
        "/watched-products/{watched_product_id:uuid}/history",
        operation_id="getPriceHistory",
        summary="Show what a watched product cost",
    )
    async def show(
        self, session: AsyncSession, watched_product_id: FromPath[UUID], span: Span = Span.QUARTER
    ) -> HistoryOut:
        """Show the prices of every listing in a span, cut into at most 240 points, with lows, highs and a score."""
        found = await history(session, watched_product_id, span)
        stores = {one.listing.id: one for one in found.stores}
        return HistoryOut(
            watched_product_id=watched_product_id,
            span=found.span,
            since=found.since,
            until=found.until,
            currency=found.currency,
            lines=[
                LineOut(
                    listing_id=line.listing_id,
                    store=stores[line.listing_id].listing.store,
                    url=stores[line.listing_id].listing.url,
                    points=[PointOut(at=point.at, price=point.price) for point in line.points],
                    figures=stores[line.listing_id].figures,
                )
                for line in found.lines
            ],
            best=[PointOut(at=step.at, price=step.price) for step in found.steps],
            figures=found.figures,
            explanation=explained(found.figures) if found.figures else "",
            drops=found.drops,
            left_out=found.left_out,
        )

    @get("/prices/overview", operation_id="getPriceOverview", summary="Show the overview of prices")
    async def overview(self, session: AsyncSession, principal: Principal) -> Dashboard:
        """Show totals, the user's favourites, prices that fell lately, and what is good to buy now."""
        user_id = UUID(principal.actor.id) if principal.actor.kind == "user" else None
        return await dashboard(session, user_id)


ROUTES = [HistoryApi]
