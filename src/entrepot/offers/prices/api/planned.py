"""REST API v1 of planned prices."""

from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.offers.prices.api.prices import OfferPriceOut, PlannedOut, line_out, planned_out
from entrepot.offers.prices.browsing import Filters, price_lines
from entrepot.offers.prices.explaining import all_planned
from entrepot.offers.prices.planning import Planning

MOST = 500


class PlannedOffer(msgspec.Struct):
    """A planned price and its offer."""

    offer_id: UUID
    account_id: UUID
    sku: str
    currency: str
    plan: PlannedOut


class PlannedList(msgspec.Struct):
    """Planned prices."""

    items: list[PlannedOffer]


class PlannedPriceApi(Controller):
    """Planned prices."""

    path = "/api/v1/planned-prices"
    tags = ("prices",)

    @get(operation_id="listPlannedPrices", summary="List planned prices", opt=needs(Right.OFFERS_READ))
    async def show_list(self, session: AsyncSession, over: bool = False) -> PlannedList:  # noqa: FBT001, FBT002
        """List planned prices that are on or coming; *over*: those that are past, the latest 500."""
        rows = await all_planned(session, over=over, limit=MOST)
        return PlannedList(
            [
                PlannedOffer(row.offer_id, row.account_id, row.sku, row.currency, planned_out(row.planned))
                for row in rows
            ]
        )

    @post(
        "/{plan_id:uuid}/call-off",
        operation_id="callOffPlannedPrice",
        summary="Call a planned price off",
        opt=needs(Right.OFFERS_MANAGE),
        status_code=200,
    )
    async def call_off(self, session: AsyncSession, plan_id: FromPath[UUID]) -> OfferPriceOut:
        """End it now, or never begin it; return the price of its offer."""
        offer_id = await Planning(session).call_off(plan_id)
        return line_out((await price_lines(session, Filters(), offer_ids=[offer_id], limit=1))[0])
