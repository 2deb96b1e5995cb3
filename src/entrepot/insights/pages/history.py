"""Histories of stations: filtered, a page at a time, and as CSV or Excel file."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Controller, Request, get
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.domain import duration
from entrepot.fulfilment.boards.histories import Filters, history, stations_known, whole_history
from entrepot.fulfilment.way.stages import LABELS as STAGE_LABELS
from entrepot.fulfilment.way.stages import Stage
from entrepot.insights.exporting import HEADINGS, MOST, cells, history_cursor, history_place
from entrepot.insights.pages.period import Period, as_id, read_period
from entrepot.kit.csv_writing import BOM, csv_text
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.xlsx_writing import MEDIA_TYPE, Workbook

ROWS = 50
LONGEST = 100
NAMES = ("seller", "person", "station", "stage", "outcome", "order")


class HistoryPages(Controller):
    """What stations did."""

    path = "/reports/history"
    opt = needs(Right.FULFILMENT_READ)
    include_in_schema = False

    @get()
    async def show(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, cursor: str = ""
    ) -> Template:
        """List steps, the latest first."""
        period = await read_period(request, session, principal)
        given = _given(request.query_params)
        error, rows = period.error, []
        try:
            wanted = filters(principal, period, given)
            rows = await history(session, wanted, after=history_place(cursor) if cursor else None, limit=ROWS + 1)
        except EntrepotError as wrong:
            error = wrong
        query = period.query | {name: value for name, value in given.items() if value}
        following = None
        if len(rows) > ROWS:
            following = "/reports/history?" + urlencode({**query, "cursor": history_cursor(rows[ROWS - 1])})
        context = {
            "period": period,
            "given": given,
            "rows": rows[:ROWS],
            "error": error,
            "station_pairs": [(name, name) for name in await stations_known(session, period.days)],
            "stage_pairs": [(str(stage), gettext(STAGE_LABELS[stage])) for stage in Stage],
            "stage_labels": STAGE_LABELS,
            "duration": duration,
            "query": urlencode(query),
            "first": "/reports/history?" + urlencode(query) if cursor else None,
            "following": following,
            "most": MOST,
        }
        return Template("insights/history.html", context=context, status_code=422 if error else 200)

    @get("/export")
    async def export(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, form: str = "csv"
    ) -> Stream:
        """Hand out everything that the filters find."""
        period = await read_period(request, session, principal)
        if period.error:
            raise period.error
        wanted = filters(principal, period, _given(request.query_params))
        kind = "xlsx" if form == "xlsx" else "csv"
        name = f"floor-{period.days.first.isoformat()}-{period.days.last.isoformat()}.{kind}"
        database: Database = request.app.state.database
        pieces = _xlsx if kind == "xlsx" else _csv
        return Stream(
            pieces(database, principal, wanted),
            media_type=MEDIA_TYPE if kind == "xlsx" else "text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )


def filters(principal: Principal, period: Period, given: Mapping[str, str]) -> Filters:
    """Return what is wanted; only who runs the floor learns what one other person did."""
    person, everybody = given["person"], principal.can(Right.FULFILMENT_SUPERVISE)
    return Filters(
        days=period.days,
        site=period.site_id,
        seller=as_id(given, "seller"),
        person=person if not person or everybody else principal.actor.id,
        named=None if everybody else principal.actor.id,
        station=given["station"],
        stage=Stage(given["stage"]) if given["stage"] in set(Stage) else None,
        outcome=Stage(given["outcome"]) if given["outcome"] in set(Stage) else None,
        order=given["order"],
    )


def _given(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: parameters.get(name, "").replace("\0", "").strip()[:LONGEST] for name in NAMES}


async def _csv(database: Database, principal: Principal, wanted: Filters) -> AsyncGenerator[bytes]:
    yield (BOM + csv_text([[gettext(heading) for heading in HEADINGS]])).encode()
    async with database.transaction(principal.scope, actor=principal.actor) as session:
        async for rows in whole_history(session, wanted, MOST):
            yield csv_text(cells(row) for row in rows).encode()


async def _xlsx(database: Database, principal: Principal, wanted: Filters) -> AsyncGenerator[bytes]:
    book = Workbook(gettext("Floor"), wanted.days.time_zone)
    book.write([[gettext(heading) for heading in HEADINGS]])
    async with database.transaction(principal.scope, actor=principal.actor) as session:
        async for rows in whole_history(session, wanted, MOST):
            book.write(cells(row) for row in rows)
    for piece in book.pieces():
        yield piece


ROUTES = [HistoryPages]
