"""Reports for programs."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.boards.days import read_days
from entrepot.fulfilment.boards.histories import Filters, HistoryRow, history
from entrepot.fulfilment.boards.people import Work, work
from entrepot.fulfilment.boards.sites import site_called, sites
from entrepot.fulfilment.way.stages import Stage
from entrepot.insights.exporting import history_cursor, history_place, report_cursor, report_place
from entrepot.insights.pages.daily import day_of, report_pdf, set_subscription, site_of
from entrepot.insights.pages.period import zone_of
from entrepot.insights.reports.daily import DailyReports
from entrepot.insights.reports.figures import Figures, collect
from entrepot.insights.reports.repository import ReportRepository, ReportRow

type Limit = Annotated[int, Parameter(ge=1, le=200)]
type Short = Annotated[str, Parameter(max_length=100)]


class History(msgspec.Struct, frozen=True):
    """Steps, the latest first."""

    items: list[HistoryRow]
    next: str | None


class Works(msgspec.Struct, frozen=True):
    """What people did."""

    items: list[Work]


class Reports(msgspec.Struct, frozen=True):
    """Daily reports, the latest day first."""

    items: list[ReportRow]
    next: str | None


class WantReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which day of which building."""

    warehouse_id: UUID | None = None
    """Needed where there are several."""
    day: date | None = None
    """Default: today, as far as it went."""


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the caller is sent the report of a building."""

    wanted: bool


class ReportApi(Controller):
    """Reports of the floor."""

    path = "/api/v1/reports"
    tags = ("reports",)
    opt = needs(Right.FULFILMENT_READ)

    @get("/figures", operation_id="getFigures", summary="Get the figures of some days")
    async def figures(
        self,
        session: AsyncSession,
        principal: Principal,
        first: str = "",
        last: str = "",
        warehouse: UUID | None = None,
    ) -> Figures:
        """What left, against the same weekdays; time per stage; what went wrong.  Days end at the building's midnight."""
        known = await sites(session)
        site = site_called(known, warehouse)
        days = read_days(first, last, zone_of(site, known, principal))
        return await collect(session, days, site=warehouse, name=site.name if site else "")

    @get("/history", operation_id="listSteps", summary="List what stations did")
    async def history(  # noqa: PLR0913, PLR0917 -- filters
        self,
        session: AsyncSession,
        principal: Principal,
        first: str = "",
        last: str = "",
        warehouse: UUID | None = None,
        seller: UUID | None = None,
        person: Short = "",
        station: Short = "",
        stage: Stage | None = None,
        outcome: Stage | None = None,
        order: Short = "",
        cursor: Annotated[str, Parameter(max_length=200)] = "",
        limit: Limit = 50,
    ) -> History:
        """Latest first; *person* other than the caller, and names of others, need the right to run the floor."""
        known = await sites(session)
        everybody = principal.can(Right.FULFILMENT_SUPERVISE)
        site = site_called(known, warehouse)
        wanted = Filters(
            days=read_days(first, last, zone_of(site, known, principal)),
            site=warehouse,
            seller=seller,
            person=person if not person or everybody else principal.actor.id,
            named=None if everybody else principal.actor.id,
            station=station,
            stage=stage,
            outcome=outcome,
            order=order,
        )
        rows = await history(session, wanted, after=history_place(cursor) if cursor else None, limit=limit + 1)
        return History(rows[:limit], history_cursor(rows[limit - 1]) if len(rows) > limit else None)

    @get("/my-work", operation_id="getMyWork", summary="Get what the caller did")
    async def my_work(
        self,
        session: AsyncSession,
        principal: Principal,
        first: str = "",
        last: str = "",
        warehouse: UUID | None = None,
    ) -> Works:
        """By kind of station, with time with hands on it, walk and pace."""
        known = await sites(session)
        days = read_days(first, last, zone_of(site_called(known, warehouse), known, principal))
        return Works(await work(session, days, site=warehouse, who=principal.actor.id))

    @get(
        "/people",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="listWork",
        summary="List what people did",
    )
    async def people(
        self,
        session: AsyncSession,
        principal: Principal,
        first: str = "",
        last: str = "",
        warehouse: UUID | None = None,
    ) -> Works:
        """Only work at buildings that show figures of people; empty where none does."""
        known = await sites(session)
        days = read_days(first, last, zone_of(site_called(known, warehouse), known, principal))
        return Works(await work(session, days, site=warehouse, shown=True))

    @get("/daily", operation_id="listDailyReports", summary="List daily reports")
    async def daily(
        self, session: AsyncSession, cursor: Annotated[str, Parameter(max_length=200)] = "", limit: Limit = 50
    ) -> Reports:
        """What is kept, with the document of each."""
        rows = await ReportRepository(session).reports(after=report_place(cursor) if cursor else None, limit=limit + 1)
        return Reports(rows[:limit], report_cursor(rows[limit - 1]) if len(rows) > limit else None)

    @post("/daily", operation_id="makeDailyReport", summary="Make the report of a day", status_code=200)
    async def make(
        self, request: Request[Any, Any, Any], data: JSONBody[WantReport], session: AsyncSession, principal: Principal
    ) -> ReportRow:
        """In place of an earlier one of the same day."""
        site = await site_of(session, data.warehouse_id)
        day = data.day or day_of("", site)
        return await DailyReports(session, storage_of(request)).make(principal.seller_id(), site, day)

    @get("/daily/{report_id:uuid}/report.pdf", operation_id="getDailyReport", summary="Get a daily report as PDF")
    async def document(
        self, request: Request[Any, Any, Any], report_id: FromPath[UUID], session: AsyncSession
    ) -> Stream:
        """As it is kept."""
        return await report_pdf(request, session, report_id)

    @put(
        "/subscriptions/{warehouse_id:uuid}",
        operation_id="subscribeToReports",
        summary="Subscribe to the report of a building",
        status_code=204,
    )
    async def subscribe(
        self, warehouse_id: FromPath[UUID], data: JSONBody[Subscription], session: AsyncSession, principal: Principal
    ) -> None:
        """For people: a program has no mailbox."""
        await set_subscription(session, principal, warehouse_id, wanted=data.wanted)


ROUTES = [ReportApi]
