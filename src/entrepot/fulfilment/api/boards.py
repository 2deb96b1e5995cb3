"""Boards, presence and figures of the floor for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.board import Board
from entrepot.fulfilment.boards.domain import Station
from entrepot.fulfilment.boards.presence import Present, be_present
from entrepot.fulfilment.boards.sites import site_called, sites
from entrepot.fulfilment.http import boards_of


class Beat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the caller has an order open."""

    station: Annotated[str, Meta(max_length=30)] = ""


class Others(msgspec.Struct, frozen=True):
    """Who else has it open."""

    items: list[Present]


class BoardApi(Controller):
    """What boards show."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @get("/boards", opt=needs(Right.FULFILMENT_READ), operation_id="getBoard", summary="Get a board of the floor")
    async def board(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        station: Station | None = None,
        warehouse: UUID | None = None,
    ) -> Board:
        """Queues, ages, who works on what, and today's throughput against the same weekday; with a station, its orders."""
        site = site_called(await sites(session), warehouse)
        zone = site.time_zone if site else principal.time_zone
        return await boards_of(request).board(session, zone, site=warehouse, station=station)

    @post(
        "/orders/{order_id:uuid}/presence",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="beatPresence",
        summary="Say that an order is open",
        status_code=200,
    )
    async def beat(self, order_id: FromPath[UUID], data: JSONBody[Beat], session: AsyncSession) -> Others:
        """Repeat it every 20 seconds; who is silent for 45 is gone."""
        return Others(await be_present(session, order_id, data.station))


ROUTES = [BoardApi]
