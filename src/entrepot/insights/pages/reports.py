"""Figures of days, one's own day, and figures of people where a site shows them."""

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.days import today
from entrepot.fulfilment.boards.domain import LABELS, duration
from entrepot.fulfilment.boards.figures import ERRORS
from entrepot.fulfilment.boards.people import Work, sites_by_person, work
from entrepot.fulfilment.boards.repository import write_setting
from entrepot.fulfilment.boards.sites import site_called, sites
from entrepot.fulfilment.way.stages import LABELS as STAGE_LABELS
from entrepot.insights.pages.period import read_period
from entrepot.insights.reports.figures import collect


class ReportPages(Controller):
    """Reports."""

    path = "/reports"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def figures(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Show what left, how long it took, and what went wrong."""
        period = await read_period(request, session, principal)
        found = await collect(session, period.days, site=period.site_id, name=period.site.name if period.site else "")
        context = {
            "period": period,
            "figures": found,
            "labels": LABELS,
            "stage_labels": STAGE_LABELS,
            "errors": ERRORS,
            "duration": duration,
            "query": urlencode(period.query),
        }
        return Template("insights/reports.html", context=context, status_code=422 if period.error else 200)

    @get("/my-day", opt=needs(Right.FULFILMENT_READ))
    async def my_day(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Show people what they did themselves: nobody else is asked, and nobody else sees it."""
        period = await read_period(request, session, principal)
        found = await work(session, period.days, site=period.site_id, who=principal.actor.id)
        before = await work(session, period.days.earlier(1), site=period.site_id, who=principal.actor.id)
        context = {
            "period": period,
            "rows": found,
            "before": {one.stage: one for one in before},
            "stage_labels": STAGE_LABELS,
            "duration": duration,
            "is_today": period.days == today(period.days.time_zone),
        }
        return Template("insights/my_day.html", context=context, status_code=422 if period.error else 200)

    @get("/people", opt=needs(Right.FULFILMENT_SUPERVISE))
    async def people(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Show figures of people, where their site shows them."""
        period = await read_period(request, session, principal)
        shown = await sites_by_person(session)
        rows = await work(session, period.days, site=period.site_id, shown=True) if shown else []
        grouped: defaultdict[tuple[str, str], list[Work]] = defaultdict(list)
        for row in rows:
            grouped[row.person, row.person_id].append(row)
        context = {
            "period": period,
            "people": [(name, theirs) for (name, _), theirs in sorted(grouped.items())],
            "shown": {
                warehouse for seller, warehouse in shown if principal.seller is None or seller == principal.seller.id
            },
            "one_seller": principal.seller is not None or len(principal.sellers) == 1,
            "stage_labels": STAGE_LABELS,
            "duration": duration,
        }
        return Template("insights/people.html", context=context, status_code=422 if period.error else 200)

    @post("/people/{warehouse_id:uuid}", opt=needs(Right.FULFILMENT_SUPERVISE))
    async def show_people(
        self,
        request: Request[Any, Any, Any],
        warehouse_id: FromPath[UUID],
        session: AsyncSession,
        principal: Principal,
    ) -> Redirect:
        """Say whether a site shows figures of people."""
        form = await request.form()
        site_called(await sites(session), warehouse_id)
        by_person = form.get("by_person") == "on"
        await write_setting(session, principal.seller_id(), warehouse_id, by_person=by_person, who=principal.actor.name)
        return Redirect("/reports/people", status_code=303)


ROUTES = [ReportPages]
