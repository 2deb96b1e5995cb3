"""Reports of days: kept, made on demand, and sent to who wants them."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.documents.service import DocumentService
from entrepot.fulfilment.boards.days import today
from entrepot.fulfilment.boards.errors import BadDaysError, SiteNotFoundError
from entrepot.fulfilment.boards.sites import Site, site_called, sites
from entrepot.insights.exporting import report_cursor, report_place
from entrepot.insights.pages.period import as_id
from entrepot.insights.reports.daily import DailyReports
from entrepot.insights.reports.errors import NotAPersonError, ReportNotFoundError
from entrepot.insights.reports.repository import ReportRepository
from entrepot.kit.errors import EntrepotError

PATH = "/reports/daily"
ROWS = 50


class DailyPages(Controller):
    """Daily reports."""

    path = PATH
    opt = needs(Right.FULFILMENT_READ)
    include_in_schema = False

    @get()
    async def index(self, session: AsyncSession, principal: Principal, cursor: str = "") -> Template:
        """List the reports that are kept."""
        return await _page(session, principal, place=report_place(cursor) if cursor else None)

    @post(status_code=200)
    async def make(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Make the report of a day now."""
        form = await request.form()
        try:
            async with session.begin_nested():
                site = await site_of(session, as_id(form, "warehouse"))
                reports = DailyReports(session, storage_of(request))
                await reports.make(principal.seller_id(), site, day_of(str(form.get("day", "")), site))
        except EntrepotError as error:
            return await _page(session, principal, error)
        return Redirect(PATH, status_code=303)

    @post("/subscription/{warehouse_id:uuid}")
    async def subscribe(
        self,
        request: Request[Any, Any, Any],
        warehouse_id: FromPath[UUID],
        session: AsyncSession,
        principal: Principal,
    ) -> Redirect:
        """Begin or stop sending the caller the report of a building."""
        form = await request.form()
        await set_subscription(session, principal, warehouse_id, wanted=form.get("wanted") == "on")
        return Redirect(PATH, status_code=303)

    @get("/{report_id:uuid}/report.pdf")
    async def document(
        self, request: Request[Any, Any, Any], report_id: FromPath[UUID], session: AsyncSession
    ) -> Stream:
        """Send a report, to be shown and printed."""
        return await report_pdf(request, session, report_id)


async def report_pdf(request: Request[Any, Any, Any], session: AsyncSession, report_id: UUID) -> Stream:
    """Return the document of a report.

    Raises:
        ReportNotFoundError
    """
    storage = storage_of(request)
    report = await DailyReports(session, storage).report(report_id)
    if report.document_id is None:
        raise ReportNotFoundError
    found = await DocumentService(session, storage).find(report.document_id)
    headers = {
        "content-disposition": f'inline; filename="report-{report.day.isoformat()}.pdf"',
        "content-length": str(found.size),
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Stream(storage.read(found.storage_key), media_type=found.media_type, headers=headers)


async def site_of(session: AsyncSession, warehouse: UUID | None) -> Site:
    """Return a building; the only one where none was named.

    Raises:
        SiteNotFoundError
    """
    known = await sites(session)
    site = site_called(known, warehouse) or (known[0] if len(known) == 1 else None)
    if site is None:
        raise SiteNotFoundError
    return site


def day_of(written: str, site: Site) -> date:
    """Return the day that was asked for, today at the site if none was.

    Raises:
        BadDaysError: it is no day.
    """
    try:
        return date.fromisoformat(written) if written else today(site.time_zone).first
    except ValueError:
        raise BadDaysError(most=1) from None


async def set_subscription(session: AsyncSession, principal: Principal, warehouse: UUID, *, wanted: bool) -> None:
    """Note whether the caller wants the report of a building by mail.

    Raises:
        NotAPersonError: the caller is a program.
        SiteNotFoundError
    """
    site = await site_of(session, warehouse)
    if principal.actor.kind != "user":
        raise NotAPersonError
    reports = ReportRepository(session)
    if wanted:
        await reports.subscribe(principal.seller_id(), site.id, UUID(principal.actor.id))
    else:
        await reports.unsubscribe(principal.seller_id(), site.id, UUID(principal.actor.id))


async def _page(
    session: AsyncSession,
    principal: Principal,
    error: EntrepotError | None = None,
    place: tuple[date, UUID] | None = None,
) -> Template:
    reports = ReportRepository(session)
    rows = await reports.reports(after=place, limit=ROWS + 1)
    following = None
    if len(rows) > ROWS:
        following = f"{PATH}?cursor={report_cursor(rows[ROWS - 1])}"
    one_seller = principal.seller is not None or len(principal.sellers) == 1
    known = await sites(session)
    mine: set[UUID] = set()
    if one_seller and principal.actor.kind == "user":
        mine = await reports.sites_of(principal.seller_id(), UUID(principal.actor.id))
    context = {
        "rows": rows[:ROWS],
        "sites": known,
        "mine": mine,
        "one_seller": one_seller,
        "error": error,
        "following": following,
        "first": PATH if place else None,
        "today": today(known[0].time_zone if known else principal.time_zone).first,
    }
    return Template("insights/daily.html", context=context, status_code=422 if error else 200)


ROUTES = [DailyPages]
