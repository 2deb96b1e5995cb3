"""Competing offers in the API."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.clock import now
from entrepot.pricewatch.competing.contract import Absence, KnownCompetitor, MarketMoment, MarketRow
from entrepot.pricewatch.competing.service import CompetingService

Gtin = Annotated[str, Parameter(min_length=1, max_length=50, description="Of the product.")]
Days = Annotated[int, Parameter(ge=1, le=400, description="How far back.")]


class MarketHistory(msgspec.Struct):
    """What a market was over time: each moment holds until the next."""

    items: list[MarketMoment]
    absences: list[Absence]
    """When each competitor had nothing to sell, the latest first."""


class Markets(msgspec.Struct):
    """The markets of a product on several accounts."""

    items: list[MarketRow]


class Competitors(msgspec.Struct):
    """Those who offer on a channel what we do."""

    items: list[KnownCompetitor]


class CompetingApi(Controller):
    """What others ask on the channels."""

    path = "/api/v1/pricewatch/competing"
    tags = ("price watch",)

    @get(operation_id="listCompetingOffers", summary="Show what others ask", opt=needs(Right.PRICEWATCH_READ))
    async def latest(self, session: AsyncSession, account_id: UUID, gtin: Gtin) -> Markets:
        """Show the market of a product as it was read last."""
        return Markets(list((await CompetingService(session).latest([account_id], [gtin.replace("\0", "")])).values()))

    @get(
        "/competitors",
        operation_id="listCompetitors",
        summary="Show who the competitors are",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def competitors(self, session: AsyncSession, account_id: UUID) -> Competitors:
        """Show the names and ratings of those who were seen on an account, by name; a thousand at most."""
        return Competitors(await CompetingService(session).known_competitors(account_id))

    @get(
        "/history",
        operation_id="getCompetingOffersHistory",
        summary="Show what others asked over time",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def history(
        self, session: AsyncSession, account_id: UUID, gtin: Gtin, country: str = "", days: Days = 28
    ) -> MarketHistory:
        """Show what a market was since, beginning with what held then."""
        since: datetime = now() - timedelta(days=days)
        service = CompetingService(session)
        gtin, country = gtin.replace("\0", ""), country.replace("\0", "")
        moments = await service.history(gtin, since, account_ids=[account_id], country=country)
        return MarketHistory(moments, await service.absences(account_id, gtin, since, country=country))


ROUTES = [CompetingApi]
